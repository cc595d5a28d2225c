package site

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/simulator/reckon"
)

// product of a kind that tests sell.
func product(kind Kind) *Product { return &Product{ID: kind.String(), Kind: kind} }

// flat is a flat price of so many minor units.
func flat(id string, units int64, every reckon.Interval, count int) Item {
	return Item{Price: &Price{ID: id, Product: product(Plan), Currency: "USD", Model: FlatFee, Unit: units * Scale, Every: every, Count: count}, Quantity: 1, Unit: units * Scale}
}

// of is an item of a model with tiers in minor units.
func of(model Model, quantity int64, tiers ...Tier) Item {
	for i := range tiers {
		tiers[i].Unit *= Scale
	}
	return Item{Price: &Price{ID: "t", Product: product(Plan), Currency: "USD", Model: model, Tiers: tiers, Every: reckon.Monthly, Count: 1}, Quantity: quantity}
}

// each is a per-unit item, its unit in ten-thousandths of a minor unit.
func each(id, currency string, unit, quantity int64) Item {
	return Item{Price: &Price{ID: id, Product: product(Addon), Currency: currency, Model: PerUnit, Unit: unit, Every: reckon.Monthly, Count: 1}, Quantity: quantity, Unit: unit}
}

// worthOf lists what the items of a subscription are worth a month.
func worthOf(tax *Tax, status Status, items []Item, discounts ...*Discount) string {
	s := &Subscription{Created: 100, Customer: &Customer{Tax: tax}, Discounts: discounts, Versions: []Version{{At: 100, Status: status, Items: items}}}
	var out []string
	for _, w := range s.valued(200) {
		out = append(out, w.mrr.StringFixed(4))
	}
	return strings.Join(out, " ")
}

