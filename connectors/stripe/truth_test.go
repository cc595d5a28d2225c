package stripe_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/stripe"
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/internal/simulator/wire"
	"mrrsync/normalize"
)

var seedRange = flag.String("seeds", "1-3", "companies whose truth is judged")

// shelf is a raw store in memory: every version that differs from the newest.
type shelf struct {
	objects map[string][]connectors.Object // by kind/id, in the order of landing
	hashes  map[string][32]byte
	cursors map[connectors.Stream]connectors.Cursor
	landed  int
}

func newShelf() *shelf {
	return &shelf{
		objects: map[string][]connectors.Object{}, hashes: map[string][32]byte{},
		cursors: map[connectors.Stream]connectors.Cursor{},
	}
}

func (s *shelf) land(objects []connectors.Object) {
	for _, o := range objects {
		k := o.Kind + "/" + o.ID
		h := sha256.Sum256(fmt.Appendf(nil, "%t%s", o.Deleted, o.Payload))
		if s.hashes[k] == h {
			continue
		}
		s.hashes[k] = h
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

func open(t testing.TB, url string, now func() time.Time, extra string) connectors.Connector {
	t.Helper()
	text := "api_key: env:KEY\nbase_url: " + url + "\nrequests_per_second: 100000\n" + extra
	section, err := config.ParseSection("test.yaml", []byte(text), func(string) string { return "sk_test_1" })
	if err != nil {
		t.Fatal(err)
	}
	c, err := stripe.Open(connectors.Options{
		Source: "main", Settings: section, Now: now, Zone: time.UTC, Logger: slog.New(slog.DiscardHandler),
		Privacy: connectors.Privacy{Emails: connectors.Drop, Names: connectors.Keep},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type itemDay struct {
	sub, item string
	day       int
}

// judge compares what the records give with the truth of a company: every
// provable item-day, and from the day watched on the others too.
func judge(t testing.TB, records []billing.Record, co *company.Company, now time.Time, watched billing.Date) (wrong, guessed, compared int) {
	t.Helper()
	policy, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	settings := normalize.Settings{Policy: policy, Zone: time.UTC}
	ours := map[itemDay]decimal.Decimal{}
	last := int(billing.DateOf(now, time.UTC)) - 1
	for _, r := range records {
		result := normalize.Derive(normalize.Account{ID: "main/" + r.Customer.ID, Records: []billing.Record{r}}, settings)
		for _, p := range result.Periods {
			for d := int(p.From); d < int(p.Until) && d <= last && !p.Scheduled; d++ {
				ours[itemDay{p.SubscriptionID, p.ItemID, d}] = p.MRR
			}
		}
		for _, bad := range result.Rejects {
			t.Logf("law rejects %s %s %s: %s", bad.Kind, bad.ID, bad.Code, bad.Detail)
		}
	}
	var shown []string
	for row := range co.Truth(now, time.UTC) {
		if row.Source != "main" {
			continue
		}
		k := itemDay{row.Subscription, row.Item, row.Day}
		got := ours[k]
		delete(ours, k)
		compared++
		if got.Equal(row.MRR) {
			continue
		}
		if !row.Provable && row.Day < int(watched) {
			guessed++
			continue
		}
		wrong++
		shown = append(shown, fmt.Sprintf("%s %s %s %s: truth %s, ours %s", row.Customer, row.Subscription, row.Item, row.Date(), row.MRR, got))
	}
	unknown := 0
	for k, v := range ours {
		if !v.IsZero() {
			unknown++
			shown = append(shown, fmt.Sprintf("%s %s %s: ours %s, truth has none", k.sub, k.item, billing.Date(k.day), v))
		}
	}
	slices.Sort(shown)
	byItem := map[string][]string{}
	for _, line := range shown {
		f := strings.Fields(line)
		for _, w := range f {
			if strings.HasPrefix(w, "si_") {
				byItem[w] = append(byItem[w], line)
				break
			}
		}
	}
	for n, item := range slices.Sorted(maps.Keys(byItem)) {
		if n == 12 {
			break
		}
		lines := byItem[item]
		t.Errorf("%d days wrong: %s ... %s", len(lines), lines[0], lines[len(lines)-1])
	}
	return wrong + unknown, guessed, compared
}

func TestTruth(t *testing.T) {
	now := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			co := company.New(company.Config{Seed: seed, Customers: 300, Months: 18, Now: now})
			api := stripeapi.New(co, stripeapi.Options{})
			server := httptest.NewServer(api)
			defer server.Close()
			c := open(t, server.URL, func() time.Time { return now }, "")
			s := newShelf()
			if err := s.pull(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			t.Log(api.Requests(), s.landed, "landed")
			records, rejects := s.records(c)
			for _, r := range rejects {
				t.Errorf("reject %+v", r)
			}
			wrong, guessed, compared := judge(t, records, co, now, billing.Forever)
			t.Logf("%d wrong, %d guessed, %d compared", wrong, guessed, compared)
		})
	}
}

// seeds are the companies that are judged.
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

// A night's sync sees what the day did, whether or not it could be proved later,
// from whatever the feed looks like that night.
func TestNights(t *testing.T) {
	for name, c := range map[string]struct {
		seed   uint64
		old    int // one event in so many speaks another API version
		faults string
	}{
		"a quiet feed":            {seed: 5},
		"late and foreign events": {seed: 6, old: 4, faults: "late-events=3,mutate=7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nights(t, company.Config{Seed: c.seed, Customers: 300, Months: 12, OldEvents: c.old}, c.faults)
		})
	}
}

func nights(t *testing.T, cfg company.Config, spec string) {
	start := time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC)
	now := start
	cfg.Now, cfg.Until = start, start.AddDate(0, 0, 32)
	co := company.New(cfg)
	faults := wire.Faults{}
	if spec != "" {
		var err error
		if faults, err = wire.ParseFaults(spec, 1); err != nil {
			t.Fatal(err)
		}
	}
	api := stripeapi.New(co, stripeapi.Options{Clock: func() time.Time { return now }, Faults: faults})
	server := httptest.NewServer(api)
	defer server.Close()
	s := newShelf()
	for night := range 31 {
		now = start.AddDate(0, 0, night)
		c := open(t, server.URL, func() time.Time { return now }, "")
		before := s.landed
		api.Reset()
		if err := s.pull(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		asked := 0
		for _, n := range api.Requests() {
			asked += n
		}
		if night > 0 && asked > 10+(s.landed-before) {
			t.Errorf("night %d: %d requests for %d objects", night, asked, s.landed-before)
		}
		if night == 0 || night%10 != 0 {
			continue
		}
		records, rejects := s.records(c)
		for _, r := range rejects {
			t.Errorf("reject %+v", r)
		}
		wrong, guessed, compared := judge(t, records, co, now, billing.DateOf(start, time.UTC))
		t.Logf("night %d: %d wrong, %d guessed, %d compared", night, wrong, guessed, compared)
	}
}
