package chargebee

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"time"

	chargebee "github.com/chargebee/chargebee-go/v3"

	"mrrsync/connectors"
	"mrrsync/connectors/spans"
)

// connector reads one site. What it keeps in memory only saves requests: every
// cursor stands on its own.
type connector struct {
	options  connectors.Options
	settings settings
	client   func() (*client, error) // connects at the first use
	heard    *hearing
	losses   spans.Losses

	mu   sync.Mutex
	site version // the site's catalogue; anyCatalogue: not asked yet
	idle idleRamps
}

// connect looks the key up. It is not done in Open: deriving again from stored
// objects needs no key.
func (c *connector) connect() (*client, error) {
	key, err := c.settings.APIKey.Value()
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", c.options.Source, err)
	}
	return newClient(key, c.settings, c.options), nil
}

// known is the site's catalogue, as far as an answer has told it.
func (c *connector) known() version {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.site
}

// learn notes what an answer to a list of one catalogue tells: it came, or the
// site has the other one. Other errors tell nothing.
func (c *connector) learn(l list, err error) {
	if l.site == anyCatalogue || l.kind == kindRamp {
		return
	}
	site := l.site
	switch {
	case err == nil:
	case !isIncompatible(err):
		return
	case l.site == catalogueOne:
		site = catalogueTwo
	default:
		site = catalogueOne
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.site = site
}

// Account is the site's name and mode. A key opens one site only, so that any
// answer but a refusal of the key proves it. The question asked tells which
// catalogue the site has.
func (c *connector) Account(ctx context.Context) (string, error) {
	cl, err := c.client()
	if err != nil {
		return "", err
	}
	l, _ := listOf(kindItemPrice)
	_, _, err = ask(ctx, cl, l.list(query{limit: 1}), "")
	c.learn(l, err)
	if e := asAPIError(err); err != nil && (e == nil || e.hopeless() || e.status != http.StatusForbidden && !isIncompatible(err)) {
		return "", fmt.Errorf("ask which product catalogue the site has: %w", err)
	}
	return c.settings.Site + " " + c.settings.mode(), nil
}

// Check asks each list for one object. A key that opens nothing is told once.
func (c *connector) Check(ctx context.Context) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	now := c.options.Now().Unix()
	var problems []error
	try := func(stream connectors.Stream, request chargebee.ListRequest, fine func(error) bool) (more bool) {
		_, _, err := ask(ctx, cl, request, "")
		if err == nil || fine(err) {
			return true
		}
		if e := asAPIError(err); e == nil || e.hopeless() {
			problems = append(problems, err) // the same for every stream
			return false
		}
		problems = append(problems, fmt.Errorf("stream %s: %w", stream, err))
		return true
	}
	for _, l := range lists() {
		fine := func(err error) bool {
			return l.site != anyCatalogue && isIncompatible(err) || l.kind == kindRamp && (needsSubscription(err) || withoutRamps(err))
		}
		if !try(l.stream, l.list(query{limit: 1}), fine) {
			return errors.Join(problems...)
		}
	}
	try(streamEvents, eventsIn(query{limit: 1, from: now - 60, to: now}, lifeTypes()), func(error) bool { return false })
	return errors.Join(problems...)
}

// Streams are the lists of both catalogues, then the event feed. Those of the
// catalogue that the site does not have are empty.
func (c *connector) Streams() []connectors.Stream {
	var all []connectors.Stream
	for _, l := range lists() {
		all = append(all, l.stream)
	}
	return append(all, streamEvents)
}

// Strands are the catalogue with what is held against it, and what stands alone.
// The feed comes after them.
func (c *connector) Strands() [][]connectors.Stream {
	strands := make([][]connectors.Stream, 1)
	for _, l := range lists() {
		switch l.kind {
		case kindCustomer, kindInvoice, kindCreditNote:
			strands = append(strands, []connectors.Stream{l.stream})
		default:
			strands[0] = append(strands[0], l.stream)
		}
	}
	return strands
}

