package stripe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	stripe "github.com/stripe/stripe-go/v76"
	"golang.org/x/sync/errgroup"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/connectors/spans"
)

// answerTries is how often a page that makes no sense (empty with more to come,
// or the same as before) is asked for again before that is an error. The SDK's
// iterator takes the first for the end of the list and loses the rest.
const answerTries = 6

var errNoProgress = errors.New("the list does not advance")

// found is what pulling needs to know of an object, which it leaves as it is.
type found struct {
	id, kind, customer string
	created, date      int64 // an invoice item has only a date
	parts              parts
	raw                []byte
}

// parts is a list inside an object, such as an invoice's lines, as far as it
// matters while pulling: whether it goes on.
type parts struct{ more bool }

// Place is where a member goes.
func (p *parts) Place(key []byte) any {
	if string(key) == "has_more" {
		return &p.more
	}
	return nil
}

// Place is where a member goes.
func (f *found) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &f.id
	case "object":
		return &f.kind
	case "customer":
		return (*reference)(&f.customer)
	case "created":
		return (*rawjson.Stamp)(&f.created)
	case "date":
		return (*rawjson.Stamp)(&f.date)
	case "lines", "items":
		return &f.parts
	}
	return nil
}

// Keep keeps the object itself.
func (f *found) Keep(raw []byte) {
	f.raw = raw
	f.created = cmp.Or(f.created, f.date)
	if f.kind == kindCustomer {
		f.customer = f.id
	}
}

// page is a list's answer. Its objects are found in the one pass that reads it.
type page struct {
	kind string
	data []found
	more bool
}

// Place is where a member goes.
func (p *page) Place(key []byte) any {
	switch string(key) {
	case "object":
		return &p.kind
	case "data":
		return rawjson.List(&p.data)
	case "has_more":
		return &p.more
	}
	return nil
}

// readList takes a list's answer apart.
func readList(body []byte) (objects []found, more bool, err error) {
	var p page
	err = rawjson.Decode(body, &p)
	if n := len(p.data); err != nil && n > 0 {
		return nil, false, fmt.Errorf("object %d of the page (%s): %w", n, where(p.data[:n-1]), err)
	}
	if err != nil {
		return nil, false, err
	}
	if p.kind != "list" || p.data == nil {
		return nil, false, fmt.Errorf("%w: the answer is not a list; is base_url a Stripe API?", rawjson.ErrMalformed)
	}
	for i := range p.data {
		if f := &p.data[i]; f.id == "" || f.kind == "" {
			return nil, false, fmt.Errorf("object %d of the page (%s): %w: an object without id or object", i+1, where(p.data[:i]), rawjson.ErrMalformed)
		}
	}
	return p.data, p.more, nil
}

func where(before []found) string {
	if len(before) == 0 {
		return "the first"
	}
	return "after " + before[len(before)-1].id
}

// ask reads one page of a list, again and again until it makes sense: not empty
// when more is to come, and nothing in it that had been read before.
func ask(ctx context.Context, cl *client, path string, params any, before func(found) bool) (objects []found, more bool, err error) {
	for try := 1; ; try++ {
		body, err := cl.get(ctx, path, params)
		if err != nil {
			return nil, false, err
		}
		objects, more, err = readList(body)
		if err != nil {
			return nil, false, fmt.Errorf("read %s: %w", path, err)
		}
		if !(len(objects) == 0 && more) && !slices.ContainsFunc(objects, before) {
			return objects, more, nil
		}
		if try == answerTries {
			return nil, false, fmt.Errorf("read %s: %w, however often it is asked", path, errNoProgress)
		}
		if err := connectors.Sleep(ctx, time.Duration(try)*100*time.Millisecond); err != nil {
			return nil, false, err
		}
	}
}

// between is a span's filter by creation time.
func between(s spans.Span) *stripe.RangeQueryParams {
	if s.From == 0 && s.To == 0 {
		return nil
	}
	return &stripe.RangeQueryParams{GreaterThanOrEqual: s.From, LesserThan: s.To}
}

// turn reads the next page of a span through one list request. It finds its
// place again when the object it stood at was deleted.
func (c *connector) turn(ctx context.Context, cl *client, path string, s spans.Span, params func(stripe.ListParams, *stripe.RangeQueryParams) any) (spans.Batch[[]found], error) {
	// Lists are ordered by creation, newest first.
	before := func(o found) bool { return s.After != "" && (o.id == s.After || o.created > s.Last) }
	objects, more, err := ask(ctx, cl, path, params(pages(c.settings.PageSize, s.After), between(s)), before)
	if isLostPlace(err) {
		if again, ok := c.losses.Again(path, s); ok {
			s = again
			objects, more, err = ask(ctx, cl, path, params(pages(c.settings.PageSize, ""), between(s)), before)
		}
	}
	if err != nil {
		return spans.Batch[[]found]{}, err
	}
	b := spans.Batch[[]found]{Found: objects, Count: len(objects), More: more}
	if len(objects) > 0 {
		last := objects[len(objects)-1]
		b.First = objects[0].created
		b.Rest = spans.Span{From: s.From, To: s.To, After: last.id, Last: last.created, Group: s.Group}
	}
	return b, nil
}

