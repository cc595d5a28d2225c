package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"mrrsync/connectors"
)

// patience is how long a pull may take in all, whatever befalls it.
const patience = 48 * time.Hour

func faultChangesNothing(b *bench, f fault) {
	b.survives(&trouble{faults: []fault{f}, often: 3, deep: 1})
}

func allFaultsChangeNothing(b *bench) {
	b.survives(&trouble{faults: faults(), often: 2, deep: 3})
}

// ownFaultsChangeNothing pulls from the provider as it misbehaves. What it kept
// back, such as events that appear late, the next pull brings.
func ownFaultsChangeNothing(b *bench) {
	want := b.full().holds(b.s.Moving)
	began := clock()
	got := newShelf()
	if err := got.pull(b.ctx, b.openOn(newWire(b.s.API.Faulty()))); err != nil {
		b.fatalf("pull: %v", err)
	}
	if d := clock().Sub(began); d > patience {
		b.errorf("the pull took %s", d)
	}
	c, _ := b.open()
	if err := got.pull(b.ctx, c); err != nil {
		b.fatalf("the pull after it: %v", err)
	}
	b.differ("pulled from a provider that misbehaves", want, got.holds(b.s.Moving))
}

// survives pulls through trouble and expects what a pull without brings.
func (b *bench) survives(t *trouble) {
	want := b.full().holds(b.s.Moving)
	w := newWire(b.s.API.Handler)
	w.fault = t.fault
	c := b.openOn(w)
	began := clock()
	got := newShelf()
	err := got.pull(b.ctx, c)
	if t.done == 0 {
		b.fatalf("no request was struck")
	}
	if err != nil {
		b.fatalf("pull: %v", err)
	}
	b.differ("pulled through trouble", want, got.holds(b.s.Moving))
	for _, k := range t.hasty {
		b.errorf("asked again before Retry-After: %s", k)
	}
	if d := clock().Sub(began); d > patience {
		b.errorf("the pull took %s", d)
	}
	if err := c.Check(b.ctx); err != nil {
		b.errorf("check: %v", err)
	}
	if _, err := c.Account(b.ctx); err != nil {
		b.errorf("account: %v", err)
	}
}

// downFails lets the provider go down after some answers. The pull ends with an
// error; what it brought before stands, and the next pull goes on from there.
func downFails(b *bench) {
	want := b.full().holds(b.s.Moving)
	s := newShelf()
	w := newWire(b.s.API.Handler)
	n := 0
	w.fault = func(req *http.Request, _ int, whole func() *http.Response) (*http.Response, error) {
		w.mu.Lock()
		n++
		up := n <= len(b.s.Holds)
		w.mu.Unlock()
		if up {
			return whole(), nil
		}
		return echo(http.StatusInternalServerError, req), nil
	}
	began := clock()
	err := s.pull(b.ctx, b.openOn(w))
	if err == nil {
		b.fatalf("the provider is down and the pull succeeds")
	}
	b.hide("the error", err.Error())
	if !strings.Contains(err.Error(), source) && !strings.Contains(err.Error(), "500") {
		b.errorf("the error names neither the source nor the status: %v", err)
	}
	if d := clock().Sub(began); d > time.Hour {
		b.errorf("it took %s to give up", d)
	}
	c, _ := b.open()
	if err := s.pull(b.ctx, c); err != nil {
		b.fatalf("pull from where it failed: %v", err)
	}
	got := s.holds(b.s.Moving)
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			b.errorf("after the failed pull and the next one: %s is lost", k)
		}
	}
}

