package chargebee

import (
	"context"
	"fmt"
	"sync"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// hearing is what the lists of this run have brought, for holding it against
// the events. A full listing would fill the memory: of it only its beginning is
// kept, since it shows every change before that.
type hearing struct {
	mu       sync.Mutex
	began    map[string]int64            // kind -> when its full listing began
	versions map[string]map[string]int64 // kind -> id -> version, of increments
	ids      map[string]map[string]bool  // kind -> ids of the catalogue, when listed in full
}

func newHearing() *hearing {
	return &hearing{began: map[string]int64{}, versions: map[string]map[string]int64{}, ids: map[string]map[string]bool{}}
}

// pull forgets what an earlier pull of the kind brought.
func (h *hearing) pull(kind string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.began, kind)
	delete(h.ids, kind)
	h.versions[kind] = map[string]int64{}
}

// window notes that a list's window is about to be read.
func (h *hearing) window(kind string, at position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at.From > 0 {
		return
	}
	h.began[kind] = at.Upper
	if at.Offset == "" {
		h.ids[kind] = map[string]bool{}
	}
}

// saw notes an object.
func (h *hearing) saw(o connectors.Object, full bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ids := h.ids[o.Kind]; ids != nil && o.CustomerID == "" {
		ids[o.ID] = true
	}
	if versions := h.versions[o.Kind]; versions != nil && !full {
		versions[o.ID] = max(versions[o.ID], o.Version)
	}
}

// listMargin is how much older than a listing's beginning a change must be for
// the listing to have shown it.
const listMargin = 300

// knows says that the lists have brought an object at least as new as a version
// that happened at an instant.
func (h *hearing) knows(w wanted, at int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if began, ok := h.began[w.Kind]; ok && at < began-listMargin {
		return true
	}
	v, ok := h.versions[w.Kind][w.ID]
	return ok && v >= w.Version
}

// lacks says that the catalogue was listed in full and the object was not on
// it. It says so once.
func (h *hearing) lacks(kind, id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := h.ids[kind]
	if id == "" || ids == nil || ids[id] {
		return false
	}
	ids[id] = true
	return true
}

// references fetches what subscriptions refer to and the catalogue's lists do
// not show: deleted coupons and prices are still charged. What is gone for good
// is left out; the subscription says what it charges by itself.
func (c *connector) references(ctx context.Context, cl *client, subscriptions []connectors.Object) ([]connectors.Object, error) {
	var found []connectors.Object
	look := func(kind, id string) error {
		if !c.heard.lacks(kind, id) {
			return nil
		}
		l, _ := listOf(kind)
		o, ok, err := c.fetch(ctx, cl, l, id)
		if ok {
			found = append(found, o)
		}
		return err
	}
	for _, o := range subscriptions {
		var w wireSubscription
		if rawjson.Decode(o.Payload, &w) != nil {
			continue // it lands all the same, and is rejected when it is read
		}
		for _, r := range w.references() {
			if err := look(r[0], r[1]); err != nil {
				return nil, fmt.Errorf("fetch %s %s, which subscription %s refers to: %w", r[0], r[1], o.ID, err)
			}
		}
	}
	return found, nil
}
