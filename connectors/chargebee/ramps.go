package chargebee

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mrrsync/connectors"
)

// Ramps name their subscription but not its customer, and some sites refuse to
// list them without naming subscriptions. So there are two ways to read them:
// all at once, then asking whose subscriptions they are; or along the list of
// subscriptions, page by page. The first is tried, the cursor remembers.

// needsSubscription says that the site lists ramps by subscription only.
func needsSubscription(err error) bool {
	e := asAPIError(err)
	return e != nil && e.status == http.StatusBadRequest &&
		(strings.Contains(e.Param, "subscription_id") || strings.Contains(e.Message, "subscription_id"))
}

// withoutRamps says that the site does not have the feature.
func withoutRamps(err error) bool {
	e := asAPIError(err)
	return e != nil && e.status != http.StatusUnauthorized && e.status != http.StatusForbidden &&
		(e.Code == codeIncompatible || strings.Contains(strings.ToLower(e.Message), "not enabled"))
}

func (c *connector) nextRamps(ctx context.Context, cl *client, l list, at *position, now time.Time) ([]connectors.Object, string, error) {
	if !at.Batches {
		objects, next, err := c.allRamps(ctx, cl, l, at, now)
		switch {
		case withoutRamps(err):
			return nil, "", nil
		case !needsSubscription(err):
			return objects, next, err
		}
		at.Batches, at.Offset = true, ""
	}
	return c.rampsAlong(ctx, cl, l, at, now)
}

// allRamps is a page of all ramps, each with its customer.
func (c *connector) allRamps(ctx context.Context, cl *client, l list, at *position, now time.Time) ([]connectors.Object, string, error) {
	rows, next, err := ask(ctx, cl, l.list(c.query(at)), at.Offset)
	if err != nil || len(rows) == 0 {
		return nil, next, err
	}
	objects, heads, err := c.objects(l, rows, now)
	if err != nil {
		return nil, "", err
	}
	var ids []string
	asked := map[string]bool{}
	for _, h := range heads {
		if !asked[h.SubscriptionID] {
			asked[h.SubscriptionID] = true
			ids = append(ids, h.SubscriptionID)
		}
	}
	owners, err := c.owners(ctx, cl, ids)
	if err != nil {
		return nil, "", fmt.Errorf("find the customers of ramps: %w", err)
	}
	return c.owned(objects, heads, owners), next, nil
}

// owners maps subscriptions to their customers.
func (c *connector) owners(ctx context.Context, cl *client, ids []string) (map[string]string, error) {
	owners := map[string]string{}
	q := query{limit: c.settings.PageSize}
	for {
		rows, next, err := ask(ctx, cl, subscriptionsNamed(q, ids), q.offset)
		if err != nil {
			return nil, err
		}
		_, heads, err := c.heads(rows)
		if err != nil {
			return nil, err
		}
		for _, h := range heads {
			owners[h.ID] = h.CustomerID
		}
		if q.offset = next; next == "" {
			return owners, nil
		}
	}
}

// heads reads a page of subscriptions as far as ramps need it.
func (c *connector) heads(rows []row) (ids []string, heads []head, err error) {
	l, _ := listOf(kindSubscription)
	_, heads, err = c.objects(l, rows, c.options.Now())
	for _, h := range heads {
		ids = append(ids, h.ID)
	}
	return ids, heads, err
}

// rampsAlong is the ramps of one page of subscriptions.
func (c *connector) rampsAlong(ctx context.Context, cl *client, l list, at *position, now time.Time) ([]connectors.Object, string, error) {
	subscriptions, _ := listOf(kindSubscription)
	rows, next, err := ask(ctx, cl, subscriptions.list(c.query(at)), at.Offset)
	if err != nil {
		return nil, "", err
	}
	ids, heads, err := c.heads(rows)
	if err != nil || len(ids) == 0 {
		return nil, next, err
	}
	owners := map[string]string{}
	for _, h := range heads {
		owners[h.ID] = h.CustomerID
	}
	var all []connectors.Object
	for q := (query{limit: c.settings.PageSize}); ; {
		rows, more, err := ask(ctx, cl, rampsOf(q, ids), q.offset)
		if withoutRamps(err) {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		objects, heads, err := c.objects(l, rows, now)
		if err != nil {
			return nil, "", err
		}
		all = append(all, c.owned(objects, heads, owners)...)
		if q.offset = more; more == "" {
			return all, next, nil
		}
	}
}

// owned gives a page of ramps their customers, and notes those that change nothing. A
// ramp whose subscription is unknown belongs to nobody and stays among the catalogue,
// where it does no harm.
func (c *connector) owned(ramps []connectors.Object, heads []head, owners map[string]string) []connectors.Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, h := range heads {
		ramps[i].CustomerID = owners[h.SubscriptionID]
		switch h.Status {
		case rampDraft:
			c.idle.draft++
		case rampFailed:
			c.idle.failed++
		default:
			continue
		}
		c.idle.one = h.ID
	}
	return ramps
}

// idleRamps are ramps that change nothing, and one of them by name.
type idleRamps struct {
	draft, failed int
	one           string
}

// tellIdle tells of the ramps that change nothing among those that a pull has read: a
// site may have thousands, and each night those that changed.
func (c *connector) tellIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if idle := c.idle; idle.one != "" && c.options.Logger != nil {
		c.options.Logger.Warn("draft and failed ramps change nothing and are ignored",
			rampDraft, idle.draft, rampFailed, idle.failed, "one", idle.one)
	}
	c.idle = idleRamps{}
}