// echo is an answer that repeats all it was told, secrets included, as careless
// gateways do.
func echo(status int, req *http.Request) *http.Response {
	var told strings.Builder
	for name, values := range req.Header {
		for _, v := range values {
			fmt.Fprintf(&told, "%s: %s\n", name, v)
			if _, basic, ok := strings.Cut(v, "Basic "); ok {
				if plain, err := base64.StdEncoding.DecodeString(basic); err == nil {
					fmt.Fprintf(&told, "%s\n", plain)
				}
			}
		}
	}
	text, _ := json.Marshal(told.String()) // a string always encodes
	body := `{"error":{"message":` + string(text) + `,"type":"api_error"},"message":` + string(text) + `}`
	return say(req, status, asJSON, body)
}

func deniedIsNamed(b *bench) {
	names, _ := b.open()
	for _, stream := range names.Streams() {
		var last error
		for _, err := range b.openOn(newWire(b.s.API.Denied(stream))).Pull(b.ctx, stream, "") {
			last = err
		}
		if !errors.Is(last, connectors.ErrDenied) || !mentions(last, stream) {
			b.errorf("stream %s is denied, and its pull ends with %v; want connectors.ErrDenied and the stream's name", stream, last)
		}
	}
}

// mentions tells whether an error names a stream.
func mentions(err error, stream connectors.Stream) bool {
	return err != nil && regexp.MustCompile(`\b`+regexp.QuoteMeta(string(stream))+`\b`).MatchString(err.Error())
}

func checkNamesDenied(b *bench) {
	names, _ := b.open()
	all := names.Streams()
	groups := [][]connectors.Stream{all}
	for _, s := range all {
		groups = append(groups, []connectors.Stream{s})
	}
	for _, denied := range groups {
		err := b.openOn(newWire(b.s.API.Denied(denied...))).Check(b.ctx)
		if !errors.Is(err, connectors.ErrDenied) {
			b.errorf("%v denied: check gives %v, want connectors.ErrDenied", denied, err)
			continue
		}
		for _, s := range denied {
			if !mentions(err, s) {
				b.errorf("%v denied: check does not name %s: %v", denied, s, err)
			}
		}
	}
}

