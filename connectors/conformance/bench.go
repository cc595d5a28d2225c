package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mrrsync/connectors"
)

// valid says what is missing in a Subject.
func (s Subject) valid() error {
	var errs []error
	if s.Open == nil {
		errs = append(errs, errors.New("the subject has no Open"))
	}
	if s.Now.IsZero() || s.Now.Year() < 2002 {
		errs = append(errs, errors.New("the subject's Now is not a present: want a moment after 2001, since the bubble's clock stands in 2000"))
	}
	if len(s.Holds) == 0 {
		errs = append(errs, errors.New("the subject's Holds is empty: a provider that holds nothing proves nothing"))
	}
	switch {
	case (s.API == nil) == (s.NoAPI == ""):
		errs = append(errs, errors.New("the subject wants either API or NoAPI, which says how it is read otherwise"))
	case s.API != nil && (s.API.Handler == nil || s.API.Denied == nil || s.API.Refused == nil || s.API.Key == ""):
		errs = append(errs, errors.New("the subject's API wants Handler, Key, Denied and Refused"))
	}
	return errors.Join(errs...)
}

// source is what the connector is opened as.
const source = "conformance"

// seed makes all that is drawn by lot the same in every run.
const seed = 0x6d7272

// bench is one check under way.
type bench struct {
	s    Subject
	dice *rand.Rand
	ctx  context.Context
	log  *ledger

	mu       sync.Mutex
	failures []string
}

// maxFailures bounds what one check tells: the first ones say enough.
const maxFailures = 12

func (b *bench) errorf(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.failures) < maxFailures {
		b.failures = append(b.failures, fmt.Sprintf(format, args...))
	}
}

// abandon ends a check that cannot go on.
type abandon struct{}

func (b *bench) fatalf(format string, args ...any) {
	b.errorf(format, args...)
	panic(abandon{})
}

// try runs one check in a bubble of its own and tells what failed.
func try(t *testing.T, s Subject, c check) (failures []string) {
	t.Helper()
	b := &bench{s: s, dice: rand.New(rand.NewPCG(seed, uint64(len(c.name)))), log: &ledger{}} //nolint:gosec // a lot, not a secret
	defer func() {
		// The bubble's own complaint: everything in it waits, and nothing will
		// ever come.
		if p := recover(); p != nil {
			if len(b.failures) == 0 {
				b.errorf("something waits for ever: %v", p)
			}
			failures = b.failures
		}
	}()
	synctest.Test(t, func(*testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		b.ctx = ctx
		own := others(nil) // what runs the bubble itself
		b.guard(c.run)
		if s.API != nil {
			b.hide("the log", b.log.text())
		}
		synctest.Wait()
		for _, stack := range others(own) {
			b.errorf("a goroutine is left running:\n%s", stack)
		}
	})
	return b.failures
}

// guard turns a panic of the connector into a failure.
func (b *bench) guard(run func(*bench)) {
	defer func() {
		switch p := recover().(type) {
		case nil, abandon:
		default:
			b.errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	run(b)
}

var goroutine = regexp.MustCompile(`^goroutine (\d+) \[.*(synctest bubble \d+)`)

// others are the stacks of this bubble's goroutines by number, but for the one
// that asks and those known before.
func others(known map[string]string) map[string]string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	here := goroutine.FindStringSubmatch(stacks[0])
	if here == nil {
		return nil
	}
	left := map[string]string{}
	for _, stack := range stacks[1:] {
		m := goroutine.FindStringSubmatch(stack)
		if m == nil || m[2] != here[2] {
			continue
		}
		if _, ok := known[m[1]]; !ok {
			left[m[1]] = stack
		}
	}
	return left
}

// ledger is a log in memory.
type ledger struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *ledger) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// hide fails when a text shows the key.
func (b *bench) hide(what, text string) {
	if b.s.API != nil && strings.Contains(text, b.s.API.Key) {
		b.errorf("the API key shows in %s: %.300s", what, text)
	}
}