// Pull yields what changed since the cursor.
func (c *connector) Pull(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		err := c.pull(ctx, s, since, func(p connectors.Page) error {
			if !yield(p, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(connectors.Page{}, fmt.Errorf("pull stream %s: %w", s, err))
		}
	}
}

// errStopped says that the consumer wants no more pages.
var errStopped = errors.New("stopped")

// send hands a page to the consumer.
type send func(connectors.Page) error

func (c *connector) pull(ctx context.Context, s connectors.Stream, since connectors.Cursor, out send) error {
	at, err := parsePosition(since)
	if err != nil {
		return err
	}
	cl, err := c.client()
	if err != nil {
		return err
	}
	if s == streamEvents {
		return c.pullEvents(ctx, cl, at, out)
	}
	for _, l := range lists() {
		if l.stream != s {
			continue
		}
		if l.kind == kindRamp {
			defer c.tellIdle()
		}
		if site := c.known(); l.site == anyCatalogue || site == anyCatalogue || l.site == site {
			err = c.windows(ctx, cl, l, at, out)
			if l.site == anyCatalogue || !isIncompatible(err) {
				return err
			}
		}
		// The list of the catalogue that the site does not have: it is empty.
		return out(connectors.Page{Cursor: at.cursor()})
	}
	return fmt.Errorf("there is no such stream; want one of %v", c.Streams())
}

// lookBack is how far a window reaches back into the one before.
const lookBack = 10 * time.Minute

// maxRestarts is how often a window is begun anew because the site has
// forgotten the place at which a page should go on.
const maxRestarts = 3

// windows reads the window that an earlier run left half read, then one up to
// the present.
func (c *connector) windows(ctx context.Context, cl *client, l list, at position, out send) error {
	begin := c.options.Now().Unix()
	c.heard.pull(l.kind)
	for {
		last := !at.Open
		if last {
			at.begin(begin)
		}
		c.heard.window(l.kind, at)
		if err := c.window(ctx, cl, l, &at, out); err != nil {
			return err
		}
		if last || at.Through >= begin {
			return nil
		}
	}
}

// window reads the open window page by page to its end.
func (c *connector) window(ctx context.Context, cl *client, l list, at *position, out send) error {
	seen := map[string]int64{} // versions of the page before; of an increment, of all pages
	for restarts := 0; at.Open; {
		if len(at.Spans) > 0 {
			return c.pieces(ctx, cl, l, at, seen, out)
		}
		now := c.options.Now()
		objects, next, err := c.next(ctx, cl, l, at, now)
		if isLostPlace(err) && at.Offset != "" && restarts < maxRestarts {
			restarts++
			at.Offset = ""
			continue
		}
		if err != nil {
			return err
		}
		fresh, versions := unseen(objects, seen)
		if at.From == 0 {
			seen = versions
		}
		for _, o := range objects {
			c.heard.saw(o, at.From == 0)
		}
		if l.kind == kindSubscription {
			missing, err := c.references(ctx, cl, fresh)
			if err != nil {
				return err
			}
			fresh = append(missing, fresh...)
		}
		slice := at.slice(fresh)
		first := at.Offset == ""
		if at.Offset = next; next == "" {
			at.end()
		} else if first {
			if err := c.divide(ctx, cl, l, at, objects); err != nil {
				return err
			}
		}
		if err := out(connectors.Page{Objects: fresh, Cursor: at.cursor(), Slice: slice}); err != nil {
			return err
		}
	}
	return nil
}

// next is the next page of the open window.
func (c *connector) next(ctx context.Context, cl *client, l list, at *position, now time.Time) ([]connectors.Object, string, error) {
	if l.kind == kindRamp {
		return c.nextRamps(ctx, cl, l, at, now)
	}
	rows, next, err := ask(ctx, cl, l.list(c.query(at)), at.Offset)
	c.learn(l, err)
	if err != nil {
		return nil, "", err
	}
	objects, _, err := c.objects(l, rows, now)
	return objects, next, err
}

// query is what the open window is asked with.
func (c *connector) query(at *position) query {
	q := query{limit: c.settings.PageSize, offset: at.Offset}
	if at.From > 0 {
		q.from, q.to = at.From, at.Upper
	}
	return q
}

// unseen leaves out what a page repeats, and notes what it holds.
func unseen(objects []connectors.Object, seen map[string]int64) (fresh []connectors.Object, versions map[string]int64) {
	versions = make(map[string]int64, len(objects))
	for _, o := range objects {
		if v, ok := seen[o.ID]; ok && v == o.Version {
			continue
		}
		seen[o.ID], versions[o.ID] = o.Version, o.Version
		fresh = append(fresh, o)
	}
	return fresh, versions
}
