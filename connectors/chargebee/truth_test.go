package chargebee_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/chargebee"
	"mrrsync/connectors/conformance"
	"mrrsync/internal/simulator/chargebeeapi"
	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
	"mrrsync/normalize"
)

var seedRange = flag.String("seeds", "1-2", "sites whose truth is judged")

// shelf is a raw store in memory: every version that differs from the one
// before.
type shelf struct {
	objects map[string][]connectors.Object // by kind/id, in the order of landing
	hashes  map[string]map[[32]byte]bool
	cursors map[connectors.Stream]connectors.Cursor
	landed  int
}

func newShelf() *shelf {
	return &shelf{
		objects: map[string][]connectors.Object{}, hashes: map[string]map[[32]byte]bool{},
		cursors: map[connectors.Stream]connectors.Cursor{},
	}
}

func (s *shelf) land(objects []connectors.Object) {
	for _, o := range objects {
		k := conformance.Name(o.Kind, o.ID)
		h := sha256.Sum256(fmt.Appendf(nil, "%d %t%s", o.Version, o.Deleted, o.Payload))
		if s.hashes[k][h] {
			continue
		}
		if s.hashes[k] == nil {
			s.hashes[k] = map[[32]byte]bool{}
		}
		s.hashes[k][h] = true
		s.objects[k] = append(s.objects[k], o)
		s.landed++
	}
}

// pull reads all streams to their end.
func (s *shelf) pull(ctx context.Context, c connectors.Connector) error {
	for _, stream := range c.Streams() {
		for page, err := range c.Pull(ctx, stream, s.cursors[stream]) {
			if err != nil {
				return err
			}
			s.land(page.Objects)
			s.cursors[stream] = page.Cursor
		}
	}
	return nil
}

// newest is the newest version of an object.
func (s *shelf) newest(k string) (o connectors.Object, ok bool) {
	if len(s.objects[k]) == 0 {
		return o, false
	}
	return slices.MaxFunc(s.objects[k], func(a, b connectors.Object) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), a.SeenAt.Compare(b.SeenAt))
	}), true
}

// members are an object's fields, but for those that change by themselves and
// leave updated_at as it was: dues, what became of related documents. None of
// them makes a fact, the provider's own figure aside.
func members(payload []byte) map[string]string {
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(payload, &raw) // what is no object has none
	all := map[string]string{}
	for k, v := range raw {
		all[k] = string(v)
	}
	for _, k := range []string{"due_invoices_count", "due_since", "total_dues", "mrr", "issued_credit_notes", "adjustment_credit_notes", "applied_credits", "allocations"} {
		delete(all, k)
	}
	if all["status"] == `"posted"` { // until it is due
		all["status"] = `"payment_due"`
	}
	return all
}

// records are the facts of all customers.
func (s *shelf) records(c connectors.Connector) ([]billing.Record, []connectors.Reject) {
	var catalogue []connectors.Object
	by := map[string][]connectors.Object{}
	for _, versions := range s.objects {
		for _, o := range versions {
			if o.CustomerID == "" {
				catalogue = append(catalogue, o)
			} else {
				by[o.CustomerID] = append(by[o.CustomerID], o)
			}
		}
	}
	catalog := connectors.NewCatalog(catalogue)
	var records []billing.Record
	var rejects []connectors.Reject
	for _, id := range slices.Sorted(maps.Keys(by)) {
		r, bad := c.Translate(by[id], catalog)
		records = append(records, r)
		rejects = append(rejects, bad...)
	}
	return records, rejects
}

const goodKey = "live_conformanceKx82hJd7"

