package conformance

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// erasureForgets lets a connector take everybody out of what it has landed, names
// and addresses included, and expects the same terms and documents of the rest.
func erasureForgets(b *bench) {
	o := b.options(nil, b.s)
	var w *wire
	if b.s.API != nil {
		w = newWire(b.s.API.Handler)
		o.Transport = w
	}
	o.Privacy = connectors.Privacy{Emails: connectors.Keep, Names: connectors.Keep}
	c := b.openWith(b.s, o)
	s := newShelf()
	if err := s.pull(b.ctx, c); err != nil {
		b.fatalf("pull: %v", err)
	}
	asked := 0
	if w != nil {
		asked = w.requests()
	}
	by, catalogue := s.customers()
	catalog := connectors.NewCatalog(catalogue)
	e := erasure{bench: b, eraser: c.(connectors.Eraser)}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		was, _ := c.Translate(by[id], catalog)
		is, rejects := c.Translate(e.strip(by[id], nil), catalog)
		if diff := cmp.Diff(was, is, impersonal); diff != "" {
			b.errorf("customer %s: erasing changes terms or documents (-before +after):\n%s", id, diff)
		}
		for _, x := range rejects {
			b.errorf("customer %s: what an erasure leaves is rejected: %s %s", id, x.Kind, x.Detail)
		}
		e.keeps(c, by[id], catalog, was, is)
	}
	for _, v := range slices.Concat(b.s.Personal.Emails, b.s.Personal.Names) {
		if !e.told[v] {
			b.errorf("an erasure does not tell that %q was there, so that nobody seeks it elsewhere", v)
		}
	}
	if w != nil && w.requests() > asked {
		b.errorf("Erase asked the provider; it does no I/O")
	}
}

// impersonal leaves out of a record what an erasure is there to take. A coupon
// may be named for the one who got it.
var impersonal = cmp.Options{
	cmpopts.IgnoreFields(billing.Customer{}, "Name", "Email", "Metadata", "Profiles"),
	cmpopts.IgnoreFields(billing.Subscription{}, "Name", "Metadata", "Profiles"),
	cmpopts.IgnoreFields(billing.Line{}, "Description"),
	cmpopts.IgnoreFields(billing.Discount{}, "Name"),
	cmpopts.EquateEmpty(),
}

type erasure struct {
	*bench
	eraser connectors.Eraser
	told   map[string]bool // names and addresses
}

// strip erases each object, twice, and looks for what must be gone.
func (e *erasure) strip(objects []connectors.Object, keep []string) []connectors.Object {
	if e.told == nil {
		e.told = map[string]bool{}
	}
	stripped := slices.Clone(objects)
	for i := range stripped {
		o := &stripped[i]
		name := Name(o.Kind, o.ID)
		whole := bytes.Clone(o.Payload)
		payload, personal := e.eraser.Erase(*o, keep)
		for _, v := range personal {
			e.told[v] = true
		}
		if !bytes.Equal(o.Payload, whole) {
			e.fatalf("%s: Erase writes into the payload that it is given", name)
		}
		o.Payload = payload
		if !json.Valid(payload) {
			e.errorf("%s: an erasure leaves what is not JSON: %.100q", name, payload)
		}
		for _, v := range slices.Concat(e.s.Personal.Emails, e.s.Personal.Names, e.s.Personal.Never) {
			if bytes.Contains(payload, []byte(v)) {
				e.errorf("%s still tells %q after an erasure", name, v)
			}
		}
		if again, _ := e.eraser.Erase(*o, keep); !bytes.Equal(again, payload) {
			e.errorf("%s: erased twice is not erased once:\n%.200s\n%.200s", name, payload, again)
		}
	}
	return stripped
}

// keeps erases a customer but for one field of its metadata, which must stay, and
// without any, when it must go.
func (e *erasure) keeps(c connectors.Connector, objects []connectors.Object, catalog *connectors.Catalog, was, bare billing.Record) {
	personal := slices.Concat(e.s.Personal.Emails, e.s.Personal.Names, e.s.Personal.Never)
	for _, path := range slices.Sorted(maps.Keys(was.Customer.Metadata)) {
		value := was.Customer.Metadata[path]
		if value == "" || !strings.HasPrefix(path, "metadata.") || slices.Contains(personal, value) {
			continue
		}
		if bare.Customer.Metadata[path] != "" {
			e.errorf("customer %s: %s is still %q after an erasure", was.Customer.ID, path, bare.Customer.Metadata[path])
		}
		is, _ := c.Translate(e.strip(objects, []string{path}), catalog)
		if got := is.Customer.Metadata[path]; got != value {
			e.errorf("customer %s: %s is to stay as %q and is %q after an erasure", was.Customer.ID, path, value, got)
		}
		return
	}
}
