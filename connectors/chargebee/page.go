package chargebee

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	chargebee "github.com/chargebee/chargebee-go/v3"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// answerTries is how often a page that makes no sense (no list, or the offset
// it was asked with as the next one) is asked for again before that is an
// error.
const answerTries = 8

var (
	errNoList     = errors.New("the answer is not a list; is base_url a Chargebee API?")
	errNoProgress = errors.New("the list does not advance")
)

// row is one entry of a list: the object and what came with it, by kind.
type row = rawjson.Object

// readPage takes a list's answer apart. The offset of the next page is opaque:
// whatever is not a text is kept as it stands; empty: there is none.
func readPage(body []byte) (rows []row, next string, err error) {
	var list, offset []byte
	err = rawjson.Members(body, func(key, value []byte, _ int) bool {
		switch string(key) {
		case "list":
			list = value
		case "next_offset":
			offset = value
		}
		return true
	})
	if err != nil {
		return nil, "", err
	}
	entries, err := rawjson.Elements(list)
	if err != nil {
		return nil, "", err
	}
	rows = make([]row, len(entries))
	for i, raw := range entries {
		if err := rows[i].Read(raw); err != nil {
			return nil, "", err
		}
	}
	if string(offset) != "null" {
		if next, err = rawjson.Unquote(offset); err != nil {
			next = string(offset)
		}
	}
	return rows, next, nil
}

// ask reads one page, again and again until it makes sense.
func ask(ctx context.Context, cl *client, request chargebee.ListRequest, offset string) (rows []row, next string, err error) {
	for try := 1; ; try++ {
		rows, next, err = once(ctx, cl, request.Path, request.Params)
		if err == nil && (next == "" || next != offset) {
			return rows, next, nil
		}
		if err == nil {
			err = fmt.Errorf("read %s at offset %q: %w, however often it is asked", request.Path, offset, errNoProgress)
		} else if !errors.Is(err, errNoList) {
			return nil, "", err
		}
		if try == answerTries {
			return nil, "", err
		}
		if err := connectors.Sleep(ctx, time.Duration(try)*100*time.Millisecond); err != nil {
			return nil, "", err
		}
	}
}

func once(ctx context.Context, cl *client, path string, params *url.Values) ([]row, string, error) {
	body, err := cl.get(ctx, path, params)
	if err != nil {
		return nil, "", err
	}
	rows, next, err := readPage(body)
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w (%w)", path, errNoList, err)
	}
	return rows, next, nil
}

// head is what pulling needs to know of an object.
type head struct {
	ID              string
	CustomerID      string
	SubscriptionID  string
	Status          string
	CreatedAt       rawjson.Stamp
	UpdatedAt       rawjson.Stamp
	ResourceVersion rawjson.Number
	Deleted         bool
}

// Place is where a member goes.
func (h *head) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &h.ID
	case "customer_id":
		return &h.CustomerID
	case "subscription_id":
		return &h.SubscriptionID
	case "status":
		return &h.Status
	case "created_at":
		return &h.CreatedAt
	case "updated_at":
		return &h.UpdatedAt
	case "resource_version":
		return &h.ResourceVersion
	case "deleted":
		return &h.Deleted
	}
	return nil
}

// version orders an object's versions. resource_version is milliseconds; rows
// that were never touched since it was introduced lack it, and updated_at too.
func (h head) version() int64 {
	return cmp.Or(ordinal(h.ResourceVersion), int64(h.UpdatedAt)*1000, int64(h.CreatedAt)*1000, 1)
}

// object is the row's object of a kind, without personal fields and ready to
// land.
func (c *connector) object(l list, r row, place string, origin connectors.Origin, now time.Time) (connectors.Object, head, error) {
	raw, ok := r[l.kind]
	if !ok {
		return connectors.Object{}, head{}, fmt.Errorf("%s: the row has no %s", place, l.kind)
	}
	var h head
	if err := rawjson.Decode(raw, &h); err != nil {
		return connectors.Object{}, head{}, fmt.Errorf("%s: %w", place, err)
	}
	if h.ID == "" {
		return connectors.Object{}, head{}, fmt.Errorf("%s: a %s without id", place, l.kind)
	}
	payload, err := scrub(raw, c.options.Privacy)
	if err != nil {
		return connectors.Object{}, head{}, fmt.Errorf("%s: %s %s: %w", place, l.kind, h.ID, err)
	}
	o := connectors.Object{
		Kind: l.kind, ID: h.ID, CustomerID: h.CustomerID, Version: h.version(), SeenAt: now.UTC(),
		Origin: origin, Deleted: h.Deleted, Payload: payload,
	}
	switch {
	case l.catalogue:
		// What refers to a deleted price or coupon goes on with its terms.
		o.CustomerID, o.Deleted = "", false
	case l.kind == kindCustomer:
		o.CustomerID = h.ID
	}
	return o, h, nil
}

// objects are a page's objects.
func (c *connector) objects(l list, rows []row, now time.Time) ([]connectors.Object, []head, error) {
	objects, heads := make([]connectors.Object, 0, len(rows)), make([]head, 0, len(rows))
	for i, r := range rows {
		place := fmt.Sprintf("row %d of a page of %s", i+1, l.stream)
		if i > 0 {
			place += " (after " + heads[i-1].ID + ")"
		}
		o, h, err := c.object(l, r, place, connectors.Listed, now)
		if err != nil {
			return nil, nil, err
		}
		objects, heads = append(objects, o), append(heads, h)
	}
	return objects, heads, nil
}

// fetch reads one object by its id. ok is false when it does not exist any more.
func (c *connector) fetch(ctx context.Context, cl *client, l list, id string) (o connectors.Object, ok bool, err error) {
	now := c.options.Now()
	request := l.one(id)
	body, err := cl.get(ctx, request.Path, request.Params)
	if isMissing(err) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	var r row
	if err := r.Read(body); err != nil {
		return o, false, fmt.Errorf("fetch %s %s: %w", l.kind, id, err)
	}
	o, h, err := c.object(l, r, "fetch "+l.kind+" "+id, connectors.Fetched, now)
	if err == nil && h.ID != id {
		err = fmt.Errorf("fetch %s %s: the answer is %s", l.kind, id, h.ID)
	}
	return o, err == nil, err
}
