package conformance

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"mrrsync/connectors"
)

func streamsStay(b *bench) {
	c, w := b.open()
	first := slices.Clone(c.Streams())
	if len(first) == 0 {
		b.fatalf("the connector has no stream")
	}
	seen := map[connectors.Stream]bool{}
	for _, s := range first {
		if s == "" || seen[s] {
			b.errorf("stream %q is empty or named twice", s)
		}
		seen[s] = true
	}
	for s := range b.s.Holds {
		if !seen[s] {
			b.errorf("the subject holds stream %s, the connector has %v", s, first)
		}
	}
	feeding := false
	for _, s := range first {
		_, held := b.s.Holds[s]
		feed := slices.Contains(b.s.Feeds, s)
		if held == feed {
			b.errorf("stream %s is to be in the subject's Holds or in its Feeds", s)
		}
		if feeding && !feed {
			b.errorf("stream %s stands behind a feed; a feed re-reads what others have listed and stands last", s)
		}
		feeding = feeding || feed
	}
	clear(c.Streams()) // a caller's slice is the caller's
	if again := c.Streams(); !slices.Equal(first, again) {
		b.errorf("streams were %v and then %v", first, again)
	}
	if w.requests() > 0 {
		b.errorf("Streams asked the provider %d times; it does no I/O", w.requests())
	}
}

func accountStays(b *bench) {
	var names []string
	for _, later := range []time.Duration{0, 0, 40 * 24 * time.Hour} {
		c, _ := b.openLater(b.s, later)
		for range 2 {
			name, err := c.Account(b.ctx)
			if err != nil {
				b.fatalf("account: %v", err)
			}
			names = append(names, name)
		}
	}
	if names[0] == "" || !utf8.ValidString(names[0]) {
		b.errorf("the account's name is %q", names[0])
	}
	for _, name := range names[1:] {
		if name != names[0] {
			b.errorf("the account was %q and then %q", names[0], name)
		}
	}
	b.hide("the account's name", names[0])
}

func checkPasses(b *bench) {
	c, w := b.open()
	if err := c.Check(b.ctx); err != nil {
		b.errorf("check: %v", err)
	}
	if n, most := w.requests(), 3*len(c.Streams())+3; n > most {
		b.errorf("check asked %d times for %d streams; it tries each stream once", n, len(c.Streams()))
	}
}

// turn is a page with a copy of its objects as they were when it came.
type turn struct {
	page connectors.Page
	was  []connectors.Object
}

// turns are the pages of a stream.
func (b *bench) turns(c connectors.Connector, stream connectors.Stream, since connectors.Cursor) []turn {
	var all []turn
	for page, err := range c.Pull(b.ctx, stream, since) {
		if err != nil {
			b.fatalf("pull %s: %v", stream, err)
		}
		all = append(all, turn{page, copies(page.Objects)})
	}
	return all
}

// copies share nothing with the objects they are of.
func copies(objects []connectors.Object) []connectors.Object {
	out := slices.Clone(objects)
	for i := range out {
		out[i].Payload = bytes.Clone(out[i].Payload)
	}
	return out
}

