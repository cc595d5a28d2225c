package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// maxCustomers bounds the customers that are translated again and again.
const maxCustomers = 8

// file is one customer's objects with the catalogue they refer to.
type file struct {
	id        string
	objects   []connectors.Object
	catalogue []connectors.Object
}

// files are the customers with the most objects and some drawn by lot.
func (b *bench) files(s *shelf) []file {
	by, catalogue := s.customers()
	ids := slices.Sorted(maps.Keys(by))
	slices.SortStableFunc(ids, func(x, y string) int { return len(by[y]) - len(by[x]) })
	if len(ids) > maxCustomers {
		rest := ids[maxCustomers/2:]
		b.dice.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		ids = ids[:maxCustomers]
	}
	var all []file
	for _, id := range ids {
		all = append(all, file{id, by[id], catalogue})
	}
	if len(all) == 0 {
		b.fatalf("no object has a customer")
	}
	return all
}

func recordsAreWellFormed(b *bench) {
	s := b.full()
	c, _ := b.open()
	by, catalogue := s.customers()
	catalog := connectors.NewCatalog(catalogue)
	subscriptions := 0
	for _, id := range slices.Sorted(maps.Keys(by)) {
		r, rejects := c.Translate(by[id], catalog)
		b.orderly(id, r)
		for _, x := range rejects {
			b.orderlyReject(id, x)
		}
		subscriptions += len(r.Subscriptions)
	}
	if subscriptions == 0 {
		b.errorf("%d customers have no subscription in all", len(by))
	}
}

