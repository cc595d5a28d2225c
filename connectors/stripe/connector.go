package stripe

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/connectors/spans"
)

// connector reads one account. What it keeps in memory only saves requests:
// every cursor stands on its own.
type connector struct {
	options  connectors.Options
	settings settings
	client   func() (*client, error) // connects at the first use
	clock    clock
	losses   spans.Losses

	mu     sync.Mutex
	listed map[string]int64 // kind -> when the listing read in this process began, seconds
}

// connect looks the key up. It is not done in Open: deriving again from stored
// objects needs no key.
func (c *connector) connect() (*client, error) {
	key, err := c.settings.APIKey.Value()
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", c.options.Source, err)
	}
	return newClient(c.options.Source, key, c.settings, c.options)
}

// clock hands out versions: microseconds of the moment of a request, always
// above the one before, so that of two answers the later one is newer even when
// the present stands still.
type clock struct {
	mu   sync.Mutex
	last int64
}

func (c *clock) tick(now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(now.UnixMicro(), c.last+1)
	return c.last
}

// reach makes later versions come after v.
func (c *clock) reach(v int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, v)
}

func (c *clock) now() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Account is the account's id and the key's mode.
func (c *connector) Account(ctx context.Context) (string, error) {
	cl, err := c.client()
	if err != nil {
		return "", err
	}
	body, err := cl.get(ctx, "/v1/account", nil)
	if err != nil {
		return "", fmt.Errorf("read the account: %w", err)
	}
	id := rawjson.Text(rawjson.Member(body, "id"))
	if id == "" {
		return "", fmt.Errorf("source %s: read the account: the answer has no id; is base_url a Stripe API?", c.options.Source)
	}
	return id + " " + mode(cl.key), nil
}

// Check asks each list for one object. A key that opens nothing is told once.
func (c *connector) Check(ctx context.Context) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	var problems []error
	try := func(stream connectors.Stream, permission, path string, params any) bool {
		_, err := cl.get(ctx, path, params)
		var api *stripe.Error
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil:
			problems = append(problems, ctx.Err())
			return false
		case errors.Is(err, connectors.ErrDenied) && isForbidden(err):
			problems = append(problems, fmt.Errorf("stream %s: %w; give the key the permission %q", stream, err, permission))
			return true
		case errors.As(err, &api) && !errors.Is(err, connectors.ErrDenied):
			problems = append(problems, fmt.Errorf("stream %s: %w", stream, err))
			return true
		}
		problems = append(problems, err) // the same for every stream
		return false
	}
	for _, l := range lists() {
		if !try(l.stream, l.permission, l.path, l.params(pages(1, ""), nil, l.expansions())) {
			return errors.Join(problems...)
		}
	}
	for _, types := range eventTypes() {
		if !try(streamEvents, "Events: Read", "/v1/events", &stripe.EventListParams{ListParams: pages(1, ""), Types: pointers(types...)}) {
			break
		}
	}
	return errors.Join(problems...)
}

// Streams are the lists, then the change feed.
func (c *connector) Streams() []connectors.Stream {
	var all []connectors.Stream
	for _, l := range lists() {
		all = append(all, l.stream)
	}
	return append(all, streamEvents)
}

// Strands are all lists: none needs another. The feed comes after them.
func (c *connector) Strands() [][]connectors.Stream {
	var all [][]connectors.Stream
	for _, l := range lists() {
		all = append(all, []connectors.Stream{l.stream})
	}
	return all
}

// Pull yields what changed since the cursor. A list is read once, whole; after
// that its page is empty and costs no request, because the events say what
// changed.
func (c *connector) Pull(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		err := c.pull(ctx, s, since, func(p connectors.Page) bool { return yield(p, nil) })
		if err != nil && !errors.Is(err, errStopped) {
			yield(connectors.Page{}, fmt.Errorf("pull stream %s: %w", s, err))
		}
	}
}

// errStopped says that the consumer wants no more pages.
var errStopped = errors.New("stopped")

func (c *connector) pull(ctx context.Context, s connectors.Stream, since connectors.Cursor, yield func(connectors.Page) bool) error {
	at, err := parsePosition(since)
	if err != nil {
		return err
	}
	c.clock.reach(at.Clock)
	if s == streamEvents {
		return c.pullEvents(ctx, at, yield)
	}
	for _, l := range lists() {
		if l.stream == s {
			return c.pullList(ctx, l, at, yield)
		}
	}
	return fmt.Errorf("there is no such stream; want one of %v", c.Streams())
}

// pullList reads a list to its end, from wherever the position stands.
func (c *connector) pullList(ctx context.Context, l list, at position, yield func(connectors.Page) bool) error {
	if at.Began == 0 {
		now := c.options.Now()
		at.Began = now.Unix()
		at.Spans = []spans.Span{{To: now.Unix() + 1}}
	}
	c.mu.Lock()
	c.listed[l.kind] = at.Began
	c.mu.Unlock()
	if at.Done {
		if !yield(connectors.Page{Cursor: at.cursor()}) {
			return errStopped
		}
		return nil
	}
	cl, err := c.client()
	if err != nil {
		return err
	}
	list := spans.Reader[[]connectors.Object]{Workers: c.settings.Concurrency, Page: c.settings.PageSize, Fetch: func(ctx context.Context, s spans.Span) (spans.Batch[[]connectors.Object], error) {
		return c.listPage(ctx, cl, l, s, nil)
	}}
	for p, err := range list.Read(ctx, at.Spans) {
		if err != nil {
			return c.denied(l.permission, err)
		}
		at.Spans, at.Done, at.Clock = p.Remain, len(p.Remain) == 0, c.clock.now()
		if !yield(connectors.Page{Objects: p.Found, Cursor: at.cursor(), Slice: "created " + time.Unix(p.First, 0).UTC().Format("2006-01")}) {
			return errStopped
		}
	}
	if !at.Done { // resumed with no span left to read
		at.Done = true
		if !yield(connectors.Page{Cursor: at.cursor()}) {
			return errStopped
		}
	}
	return nil
}

// denied adds the permission that is missing.
func (c *connector) denied(permission string, err error) error {
	if isForbidden(err) {
		return fmt.Errorf("%w; give the key the permission %q", err, permission)
	}
	return err
}
