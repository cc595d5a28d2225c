package warehouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors/billing"
	"mrrsync/internal/lengthy"
	"mrrsync/normalize"
)

// acme is three customers: one in two currencies, one that churns, one on a
// trial that waits for evidence.
func acme() *world {
	return &world{customers: map[CustomerKey]*person{
		{"main", "c1"}: {account: "main/c1", tier: "gold", items: []thing{
			{"s1", "i1", "USD", []step{{from: day("2025-12-15"), until: day("2026-01-20"), mrr: "100"}, {from: day("2026-01-20"), until: billing.Forever, mrr: "150.5"}}},
			{"s2", "i2", "EUR", []step{{from: day("2026-02-01"), until: billing.Forever, mrr: "33.3333"}}},
		}, lines: []bill{{"in_1", day("2025-12-15"), "100"}, {"in_2", day("2026-01-15"), "100"}}},
		{"main", "c2"}: {account: "main/c2", tier: "free", items: []thing{
			{"s3", "i3", "USD", []step{{from: day("2026-01-05"), until: day("2026-02-14"), mrr: "40"}}},
		}, lines: []bill{{"in_3", day("2026-01-05"), "40"}}, rejects: []string{"tax_unknown"}},
		{"main", "c3"}: {account: "main/c3", tier: "gold", items: []thing{
			{"s4", "i4", "JPY", []step{{from: day("2026-03-05"), until: billing.Forever, mrr: "5000", scheduled: true}}},
		}},
	}}
}