// options are what a connector is opened with, on a wire.
func (b *bench) options(w *wire, s Subject) connectors.Options {
	o := connectors.Options{
		Source:  source,
		Privacy: connectors.Privacy{Emails: connectors.Drop, Names: connectors.Keep},
		Zone:    time.UTC,
		Now:     func() time.Time { return s.Now },
		Logger:  slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w != nil {
		o.Transport = w
	}
	return o
}

// open is the connector on a wire to the provider at its best.
func (b *bench) open() (connectors.Connector, *wire) { return b.openLater(b.s, 0) }

// openLater is the connector of a Subject whose present has moved on.
func (b *bench) openLater(s Subject, later time.Duration) (connectors.Connector, *wire) {
	s.Now = s.Now.Add(later)
	var w *wire
	if s.API != nil {
		w = newWire(s.API.Handler)
	}
	return b.openWith(s, b.options(w, s)), w
}

// openOn is the connector on a wire to another provider.
func (b *bench) openOn(w *wire) connectors.Connector { return b.openWith(b.s, b.options(w, b.s)) }

func (b *bench) openWith(s Subject, o connectors.Options) connectors.Connector {
	c, err := s.Open(o)
	if err != nil {
		b.fatalf("open: %v", err)
	}
	return c
}

// full is everything that a full pull brings.
func (b *bench) full() *shelf {
	c, _ := b.open()
	s := newShelf()
	if err := s.pull(b.ctx, c); err != nil {
		b.fatalf("pull: %v", err)
	}
	return s
}

// shelf is a raw store in memory: every version that differs from the newest.
type shelf struct {
	objects []connectors.Object
	newest  map[string]int // name -> index in objects
	cursors map[connectors.Stream]connectors.Cursor
}

func newShelf() *shelf {
	return &shelf{newest: map[string]int{}, cursors: map[connectors.Stream]connectors.Cursor{}}
}

// land puts an object on the shelf and says whether it is news.
func (s *shelf) land(o connectors.Object) bool {
	k := Name(o.Kind, o.ID)
	i, known := s.newest[k]
	if known && content(s.objects[i]) == content(o) {
		return false
	}
	s.objects = append(s.objects, o)
	if !known || o.Version >= s.objects[i].Version {
		s.newest[k] = len(s.objects) - 1
	}
	return true
}

// pull reads every stream to its end, from where it stands.
func (s *shelf) pull(ctx context.Context, c connectors.Connector) error {
	for _, stream := range c.Streams() {
		if err := s.pullStream(ctx, c, stream); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) pullStream(ctx context.Context, c connectors.Connector, stream connectors.Stream) error {
	for page, err := range c.Pull(ctx, stream, s.cursors[stream]) {
		if err != nil {
			return err
		}
		for _, o := range page.Objects {
			s.land(o)
		}
		s.cursors[stream] = page.Cursor
	}
	return nil
}

// content is what of an object counts as a version.
func content(o connectors.Object) string {
	return fmt.Sprintf("%t %s %s", o.Deleted, o.CustomerID, o.Payload)
}

// holds is the newest content by name, without the moving kinds.
func (s *shelf) holds(moving []string) map[string]string {
	all := make(map[string]string, len(s.newest))
	for k, i := range s.newest {
		if !slices.Contains(moving, s.objects[i].Kind) {
			all[k] = content(s.objects[i])
		}
	}
	return all
}

// customers are the objects by customer, and the catalogue.
func (s *shelf) customers() (by map[string][]connectors.Object, catalogue []connectors.Object) {
	by = map[string][]connectors.Object{}
	for _, o := range s.objects {
		if o.CustomerID == "" {
			catalogue = append(catalogue, o)
		} else {
			by[o.CustomerID] = append(by[o.CustomerID], o)
		}
	}
	return by, catalogue
}

// differ tells what of one content is missing or other in another.
func (b *bench) differ(what string, want, got map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		switch g, ok := got[k]; {
		case !ok:
			b.errorf("%s: %s is lost", what, k)
		case g != want[k]:
			b.errorf("%s: %s differs:\n  want %.400s\n  got  %.400s", what, k, want[k], g)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			b.errorf("%s: %s should not be there", what, k)
		}
	}
}

// clock is the bubble's time, which only waiting moves.
func clock() time.Time {
	return time.Now() //nolint:forbidigo // the bubble's
}