func TestValue(t *testing.T) {
	tiers := func() []Tier { return []Tier{{From: 1, To: 5, Unit: 1000}, {From: 6, Unit: 800}} }
	month, year := flat("m", 10_000, reckon.Monthly, 1), flat("y", 120_000, reckon.Yearly, 1)
	free := each("f", "USD", 75_000*Scale, 1)
	free.Free = 3
	freeOver := free
	freeOver.Quantity = 5
	micro, many := each("d", "USD", 2500, 100_000), each("d", "USD", 2, 1<<31+1000)
	micro.Price.Decimal, many.Price.Decimal = true, true
	third := each("r", "USD", 3333, 5) // 1.6665 cents: shown as 2
	own := of(Tiered, 8, tiers()...)
	own.Tiers = []Tier{{From: 1, To: 5, Unit: 900 * Scale}, {From: 6, Unit: 700 * Scale}}
	meter := each("u", "USD", 10*Scale, 500)
	meter.Price.Product = &Product{Kind: Addon, Metered: true}
	once := each("c", "USD", 5000*Scale, 1)
	once.Price.Product = product(Charge)
	trial := month
	trial.Trial = 201
	percent := func(p int64, on ...*Price) *Discount {
		return &Discount{Created: 100, Reduction: Reduction{Kind: Percentage, Percent: p * 100, Duration: Forever, Prices: on}}
	}
	money := func(units int64, on ...*Price) *Discount {
		return &Discount{Created: 100, Reduction: Reduction{Kind: FixedAmount, Off: units, Duration: Forever, Prices: on}}
	}
	seats := each("s", "USD", 1000*Scale, 3)
	two := &Discount{Created: 100, Reduction: Reduction{Kind: OfferQuantity, Units: 2, Duration: Forever, Prices: []*Price{seats.Price}}}
	all := &Discount{Created: 100, Reduction: Reduction{Kind: OfferQuantity, Units: 9, Duration: Forever, Prices: []*Price{seats.Price}}}
	past, later, single := percent(50), percent(50), percent(50)
	past.Till, later.Created, single.Duration = 200, 201, OneTime
	yen, dinar := each("j", "JPY", 2850*Scale, 1), each("k", "KWD", 5890*Scale, 1)
	german := &Tax{Rate: 1900, Inclusive: true}
	for _, c := range []struct {
		name      string
		tax       *Tax
		items     []Item
		discounts []*Discount
		want      string
	}{
		{"a year for 1,200", nil, []Item{year}, nil, "100.0000"},
		{"three months for 300", nil, []Item{flat("q", 30_000, reckon.Monthly, 3)}, nil, "100.0000"},
		{"two weeks for 10", nil, []Item{flat("w", 1000, reckon.Weekly, 2)}, nil, "21.6667"},
		{"a day for 1", nil, []Item{flat("d", 100, reckon.Daily, 1)}, nil, "30.4167"},
		{"tiered, 8", nil, []Item{of(Tiered, 8, tiers()...)}, nil, "74.0000"},
		{"volume, 8", nil, []Item{of(Volume, 8, tiers()...)}, nil, "64.0000"},
		{"volume, 5", nil, []Item{of(Volume, 5, tiers()...)}, nil, "50.0000"},
		{"stairstep, 8", nil, []Item{of(Stairstep, 8, tiers()...)}, nil, "8.0000"},
		{"stairstep, 5", nil, []Item{of(Stairstep, 5, tiers()...)}, nil, "10.0000"},
		{
			"a fee, packages and units", nil,
			[]Item{of(Tiered, 1203, Tier{From: 1, To: 100, Unit: 2000, Charging: OneFee}, Tier{From: 101, To: 1000, Unit: 500, Charging: EachBlock, Size: 70}, Tier{From: 1001, Unit: 4, Charging: EachUnit})},
			nil, "93.1200", // 20 + ceil(900/70) x 5 + 203 x 0.04
		},
		{"the subscription's own tiers", nil, []Item{own}, nil, "66.0000"},
		{"fewer than are free", nil, []Item{free}, nil, "0.0000"},
		{"more than are free", nil, []Item{freeOver}, nil, "1500.0000"},
		{"0.0025 x 100,000", nil, []Item{micro}, nil, "250.0000"},
		{"0.000002 x more than 2^31", nil, []Item{many}, nil, "4294.9693"},
		{"an amount is in whole minor units", nil, []Item{third}, nil, "0.0200"},
		{"metered and one-time items beside", nil, []Item{month, meter, once}, nil, "100.0000"},
		{"an item in its trial", nil, []Item{year, trial}, nil, "100.0000"},
		{"an addon with its own period", nil, []Item{month, flat("y", 99_000, reckon.Yearly, 1)}, nil, "100.0000 82.5000"},
		{"yen", nil, []Item{yen}, nil, "2850.0000"},
		{"dinar in hundredths", nil, []Item{dinar}, nil, "58.9000"},
		{"inclusive 19 %", german, []Item{flat("m", 11_900, reckon.Monthly, 1)}, nil, "100.0000"},
		{"exclusive tax changes nothing", &Tax{Rate: 1900}, []Item{month}, nil, "100.0000"},
		{"500 off 1,200 a year", nil, []Item{year}, []*Discount{money(50_000)}, "58.3333"},
		{"20 %, after 10 % on the item", nil, []Item{month}, []*Discount{percent(20), percent(10, month.Price)}, "72.0000"},
		{"more off than there is", nil, []Item{month}, []*Discount{money(50_000)}, "0.0000"},
		{"money over two items", nil, []Item{month, flat("n", 5000, reckon.Monthly, 1)}, []*Discount{money(1000)}, "93.3333 46.6667"},
		{"money in mixed periods: the shortest", nil, []Item{month, year}, []*Discount{money(1000)}, "90.0000 100.0000"},
		{"percent in mixed periods: all", nil, []Item{month, year}, []*Discount{percent(10)}, "90.0000 90.0000"},
		{"money on one item", nil, []Item{month, flat("n", 5000, reckon.Monthly, 1)}, []*Discount{money(1000, month.Price)}, "90.0000 50.0000"},
		{"two of three seats for free", nil, []Item{month, seats}, []*Discount{two}, "100.0000 10.0000"},
		{"more free seats than there are", nil, []Item{month, seats}, []*Discount{all}, "100.0000 0.0000"},
		{"not yet, no longer, and only once", nil, []Item{month}, []*Discount{later, past, single}, "100.0000"},
	} {
		if got := worthOf(c.tax, Active, c.items, c.discounts...); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for status, want := range map[Status]string{
		Future: "", InTrial: "", Active: "100.0000", NonRenewing: "100.0000", Paused: "", Cancelled: "", Transferred: "",
	} {
		if got := worthOf(nil, status, []Item{month}); got != want {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
}

// TestProvidersFigure: Chargebee's own figure leaves limited coupons on yearly
// plans out; ours does not.
func TestProvidersFigure(t *testing.T) {
	half := &Discount{Created: 100, Till: 300, Reduction: Reduction{Kind: Percentage, Percent: 5000, Duration: LimitedPeriod}}
	for _, c := range []struct {
		every reckon.Interval
		want  int64
	}{{reckon.Yearly, 10_000}, {reckon.Monthly, 60_000}} {
		it := flat("p", 120_000, c.every, 1)
		s := &Subscription{Customer: &Customer{}, Discounts: []*Discount{half}, Versions: []Version{{At: 100, Status: Active, Every: c.every, Count: 1, Items: []Item{it}}}}
		if got := s.MRR(200); got != c.want {
			t.Errorf("by the %s: %d, want %d", c.every, got, c.want)
		}
	}
}

// scene is a subscription that a test lives by hand.
type scene struct {
	*biller
	t *testing.T
}

func stage(t *testing.T, catalogue Catalogue, start string, trial int64, items func(b *biller) []Item) scene {
	t.Helper()
	s := New(Config{Seed: 1, Catalogue: catalogue, Months: 24, Now: at("2026-11-21T00:00:00Z")})
	s.first = 0
	c := &Customer{ID: "cus", Ref: ref(1, 0, 0), Currency: "USD", Tagged: true}
	c.Versions = []CustomerVersion{{At: at(start).Unix()}}
	s.add(c)
	b := s.open(c, 0)
	b.bound = at("2027-01-01T00:00:00Z").Unix() // no surprises
	b.create(at(start).Unix(), items(b), at(start).Unix(), trial, 0)
	return scene{b, t}
}

func (s scene) on(when string, do func(t int64)) { s.at(at(when).Unix(), do) }

// truth lists the runs of equal days, as price from..to value (? when not
// provable).
func (s scene) truth(now string) string {
	s.t.Helper()
	s.run()
	s.s.Subscriptions = nil
	for _, c := range s.s.Customers {
		s.s.Subscriptions = append(s.s.Subscriptions, c.Subscriptions...)
	}
	var runs []string
	key, from, prev := "", "", ""
	last := 0
	flush := func() {
		if from != "" {
			runs = append(runs, strings.Replace(key, " ", " "+from+".."+prev+" ", 1))
		}
	}
	for r := range s.s.Truth(at(now), time.UTC) {
		k := fmt.Sprintf("%s %s", r.Item[strings.Index(r.Item, "/")+1:], r.MRR.StringFixed(2))
		if !r.Provable {
			k += "?"
		}
		if k != key || r.Day != last+1 {
			flush()
			key, from = k, r.Date()
		}
		last, prev = r.Day, r.Date()
	}
	flush()
	return strings.Join(runs, "\n")
}

func want(t *testing.T, got string, lines ...string) {
	t.Helper()
	if d := cmp.Diff(strings.Join(lines, "\n"), got); d != "" {
		t.Errorf("truth (-want +got):\n%s", d)
	}
}

func pro(n int64) func(b *biller) []Item {
	return func(b *biller) []Item { return []Item{b.item("pro-m", n)} }
}

// more is the items with twice the quantity of the first.
func (s scene) more() []Item {
	items := s.clone()
	items[0].Quantity *= 2
	return items
}

func TestProratedChange(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	s.on("2026-02-15T10:00:00Z", func(t int64) { s.change(t, s.more()) })
	want(t, s.truth("2026-07-01T00:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-02-15..2026-06-30 118.00")
	v, c := s.sub.Invoices[2].Lines[0], s.sub.Credits[0]
	// 18 of 28 days are left: 59 x 18/28 = 37.93.
	if v.Unit != 3793*Scale || v.Amount != 7586 || v.From != at("2026-02-15T10:00:00Z").Unix() || v.To != at("2026-03-05T10:00:00Z").Unix() {
		t.Errorf("charged: %+v", v)
	}
	if l := c.Lines[0]; c.Adjustment || l.Amount != 3793 || l.From != v.From || l.To != v.To || c.Invoice != s.sub.Invoices[1] {
		t.Errorf("credited: %+v", c)
	}
	if a := s.sub.Invoices[2].Applied; len(a) != 1 || a[0].Amount != 3793 {
		t.Errorf("used: %+v", a)
	}
}

func TestUnproratedChange(t *testing.T) {
	play := func(now string) string {
		s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
		s.on("2026-02-15T10:00:00Z", func(t int64) {
			s.version(t).Items = s.more()
			s.sub.darks = append(s.sub.darks, dark{from: t})
		})
		return s.truth(now)
	}
	// It is the present version, or its event is still there.
	for _, now := range []string{"2026-03-01T00:00:00Z", "2026-05-10T00:00:00Z"} {
		y, m, d := at(now).AddDate(0, 0, -1).Date()
		want(t, play(now), "Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", fmt.Sprintf("Pro-USD-Monthly 2026-02-15..%04d-%02d-%02d 118.00", y, m, d))
	}
	// Nobody knows any more until the next invoice.
	want(t, play("2026-07-01T00:00:00Z"),
		"Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-02-15..2026-03-04 118.00?", "Pro-USD-Monthly 2026-03-05..2026-06-30 118.00")
}

func TestAYearlyPlansUnproratedChangeStaysItsLast(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, func(b *biller) []Item { return []Item{b.item("pro-y", 1)} })
	s.on("2026-02-15T10:00:00Z", func(t int64) {
		s.version(t).Items = s.more()
		s.sub.darks = append(s.sub.darks, dark{from: t})
	})
	want(t, s.truth("2026-11-01T00:00:00Z"), "Pro-USD-Yearly 2026-01-05..2026-02-14 49.17", "Pro-USD-Yearly 2026-02-15..2026-10-31 98.33")
}

func TestChangeAtTheEndOfTheTerm(t *testing.T) {
	s := stage(t, Plans, "2026-01-05T10:00:00Z", 0, pro(1))
	s.on("2026-02-15T10:00:00Z", func(t int64) { s.later(t, s.more()) })
	want(t, s.truth("2026-07-01T00:00:00Z"), "pro_usd_monthly 2026-01-05..2026-03-04 59.00", "pro_usd_monthly 2026-03-05..2026-06-30 118.00")
}

func TestCancellations(t *testing.T) {
	end := func(do func(s scene, t int64)) string {
		s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
		s.on("2026-02-15T10:00:00Z", func(t int64) { do(s, t) })
		return s.truth("2026-07-01T00:00:00Z")
	}
	want(t, end(func(s scene, t int64) { s.cancelled(t, "") }), "Pro-USD-Monthly 2026-01-05..2026-02-14 59.00")
	want(t, end(func(s scene, t int64) {
		v := s.version(t)
		v.Status, v.Cancelled = NonRenewing, v.Term.End
	}), "Pro-USD-Monthly 2026-01-05..2026-03-04 59.00")
	// Withdrawn.
	want(t, end(func(s scene, t int64) {
		v := s.version(t)
		v.Status, v.Cancelled = NonRenewing, v.Term.End
		s.at(t+reckon.Day, func(t int64) { v := s.version(t); v.Status, v.Cancelled = Active, 0 })
	}), "Pro-USD-Monthly 2026-01-05..2026-06-30 59.00")
	// Taken up again: nobody remembers the gap.
	want(t, end(func(s scene, t int64) {
		s.cancelled(t, "")
		s.at(t+10*reckon.Day, s.reactivate)
	}), "Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-02-15..2026-02-24 0.00?", "Pro-USD-Monthly 2026-02-25..2026-06-30 59.00")
}

func TestTrials(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 14, pro(1))
	want(t, s.truth("2026-03-01T00:00:00Z"), "Pro-USD-Monthly 2026-01-19..2026-02-28 59.00")
	s = stage(t, Items, "2026-01-05T10:00:00Z", 14, pro(1))
	s.on("2026-01-09T10:00:00Z", func(t int64) { s.version(t).Cancelled = s.last().Trial.End })
	want(t, s.truth("2026-03-01T00:00:00Z"), "")
	// An item's own trial.
	s = stage(t, Items, "2026-01-05T10:00:00Z", 0, func(b *biller) []Item {
		items := []Item{b.item("pro-m", 1), b.item("seat-m", 2)}
		items[1].Trial = at("2026-01-19T10:00:00Z").Unix()
		return items
	})
	s.on("2026-01-19T10:00:00Z", s.itemTrialEnds)
	want(t, s.truth("2026-03-01T00:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-02-28 59.00", "Seats-USD-Monthly 2026-01-19..2026-02-28 24.00")
	if l := s.sub.Invoices[1].Lines[0]; l.Price.ID != "Seats-USD-Monthly" || l.Amount != 2*658 { // 12 x 17/31
		t.Errorf("charged after the trial: %+v", l)
	}
}

func TestPauses(t *testing.T) {
	play := func(now, back string) string {
		s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
		s.on("2026-02-15T10:00:00Z", func(t int64) {
			v := s.version(t)
			v.Status, v.PauseDate = Paused, t
		})
		s.on(back, s.resume)
		return s.truth(now)
	}
	// It shows while it lasts, and as long as its events do.
	want(t, play("2026-03-20T00:00:00Z", "2026-04-01T10:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-02-14 59.00")
	want(t, play("2026-05-01T00:00:00Z", "2026-04-01T10:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-04-01..2026-04-30 59.00")
	want(t, play("2026-09-01T00:00:00Z", "2026-04-01T10:00:00Z"),
		"Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-02-15..2026-03-31 0.00?", "Pro-USD-Monthly 2026-04-01..2026-08-31 59.00")
	// Within the term: the term's invoice covers what is left of it.
	want(t, play("2026-09-01T00:00:00Z", "2026-02-20T10:00:00Z"),
		"Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-02-15..2026-02-19 0.00?", "Pro-USD-Monthly 2026-02-20..2026-08-31 59.00")
}

func TestRamps(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, func(b *biller) []Item { return []Item{b.item("scale-m", 1)} })
	step := func(when string, unit int64, ends RampState) *Ramp {
		r := s.newRamp(s.sub.Created, at(when).Unix())
		it := s.clone()[0]
		it.Unit = unit * Scale
		r.Update, r.Ends = []Item{it}, ends
		return r
	}
	step("2026-02-05T10:00:00Z", 50_000, Succeeded)
	step("2026-03-05T10:00:00Z", 99_000, Draft)
	step("2026-03-20T10:00:00Z", 99_000, Failed)
	r := step("2026-04-11T10:00:00Z", 60_000, Succeeded)
	s.at(r.Effective, s.ramp)
	step("2026-12-05T10:00:00Z", 70_000, Succeeded)
	want(t, s.truth("2026-11-01T00:00:00Z"),
		"Scale-USD-Monthly 2026-01-05..2026-02-04 400.00", "Scale-USD-Monthly 2026-02-05..2026-04-10 500.00", "Scale-USD-Monthly 2026-04-11..2026-10-31 600.00")
}

func TestCoupons(t *testing.T) {
	// Limited, on a yearly plan: its end is in the middle of a term.
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, func(b *biller) []Item {
		b.attach(b.cust.Created(), b.cust.Created(), b.s.Catalog.coupons["HALF3"])
		return []Item{b.item("business-y", 1)}
	})
	want(t, s.truth("2026-11-01T00:00:00Z"), "Business-USD-Yearly 2026-01-05..2026-04-04 82.92", "Business-USD-Yearly 2026-04-05..2026-10-31 165.83")
	// Redeemed and taken off in the middle of terms.
	s = stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	s.on("2026-02-15T10:00:00Z", func(t int64) {
		s.version(t)
		s.attach(t, t, s.s.Catalog.coupons["FOREVER10"])
		s.sub.darks = append(s.sub.darks, dark{from: t})
	})
	s.on("2026-04-15T10:00:00Z", func(t int64) { s.uncoupon(t) })
	want(t, s.truth("2026-11-01T00:00:00Z"),
		"Pro-USD-Monthly 2026-01-05..2026-02-14 59.00", "Pro-USD-Monthly 2026-02-15..2026-03-04 53.10?", "Pro-USD-Monthly 2026-03-05..2026-04-14 53.10",
		"Pro-USD-Monthly 2026-04-15..2026-05-04 59.00?", "Pro-USD-Monthly 2026-05-05..2026-10-31 59.00")
}

func TestTransferredPair(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	s.on("2026-02-15T10:00:00Z", s.handOver)
	want(t, s.truth("2026-03-12T00:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-03-11 59.00")
	old := s.sub.Versions[len(s.sub.Versions)-1]
	if old.Status != Transferred || old.At != at("2026-03-05T10:00:00Z").Unix() || s.sub.To == nil || s.sub.To.Created != old.At || s.sub.To.Customer == s.cust {
		t.Errorf("transferred: %+v to %+v", old, s.sub.To)
	}
}

// A charge that waits for the next invoice would never be seen: that invoice is
// of another subscription.
func TestTransferWaitsForNoCharge(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	change, leave := at("2026-02-12T10:00:00Z").Unix(), at("2026-02-15T10:00:00Z").Unix()
	s.at(change, func(t int64) {
		items := s.more()
		v := s.version(t)
		s.credit(t, "subscription_change", s.prices())
		s.unbilled = []Line{part(&items[0], t, v.Term.Start, v.Term.End)}
		v.Items = items
	})
	s.at(leave, s.handOver)
	want(t, s.truth("2026-03-12T00:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-02-11 59.00", "Pro-USD-Monthly 2026-02-12..2026-03-11 118.00")
	v := s.sub.Invoices[len(s.sub.Invoices)-1]
	if v.Date != leave || len(v.Lines) != 1 || v.Lines[0].From != change || v.Lines[0].Quantity != 2 {
		t.Errorf("the last invoice before the transfer: %+v", v)
	}
}

func TestVoidedInvoiceSaysNothing(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	s.on("2026-03-10T10:00:00Z", func(t int64) {
		v := s.sub.Invoices[2]
		v.Voided, v.Paid = t, 0
	})
	want(t, s.truth("2026-11-01T00:00:00Z"),
		"Pro-USD-Monthly 2026-01-05..2026-03-04 59.00", "Pro-USD-Monthly 2026-03-05..2026-04-04 59.00?", "Pro-USD-Monthly 2026-04-05..2026-10-31 59.00")
}

func TestGiftEndsWithItsTerm(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	s.sub.Gift = "gift"
	s.version(s.sub.Created).Remaining = 1
	want(t, s.truth("2026-11-01T00:00:00Z"), "Pro-USD-Monthly 2026-01-05..2026-03-04 59.00")
	i := slices.IndexFunc(s.sub.Versions, func(v Version) bool { return v.Status == NonRenewing })
	if i < 0 || s.sub.Versions[i].Cancelled != 0 {
		t.Error("a gift announces no end")
	}
}

func TestZones(t *testing.T) {
	s := stage(t, Items, "2026-03-05T23:30:00Z", 0, pro(1))
	s.on("2026-03-20T22:30:00Z", func(t int64) { s.cancelled(t, "") })
	want(t, s.truth("2026-04-11T00:00:00Z"), "Pro-USD-Monthly 2026-03-05..2026-03-19 59.00")
	zone := time.FixedZone("Tokyo", 9*3600)
	var days []string
	for r := range s.s.Truth(at("2026-04-11T00:00:00Z"), zone) {
		days = append(days, r.Date())
	}
	if days[0] != "2026-03-06" || days[len(days)-1] != "2026-03-20" {
		t.Errorf("in Tokyo %s..%s, want 2026-03-06..2026-03-20", days[0], days[len(days)-1])
	}
}

func TestUnbilledCharge(t *testing.T) {
	for day := 10; ; day++ { // chance decides by the moment whether a charge waits
		s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
		when := fmt.Sprintf("2026-02-%02dT10:00:00Z", day)
		s.on(when, func(t int64) { s.change(t, s.more()) })
		got := s.truth("2026-11-01T00:00:00Z")
		if s.sub.Invoices[2].Date == at(when).Unix() {
			continue
		}
		want(t, got, fmt.Sprintf("Pro-USD-Monthly 2026-01-05..2026-02-%02d 59.00", day-1), fmt.Sprintf("Pro-USD-Monthly 2026-02-%02d..2026-10-31 118.00", day))
		late, full := s.sub.Invoices[2].Lines[0], s.sub.Invoices[2].Lines[1]
		if !late.Prorated || late.From != at(when).Unix() || late.To != full.From || full.Amount != 11_800 {
			t.Errorf("on the next invoice: %+v and %+v", late, full)
		}
		return
	}
}

func TestBackdatedStart(t *testing.T) {
	s := stage(t, Items, "2026-01-05T10:00:00Z", 0, pro(1))
	b := s.s.open(s.cust, 1)
	b.bound = s.bound
	b.create(at("2026-03-20T10:00:00Z").Unix(), []Item{b.item("pro-m", 1)}, at("2026-03-02T10:00:00Z").Unix(), 0, 0)
	b.run()
	s.cust.Subscriptions = s.cust.Subscriptions[1:]
	want(t, s.truth("2026-11-01T00:00:00Z"), "Pro-USD-Monthly 2026-03-02..2026-10-31 59.00")
	v := b.sub.Invoices[0]
	if v.Date != b.sub.Created || v.Lines[0].From != at("2026-03-02T10:00:00Z").Unix() || v.Lines[0].To != at("2026-04-02T10:00:00Z").Unix() {
		t.Errorf("the first invoice: %+v", v)
	}
}
