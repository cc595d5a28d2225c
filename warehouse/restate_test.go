package warehouse

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

const restated = "SELECT account_id, currency, from, to, days, mrr_before, mrr_after, difference, reason, evidence FROM restatements WHERE load_id = (SELECT max(load_id) FROM loads) ORDER BY ALL"

// lines answers a statement row by row, its columns separated by spaces.
func lines(t testing.TB, w *Warehouse, sql string) []string {
	t.Helper()
	text := answer(t, w, sql)
	if text == "" {
		return nil
	}
	all := strings.Split(strings.ReplaceAll(text, "\t", " "), "\n")
	for i := range all {
		all[i] = strings.TrimRight(all[i], " ")
	}
	return all
}

// landed stores objects of customers, or of nobody, as one run.
func landed(t testing.TB, w *Warehouse, run uint64, all ...connectors.Object) {
	t.Helper()
	for _, o := range all {
		o.SeenAt, o.Origin, o.Payload = now, connectors.Listed, []byte(`{"run":`+strings.Repeat("1", int(run))+`}`)
		if _, err := w.Land(t.Context(), run, "main", "subscriptions", []connectors.Object{o}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestatements publishes load after load, each of which changes the past for
// another cause.
func TestRestatements(t *testing.T) {
	w := fresh(t)
	a := acme()
	c1, c2 := CustomerKey{"main", "c1"}, CustomerKey{"main", "c2"}
	s := spec("2026-03-05")
	s.Sources[0].Covered = day("2026-03-03") // the last two days are provisional
	play := func(only []CustomerKey, want ...string) {
		t.Helper()
		if _, err := publish(t.Context(), w, s, a, only); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, lines(t, w, restated)); diff != "" {
			t.Errorf("restatements (-want +got):\n%s", diff)
		}
		s.Sources[0].Run++
	}
	play(nil) // a first load restates nothing

	// c2 did not churn, as an invoice shows that came late; of the days up to the 3rd of March alone it was said to have.
	a.customers[c2].items[0].steps[0].until = billing.Forever
	landed(t, w, 2, connectors.Object{Kind: "invoice", ID: "in_9", CustomerID: "c2", Version: 2}, connectors.Object{Kind: "event", ID: "evt_9", CustomerID: "c2", Version: 2})
	play([]CustomerKey{c1, c2}, "main/c2 USD 2026-02-14 2026-03-03 18 0 40 40 late_evidence event, invoice")

	// Nothing changes: c1 is derived again to the same.
	landed(t, w, 3, connectors.Object{Kind: "subscription", ID: "s1", CustomerID: "c1", Version: 3})
	play([]CustomerKey{c1})

	// The price of c1's first item was another one, and its second half was cheaper.
	a.customers[c1].items[0].steps = []step{
		{from: day("2025-12-15"), until: day("2026-01-20"), mrr: "90"}, {from: day("2026-01-20"), until: billing.Forever, mrr: "150.5"},
	}
	landed(t, w, 4, connectors.Object{Kind: "price", ID: "plan_100", Version: 4})
	play([]CustomerKey{c1}, "main/c1 USD 2025-12-15 2026-01-19 36 100 90 -10 catalogue price")

	// c2 belongs to c1.
	a.customers[c2].account = "main/c1"
	play([]CustomerKey{c1, c2},
		"main/c1 USD 2026-01-05 2026-01-19 15 90 130 40 identity",
		"main/c1 USD 2026-01-20 2026-03-03 43 150.5 190.5 40 identity",
		"main/c2 USD 2026-01-05 2026-03-03 58 40 0 -40 identity")

	// Another policy, and evidence about one of two accounts.
	s.PolicyHash = "q"
	a.customers[c1].items[1].steps[0].mrr = "30"
	a.customers[CustomerKey{"main", "c3"}].items[0].steps[0] = step{from: day("2026-03-02"), until: billing.Forever, mrr: "5000"}
	landed(t, w, 6, connectors.Object{Kind: "subscription", ID: "s4", CustomerID: "c3", Version: 6})
	play(nil,
		"main/c1 EUR 2026-02-01 2026-03-03 31 33.3333 30 -3.3333 policy",
		"main/c3 JPY 2026-03-02 2026-03-03 2 0 5000 5000 late_evidence+policy subscription")

	// Code that values otherwise and does not say so.
	a.customers[c1].items[1].steps[0].mrr = "31"
	play([]CustomerKey{c1, c2}, "main/c1 EUR 2026-02-01 2026-03-03 31 30 31 1 derivation")

	// The source is no longer configured: its customers are gone.
	s.Sources = []SourceSeal{{"emea", 1, day("2026-03-03")}}
	a = &world{}
	if _, err := publish(t.Context(), w, s, a, nil); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, w, "SELECT DISTINCT reason, mrr_after FROM restatements WHERE load_id = (SELECT max(load_id) FROM loads)"); !cmp.Equal(got, []string{"source_removed 0"}) {
		t.Errorf("a source that is gone: %v", got)
	}

	// The trail outlives the rows of the loads: only three are kept.
	if got := answer(t, w, "SELECT uniqExact(load_id) FROM restatements"); got != "6" {
		t.Errorf("restatements of %s loads are left, want 6", got)
	}
}

// TestRestatementsAddUp plays random nights: what an account was said to be and
// all restatements since give what it is said to be now.
func TestRestatementsAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 5))
	w := fresh(t)
	a := randomWorld(rng, 12)
	through := day("2026-01-20")
	s := spec(through.String())
	if _, err := publish(t.Context(), w, s, a, nil); err != nil {
		t.Fatal(err)
	}
	levels := func() []string {
		return lines(t, w, "SELECT account_id, currency, date, sum(mrr) FROM mrr_daily WHERE date <= '2026-01-20' GROUP BY ALL ORDER BY ALL")
	}
	if err := w.Conn().Exec(t.Context(), "CREATE TABLE "+w.table("told")+" ENGINE = MergeTree ORDER BY date AS SELECT account_id, currency, date, sum(mrr) AS mrr FROM "+w.schema.DB()+".mrr_daily GROUP BY ALL"); err != nil {
		t.Fatal(err)
	}
	was := levels()
	for range 4 {
		only := a.mutate(rng)
		through++
		s.Through, s.Sources[0].Covered = through, through
		if _, err := publish(t.Context(), w, s, a, only); err != nil {
			t.Fatal(err)
		}
	}
	is := levels()
	if cmp.Equal(was, is) {
		t.Fatal("nothing changed")
	}
	got := lines(t, w, `SELECT account_id, currency, date, sum(mrr) AS level FROM (
			SELECT account_id, currency, date, mrr FROM `+w.table("told")+`
			UNION ALL
			SELECT account_id, currency, from + arrayJoin(range(days)) AS date, difference FROM restatements
		) WHERE date <= '2026-01-20' GROUP BY ALL HAVING level != 0 ORDER BY ALL`)
	if diff := cmp.Diff(is, got); diff != "" {
		t.Errorf("told and restated since (-now +added up):\n%s", diff)
	}
}

// TestRestatementsOfDeadLoads: what a load that died wrote down is seen by
// nobody, and dropped.
func TestRestatementsOfDeadLoads(t *testing.T) {
	w := fresh(t)
	a := acme()
	if _, err := publish(t.Context(), w, spec("2026-03-05"), a, nil); err != nil {
		t.Fatal(err)
	}
	a.customers[CustomerKey{"main", "c2"}].items[0].steps[0].until = billing.Forever
	w.step = func(what string) error {
		if what == "insert into manifest" {
			return errors.New("died")
		}
		return nil
	}
	if _, err := publish(t.Context(), w, spec("2026-03-05"), a, nil); err == nil {
		t.Fatal("published")
	}
	w.step = nil
	stored := "SELECT count() FROM " + w.table("restatements")
	if got := answer(t, w, stored); got != "1" {
		t.Fatalf("%s rows were written before the death", got)
	}
	if got := answer(t, w, "SELECT count() FROM restatements"); got != "0" {
		t.Errorf("readers see %s of them", got)
	}
	if _, err := publish(t.Context(), w, spec("2026-03-05"), acme(), nil); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, w, stored); got != "0" {
		t.Errorf("%s rows of the dead load are left", got)
	}
}