// listPage is one page of a list, its objects whole and ready to land.
func (c *connector) listPage(ctx context.Context, cl *client, l list, s spans.Span, only func(stripe.ListParams, *stripe.RangeQueryParams) any) (spans.Batch[[]connectors.Object], error) {
	params := only
	if params == nil {
		params = func(p stripe.ListParams, r *stripe.RangeQueryParams) any { return l.params(p, r, l.expansions()) }
	}
	now := c.options.Now()
	version := c.clock.tick(now)
	listed, err := c.turn(ctx, cl, l.path, s, params)
	b := spans.Batch[[]connectors.Object]{Count: listed.Count, First: listed.First, Rest: listed.Rest, More: listed.More}
	if err != nil {
		return b, err
	}
	// What is shown in part is asked for further; those requests go out together.
	b.Found = make([]connectors.Object, len(listed.Found))
	asking, within := errgroup.WithContext(ctx)
	for i, f := range listed.Found {
		one := func(ctx context.Context) (err error) {
			b.Found[i], err = c.whole(ctx, cl, l, f, connectors.Listed, version, now)
			return err
		}
		if f.parts.more || l.kind == kindPrice {
			asking.Go(func() error { return one(within) })
		} else if err := one(ctx); err != nil {
			return b, errors.Join(err, asking.Wait())
		}
	}
	return b, asking.Wait()
}

// whole is a found object with all its parts, without personal fields.
func (c *connector) whole(ctx context.Context, cl *client, l list, f found, origin connectors.Origin, version int64, now time.Time) (connectors.Object, error) {
	raw, err := c.complete(ctx, cl, l, f)
	if err == nil {
		raw, err = scrub(raw, f.kind, c.options.Privacy)
	}
	if err != nil {
		return connectors.Object{}, fmt.Errorf("%s %s: %w", f.kind, f.id, err)
	}
	o := connectors.Object{Kind: f.kind, ID: f.id, CustomerID: f.customer, Version: version, SeenAt: now.UTC(), Origin: origin, Payload: raw}
	if l.catalogue {
		o.CustomerID = ""
	}
	return o, nil
}

// complete follows an embedded list to its end, and asks for the tiers of a
// price's other currencies, which no list expands.
func (c *connector) complete(ctx context.Context, cl *client, l list, f found) ([]byte, error) {
	if l.kind == kindPrice {
		return completePrice(ctx, cl, l, f)
	}
	if l.part == nil || !f.parts.more {
		return f.raw, nil
	}
	embedded := rawjson.Member(f.raw, l.part.member)
	parts, err := rawjson.Elements(rawjson.Member(embedded, "data"))
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	after := ""
	for _, p := range parts {
		after = rawjson.Identity(p)
		have[after] = true
	}
	for more := true; more; {
		var page []found
		page, more, err = ask(ctx, cl, l.part.path(f.id), l.part.params(f.id, pages(c.settings.PageSize, after)),
			func(o found) bool { return have[o.id] })
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			parts = append(parts, p.raw)
			after = p.id
			have[after] = true
		}
	}
	all := append(append([]byte{'['}, bytes.Join(parts, []byte{','})...), ']')
	embedded = rawjson.Replace(rawjson.Replace(embedded, "data", all), "has_more", []byte("false"))
	return rawjson.Replace(f.raw, l.part.member, embedded), nil
}

// completePrice fetches a tiered price once more when it is sold in several
// currencies: their tiers are expanded by the currency's name, one by one.
func completePrice(ctx context.Context, cl *client, l list, f found) ([]byte, error) {
	if rawjson.Text(rawjson.Member(f.raw, "billing_scheme")) != "tiered" {
		return f.raw, nil
	}
	options := rawjson.Member(f.raw, "currency_options")
	if len(options) == 0 || options[0] != '{' {
		return f.raw, nil
	}
	fields := append([]string(nil), l.expand...)
	own := rawjson.Text(rawjson.Member(f.raw, "currency"))
	err := rawjson.Members(options, func(currency, option []byte, _ int) bool {
		if string(currency) != own && rawjson.Member(option, "tiers") == nil && len(fields) < 80 {
			fields = append(fields, "currency_options."+string(currency)+".tiers")
		}
		return true
	})
	if err != nil || len(fields) == len(l.expand) {
		return f.raw, err
	}
	body, err := cl.get(ctx, l.path+"/"+f.id, &single{Expand: pointers(fields...)})
	if err != nil {
		return nil, err
	}
	return body, nil
}

// fetch reads one object by its id. ok is false when it does not exist any more.
func (c *connector) fetch(ctx context.Context, cl *client, l list, id string) (o connectors.Object, ok bool, err error) {
	now := c.options.Now()
	version := c.clock.tick(now)
	body, err := cl.get(ctx, l.path+"/"+id, l.one())
	if isMissing(err) {
		return o, false, nil
	}
	if err != nil {
		return o, false, c.denied(l.permission, err)
	}
	var f found
	if err := rawjson.Decode(body, &f); err != nil {
		return o, false, fmt.Errorf("%s %s: %w", l.kind, id, err)
	}
	if f.id != id || f.kind != l.kind {
		return o, false, fmt.Errorf("fetch %s %s: the answer is %s %s", l.kind, id, f.kind, f.id)
	}
	o, err = c.whole(ctx, cl, l, f, connectors.Fetched, version, now)
	o.Deleted = string(rawjson.Member(body, "deleted")) == "true"
	return o, err == nil, err
}