var (
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
	code     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

func (b *bench) orderly(id string, r billing.Record) {
	if r.Source != source || r.Customer.ID != id {
		b.errorf("customer %s: the record is of source %q, customer %q", id, r.Source, r.Customer.ID)
	}
	ascends(b, "customer "+id+": subscriptions", r.Subscriptions, func(x billing.Subscription) string { return x.ID })
	ascends(b, "customer "+id+": invoices", r.Invoices, func(x billing.Invoice) string { return x.ID })
	b.orderlyProfiles("customer "+id, r.Customer.Profiles)
	for _, sub := range r.Subscriptions {
		what := "subscription " + sub.ID
		b.orderlyProfiles(what, sub.Profiles)
		if sub.CustomerID != id || !currency.MatchString(sub.Currency) {
			b.errorf("%s: customer %q, currency %q", what, sub.CustomerID, sub.Currency)
		}
		for i, st := range sub.States {
			if i > 0 {
				before := sub.States[i-1]
				if st.From.Before(before.From) || before.Until.IsZero() || before.Until.After(st.From) {
					b.errorf("%s: state %d, from %s until %s, overlaps the next, from %s", what, i, before.From, before.Until, st.From)
				}
			}
			if !st.Until.IsZero() && st.Until.Before(st.From) {
				b.errorf("%s: state %d ends at %s, before it begins at %s", what, i+1, st.Until, st.From)
			}
			if st.Terms.Status == 0 || st.Evidence == 0 || st.Object.ID == "" {
				b.errorf("%s: state %d has status %d, evidence %d and comes from %+v; none may be empty", what, i+1, st.Terms.Status, st.Evidence, st.Object)
			}
			ascends(b, fmt.Sprintf("%s: items of state %d", what, i+1), st.Terms.Items, func(x billing.Item) string { return x.ID })
			for _, item := range st.Terms.Items {
				if p := item.Price; !currency.MatchString(p.Currency) || p.Interval.Count < 1 || p.Interval.Unit == 0 && p.Usage != billing.OneTime || p.Usage == 0 || p.Model == 0 {
					b.errorf("%s: item %s has a price that says too little: %+v", what, item.ID, p)
				}
			}
		}
	}
}

// orderlyProfiles fails when a profile does not come after the one before it, or
// says the same.
func (b *bench) orderlyProfiles(what string, list []billing.Profile) {
	for i := 1; i < len(list); i++ {
		if before := list[i-1]; !list[i].From.After(before.From) || maps.Equal(list[i].Values, before.Values) {
			b.errorf("%s: profile %d, from %s with %v, does not change what the one before says, from %s with %v",
				what, i+1, list[i].From, list[i].Values, before.From, before.Values)
		}
	}
}

// pastStays translates customers as they were at the present, and again when
// something has changed: what metadata said then is still told of then.
func pastStays(b *bench) {
	s := b.full()
	early, catalogue := s.customers()
	later, _ := b.s.Later()
	c, _ := b.openLater(later, 0)
	if err := s.pull(b.ctx, c); err != nil {
		b.fatalf("pull the later provider: %v", err)
	}
	late, lateCatalogue := s.customers()
	was, is := connectors.NewCatalog(catalogue), connectors.NewCatalog(lateCatalogue)
	for _, id := range slices.Sorted(maps.Keys(early)) {
		before, _ := c.Translate(early[id], was)
		after, _ := c.Translate(late[id], is)
		old, now := before.Customer.Metadata, after.Customer.Metadata
		if maps.Equal(old, now) || after.Customer.Deleted {
			continue
		}
		then := now
		for i, p := range after.Customer.Profiles {
			if i == 0 || !p.From.After(b.s.Now) {
				then = p.Values
			}
		}
		for k, v := range old {
			if then[k] != v {
				b.errorf("customer %s: %s was %q until it became %q, but its profiles say that it was %q: %+v", id, k, v, now[k], then[k], after.Customer.Profiles)
			}
		}
	}
}

// ascends fails when ids are empty, repeated or out of order.
func ascends[T any](b *bench, what string, list []T, id func(T) string) {
	for i, x := range list {
		if id(x) == "" || i > 0 && id(list[i-1]) >= id(x) {
			b.errorf("%s: %q at place %d is empty, twice there, or out of order", what, id(x), i+1)
		}
	}
}

func (b *bench) orderlyReject(id string, x connectors.Reject) {
	if x.Source != source || x.CustomerID != id || x.Kind == "" || x.ID == "" || !code.MatchString(x.Code) || x.Detail == "" || x.Object.Kind == "" || x.Object.ID == "" {
		b.errorf("customer %s: a reject says too little: %+v", id, x)
	}
}

// told is what a translation gives, for comparing.
type told struct {
	Record  billing.Record
	Rejects []connectors.Reject
}

func tell(c connectors.Connector, objects []connectors.Object, catalog *connectors.Catalog) told {
	r, rejects := c.Translate(objects, catalog)
	return told{r, rejects}
}

// sorted takes the order of rejects, which means nothing, out of a comparison.
func sorted(t told) told {
	t.Rejects = slices.Clone(t.Rejects)
	slices.SortFunc(t.Rejects, func(a, b connectors.Reject) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	if len(t.Rejects) == 0 {
		t.Rejects = nil
	}
	return t
}

func shuffled(dice *rand.Rand, objects []connectors.Object) []connectors.Object {
	out := slices.Clone(objects)
	dice.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func translateIsPure(b *bench) {
	s := b.full()
	for _, f := range b.files(s) {
		c, w := b.open()
		want := sorted(tell(c, f.objects, connectors.NewCatalog(f.catalogue)))
		for n := range 4 {
			objects := shuffled(b.dice, f.objects)
			if n > 1 {
				objects = shuffled(b.dice, slices.Concat(objects, f.objects))
			}
			// The present may pass meanwhile: it is not an argument.
			again, _ := b.openLater(b.s, time.Duration(n)*100*24*time.Hour)
			got := sorted(tell(again, objects, connectors.NewCatalog(shuffled(b.dice, f.catalogue))))
			if d := cmp.Diff(want, got); d != "" {
				b.errorf("customer %s: the same objects in another order, or twice, give another record:\n%.1200s", f.id, d)
				break
			}
		}
		// Nor is the connector's memory.
		if d := cmp.Diff(want, sorted(tell(c, f.objects, connectors.NewCatalog(f.catalogue)))); d != "" {
			b.errorf("customer %s: translated again, the record is another:\n%.1200s", f.id, d)
		}
		if w.requests() > 0 {
			b.errorf("customer %s: Translate asked the provider %d times", f.id, w.requests())
		}
	}
}

func translateOnlyReads(b *bench) {
	s := b.full()
	c, _ := b.open()
	for _, f := range b.files(s) {
		objects := copies(f.objects)
		was := copies(objects)
		got := tell(c, objects, connectors.NewCatalog(f.catalogue))
		want := tell(c, copies(f.objects), connectors.NewCatalog(f.catalogue))
		if d := cmp.Diff(was, objects); d != "" {
			b.errorf("customer %s: Translate changed its input:\n%.800s", f.id, d)
		}
		for i := range objects { // whoever owns them may use them again
			for j := range objects[i].Payload {
				objects[i].Payload[j] = '#'
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			b.errorf("customer %s: the record points into its input, and changes with it:\n%.800s", f.id, d)
		}
	}
	if r, rejects := c.Translate(nil, connectors.NewCatalog(nil)); len(r.Subscriptions)+len(rejects) > 0 {
		b.errorf("no object at all gives %+v and %v", r, rejects)
	}
}

func translateRunsInParallel(b *bench) {
	s := b.full()
	c, _ := b.open()
	files := b.files(s)
	catalog := connectors.NewCatalog(files[0].catalogue)
	want := make([]told, len(files))
	for i, f := range files {
		want[i] = tell(c, f.objects, connectors.NewCatalog(f.catalogue))
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			b.guard(func(b *bench) {
				for i := range files {
					i = (i + n) % len(files)
					if d := cmp.Diff(want[i], tell(c, files[i].objects, catalog)); d != "" {
						b.errorf("customer %s: translated in parallel, the record is another:\n%.800s", files[i].id, d)
					}
				}
			})
		})
	}
	wg.Wait()
}

// agreed is what counts of a subscription's terms in force, as text.
type agreed struct {
	terms string
	items map[string]bool // that charge something, while the subscription counts
}

// inForce is what a record says of each subscription's last state.
func inForce(r billing.Record) map[string]agreed {
	all := map[string]agreed{}
	for _, sub := range r.Subscriptions {
		if len(sub.States) == 0 {
			continue
		}
		last := sub.States[len(sub.States)-1]
		a := agreed{items: map[string]bool{}}
		var b strings.Builder
		fmt.Fprintf(&b, "%s %d until %s, canceled %s, pause %v", sub.Currency, last.Terms.Status, last.Until, last.Terms.CancelAt, last.Terms.Pause)
		for _, item := range last.Terms.Items {
			fmt.Fprintf(&b, "\n  %s x %s: %s", item.ID, item.Quantity, priced(item))
			counts := last.Terms.Status == billing.StatusActive || last.Terms.Status == billing.StatusPastDue || last.Terms.Status == billing.StatusNonRenewing
			if counts && last.Until.IsZero() && charges(item) {
				a.items[item.ID] = true
			}
		}
		a.terms = b.String()
		all[sub.ID] = a
	}
	return all
}

func priced(item billing.Item) string {
	p := item.Price
	amount := "computed"
	if item.Amount != nil {
		amount = item.Amount.String()
	}
	return fmt.Sprintf("%s %s %d/%d %d %d unit %s package %d tiers %v, amount %s", p.ID, p.Currency, p.Interval.Count, p.Interval.Unit, p.Usage, p.Model, p.Unit, p.PackageSize, p.Tiers, amount)
}

// charges says whether an item is worth anything per interval.
func charges(item billing.Item) bool {
	if item.Price.Usage != billing.Licensed {
		return item.Commitment != nil && !item.Commitment.IsZero()
	}
	if item.Amount != nil {
		return !item.Amount.IsZero()
	}
	if item.Price.Model != billing.Flat && item.Quantity.IsZero() {
		return false
	}
	worth := !item.Price.Unit.IsZero()
	for _, t := range item.Price.Tiers {
		worth = worth || !t.Unit.IsZero() || !t.Flat.IsZero()
	}
	return worth
}

// newer is a version of an object that is newer than every stored one, with
// another payload.
func newer(o connectors.Object, payload []byte) connectors.Object {
	o.Version++
	o.SeenAt = o.SeenAt.Add(time.Second)
	o.Payload = payload
	return o
}

// latest are the newest versions of a file's objects that are not gone.
func latest(f file) []connectors.Object {
	newest := map[string]connectors.Object{}
	for _, o := range f.objects {
		k := Name(o.Kind, o.ID)
		if old, ok := newest[k]; !ok || o.Version >= old.Version {
			newest[k] = o
		}
	}
	var all []connectors.Object
	for _, k := range slices.Sorted(maps.Keys(newest)) {
		if !newest[k].Deleted {
			all = append(all, newest[k])
		}
	}
	return all
}

// unreadableIsRejected gives each object a newer version that is not one.
func unreadableIsRejected(b *bench) {
	s := b.full()
	c, _ := b.open()
	for _, f := range b.files(s) {
		catalog := connectors.NewCatalog(f.catalogue)
		before := tell(c, f.objects, catalog)
		terms := inForce(before.Record)
		tried := map[string]int{}
		for _, o := range latest(f) {
			if tried[o.Kind]++; tried[o.Kind] > 4 {
				continue
			}
			bad := newer(o, []byte(`[17]`))
			got := tell(c, append(slices.Clone(f.objects), bad), catalog)
			k := Name(o.Kind, o.ID)
			if !slices.ContainsFunc(got.Rejects, func(r connectors.Reject) bool { return names(r, bad) }) {
				b.errorf("customer %s: an unreadable version of %s is not rejected by name: %+v", f.id, k, got.Rejects)
			}
			for _, x := range got.Rejects {
				b.orderlyReject(f.id, x)
			}
			after := inForce(got.Record)
			for id, a := range terms {
				if after[id].terms != a.terms {
					b.errorf("customer %s: an unreadable version of %s changes subscription %s:\n%s\nto\n%s", f.id, k, id, a.terms, after[id].terms)
				}
			}
			b.keeps(f.id, k, before.Record, got.Record)
			for _, inv := range before.Record.Invoices {
				if !slices.ContainsFunc(got.Record.Invoices, func(x billing.Invoice) bool { return x.ID == inv.ID && x.Total.Equal(inv.Total) }) {
					b.errorf("customer %s: an unreadable version of %s takes invoice %s away", f.id, k, inv.ID)
				}
			}
		}
	}
}

// keeps expects what phases and invoices say of subscriptions to stand.
func (b *bench) keeps(id, k string, before, after billing.Record) {
	anyRef := cmp.Comparer(func(billing.Ref, billing.Ref) bool { return true })
	for _, sub := range before.Subscriptions {
		i := slices.IndexFunc(after.Subscriptions, func(x billing.Subscription) bool { return x.ID == sub.ID })
		if i < 0 {
			b.errorf("customer %s: an unreadable version of %s takes subscription %s away", id, k, sub.ID)
			continue
		}
		if d := cmp.Diff(sub.Phases, after.Subscriptions[i].Phases, anyRef); d != "" {
			b.errorf("customer %s: an unreadable version of %s changes the phases of subscription %s:\n%.600s", id, k, sub.ID, d)
		}
		if d := cmp.Diff(sub.Services, after.Subscriptions[i].Services, anyRef); d != "" {
			b.errorf("customer %s: an unreadable version of %s changes what invoices say of subscription %s:\n%.600s", id, k, sub.ID, d)
		}
	}
}

// maxDamages bounds the fields of one object that are damaged.
const maxDamages = 24

// unreadableFieldIsNoZero gives fields a value that cannot be meant, in a newer
// version of a customer's object or in the catalogue. The record may hold on
// to what was understood or reject; what an item charges may neither change
// nor vanish without a word. A null may change terms, since the absence of a
// discount or an end means something; it may not make an item vanish.
func unreadableFieldIsNoZero(b *bench) {
	s := b.full()
	c, _ := b.open()
	for _, f := range b.files(s) {
		catalog := connectors.NewCatalog(f.catalogue)
		before := tell(c, f.objects, catalog)
		terms := inForce(before.Record)
		tried := map[string]int{}
		for _, o := range latest(f) {
			if tried[o.Kind]++; tried[o.Kind] > 2 {
				continue
			}
			for _, d := range spoiled(b.dice, o.Payload) {
				got := tell(c, append(slices.Clone(f.objects), newer(o, d.payload)), catalog)
				b.noZero(f.id, Name(o.Kind, o.ID)+" "+d.what, d.null, terms, before, got)
			}
		}
		for _, o := range b.referred(f) {
			for _, d := range spoiled(b.dice, o.Payload) {
				spoilt := append(slices.Clone(f.catalogue), newer(o, d.payload))
				got := tell(c, f.objects, connectors.NewCatalog(spoilt))
				b.noZero(f.id, Name(o.Kind, o.ID)+" "+d.what, d.null, terms, before, got)
			}
		}
	}
}

func (b *bench) noZero(id, what string, null bool, terms map[string]agreed, before, got told) {
	if null && b.s.API == nil {
		return // the payload is the connector's own, and it writes no nulls
	}
	after := inForce(got.Record)
	news := len(got.Rejects) > len(before.Rejects)
	for sub, a := range terms {
		lost := ""
		for item := range a.items {
			if !after[sub].items[item] {
				lost = item
			}
		}
		switch {
		case lost != "" && !news:
			b.errorf("customer %s, %s: item %s of subscription %s charges nothing any more, and nothing is rejected:\n%s\nto\n%s", id, what, lost, sub, a.terms, after[sub].terms)
		case after[sub].terms != a.terms && !news && !null:
			b.errorf("customer %s, %s: subscription %s changes, and nothing is rejected:\n%s\nto\n%s", id, what, sub, a.terms, after[sub].terms)
		}
	}
}

// referred are catalogue objects that the customer's objects name.
func (b *bench) referred(f file) []connectors.Object {
	var all []connectors.Object
	tried := map[string]int{}
	for _, o := range latest(file{objects: f.catalogue}) {
		quoted := []byte(`"` + o.ID + `"`)
		if tried[o.Kind] == 0 && slices.ContainsFunc(f.objects, func(x connectors.Object) bool { return bytes.Contains(x.Payload, quoted) }) {
			tried[o.Kind]++
			all = append(all, o)
		}
	}
	return all
}
