package chargebee

import (
	"context"
	"slices"

	"mrrsync/connectors"
	"mrrsync/connectors/spans"
)

// The place of a list's next page is in the page before it, so that a list is as
// slow as its round trips. One that is sorted by when its objects were made can
// be asked for in ranges of that, and these are read side by side. What is made
// meanwhile is seen by the window that follows.

// divide makes a span of what is left of a full listing behind its first page.
// It leaves alone a list that cannot be cut, and one in which an object does not
// say when it was made: no range would show it. Such objects are sorted to one
// end of the list, so that both ends are looked at.
func (c *connector) divide(ctx context.Context, cl *client, l list, at *position, objects []connectors.Object) error {
	dateless := func(o connectors.Object) bool { return born(o, l.birth) == 0 }
	if l.birth == "" || at.From > 0 || c.settings.Concurrency < 2 || len(objects) == 0 || slices.ContainsFunc(objects, dateless) {
		return nil
	}
	rows, _, err := ask(ctx, cl, l.list(query{limit: 1, newest: true}), "")
	if err != nil {
		return err
	}
	newest, _, err := c.objects(l, rows, c.options.Now())
	if err != nil || len(newest) == 0 || dateless(newest[0]) {
		return err
	}
	from, to := born(objects[len(objects)-1], l.birth), born(newest[0], l.birth)+1 // the last one's second again: others may share it
	at.Offset, at.Spans = "", []spans.Span{{From: from, To: max(to, from)}}
	return nil
}

// pieces reads the spans of the open window to their end, but for what the page
// before them has shown.
func (c *connector) pieces(ctx context.Context, cl *client, l list, at *position, seen map[string]int64, out send) error {
	reader := spans.Reader[[]connectors.Object]{Workers: c.settings.Concurrency, Page: c.settings.PageSize, Fetch: func(ctx context.Context, s spans.Span) (spans.Batch[[]connectors.Object], error) {
		return c.piece(ctx, cl, l, s)
	}}
	for p, err := range reader.Read(ctx, at.Spans) {
		if err != nil {
			return err
		}
		for _, o := range p.Found {
			c.heard.saw(o, true)
		}
		slice := at.slice(p.Found)
		objects := slices.DeleteFunc(p.Found, func(o connectors.Object) bool { return seen[o.ID] == o.Version })
		if l.kind == kindSubscription {
			missing, err := c.references(ctx, cl, objects)
			if err != nil {
				return err
			}
			objects = append(missing, objects...)
		}
		if at.Spans = p.Remain; len(at.Spans) == 0 {
			at.end()
		}
		if err := out(connectors.Page{Objects: objects, Cursor: at.cursor(), Slice: slice}); err != nil {
			return err
		}
	}
	return nil
}

// piece reads the next page of a span. When the site does not go on at the place
// it is asked to, the span is read from the last object's second on.
func (c *connector) piece(ctx context.Context, cl *client, l list, s spans.Span) (spans.Batch[[]connectors.Object], error) {
	now := c.options.Now()
	turn := func() ([]row, string, error) {
		return ask(ctx, cl, l.list(query{limit: c.settings.PageSize, offset: s.After, since: s.From, until: max(s.To-1, s.From), newest: true}), s.After)
	}
	rows, next, err := turn()
	if isLostPlace(err) {
		if again, ok := c.losses.Again(string(l.stream), s); ok {
			s = again
			rows, next, err = turn()
		}
	}
	var b spans.Batch[[]connectors.Object]
	if err == nil {
		b.Found, _, err = c.objects(l, rows, now)
	}
	if err != nil {
		return b, err
	}
	b.Count, b.More = len(b.Found), next != ""
	b.Rest = spans.Span{From: s.From, To: s.To, After: next, Last: s.To}
	if s.After != "" {
		b.Rest.Last = s.Last
	}
	if b.Count > 0 {
		b.First, b.Rest.Last = born(b.Found[0], l.birth), born(b.Found[b.Count-1], l.birth)
	}
	return b, nil
}