func refusedKeyIsClear(b *bench) {
	names, _ := b.open()
	loud := newWire(b.s.API.Refused)
	loud.fault = func(req *http.Request, _ int, _ func() *http.Response) (*http.Response, error) {
		return echo(http.StatusUnauthorized, req), nil
	}
	try := func(what string, call func(connectors.Connector) error) {
		err := call(b.openOn(newWire(b.s.API.Refused)))
		if !errors.Is(err, connectors.ErrDenied) {
			b.errorf("%s with a refused key gives %v, want connectors.ErrDenied", what, err)
		} else {
			b.hide("the error of "+what, err.Error())
			if !strings.Contains(err.Error(), "key") {
				b.errorf("the error of %s does not say that it is the key: %v", what, err)
			}
		}
		if err = call(b.openOn(loud)); err == nil {
			b.errorf("%s succeeds though every answer is a 401", what)
		} else {
			b.hide("the error of "+what+", when the answer repeats the request", err.Error())
		}
	}
	try("Account", func(c connectors.Connector) error {
		_, err := c.Account(b.ctx)
		return err
	})
	try("Check", func(c connectors.Connector) error { return c.Check(b.ctx) })
	for _, stream := range names.Streams() {
		try("Pull of "+string(stream), func(c connectors.Connector) error {
			for _, err := range c.Pull(b.ctx, stream, "") {
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// damageIsNamed spoils one object of a page: its id stays, all else has a wrong
// type. Either the pull fails and names it, its neighbour or its number, or it
// lands and Translate rejects it by name.
func damageIsNamed(b *bench) {
	names, _ := b.open()
	spoilt := 0
	for _, stream := range names.Streams() {
		held := map[string]string{}
		for _, k := range b.s.Holds[stream] {
			_, id, _ := strings.Cut(k, "/")
			held[id] = k
		}
		if len(held) == 0 {
			continue
		}
		d := &damage{held: held}
		w := newWire(b.s.API.Handler)
		w.fault = d.fault
		c := b.openOn(w)
		s := newShelf()
		err := s.pull(b.ctx, c)
		if d.id == "" {
			continue
		}
		spoilt++
		name := held[d.id]
		switch {
		case err != nil:
			if !d.named(err) {
				b.errorf("stream %s: %s is damaged, and the error names neither it nor its place: %v", stream, name, err)
			}
		case s.newest == nil || !has(s, name):
			b.errorf("stream %s: %s is damaged and neither lands nor fails", stream, name)
		default:
			b.rejectsDamaged(c, s, name)
		}
	}
	if spoilt == 0 {
		b.errorf("no answer held an object of the subject's Holds by its id")
	}
}

func has(s *shelf, name string) bool {
	_, ok := s.newest[name]
	return ok
}

// rejectsDamaged expects a reject that names a customer's damaged object.
func (b *bench) rejectsDamaged(c connectors.Connector, s *shelf, name string) {
	o := s.objects[s.newest[name]]
	by, catalogue := s.customers()
	if o.CustomerID == "" {
		return // the customers whose terms it has tell of it
	}
	_, rejects := c.Translate(by[o.CustomerID], connectors.NewCatalog(catalogue))
	if !slices.ContainsFunc(rejects, func(r connectors.Reject) bool { return names(r, o) }) {
		b.errorf("%s is damaged and lands, and no reject names it: %+v", name, rejects)
	}
}

// names says whether a reject is about an object.
func names(r connectors.Reject, o connectors.Object) bool {
	return r.Object.Kind == o.Kind && r.Object.ID == o.ID || r.Kind == o.Kind && r.ID == o.ID
}

// damage spoils the first object of Holds that it finds second in a list; the
// same one each time it comes.
type damage struct {
	held       map[string]string
	id, before string // the damaged object and the one before it
	index      int    // of the object in its list, from 0
}

func (d *damage) named(err error) bool {
	text := err.Error()
	return strings.Contains(text, d.id) || d.before != "" && strings.Contains(text, d.before) ||
		regexp.MustCompile(fmt.Sprintf(`\b(object|row|line|item|entry) %d\b`, d.index+1)).MatchString(text)
}

func (d *damage) fault(_ *http.Request, _ int, whole func() *http.Response) (*http.Response, error) {
	resp := whole()
	if resp == nil || resp.StatusCode != http.StatusOK {
		return resp, nil
	}
	body, _ := io.ReadAll(resp.Body) // in memory
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var answer any
	if dec.Decode(&answer) == nil && d.spoil(answer) {
		if spoilt, err := json.Marshal(answer); err == nil {
			body = spoilt
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// spoil looks for a list of held objects and spoils its second.
func (d *damage) spoil(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if d.spoil(v[k]) {
				return true
			}
		}
	case []any:
		ids := make([]string, len(v))
		for i, e := range v {
			ids[i], _ = d.identify(e)
		}
		for i, id := range ids {
			if id == "" || d.id != "" && id != d.id || d.id == "" && i == 0 && len(ids) > 1 {
				continue
			}
			_, object := d.identify(v[i])
			d.id, d.index = id, i
			if i > 0 {
				d.before = ids[i-1]
			}
			for k, member := range object {
				if member != id {
					object[k] = wrong(member)
				}
			}
			return true
		}
	}
	return false
}

// identify finds the held object that a list's element is, or that it wraps.
func (d *damage) identify(v any) (string, map[string]any) {
	m, ok := v.(map[string]any)
	if !ok {
		return "", nil
	}
	if id, ok := m["id"].(string); ok && d.held[id] != "" {
		return id, m
	}
	for _, inner := range m {
		if w, ok := inner.(map[string]any); ok {
			if id, ok := w["id"].(string); ok && d.held[id] != "" {
				return id, w
			}
		}
	}
	return "", nil
}

// wrong is a value of another type.
func wrong(v any) any {
	switch v.(type) {
	case map[string]any, []any:
		return 17
	}
	return []any{map[string]any{"conformance": true}}
}
