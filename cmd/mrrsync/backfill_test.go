package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/simulator"
)

// A longer proof of TestBackfill: go test ./cmd/mrrsync -run TestBackfill -v
// -timeout 2h -months 18 -customers 60 -every 1. docs/testing.md has what it
// measured. By default not every night is played: events are kept for thirty
// days, so that who looks every few nights misses nothing either.
var (
	backfillMonths    = flag.Int("months", 2, "how many months TestBackfill plays")
	backfillCustomers = flag.Int("customers", 20, "how many customers TestBackfill's company has in the end")
	backfillEvery     = flag.Int("every", 7, "TestBackfill syncs one night in so many")
)

// cell is an item on a day.
type cell struct {
	source, subscription, item, currency string
	day                                  billing.Date
}

// worth is what a warehouse says of a cell, and on what evidence.
type worth struct {
	mrr      decimal.Decimal
	evidence string
}

// cells are all item-days with MRR in the published load, before today.
func (s *town) cells() map[cell]worth {
	s.Helper()
	today := billing.DateOf(s.now(), time.UTC)
	all := map[cell]worth{}
	// A night without changes publishes the periods of the night before.
	const part = "(SELECT part_load FROM mrr_store.manifest WHERE table = 'periods' AND load_id = (SELECT max(load_id) FROM mrr_store.manifest))"
	for _, f := range s.table(`SELECT source, subscription_id, item_id, currency, valid_from, valid_to, toString(mrr), evidence FROM mrr_store.periods
		WHERE load_id = ` + part + ` AND NOT scheduled AND mrr > 0`) {
		until := min(s.day(f[5]), today)
		w := worth{decimal.RequireFromString(f[6]), f[7]}
		for d := s.day(f[4]); d < until; d++ {
			all[cell{f[0], f[1], f[2], f[3], d}] = w
		}
	}
	return all
}

// share is how many item-days agree.
type share struct{ days, agree int }

func (n share) String() string {
	return fmt.Sprintf("%7d %7d %8.3f %%", n.days, n.agree, 100*float64(n.agree)/float64(max(n.days, 1)))
}

// rehearse syncs one night in so many from the first to the last, and that one,
// in one process with one warehouse, as a server with a schedule does.
func (s *town) rehearse(first, last time.Time, every int) (nights int) {
	s.Helper()
	write := func() {
		if err := simulator.WriteFiles(s.folder, s.company, s.now(), s.at, false); err != nil {
			s.Fatal(err)
		}
	}
	s.present.Store(first.Unix())
	write()
	var log bytes.Buffer
	a := newApp(nil, io.Discard, &log, func(name string) string { return map[string]string{"MRRSYNC_VOLATILE": "1"}[name] })
	a.flags.config, a.flags.logFormat, a.flags.logLevel = filepath.Join(s.folder, simulator.ConfigFile), "text", "warn"
	if err := a.begin(); err != nil {
		s.Fatal(err)
	}
	a.now = s.now
	c, err := a.config()
	if err != nil {
		s.Fatal(err)
	}
	w, err := a.warehouse(s.Context(), c)
	if err != nil {
		s.Fatal(err)
	}
	defer w.Close()
	if err := w.Migrate(s.Context()); err != nil {
		s.Fatal(err)
	}
	for at := first; ; at = at.AddDate(0, 0, every) {
		if at.After(last) {
			at = last
		}
		s.present.Store(at.Unix())
		write()
		o, err := a.options(c, order{verb: "sync", acceptRestatement: true, acceptChurn: true}, nil)
		if err != nil {
			s.Fatal(err)
		}
		if r, err := pipeline.Run(s.Context(), w, o); err != nil || r.Outcome != pipeline.Done {
			s.Fatalf("the night of %s: %s, %v\n%s", at.Format(time.DateOnly), r.Outcome, err, &log)
		}
		if nights++; at.Equal(last) {
			return nights
		}
	}
}

// TestBackfill lets a company be synced every night from its first day on, and
// then once more, in one go, by someone who has never looked before. What the
// providers can still show must come out the same; what only an event told that
// is long forgotten, or nothing at all, need not. The table says how much of
// either there is, by the evidence on which the one who came late relies.
func TestBackfill(t *testing.T) {
	lengthy.Test(t)
	start := time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	end := start.AddDate(0, *backfillMonths, 0).Add(3 * time.Hour)
	first := start.AddDate(0, 0, 1).Add(3 * time.Hour)
	nightly := newTown(t, simulator.Config{Seed: 41, Customers: *backfillCustomers, Months: *backfillMonths, Start: start, Now: first, Until: end.AddDate(0, 0, 1)})
	began := time.Now()
	nights := nightly.rehearse(first, end, *backfillEvery)
	took := time.Since(began)
	if v := nightly.judge(billing.NoDate, true); !v.Exact() {
		t.Errorf("whoever looks every night misses nothing, but: %+v%s", v, differences(v))
	}

	late := &town{T: t, company: nightly.company, api: nightly.api, site: nightly.site, at: nightly.at, folder: t.TempDir()}
	late.present.Store(nightly.present.Load())
	late.sync("--accept-churn", "--accept-restatement")
	late.hold(late.judge(billing.NoDate, false))

	known, found := nightly.cells(), late.cells()
	dark := map[cell]bool{} // what nobody can prove any more
	for row := range nightly.company.Truth(nightly.now(), time.UTC) {
		if !row.Provable {
			dark[cell{row.Source, row.Subscription, row.Item, row.Currency, billing.Date(row.Day)}] = true
		}
	}
	table := map[[2]string]*share{}
	var wrong []string
	all := maps.Clone(known)
	maps.Copy(all, found)
	for c := range all {
		proof := "provable"
		if dark[c] {
			proof = "dark"
		}
		agree := known[c].mrr.Equal(found[c].mrr)
		for _, k := range [][2]string{{cmp.Or(found[c].evidence, "none"), proof}, {"all", proof}, {c.source, proof}} {
			if table[k] == nil {
				table[k] = &share{}
			}
			table[k].days++
			if agree {
				table[k].agree++
			}
		}
		if !agree && !dark[c] {
			wrong = append(wrong, fmt.Sprintf("%s %s %s %s: every night %s, in one go %s by %s", c.day, c.source, c.subscription, c.item, known[c].mrr, found[c].mrr, found[c].evidence))
		}
	}
	t.Logf("%d nights of %d customers in %s, %s a night\n%s", nights, *backfillCustomers, took.Round(time.Second), (took / time.Duration(nights)).Round(time.Millisecond), written(table))
	if len(wrong) > 0 {
		slices.Sort(wrong)
		t.Errorf("%d provable item-days differ:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 40)], "\n"))
	}
	if len(known) == 0 || len(found) == 0 {
		t.Errorf("%d item-days of one warehouse were compared with %d of the other", len(known), len(found))
	}
}

// written is the table as people read it.
func written(table map[[2]string]*share) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-12s %-9s %7s %7s %10s\n", "evidence", "", "days", "agree", "share")
	keys := slices.SortedFunc(maps.Keys(table), func(x, y [2]string) int { return cmp.Or(cmp.Compare(y[1], x[1]), cmp.Compare(x[0], y[0])) })
	for _, k := range keys {
		fmt.Fprintf(&b, "%-12s %-9s %s\n", k[0], k[1], table[k])
	}
	return b.String()
}