// answer runs a statement with one number as its answer.
func answer(t testing.TB, w *Warehouse, sql string) string {
	t.Helper()
	var b strings.Builder
	if err := w.Format(t.Context(), &b, sql, "TabSeparated"); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func TestPublishedDays(t *testing.T) {
	w := fresh(t)
	if _, ok, err := w.Published(t.Context()); err != nil || ok {
		t.Fatalf("an empty warehouse has a load: %v, %v", ok, err)
	}
	info, err := publish(t.Context(), w, spec("2026-03-08"), acme(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok, err := w.Published(t.Context()); err != nil || !ok || !cmp.Equal(got, info) {
		t.Errorf("published header: %v, %v, %s", ok, err, cmp.Diff(info, got))
	}
	if info.FirstDate != day("2025-12-15") || info.Derived != 3 || !info.Complete {
		t.Errorf("header %+v", info)
	}
	daily := "(SELECT * FROM " + w.table("daily") + " WHERE " + w.schema.Parts("daily", "date") + ")"
	for sql, want := range map[string]string{
		"SELECT count(), min(date), max(date) FROM " + daily:                                                  "160\t2025-12-15\t2026-03-08",
		"SELECT sum(mrr) FROM " + daily + " WHERE date = '2026-02-13' AND currency = 'USD'":                   "190.5",
		"SELECT sum(mrr), sum(mrr_reporting) FROM " + daily + " WHERE date = '2026-02-09' AND item_id = 'i2'": "33.3333\t36.6666",
		"SELECT sum(mrr), sum(mrr_reporting) FROM " + daily + " WHERE date = '2026-02-10' AND item_id = 'i2'": "33.3333\t40",
		"SELECT count() FROM " + daily + " WHERE item_id = 'i4'":                                              "0",
		"SELECT DISTINCT segments['tier'] FROM " + daily + " WHERE item_id = 'i3'":                            "free",
	} {
		if got := answer(t, w, sql); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}

// TestIncrementalEqualsFull plays nights of random changes into two warehouses:
// one derives what changed, the other everything, every night. Readers must not
// be able to tell them apart.
func TestIncrementalEqualsFull(t *testing.T) {
	for seed := uint64(0); seed < 6; seed += uint64(lengthy.Every(3)) {
		rng := rand.New(rand.NewPCG(seed, 7))
		nightly, full := fresh(t), fresh(t)
		w := randomWorld(rng, 12)
		through := day("2026-01-20")
		s := spec(through.String())
		var only []CustomerKey
		for night := range 5 {
			info, err := publish(t.Context(), nightly, s, w, only)
			if err != nil {
				t.Fatalf("seed %d night %d: %v", seed, night, err)
			}
			if night > 0 && info.Complete {
				t.Fatalf("seed %d night %d: derived everything", seed, night)
			}
			if _, err := publish(t.Context(), full, s, w, nil); err != nil {
				t.Fatalf("seed %d night %d: %v", seed, night, err)
			}
			if diff := cmp.Diff(strings.Split(dump(t, full), "\n"), strings.Split(dump(t, nightly), "\n")); diff != "" {
				t.Fatalf("seed %d night %d (-full +nightly):\n%s", seed, night, diff)
			}
			only = w.mutate(rng)
			s.Run++
			through += billing.Date(rng.IntN(3) * rng.IntN(12))
			s.Through = through
			if rng.IntN(3) == 0 { // a rate is corrected
				s.Rates[0].Rate = s.Rates[0].Rate.Add(dec("0.01"))
			}
		}
	}
}

// randomWorld is n customers, some of them sharing an account.
func randomWorld(rng *rand.Rand, n int) *world {
	w := &world{customers: map[CustomerKey]*person{}}
	for i := range n {
		k := CustomerKey{[]string{"main", "emea"}[rng.IntN(2)], fmt.Sprintf("c%02d", i)}
		w.customers[k] = &person{}
		w.customers[k].live(rng, k, k.Source+"/"+k.CustomerID)
	}
	return w
}

// live gives a customer a random life.
func (p *person) live(rng *rand.Rand, k CustomerKey, account string) {
	*p = person{account: account, tier: []string{"gold", "free", ""}[rng.IntN(3)]}
	for i := range rng.IntN(3) {
		t := thing{
			subscription: fmt.Sprintf("s_%s_%d", k.CustomerID, i), item: fmt.Sprintf("i_%s_%d", k.CustomerID, i),
			currency: []string{"USD", "EUR", "JPY"}[rng.IntN(3)],
		}
		at := day("2025-10-01") + billing.Date(rng.IntN(120))
		for range 1 + rng.IntN(3) {
			s := step{from: at, until: at + 1 + billing.Date(rng.IntN(60)), mrr: []string{"10", "0", "33.3333", "250.0001", "1"}[rng.IntN(5)]}
			if rng.IntN(4) == 0 {
				s.until = billing.Forever
			}
			s.scheduled = rng.IntN(8) == 0
			t.steps = append(t.steps, s)
			if at = s.until; at == billing.Forever {
				break
			}
			at += billing.Date(rng.IntN(2) * rng.IntN(20))
		}
		p.items = append(p.items, t)
	}
	for i := range rng.IntN(4) {
		p.lines = append(p.lines, bill{fmt.Sprintf("in_%s_%d", k.CustomerID, i), day("2025-10-01") + billing.Date(rng.IntN(150)), "12.5"})
	}
	if rng.IntN(4) == 0 {
		p.rejects = []string{"tax_unknown"}
	}
}

// mutate changes the lives of some customers, moves some between accounts, and
// says who must be derived again: all customers of all accounts touched.
func (w *world) mutate(rng *rand.Rand) []CustomerKey {
	touched := map[string]bool{}
	keys := w.keys()
	for range rng.IntN(4) {
		k := keys[rng.IntN(len(keys))]
		p := w.customers[k]
		touched[p.account] = true
		account := p.account
		if rng.IntN(3) == 0 {
			account = w.customers[keys[rng.IntN(len(keys))]].account
			touched[account] = true
		}
		p.live(rng, k, account)
	}
	only := []CustomerKey{}
	for _, k := range keys {
		if touched[w.customers[k].account] {
			only = append(only, k)
		}
	}
	return only
}

func TestOnlyChangedMonthsAreWritten(t *testing.T) {
	w := fresh(t)
	a := acme()
	first, err := publish(t.Context(), w, spec("2026-03-08"), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	// c2's last step ends three days earlier: February changes, March gains a day.
	k := CustomerKey{"main", "c2"}
	a.customers[k].items[0].steps[0].until = day("2026-02-11")
	second, err := publish(t.Context(), w, spec("2026-03-09"), a, []CustomerKey{k})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := w.parts(t.Context(), second.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[part]uint64{{"daily", 202512}: first.ID, {"daily", 202601}: first.ID, {"daily", 202602}: second.ID, {"daily", 202603}: second.ID}
	for p := range parts {
		if p.table != "daily" {
			delete(parts, p)
		}
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("months of daily (-want +got):\n%s", diff)
	}
	// A night on which nothing happens takes tables over whole, if no amount has to be valued at a new rate.
	s := spec("2026-03-09")
	third, err := publish(t.Context(), w, s, a, []CustomerKey{})
	if err != nil {
		t.Fatal(err)
	}
	if parts, err = w.parts(t.Context(), third.ID); err != nil {
		t.Fatal(err)
	}
	for _, p := range []part{{"periods", 0}, {"customers", 0}, {"daily", 202603}, {"invoice_lines", 202601}, {"day_totals", 0}, {"cohort_months", 0}, {"slice_months", 0}} {
		if parts[p] >= third.ID {
			t.Errorf("%v was written again", p)
		}
	}
}

// TestKeptLoads publishes more loads than are kept. What the kept ones are made
// of stays, however old; the rest is dropped.
func TestKeptLoads(t *testing.T) {
	opt := options()
	opt.KeepLoads = 2
	w := reopen(t, opt)
	a := acme()
	k := CustomerKey{"main", "c2"}
	var ids []uint64
	for i := range 5 {
		s := spec("2026-03-05")
		s.Through += billing.Date(i)
		only := []CustomerKey{k}
		if i == 0 {
			only = nil
		}
		info, err := publish(t.Context(), w, s, a, only)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, info.ID)
	}
	if _, err := w.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored := func(table string) string {
		return answer(t, w, "SELECT arraySort(groupUniqArray(load_id)) FROM "+w.table(table))
	}
	for table, want := range map[string][]uint64{
		"periods": ids[3:], "movements": ids[3:], "rates": ids[3:], "derived": ids[3:], "staged_invoice_lines": nil,
		"invoice_lines": ids[:1], // no month ever changed
		"daily":         {ids[0], ids[3], ids[4]},
	} {
		if want := strings.ReplaceAll(fmt.Sprint(want), " ", ","); stored(table) != want {
			t.Errorf("%s has rows of loads %s, want %s", table, stored(table), want)
		}
	}
	all, err := w.Loads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 || all[0].ID != ids[4] || all[0].Base != ids[3] || all[4].Base != 0 || all[0].Through != day("2026-03-09") {
		t.Errorf("loads %+v", all)
	}
}

// TestMonthThatEmpties takes all MRR out of a month that had some.
func TestMonthThatEmpties(t *testing.T) {
	w := fresh(t)
	a := &world{customers: map[CustomerKey]*person{
		{"main", "c"}: {account: "main/c", items: []thing{{"s", "i", "USD", []step{{from: day("2026-01-03"), until: day("2026-01-09"), mrr: "5"}}}}},
	}}
	if _, err := publish(t.Context(), w, spec("2026-03-08"), a, nil); err != nil {
		t.Fatal(err)
	}
	count := "SELECT count() FROM " + w.table("daily") + " WHERE " + w.schema.Parts("daily", "date")
	if got := answer(t, w, count); got != "6" {
		t.Fatalf("%s days", got)
	}
	k := CustomerKey{"main", "c"}
	a.customers[k].items = nil
	if _, err := publish(t.Context(), w, spec("2026-03-08"), a, []CustomerKey{k}); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, w, count); got != "0" {
		t.Errorf("%s days are left", got)
	}
}

// TestNothingAtAll publishes an account without customers.
func TestNothingAtAll(t *testing.T) {
	w := fresh(t)
	for range 2 {
		info, err := publish(t.Context(), w, spec("2026-03-08"), &world{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if info.FirstDate != billing.NoDate {
			t.Errorf("first day %s", info.FirstDate)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	w := fresh(t)
	before, err := publish(t.Context(), w, spec("2026-03-08"), acme(), nil)
	if err != nil {
		t.Fatal(err)
	}
	k := CustomerKey{"main", "c1"}
	for name, c := range map[string]struct {
		spoil func(r *normalize.Result)
		want  string
	}{
		"overlap":       {func(r *normalize.Result) { r.Periods[0].Until = day("2026-01-25") }, "overlapping periods: main item i1 of subscription s1 from 2026-01-20, while another runs until 2026-01-25"},
		"movement lost": {func(r *normalize.Result) { r.Movements = r.Movements[1:] }, "account main/c1 on 2025-12-15 moves by 0 USD, but its items change by 100"},
		"movement off":  {func(r *normalize.Result) { r.Movements[1].Amount = dec("50") }, "account main/c1 on 2026-01-20 moves by 50 USD, but its items change by 50.5"},
		"foreign rows":  {func(r *normalize.Result) { r.Periods[0].CustomerID = "c9" }, `periods has rows of main customer "c9", which was not named as derived`},
		"no rate":       {func(r *normalize.Result) { r.Periods[2].Currency = "GBP" }, "no rate of GBP into USD on or before 2026-02-01"},
		"out of range":  {func(r *normalize.Result) { r.Periods[0].MRR = dec("100000000000000") }, "period of main item i1 of subscription s1 from 2025-12-15: mrr: 100000000000000 is out of range: 14 digits before the point at most"},
		"negative":      {func(r *normalize.Result) { r.Periods[0].MRR = dec("-1") }, "mrr: -1 is negative"},
		"too early":     {func(r *normalize.Result) { r.Periods[0].From = -5 }, "valid_from: 1969-12-27 is out of range"},
		"no evidence":   {func(r *normalize.Result) { r.Periods[0].Evidence = 0 }, "evidence: 0 is none of 1 to 8"},
		"empty period":  {func(r *normalize.Result) { r.Periods[0].Until = r.Periods[0].From }, "it ends on 2025-12-15, not after it begins"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := w.NewLoad(t.Context(), spec("2026-03-08"))
			if err != nil {
				t.Fatal(err)
			}
			_, r := acme().result("main/c1")
			c.spoil(&r)
			err = errors.Join(l.Add(t.Context(), []CustomerKey{k}, r))
			if err == nil {
				if err = l.Build(t.Context()); err == nil {
					err = l.Verify(t.Context())
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if _, err := l.Publish(t.Context()); err == nil {
				t.Error("published all the same")
			}
			if err := l.Discard(t.Context()); err != nil {
				t.Error(err)
			}
			if got, _, err := w.Published(t.Context()); err != nil || got.ID != before.ID {
				t.Errorf("readers see load %d, %v", got.ID, err)
			}
			all, err := w.partitions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for name, parts := range all {
				for _, p := range parts {
					if p.owner == l.id {
						t.Errorf("%s still has rows of the load discarded", name)
					}
				}
			}
		})
	}
}

// TestVerifyRefusesSums spoils what a load is added up into.
func TestVerifyRefusesSums(t *testing.T) {
	w := fresh(t)
	for _, c := range []struct{ table, row, want string }{
		{"day_totals", "(date, currency, new_mrr) VALUES ('2026-02-01', 'USD', 1)", "day_totals do not add up to the periods: USD on 2026-02-01"},
		{"slice_months", "(month, currency, value, change_mrr) VALUES ('2026-02-01', 'USD', 'pro', 1)", "slice_months do not add up to day_totals: USD in 2026-02-01 of \"\": "},
		{"slice_months", "(month, currency, segment, new_mrr) VALUES ('2026-02-01', 'USD', 'tier', 1)", "slice_months do not add up to day_totals: USD in 2026-02-01 of \"tier\": "},
		{"slice_months", "(month, currency, segment, change_mrr, new_mrr) VALUES ('2026-02-01', 'USD', 'other', 1, 1)", "of \"other\": 1 and 1 of movements"},
		{"cohort_months", "(cohort, month, currency, net_mrr) VALUES ('2026-02-01', '2026-02-01', 'USD', 1)", "cohort_months do not add up to day_totals: USD in 2026-02-01: "},
		{"cohort_months", "(cohort, month, currency, mrr_reporting) VALUES ('2026-02-01', '2026-02-01', '', 1)", "at the end of 2026-02-01: "},
	} {
		l, err := w.NewLoad(t.Context(), spec("2026-03-08"))
		if err != nil {
			t.Fatal(err)
		}
		of, r := acme().result("main/c1")
		if err := errors.Join(l.Add(t.Context(), of, r), l.Build(t.Context())); err != nil {
			t.Fatal(err)
		}
		columns, values, _ := strings.Cut(c.row, ") VALUES (")
		runAll(t, w, []string{fmt.Sprintf("INSERT INTO %s %s, load_id) VALUES (%s, %d)", w.table(c.table), columns, strings.TrimSuffix(values, ")"), l.ID())})
		if err := l.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
		if err := l.Discard(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRoundingIsHalfUpOnBothSides(t *testing.T) {
	w := fresh(t)
	s := spec("2026-03-08")
	s.Rates = []Rate{{"EUR", day("2025-01-01"), dec("0.5")}}
	a := &world{customers: map[CustomerKey]*person{
		{"main", "c"}: {account: "main/c", items: []thing{{"s", "i", "EUR", []step{
			{from: day("2026-01-03"), until: day("2026-01-09"), mrr: "0.0001"},
			{from: day("2026-01-09"), until: day("2026-01-12"), mrr: "0.0003"},
			{from: day("2026-01-12"), until: day("2026-01-20"), mrr: "12345678901234.5677"},
		}}}},
	}}
	if _, err := publish(t.Context(), w, s, a, nil); err != nil {
		t.Fatal(err)
	}
	got := answer(t, w, "SELECT groupArray(mrr_reporting) FROM (SELECT mrr_reporting FROM "+w.table("daily")+" WHERE date IN ('2026-01-03', '2026-01-09', '2026-01-12') ORDER BY date)")
	if want := "[0.0001,0.0002,6172839450617.2839]"; got != want {
		t.Errorf("daily: got %s, want %s", got, want)
	}
	got = answer(t, w, "SELECT groupArray(amount_reporting) FROM (SELECT amount_reporting FROM "+w.table("movements")+" ORDER BY date)")
	if want := "[0.0001,0.0001,6172839450617.2837,-6172839450617.2839]"; got != want {
		t.Errorf("movements: got %s, want %s", got, want)
	}
	// What Go valued and what the engine values on the way forward are the same.
	before := dump(t, w)
	if _, err := publish(t.Context(), w, s, a, []CustomerKey{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, dump(t, w)); diff != "" {
		t.Error(diff)
	}
}

func TestConversionOff(t *testing.T) {
	w := fresh(t)
	s := spec("2026-03-08")
	s.Currency = ""
	if _, err := publish(t.Context(), w, s, acme(), nil); err != nil {
		t.Fatal(err)
	}
	got := answer(t, w, "SELECT sum(mrr) > 0, sum(mrr_reporting), (SELECT sum(amount_reporting) FROM "+w.table("movements")+"), (SELECT count() FROM "+w.table("rates")+") FROM "+w.table("daily"))
	if want := "1\t0\t0\t0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Turned on, off, and to another currency, all of the past is valued anew.
	for _, now := range []struct {
		currency string
		rates    []Rate
		want     string
	}{
		{"USD", spec("2026-03-08").Rates, "33.3333\t36.6666\t100"},
		{"", nil, "33.3333\t0\t0"},
		{"EUR", []Rate{{"USD", day("2025-01-01"), dec("0.5")}, {"JPY", day("2025-01-01"), dec("0.01")}}, "33.3333\t33.3333\t50"},
	} {
		s.Run++
		s.Currency, s.Rates = now.currency, now.rates
		if _, err := publish(t.Context(), w, s, acme(), nil); err != nil {
			t.Fatalf("to %q: %v", now.currency, err)
		}
		addedUp(t, w)
		if got := answer(t, w, `
			SELECT sumIf(mrr, item_id = 'i2'), sumIf(mrr_reporting, item_id = 'i2'), (SELECT sum(mrr_reporting) FROM `+w.table("daily")+` WHERE date = '2025-12-31' AND `+w.schema.Parts("daily", "date")+`)
			FROM `+w.table("daily")+" WHERE date = '2026-02-09' AND "+w.schema.Parts("daily", "date")); got != now.want {
			t.Errorf("to %q: %s, want %s", now.currency, got, now.want)
		}
	}
}

// TestSharesInNewDays lets something happen, on the days that a night adds, to a
// customer who was not derived again: c2 goes on 14 February.
func TestSharesInNewDays(t *testing.T) {
	for name, derived := range map[string][]CustomerKey{"one derived": {{"main", "c1"}}, "nobody derived": {}} {
		t.Run(name, func(t *testing.T) {
			w, of := fresh(t), acme()
			delete(of.customers, CustomerKey{"main", "c3"}) // a currency that is only to come has its rate on the last day alone: all is summed then
			s := spec("2026-02-10")
			if _, err := publish(t.Context(), w, s, of, nil); err != nil {
				t.Fatal(err)
			}
			s.Run++
			s.Through = day("2026-02-20")
			if _, err := publish(t.Context(), w, s, of, derived); err != nil {
				t.Fatal(err)
			}
			addedUp(t, w)
			if got := answer(t, w, "SELECT churned_mrr FROM mrr_waterfall_monthly WHERE month = '2026-02-01' AND currency = 'USD'"); got != "40" {
				t.Errorf("churned in February: %s, want 40", got)
			}
		})
	}
}

// TestMisvaluedMonths mends what mrrsync left behind before it valued all of the
// past anew under another reporting currency.
func TestMisvaluedMonths(t *testing.T) {
	w := fresh(t)
	s := spec("2026-03-08")
	first, err := publish(t.Context(), w, s, acme(), nil)
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, w, []string{fmt.Sprintf("ALTER TABLE %s UPDATE mrr_reporting = 0 WHERE load_id = %d AND toYYYYMM(date) = 202601 SETTINGS mutations_sync = 2", w.table("daily"), first.ID)})
	worth := "SELECT sum(mrr_reporting) FROM mrr_daily WHERE date BETWEEN '2026-01-01' AND '2026-01-31'"
	if got := answer(t, w, worth); got != "0" {
		t.Fatalf("January is worth %s", got)
	}
	s.Run++
	s.Through++
	if _, err := publish(t.Context(), w, s, acme(), []CustomerKey{{"main", "c1"}}); err != nil {
		t.Fatalf("a night upon it: %v", err)
	}
	s.Run++
	s.PolicyHash = "q"
	info, err := publish(t.Context(), w, s, acme(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := answer(t, w, worth); got == "0" {
		t.Error("January is still worth nothing")
	}
	addedUp(t, w)
	if got := answer(t, w, fmt.Sprintf("SELECT groupUniqArray(toYYYYMM(date)) FROM %s WHERE load_id = %d", w.table("daily"), info.ID)); got != "[202601]" {
		t.Errorf("the load has written the months %s, want January alone", got)
	}
}

func TestThroughNeverGoesBack(t *testing.T) {
	w := fresh(t)
	if _, err := publish(t.Context(), w, spec("2026-03-08"), acme(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.NewLoad(t.Context(), spec("2026-03-07")); err == nil || !strings.Contains(err.Error(), "through 2026-03-07 is before 2026-03-08") {
		t.Errorf("got %v", err)
	}
}

func TestDiff(t *testing.T) {
	w := fresh(t)
	a := acme()
	if _, err := publish(t.Context(), w, spec("2026-03-05"), a, nil); err != nil {
		t.Fatal(err)
	}
	l, err := w.NewLoad(t.Context(), spec("2026-03-08"))
	if err != nil {
		t.Fatal(err)
	}
	// c2 never churned but goes on at 45 from February; c1 is cancelled on the 7th of March.
	c1, c2 := a.customers[CustomerKey{"main", "c1"}], a.customers[CustomerKey{"main", "c2"}]
	c2.items[0].steps = []step{{from: day("2026-01-05"), until: day("2026-02-01"), mrr: "40"}, {from: day("2026-02-01"), until: billing.Forever, mrr: "45"}}
	c1.items[0].steps[1].until = day("2026-03-07")
	if err := fill(t.Context(), l, a, []string{"main/c1", "main/c2"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := l.Diff(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	decimals := cmp.Comparer(func(a, b fmt.Stringer) bool { return a.String() == b.String() })
	wantRestatements := []Restatement{
		{"main/c2", "USD", day("2026-02-01"), day("2026-02-14"), dec("40"), dec("45")},
		{"main/c2", "USD", day("2026-02-14"), day("2026-03-06"), dec("0"), dec("45")},
	}
	if diff := cmp.Diff(wantRestatements, d.Restatements, decimals); diff != "" {
		t.Errorf("restatements (-want +got):\n%s", diff)
	}
	if n := len(d.Restated); n != 33 || d.RestatedRanges != 2 {
		t.Fatalf("%d days restated, want 33", n)
	}
	if diff := cmp.Diff(RestatedDay{day("2026-02-13"), "USD", dec("190.5"), dec("195.5"), dec("5")}, d.Restated[12], decimals); diff != "" {
		t.Errorf("restated day (-want +got):\n%s", diff)
	}
	if last := d.Restated[32]; last.Date != day("2026-03-05") || !last.Gross.Equal(dec("45")) {
		t.Errorf("last restated day %+v", last)
	}
	if n := len(d.Days); n != 6 { // three days of EUR and USD
		t.Fatalf("%d new days, want 6: %+v", n, d.Days)
	}
	want := Day{Date: day("2026-03-07"), Currency: "USD", Opening: dec("195.5"), Closing: dec("45"), Churn: dec("150.5")}
	if diff := cmp.Diff(want, d.Days[3], decimals); diff != "" {
		t.Errorf("new day (-want +got):\n%s", diff)
	}
	if d.Written["periods"] != 6 || d.Written["daily"] != 0 {
		t.Errorf("written %v", d.Written)
	}
}

// A customer that is named as part of another account takes its past along: the
// accounts' history is told otherwise, and no day of the company changes.
func TestDiffOfIdentity(t *testing.T) {
	w := fresh(t)
	a := acme()
	if _, err := publish(t.Context(), w, spec("2026-03-05"), a, nil); err != nil {
		t.Fatal(err)
	}
	compare := func() Diff {
		t.Helper()
		l, err := w.NewLoad(t.Context(), spec("2026-03-06"))
		if err != nil {
			t.Fatal(err)
		}
		if err := fill(t.Context(), l, a, []string{"main/c1", "main/c2"}); err != nil {
			t.Fatal(err)
		}
		if err := l.Build(t.Context()); err != nil {
			t.Fatal(err)
		}
		d, err := l.Diff(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Discard(t.Context()); err != nil {
			t.Fatal(err)
		}
		return d
	}
	c1, c2 := a.customers[CustomerKey{"main", "c1"}], a.customers[CustomerKey{"main", "c2"}]
	c2.account = "main/c1"
	if d := compare(); len(d.Restated) != 0 || d.RestatedRanges == 0 {
		t.Errorf("a new name restates %d days in %d ranges: %+v", len(d.Restated), d.RestatedRanges, d.Restated)
	}
	// What comes with it is seen by itself.
	c1.items[0].steps[0].mrr = "99"
	d := compare()
	if len(d.Restated) == 0 {
		t.Fatal("a price of the past restates no day")
	}
	for _, day := range d.Restated {
		if day.Currency != "USD" || !day.Gross.Equal(dec("1")) {
			t.Errorf("restated day %+v, want 1 USD", day)
		}
	}
}
