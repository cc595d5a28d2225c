package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
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
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
)

// owned is a simulated Stripe account whose customers change hands, and a folder
// to sync it into.
type owned struct {
	*testing.T
	company *company.Company
	folder  string
	present atomic.Int64
}

func newOwned(t *testing.T, c company.Config) *owned {
	t.Helper()
	s := &owned{T: t, company: company.New(c), folder: t.TempDir()}
	s.present.Store(c.Now.Unix())
	server := httptest.NewServer(stripeapi.New(s.company, stripeapi.Options{Key: "sk_test_owned", Clock: s.now}))
	t.Cleanup(server.Close)
	for name, text := range map[string]string{"stripe.key": "sk_test_owned", "mrrsync.yaml": `version: 1
warehouse: { dsn: chdb://./warehouse }
reporting: { timezone: UTC, currency: "" }
sources:
  - { name: main, connector: stripe, api_key: "file:stripe.key", base_url: "` + server.URL + `" }
segments: { csm: metadata.csm_owner }
publish: { max_churn_percent: 100 }
`} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
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

// owners says who looks after each customer on a day, at the day's end; what
// changed hands before known is known as it was then.
func (s *owned) owners(known int64) func(customer, day string) string {
	by := map[string]*company.Customer{}
	for _, x := range s.company.Customers {
		by[x.ID] = x
	}
	return func(customer, day string) string {
		d, err := billing.ParseDate(day)
		if err != nil || by[customer] == nil {
			s.Fatalf("customer %q on day %q: %v", customer, day, err)
		}
		return by[customer].OwnerAt(max((d+1).Time().Unix()-1, known))
	}
}

// judge holds every row that carries a segment against who looked after the
// customer, and every month of the waterfall by segment against the customers
// that changed hands in it.
func (s *owned) judge(known int64) {
	s.Helper()
	owner := s.owners(known)
	wrong := 0
	for _, view := range []struct{ name, day string }{{"mrr_daily", "date"}, {"mrr_movements", "date"}, {"invoice_lines", "issued_at"}} {
		rows := s.query("SELECT customer_id, " + view.day + ", seg_csm, count() FROM " + view.name + " GROUP BY ALL ORDER BY ALL")
		if len(rows) == 0 {
			s.Fatalf("%s is empty", view.name)
		}
		for _, r := range rows {
			if want := owner(r[0], r[1]); r[2] != want {
				if wrong++; wrong < 20 {
					s.Errorf("%s: %s on %s belongs to %q, want %q", view.name, r[0], r[1], r[2], want)
				}
			}
		}
	}
	// What a customer had on the day before it changed hands is transferred.
	through := billing.DateOf(s.now(), time.UTC) - 1
	handed := map[string]*company.Customer{}
	var eves []string
	for _, x := range s.company.Customers {
		if day := billing.Date(x.Handed / 86400); x.Handed > known && day <= through {
			handed[x.ID] = x
			eves = append(eves, fmt.Sprintf("('%s', toDate('%s'))", x.ID, day-1))
		}
	}
	want := map[string]decimal.Decimal{}
	for _, r := range s.query("SELECT customer_id, currency, sum(mrr) FROM mrr_daily WHERE (customer_id, date) IN (" + strings.Join(eves, ", ") + ") GROUP BY ALL") {
		x, mrr := handed[r[0]], decimal.RequireFromString(r[2])
		for owner, moved := range map[string]decimal.Decimal{x.Owner: mrr.Neg(), x.Heir: mrr} {
			key := billing.Date(x.Handed/86400).Month().String() + " " + owner + " " + r[1]
			want[key] = want[key].Add(moved)
		}
	}
	got := map[string]decimal.Decimal{}
	for _, r := range s.query("SELECT month, value, currency, transfer_mrr FROM mrr_by_segment_monthly WHERE segment = 'csm' AND transfer_mrr != 0") {
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
	first := time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)
	s := newOwned(t, company.Config{Seed: 5, Customers: 200, Months: 12, Now: first, Until: first.AddDate(0, 0, 32)})
	s.mrrsync("sync")
	before := ""
	for night := range few(6, 2) {
		s.present.Store(first.AddDate(0, 0, 5*(night+1)).Unix())
		s.mrrsync("sync")
		past := s.mrrsync("query", "--format", "TSV", fmt.Sprintf("SELECT date, customer_id, item_id, mrr, seg_csm FROM mrr_daily WHERE date < '%s' ORDER BY ALL", first.Format(time.DateOnly)))
		if night > 0 && past != before {
			t.Errorf("night %d tells the past before the first sync anew", night)
		}
		before = past
	}
	s.judge(first.AddDate(0, 0, -30).Unix())
}

// TestSegmentsOfBackfill: as far back as Stripe keeps events a first sync knows
// who looked after whom; the first one known is extended back.
func TestSegmentsOfBackfill(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	s := newOwned(t, company.Config{Seed: 6, Customers: 300, Months: 12, Now: now, OldEvents: 1 << 30})
	s.mrrsync("sync")
	s.judge(now.AddDate(0, 0, -30).Unix())
}