// open is the connector on a way to a site.
func open(t testing.TB, way http.RoundTripper, now func() time.Time) connectors.Connector {
	t.Helper()
	const keys = "site: acme-test\napi_key: env:KEY\nbase_url: http://chargebee.test\nrequests_per_second: 100000\npage_size: 20\n"
	section, err := config.ParseSection("test.yaml", []byte(keys), func(string) string { return goodKey })
	if err != nil {
		t.Fatal(err)
	}
	c, err := chargebee.Open(connectors.Options{
		Source: site.Source, Settings: section, Now: now, Zone: time.UTC, Transport: way, Logger: slog.New(slog.DiscardHandler),
		Privacy: connectors.Privacy{Emails: connectors.Drop, Names: connectors.Keep},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ignoresNothing fails when the connector asked for something in words that
// Chargebee does not know: it would believe to have a filter and have none.
func ignoresNothing(t *testing.T, api *chargebeeapi.Server) {
	t.Helper()
	if list := api.Ignored(); len(list) > 0 {
		t.Errorf("parameters that Chargebee ignores: %v", list)
	}
}

type itemDay struct {
	sub, item string
	day       int
}

// derived is what the law makes of records, by item and day, up to the present.
func derived(t *testing.T, records []billing.Record, now time.Time) map[itemDay]decimal.Decimal {
	t.Helper()
	policy, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	ours := map[itemDay]decimal.Decimal{}
	last := int(billing.DateOf(now, time.UTC)) - 1
	for _, r := range records {
		account := normalize.Account{ID: site.Source + "/" + r.Customer.ID, Records: []billing.Record{r}}
		result := normalize.Derive(account, normalize.Settings{Policy: policy, Zone: time.UTC})
		for _, p := range result.Periods {
			for d := int(p.From); d < int(p.Until) && d <= last && !p.Scheduled; d++ {
				ours[itemDay{p.SubscriptionID, p.ItemID, d}] = p.MRR
			}
		}
		for _, bad := range result.Rejects {
			t.Errorf("the law rejects %s %s: %s: %s", bad.Kind, bad.ID, bad.Code, bad.Detail)
		}
	}
	return ours
}

// judge compares what the records give with the site's truth: every provable
// item-day, and from the day watched on the others too.
func judge(t *testing.T, records []billing.Record, x *site.Site, now time.Time, watched billing.Date) (compared, guessed int) {
	t.Helper()
	ours := derived(t, records, now)
	wrong := map[string][]string{} // item -> days
	for row := range x.Truth(now, time.UTC) {
		k := itemDay{row.Subscription, row.Item, row.Day}
		got := ours[k]
		delete(ours, k)
		compared++
		switch {
		case got.Equal(row.MRR):
		case !row.Provable && row.Day < int(watched):
			guessed++
		default:
			wrong[row.Item] = append(wrong[row.Item], fmt.Sprintf("%s: truth %s, ours %s", row.Date(), row.MRR, got))
		}
	}
	for k, v := range ours {
		if !v.IsZero() {
			wrong[k.item] = append(wrong[k.item], fmt.Sprintf("%s: truth has none, ours %s", billing.Date(k.day), v))
		}
	}
	for i, item := range slices.Sorted(maps.Keys(wrong)) {
		if i == 12 {
			t.Errorf("and %d items more", len(wrong)-i)
			break
		}
		days := wrong[item]
		slices.Sort(days)
		t.Errorf("%s: %d days wrong: %s ... %s", item, len(days), days[0], days[len(days)-1])
	}
	return compared, guessed
}

// A first look at a site of either catalogue gives its truth, as far as anything
// still shows it.
func TestTruth(t *testing.T) {
	now := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)
	for _, seed := range seeds(t) {
		for _, catalogue := range []site.Catalogue{site.Plans, site.Items} {
			t.Run(fmt.Sprintf("%d catalogue %d", seed, catalogue), func(t *testing.T) {
				t.Parallel()
				x := site.New(site.Config{Seed: seed, Catalogue: catalogue, Customers: 60, Months: 24, Now: now})
				api := chargebeeapi.New(x, chargebeeapi.Options{Key: goodKey})
				c := open(t, conformance.Wire(api), func() time.Time { return now })
				s := newShelf()
				if err := s.pull(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				ignoresNothing(t, api)
				records, rejects := s.records(c)
				for _, r := range rejects {
					t.Errorf("reject %+v", r)
				}
				compared, guessed := judge(t, records, x, now, billing.Forever)
				if compared == 0 {
					t.Error("nothing was compared")
				}
				t.Logf("%d landed, %d compared, %d guessed", s.landed, compared, guessed)
			})
		}
	}
}

// seeds are the sites that are judged.
func seeds(t *testing.T) []uint64 {
	var from, to uint64
	if _, err := fmt.Sscanf(*seedRange, "%d-%d", &from, &to); err != nil {
		t.Fatalf("-seeds %q: want FROM-TO", *seedRange)
	}
	var all []uint64
	for s := from; s <= to; s++ {
		all = append(all, s)
	}
	return all
}

// Each night an increment lands all that changed, catalogue and deletions
// included, from whatever the site looks like that night; and what one saw for
// itself needs no proof.
func TestNights(t *testing.T) {
	for _, c := range []struct {
		name      string
		catalogue site.Catalogue
		faults    string
	}{
		{"a quiet site of catalogue 1", site.Plans, ""},
		{"a quiet site of catalogue 2", site.Items, ""},
		{"catalogue 1 with every fault", site.Plans, "all"},
		{"catalogue 2 with every fault", site.Items, "all"},
		{"rows that move while lists are read", site.Items, "mutate=2,late-events=2,old-events=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { nights(t, c.catalogue, c.faults) })
		})
	}
}

// edit has the catalogue changed in the nights from start on, and customers who
// no longer subscribe to anything. No event tells of it, and no subscription's
// updated_at.
func edit(x *site.Site, start time.Time) {
	at := start.AddDate(0, 0, 1).Unix()
	next := func() int64 {
		at += 30 * 3600
		return at
	}
	for _, p := range x.Catalog.Products[:3] {
		p.Renamed, p.NewName = next(), p.Name+" Plus"
	}
	for _, p := range x.Catalog.Prices[:3] {
		p.Archived = next()
	}
	for i, c := range x.Catalog.Coupons[:4] {
		if c.Archived = next(); i%2 == 1 {
			c.Deleted = next()
		}
	}
	idle := slices.DeleteFunc(slices.Clone(x.Customers), func(c *site.Customer) bool {
		return c.Created() > start.Unix() || slices.ContainsFunc(c.Subscriptions, func(u *site.Subscription) bool {
			return u.Versions[len(u.Versions)-1].Status != site.Cancelled
		})
	})
	for i, c := range idle[:2] {
		v := c.Versions[len(c.Versions)-1]
		v.At, v.Owner, v.Deleted = next(), "dana@acme.example", i == 1
		c.Versions = append(c.Versions, v)
	}
}

func nights(t *testing.T, catalogue site.Catalogue, spec string) {
	const count = 20
	start := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	now := start
	x := site.New(site.Config{Seed: 7, Catalogue: catalogue, Customers: 60, Months: 14, Now: start, Until: start.AddDate(0, 0, count+3)})
	faults, err := wire.ParseFaults(spec, 5)
	if err != nil {
		t.Fatal(err)
	}
	edit(x, start)
	clock := func() time.Time { return now }
	api := chargebeeapi.New(x, chargebeeapi.Options{Key: goodKey, Clock: clock, Faults: faults})
	s := newShelf()
	var changed int
	for night := range count {
		now = start.AddDate(0, 0, night)
		c := open(t, conformance.Wire(api), clock)
		before := s.landed
		api.Reset()
		if err := s.pull(t.Context(), c); err != nil {
			t.Fatalf("night %d: %v", night, err)
		}
		asked := 0
		for _, n := range api.Requests() {
			asked += n
		}
		if night > 0 {
			changed += s.landed - before
		}
		if night > 0 && spec == "" && asked > 40+(s.landed-before) {
			t.Errorf("night %d: %d requests for %d objects", night, asked, s.landed-before)
		}
	}
	// The faults may have moved the site ahead by most of a day.
	now = start.AddDate(0, 0, count)
	quiet := chargebeeapi.New(x, chargebeeapi.Options{Key: goodKey, Clock: clock, Faults: wire.Faults{Seed: faults.Seed, OneIn: map[wire.Fault]int{wire.OldEvents: faults.OneIn[wire.OldEvents]}}})
	c := open(t, conformance.Wire(quiet), clock)
	if err := s.pull(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ignoresNothing(t, api)
	ignoresNothing(t, quiet)
	if changed == 0 {
		t.Error("nothing changed in all the nights")
	}

	whole := newShelf()
	if err := whole.pull(t.Context(), open(t, conformance.Wire(quiet), clock)); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, k := range slices.Sorted(maps.Keys(whole.objects)) {
		kind, _, _ := strings.Cut(k, "/")
		want, _ := whole.newest(k)
		got, ok := s.newest(k)
		switch {
		case kind == connectors.KindWatch:
		case !ok:
			t.Errorf("%s was never brought", k)
		case got.Deleted != want.Deleted || got.CustomerID != want.CustomerID:
			t.Errorf("%s is of customer %q, deleted %t; a full listing shows %q, %t", k, got.CustomerID, got.Deleted, want.CustomerID, want.Deleted)
		default:
			if diff := gocmp.Diff(members(want.Payload), members(got.Payload)); diff != "" {
				t.Errorf("%s is not as a full listing shows it (-want +got):\n%s", k, diff)
			}
		}
		if len(s.objects[k]) > 1 {
			kinds[kind]++
		}
		if got.Deleted {
			kinds["deleted"]++
		}
	}
	t.Logf("%d objects landed in nights; with several versions: %v", changed, kinds)
	edited := []string{"coupon", "item", "item_price"}
	if catalogue == site.Plans {
		edited = []string{"coupon", "plan"}
	}
	for _, kind := range append(edited, "subscription", "customer", "deleted") {
		if kinds[kind] == 0 {
			t.Errorf("no %s was seen to change; the nights prove nothing of it", kind)
		}
	}
	records, rejects := s.records(c)
	for _, r := range rejects {
		t.Errorf("reject %+v", r)
	}
	compared, guessed := judge(t, records, x, now, billing.DateOf(start, time.UTC))
	t.Logf("%d compared, %d guessed", compared, guessed)
}
