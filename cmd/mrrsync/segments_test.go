package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
	"mrrsync/internal/simulator/chargebeeapi"
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/stripeapi"
)

// owned is a simulated provider whose customers change hands, and a folder to
// sync it into.
type owned struct {
	*testing.T
	keepers map[string]keeper // by customer
	folder  string
	present atomic.Int64
}

// keeper is who looks after a customer: from each turn's moment until the next.
type keeper []turn

type turn struct {
	at    int64 // Unix seconds
	owner string
}

// at is who does at a moment.
func (k keeper) at(t int64) string {
	owner := k[0].owner
	for _, n := range k {
		if n.at <= t {
			owner = n.owner
		}
	}
	return owner
}

func newOwned(t *testing.T, now time.Time) *owned {
	s := &owned{T: t, keepers: map[string]keeper{}, folder: t.TempDir()}
	s.present.Store(now.Unix())
	return s
}

// stripe serves a company's Stripe account.
func (s *owned) stripe(c company.Config) *owned {
	s.Helper()
	world := company.New(c)
	for _, x := range world.Customers {
		s.keepers[x.ID] = keeper{{x.Created, x.Owner}}
		if x.Handed > 0 {
			s.keepers[x.ID] = keeper{{x.Created, x.Owner}, {x.Handed, x.Heir}}
		}
	}
	return s.source("connector: stripe", stripeapi.New(world, stripeapi.Options{Key: "sk_test_owned", Clock: s.now}))
}

// chargebee serves a site.
func (s *owned) chargebee(c site.Config) *owned {
	s.Helper()
	world := site.New(c)
	for _, x := range world.Customers {
		var k keeper
		for _, v := range x.Versions {
			k = append(k, turn{v.At, v.Owner})
		}
		s.keepers[x.ID] = k
	}
	return s.source("connector: chargebee, site: acme, requests_per_second: 10000", chargebeeapi.New(world, chargebeeapi.Options{Key: "sk_test_owned", Clock: s.now}))
}

func (s *owned) source(keys string, api http.Handler) *owned {
	s.Helper()
	server := httptest.NewServer(api)
	s.Cleanup(server.Close)
	for name, text := range map[string]string{"api.key": "sk_test_owned", "mrrsync.yaml": `version: 1
warehouse: { dsn: chdb://./warehouse }
reporting: { timezone: UTC, currency: "" }
sources:
  - { name: main, ` + keys + `, api_key: "file:api.key", base_url: "` + server.URL + `" }
segments: { csm: metadata.csm_owner }
publish: { max_churn_percent: 100 }
rejects: { max: 1000 }
`} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			s.Fatal(err)
		}
	}
	return s
}

func (s *owned) now() time.Time { return time.Unix(s.present.Load(), 0).UTC() }

func (s *owned) mrrsync(args ...string) string {
	s.Helper()
	getenv := func(name string) string {
		return map[string]string{"MRRSYNC_NOW": s.now().Format(time.RFC3339), "MRRSYNC_VOLATILE": "1"}[name]
	}
	var out, log bytes.Buffer
	args = append(args, "--config", filepath.Join(s.folder, "mrrsync.yaml"), "--log-level", "warn")
	if code := run(s.Context(), args, nil, &out, &log, getenv); code != exitDone {
		s.Fatalf("mrrsync %v: exit code %d\n%s%s", args, code, &out, &log)
	}
	return out.String()
}

func (s *owned) query(sql string) [][]string {
	s.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.mrrsync("query", "--format", "CSV", sql))).ReadAll()
	if err != nil {
		s.Fatal(err)
	}
	return rows
}