func pullIsComplete(b *bench) {
	c, _ := b.open()
	objects, pages := 0, 0
	for _, stream := range c.Streams() {
		brought, gone := map[string]int{}, map[string]bool{}
		turns := b.turns(c, stream, "")
		for _, t := range turns {
			for _, o := range t.was {
				brought[Name(o.Kind, o.ID)]++
				gone[Name(o.Kind, o.ID)] = o.Deleted
			}
		}
		if len(turns) == 0 || turns[len(turns)-1].page.Cursor == "" {
			b.errorf("stream %s ends without a cursor from which the next pull could go on", stream)
		}
		if slices.Contains(b.s.Feeds, stream) {
			continue
		}
		objects, pages = objects+len(brought), pages+len(turns)
		held := map[string]bool{}
		for _, k := range b.s.Holds[stream] {
			held[k] = true
			if brought[k] == 0 {
				b.errorf("stream %s does not bring %s", stream, k)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(brought)) {
			kind, _, _ := bytes.Cut([]byte(k), []byte("/"))
			switch {
			case brought[k] > 1:
				b.errorf("stream %s brings %s %d times", stream, k, brought[k])
			case !held[k] && !gone[k] && !slices.Contains(b.s.Moving, string(kind)):
				b.errorf("stream %s brings %s, which the provider does not list there", stream, k)
			}
		}
	}
	switch streams := len(b.s.Holds); {
	case objects == 0:
		b.errorf("%d pages bring no object at all", pages)
	case b.s.API != nil && pages < streams+2:
		b.errorf("%d streams come in %d pages; open the connector with a smaller page size, or resuming shows nothing", streams, pages)
	}
}

func objectsAreWellFormed(b *bench) {
	c, _ := b.open()
	owner := map[string]string{}
	for _, stream := range c.Streams() {
		for _, t := range b.turns(c, stream, "") {
			if !utf8.ValidString(string(t.page.Cursor)) {
				b.errorf("stream %s: the cursor %q is not UTF-8", stream, t.page.Cursor)
			}
			for _, o := range t.was {
				b.wellFormed(stream, o)
				k := Name(o.Kind, o.ID)
				if was, ok := owner[k]; ok && was != o.CustomerID {
					b.errorf("%s belongs to customer %q and to %q", k, was, o.CustomerID)
				}
				owner[k] = o.CustomerID
			}
		}
	}
}

func (b *bench) wellFormed(stream connectors.Stream, o connectors.Object) {
	k := Name(o.Kind, o.ID)
	for field, v := range map[string]string{"Kind": o.Kind, "ID": o.ID, "CustomerID": o.CustomerID} {
		if !utf8.ValidString(v) || (v == "" && field != "CustomerID") {
			b.errorf("stream %s: %s: %s is %q", stream, k, field, v)
		}
	}
	if o.Version <= 0 {
		b.errorf("%s: Version is %d, want above 0", k, o.Version)
	}
	if !o.SeenAt.Equal(b.s.Now) {
		b.errorf("%s: SeenAt is %s, want Options.Now, %s", k, o.SeenAt, b.s.Now)
	}
	if o.Origin < connectors.Listed || o.Origin > connectors.Embedded {
		b.errorf("%s: Origin is %d", k, o.Origin)
	}
	if !json.Valid(o.Payload) {
		b.errorf("%s: the payload is not JSON: %.200q", k, o.Payload)
	}
	b.hide("the payload of "+k, string(o.Payload))
}

func pagesStay(b *bench) {
	c, _ := b.open()
	for _, stream := range c.Streams() {
		for i, t := range b.turns(c, stream, "") {
			for j, o := range t.page.Objects {
				if content(o) != content(t.was[j]) || o.Ref() != t.was[j].Ref() {
					b.errorf("stream %s: object %d of page %d, %s, changed after it was yielded", stream, j+1, i+1, Name(t.was[j].Kind, t.was[j].ID))
				}
			}
		}
	}
}

func clockIsGiven(b *bench) {
	began := clock()
	before := b.full()
	if err := wait(b.ctx, 400*24*time.Hour); err != nil {
		b.fatalf("wait: %v", err)
	}
	after := b.full()
	b.differ("pulled 400 days later by the wall clock, at the same Options.Now", before.holds(nil), after.holds(nil))
	for _, s := range []*shelf{before, after} {
		for _, o := range s.objects {
			for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
				per := int64(time.Second / unit)
				if o.Version >= began.Unix()*per && o.Version <= clock().Unix()*per+per {
					b.errorf("%s: Version %d is the wall clock's", Name(o.Kind, o.ID), o.Version)
				}
			}
		}
	}
}

// maxResumed bounds the cursors of one stream that are tried.
const maxResumed = 24