// judge holds every row that carries a segment against who looked after the
// customer, and every month of the waterfall by segment against the customers
// that changed hands in it.
func (s *owned) judge(known int64) {
	s.Helper()
	owner := func(customer string, d billing.Date) string { // at the day's end
		if s.keepers[customer] == nil {
			s.Fatalf("customer %q is unknown", customer)
		}
		return s.keepers[customer].at(max((d+1).Time().Unix()-1, known))
	}
	wrong := 0
	for _, view := range []struct{ name, day string }{{"mrr_daily", "date"}, {"mrr_movements", "date"}, {"invoice_lines", "issued_at"}} {
		rows := s.query(fmt.Sprintf("SELECT customer_id, %[1]s, seg_csm, count() FROM %[2]s WHERE %[1]s >= '%[3]s' GROUP BY ALL ORDER BY ALL",
			view.day, view.name, time.Unix(known, 0).UTC().Format(time.DateOnly)))
		if len(rows) == 0 {
			s.Fatalf("%s is empty", view.name)
		}
		for _, r := range rows {
			day, err := billing.ParseDate(r[1])
			if err != nil {
				s.Fatal(err)
			}
			if want := owner(r[0], day); r[2] != want {
				if wrong++; wrong < 20 {
					s.Errorf("%s: %s on %s belongs to %q, want %q", view.name, r[0], r[1], r[2], want)
				}
			}
		}
	}
	// What a customer had on the day before it changed hands is transferred.
	through := billing.DateOf(s.now(), time.UTC) - 1
	var eves []string
	for id, k := range s.keepers {
		for _, n := range k {
			if day := billing.Date(n.at / 86400); n.at > known && day <= through && owner(id, day-1) != owner(id, day) {
				eves = append(eves, fmt.Sprintf("('%s', toDate('%s'))", id, day-1))
			}
		}
	}
	want := map[string]decimal.Decimal{}
	for _, r := range s.query("SELECT customer_id, date, currency, sum(mrr) FROM mrr_daily WHERE (customer_id, date) IN (" + strings.Join(eves, ", ") + ") GROUP BY ALL") {
		eve, err := billing.ParseDate(r[1])
		if err != nil {
			s.Fatal(err)
		}
		mrr := decimal.RequireFromString(r[3])
		for owner, moved := range map[string]decimal.Decimal{owner(r[0], eve): mrr.Neg(), owner(r[0], eve+1): mrr} {
			key := (eve + 1).Month().String() + " " + owner + " " + r[2]
			want[key] = want[key].Add(moved)
		}
	}
	got := map[string]decimal.Decimal{}
	for _, r := range s.query("SELECT month, value, currency, transfer_mrr FROM mrr_by_segment_monthly WHERE segment = 'csm' AND transfer_mrr != 0 AND month >= '" +
		billing.Date(known/86400).Month().String() + "'") {
		got[r[0]+" "+r[1]+" "+r[2]] = decimal.RequireFromString(r[3])
	}
	for key, mrr := range want {
		if mrr.IsZero() {
			delete(want, key)
		}
	}
	if len(want) == 0 {
		s.Error("no customer with MRR changed hands: the company is no test")
	}
	if d := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); d != "" {
		s.Errorf("transfers (-want +got):\n%s", d)
	}
	open := s.query(`SELECT count() FROM mrr_by_segment_monthly
		WHERE starting_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + transfer_mrr != ending_mrr`)
	if open[0][0] != "0" {
		s.Errorf("%s months of segments do not close", open[0][0])
	}
}

// TestSegmentsOverNights: a customer that changes hands is a transfer on that
// day, night for night, and no history is told anew.
func TestSegmentsOverNights(t *testing.T) {
	lengthy.Test(t)
	first := time.Date(2026, 2, 1, 0, 30, 0, 0, time.UTC)
	t.Run("stripe", func(t *testing.T) {
		s := newOwned(t, first).stripe(company.Config{Seed: 5, Customers: 200, Months: 12, Now: first, Until: first.AddDate(0, 0, 32)})
		s.nights(first)
		s.judge(first.AddDate(0, 0, -30).Unix())
	})
	t.Run("chargebee", func(t *testing.T) {
		s := newOwned(t, first).chargebee(site.Config{Seed: 5, Customers: 80, Months: 12, Now: first, Until: first.AddDate(0, 0, 32)})
		s.nights(first)
		s.judge(first.Unix())
	})
}

// nights syncs now and then for a month.
func (s *owned) nights(first time.Time) {
	s.Helper()
	s.mrrsync("sync")
	before := ""
	for night := range few(3, 2) {
		s.present.Store(first.AddDate(0, 0, 7*(night+1)).Unix())
		s.mrrsync("sync")
		past := s.mrrsync("query", "--format", "TSV", fmt.Sprintf("SELECT date, customer_id, item_id, mrr, seg_csm FROM mrr_daily WHERE date < '%s' ORDER BY ALL", first.Format(time.DateOnly)))
		if night > 0 && past != before {
			s.Errorf("night %d tells the past before the first sync anew", night)
		}
		before = past
	}
}

// TestSegmentsOfBackfill: as far back as Stripe keeps events a first sync knows
// who looked after whom; the first one known is extended back. (Chargebee's
// events do not say what was before.)
func TestSegmentsOfBackfill(t *testing.T) {
	lengthy.Test(t)
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	s := newOwned(t, now).stripe(company.Config{Seed: 6, Customers: 300, Months: 12, Now: now, OldEvents: 1 << 30})
	s.mrrsync("sync")
	s.judge(now.AddDate(0, 0, -30).Unix())
}