func cursorsResume(b *bench) {
	c, _ := b.open()
	for _, stream := range c.Streams() {
		// Alone, as the resumed pull will be: a feed may have less to tell when
		// the same connector has just listed everything.
		alone, _ := b.open()
		turns := b.turns(alone, stream, "")
		whole := newShelf()
		for _, t := range turns {
			for _, o := range t.was {
				whole.land(o)
			}
		}
		want := whole.holds(b.s.Moving)
		step := 1 + len(turns)/maxResumed
		have := newShelf()
		for i, t := range turns {
			for _, o := range t.was {
				have.land(o)
			}
			if i%step != 0 && i != len(turns)-1 {
				continue
			}
			resumed := newShelf()
			resumed.cursors[stream] = t.page.Cursor
			for _, o := range have.objects {
				resumed.land(o)
			}
			// Every other run goes on the next day.
			again, _ := b.openLater(b.s, time.Duration(i%2)*24*time.Hour)
			if err := resumed.pullStream(b.ctx, again, stream); err != nil {
				b.errorf("stream %s from the cursor of page %d of %d: %v", stream, i+1, len(turns), err)
				continue
			}
			got := resumed.holds(b.s.Moving)
			for _, k := range slices.Sorted(maps.Keys(want)) {
				if g, ok := got[k]; !ok || g != want[k] {
					b.errorf("stream %s from the cursor of page %d of %d: %s is lost", stream, i+1, len(turns), k)
				}
			}
			if resumed.cursors[stream] == "" {
				b.errorf("stream %s from the cursor of page %d of %d ends without a cursor", stream, i+1, len(turns))
			}
		}
	}
}

// excess is how many objects a pull may repeat though they have not changed:
// a look-back costs something, listing again is another thing.
func excess(all int) int { return max(5, all/10) }

func secondPullIsIdle(b *bench) {
	c, w := b.open()
	s := newShelf()
	if err := s.pull(b.ctx, c); err != nil {
		b.fatalf("pull: %v", err)
	}
	listed, asked := len(s.objects), w.requests()
	for _, later := range []time.Duration{0, 24 * time.Hour, 48 * time.Hour} {
		c, w := b.openLater(b.s, later)
		before := s.holds(b.s.Moving)
		repeated := 0
		for _, stream := range c.Streams() {
			for _, t := range b.turns(c, stream, s.cursors[stream]) {
				for _, o := range t.was {
					if s.land(o); !slices.Contains(b.s.Moving, o.Kind) {
						repeated++
					}
				}
				s.cursors[stream] = t.page.Cursor
			}
			if s.cursors[stream] == "" {
				b.errorf("stream %s ends without a cursor", stream)
			}
		}
		b.differ("pulled again after "+later.String(), before, s.holds(b.s.Moving))
		// At once, the whole first listing may lie in the look-back.
		if later == 0 {
			continue
		}
		if repeated > excess(listed) {
			b.errorf("after %s %d of %d objects were brought again, though nothing changed", later, repeated, listed)
		}
		if n := w.requests(); n > asked {
			b.errorf("after %s %d requests were made, a full listing makes %d", later, n, asked)
		}
	}
}

func laterPullBringsChanges(b *bench) {
	s := b.full()
	before := s.holds(b.s.Moving)
	later, changed := b.s.Later()
	if len(changed) == 0 {
		b.fatalf("the subject's Later changes nothing")
	}
	fresh, _ := b.openLater(later, 0)
	truth := newShelf()
	if err := truth.pull(b.ctx, fresh); err != nil {
		b.fatalf("list the later provider: %v", err)
	}
	want := truth.holds(b.s.Moving)
	held := map[string]bool{}
	for _, names := range later.Holds {
		for _, k := range names {
			held[k] = true
		}
	}
	c, _ := b.openLater(later, 0)
	brought, same := map[string]bool{}, 0
	for _, stream := range c.Streams() {
		for _, t := range b.turns(c, stream, s.cursors[stream]) {
			for _, o := range t.was {
				k := Name(o.Kind, o.ID)
				brought[k] = true
				if !s.land(o) && before[k] == content(o) && !slices.Contains(b.s.Moving, o.Kind) {
					same++
				}
			}
			s.cursors[stream] = t.page.Cursor
		}
	}
	got := s.holds(b.s.Moving)
	for _, k := range changed {
		i, known := s.newest[k]
		switch {
		case !known || !brought[k]:
			b.errorf("%s has changed and was not brought", k)
		case !held[k] && !s.objects[i].Deleted:
			b.errorf("%s is gone and not told as Deleted", k)
		case held[k] && got[k] != want[k]:
			b.errorf("%s: what was brought is not the newest version by its Version, or not what a full listing brings:\n  want %.300s\n  got  %.300s", k, want[k], got[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(held)) {
		if _, ok := got[k]; !ok {
			b.errorf("%s is at the provider and was never brought", k)
		}
	}
	// A file is read whole, and its provider is asked for nothing.
	if most := excess(len(before)); same > most && b.s.API != nil {
		b.errorf("%d objects were brought again unchanged, of %d; want at most %d", same, len(before), most)
	}
}

// restartListsAll: from the cursors that Restart gives, or from empty ones,
// everything comes again.
func restartListsAll(b *bench) {
	s := b.full()
	again := newShelf()
	c, _ := b.openLater(b.s, time.Hour)
	if r, ok := c.(connectors.Restarter); ok {
		for stream, last := range s.cursors {
			again.cursors[stream] = r.Restart(stream, last)
		}
	}
	if err := again.pull(b.ctx, c); err != nil {
		b.fatalf("pull: %v", err)
	}
	got := again.holds(nil)
	for stream, names := range b.s.Holds {
		for _, k := range names {
			if _, ok := got[k]; !ok {
				b.errorf("restarted, stream %s does not bring %s", stream, k)
			}
		}
	}
}

func nonsenseIsRefused(b *bench) {
	c, _ := b.open()
	try := func(stream connectors.Stream, since connectors.Cursor) {
		var last error
		pages := 0
		for _, err := range c.Pull(b.ctx, stream, since) {
			if last = err; err == nil {
				pages++
			}
		}
		if last == nil || pages > 0 {
			b.errorf("pull of stream %q from cursor %q gives %d pages and %v; want an error alone", stream, since, pages, last)
		}
	}
	try("no_such_stream", "")
	for _, stream := range c.Streams() {
		try(stream, "not a cursor of ours")
	}
}

func privacyIsKept(b *bench) {
	p := b.s.Personal
	if b.s.API != nil {
		b.planted(p)
	}
	for _, treatment := range []connectors.Treatment{connectors.Drop, connectors.Hash, connectors.Keep} {
		o := b.options(nil, b.s)
		if b.s.API != nil {
			o.Transport = newWire(b.s.API.Handler)
		}
		o.Privacy = connectors.Privacy{Emails: treatment, Names: treatment, Key: []byte("conformance")}
		s := newShelf()
		if err := s.pull(b.ctx, b.openWith(b.s, o)); err != nil {
			b.fatalf("pull: %v", err)
		}
		for _, v := range slices.Concat(p.Emails, p.Names, p.Never) {
			personal := slices.Contains(p.Never, v)
			where := s.find(v)
			switch {
			case where != "" && (personal || treatment != connectors.Keep):
				b.errorf("%q lands in %s, where emails and names are to be treated as %q", v, where, treatment)
			case where == "" && !personal && treatment == connectors.Keep:
				b.errorf("%q does not land, though emails and names are kept", v)
			}
		}
	}
}

// planted makes sure that the provider sends what is said to be personal.
func (b *bench) planted(p Personal) {
	w := newWire(b.s.API.Handler)
	sent := map[string]bool{}
	w.heard = func(body []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, v := range slices.Concat(p.Emails, p.Names, p.Never) {
			sent[v] = sent[v] || bytes.Contains(body, []byte(v))
		}
	}
	if err := newShelf().pull(b.ctx, b.openOn(w)); err != nil {
		b.fatalf("pull: %v", err)
	}
	for _, v := range slices.Concat(p.Emails, p.Names, p.Never) {
		if !sent[v] {
			b.errorf("the provider never sends %q, so that nothing is shown of it", v)
		}
	}
}

// find is the first object that shows a text.
func (s *shelf) find(text string) string {
	for _, o := range s.objects {
		if bytes.Contains(o.Payload, []byte(text)) || o.ID == text || o.CustomerID == text {
			return Name(o.Kind, o.ID)
		}
	}
	return ""
}
