package company

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/simulator/reckon"
)

// flat is a price of so many minor units.
func flat(units int64, every Interval, count int) *Price {
	return &Price{Currency: "usd", Product: &Product{ID: "prod"}, Interval: every, Count: count, Amounts: Amounts{Unit: units * Scale}}
}

func of(id string, p *Price, quantity int64) Item { return Item{ID: id, Price: p, Quantity: quantity} }

// worth of one item of a subscription with these discounts, in its currency.
func valueOf(currency string, items []Item, tax *TaxRate, discounts ...*Discount) string {
	s := &Subscription{Currency: currency, Created: 100, Start: 100, Tax: tax, Customer: &Customer{}, Versions: []Version{{At: 100, Status: Active, Items: items}}}
	for _, d := range discounts {
		if d.Customer {
			s.Customer.Discounts = append(s.Customer.Discounts, d)
		} else {
			s.Discounts = append(s.Discounts, d)
		}
	}
	var out []string
	for _, w := range valued(s, 200) {
		out = append(out, w.mrr.StringFixed(4))
	}
	return strings.Join(out, " ")
}

func off(percent int64, item string) *Discount {
	return &Discount{Coupon: &Coupon{Percent: percent * 100, Duration: Forever}, Start: 100, Item: item}
}

func money(units int64) *Discount {
	return &Discount{Coupon: &Coupon{Currency: "usd", Off: map[string]int64{"usd": units}, Duration: Forever}, Start: 100}
}

func TestValue(t *testing.T) {
	tiers := []Tier{{UpTo: 5, Unit: 1000 * Scale}, {Unit: 800 * Scale}}
	graduated := &Price{Currency: "usd", Product: &Product{}, Interval: Month, Count: 1, Mode: Graduated, Amounts: Amounts{Tiers: tiers}}
	volume := &Price{Currency: "usd", Product: &Product{}, Interval: Month, Count: 1, Mode: Volume, Amounts: Amounts{Tiers: tiers}}
	pack := &Price{Currency: "usd", Product: &Product{}, Interval: Month, Count: 1, Divide: 1000, RoundUp: true, Amounts: Amounts{Unit: 2000 * Scale}}
	down := &Price{Currency: "usd", Product: &Product{}, Interval: Month, Count: 1, Divide: 1000, Amounts: Amounts{Unit: 2000 * Scale}}
	metered := &Price{Currency: "usd", Product: &Product{}, Interval: Month, Count: 1, Metered: true, Amounts: Amounts{Unit: 5 * Scale}}
	foreign := flat(1900, Month, 1)
	foreign.Options = map[string]Amounts{"gbp": {Unit: 1500 * Scale}}
	seats := flat(1000, Month, 1)
	onlySeats := off(50, "")
	onlySeats.Coupon.Products = []*Product{seats.Product}
	later, over, once, customers := off(10, ""), off(10, ""), off(10, ""), off(30, "")
	later.Start, over.End, once.Coupon.Duration, customers.Customer = 201, 200, Once, true
	month, year := of("m", flat(10_000, Month, 1), 1), of("y", flat(120_000, Year, 1), 1)
	german := &TaxRate{Rate: 1900, Inclusive: true}
	for _, c := range []struct {
		name, currency string
		items          []Item
		tax            *TaxRate
		discounts      []*Discount
		want           string
	}{
		{"annual 1,200", "usd", []Item{of("a", flat(120_000, Year, 1), 1)}, nil, nil, "100.0000"},
		{"quarterly 300", "usd", []Item{of("a", flat(30_000, Month, 3), 1)}, nil, nil, "100.0000"},
		{"two weeks 10", "usd", []Item{of("a", flat(1000, Week, 2), 1)}, nil, nil, "21.6667"},
		{"daily 1", "usd", []Item{of("a", flat(100, Day, 1), 1)}, nil, nil, "30.4167"},
		{"three years 180,000", "usd", []Item{of("a", flat(18_000_000, Year, 3), 1)}, nil, nil, "5000.0000"},
		{"500 off 1,200 a year", "usd", []Item{of("a", flat(120_000, Year, 1), 1)}, nil, []*Discount{money(50_000)}, "58.3333"},
		{"10 % on the item, then 20 %", "usd", []Item{of("a", flat(10_000, Month, 1), 1)}, nil, []*Discount{off(20, ""), off(10, "a")}, "72.0000"},
		{"graduated, 8", "usd", []Item{of("a", graduated, 8)}, nil, nil, "74.0000"},
		{"volume, 8", "usd", []Item{of("a", volume, 8)}, nil, nil, "64.0000"},
		{"volume, 5", "usd", []Item{of("a", volume, 5)}, nil, nil, "50.0000"},
		{"volume, 6", "usd", []Item{of("a", volume, 6)}, nil, nil, "48.0000"},
		{"package up", "usd", []Item{of("a", pack, 2001)}, nil, nil, "60.0000"},
		{"package down", "usd", []Item{of("a", down, 2999)}, nil, nil, "40.0000"},
		{"0.05 cents x 10,000", "usd", []Item{of("a", &Price{Currency: "usd", Product: &Product{}, Interval: Month, Count: 1, Amounts: Amounts{Unit: 500}}, 10_000)}, nil, nil, "5.0000"},
		{"metered beside licensed", "usd", []Item{of("a", flat(10_000, Month, 1), 1), of("b", metered, 500)}, nil, nil, "100.0000"},
		{"pounds on a dollar price", "gbp", []Item{of("a", foreign, 2)}, nil, nil, "30.0000"},
		{"yen", "jpy", []Item{of("a", &Price{Currency: "jpy", Product: &Product{}, Interval: Month, Count: 1, Amounts: Amounts{Unit: 2850 * Scale}}, 1)}, nil, nil, "2850.0000"},
		{"dinar", "kwd", []Item{of("a", &Price{Currency: "kwd", Product: &Product{}, Interval: Month, Count: 1, Amounts: Amounts{Unit: 5890 * Scale}}, 1)}, nil, nil, "5.8900"},
		{"krona in hundredths", "isk", []Item{of("a", &Price{Currency: "isk", Product: &Product{}, Interval: Month, Count: 1, Amounts: Amounts{Unit: 260_000 * Scale}}, 1)}, nil, nil, "2600.0000"},
		{"inclusive 19 %", "usd", []Item{of("a", flat(11_900, Month, 1), 1)}, german, nil, "100.0000"},
		{"exclusive tax changes nothing", "usd", []Item{of("a", flat(11_900, Month, 1), 1)}, &TaxRate{Rate: 1900}, nil, "119.0000"},
		{"more off than there is", "usd", []Item{of("a", flat(10_000, Month, 1), 1)}, nil, []*Discount{money(50_000)}, "0.0000"},
		{"money over two items", "usd", []Item{of("a", flat(10_000, Month, 1), 1), of("b", flat(5000, Month, 1), 1)}, nil, []*Discount{money(1000)}, "93.3333 46.6667"},
		{"money in mixed intervals: the shortest", "usd", []Item{year, month}, nil, []*Discount{money(1000)}, "100.0000 90.0000"},
		{"percent in mixed intervals: all", "usd", []Item{year, month}, nil, []*Discount{off(10, "")}, "90.0000 90.0000"},
		{"only one product", "usd", []Item{of("a", seats, 3), of("b", flat(1000, Month, 1), 1)}, nil, []*Discount{onlySeats}, "15.0000 10.0000"},
		{"not yet, and no longer", "usd", []Item{month}, nil, []*Discount{later, over}, "100.0000"},
		{"once is ignored", "usd", []Item{month}, nil, []*Discount{once}, "100.0000"},
		{"the customer's", "usd", []Item{month}, nil, []*Discount{customers}, "70.0000"},
		{"the customer's beside the item's", "usd", []Item{month}, nil, []*Discount{customers, off(10, "m")}, "63.0000"},
		{"the customer's beside the subscription's", "usd", []Item{month}, nil, []*Discount{customers, off(10, "")}, "90.0000"},
	} {
		if got := valueOf(c.currency, c.items, c.tax, c.discounts...); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestContractValue(t *testing.T) {
	d := func(s string) int { return int(at(s+"T00:00:00Z").Unix() / day) }
	for _, c := range []struct {
		name string
		k    Contract
		want string
	}{
		{"three years, 180,000", Contract{Cents: 18_000_000, Interval: "term", Start: d("2024-01-01"), End: d("2026-12-31")}, "5000.0000"},
		{"a term from a month's last day", Contract{Cents: 300_000, Interval: "term", Start: d("2024-01-31"), End: d("2024-04-29")}, "1000.0000"},
		{"an odd term", Contract{Cents: 36_500, Interval: "term", Start: d("2024-01-01"), End: d("2024-01-12")}, "925.1736"},
		{"seats by the year", Contract{Cents: 12_000, Interval: "year", Count: 1, Quantity: 5}, "50.0000"},
		{"quarterly", Contract{Cents: 30_000, Interval: "month", Count: 3}, "100.0000"},
	} {
		if got := reckon.Scale4(c.k.monthly()).StringFixed(4); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// scene is a subscription that a test lives by hand.
type scene struct {
	*biller
	t *testing.T
}

func stage(t *testing.T, start string, items func(b *biller) []Item) scene {
	t.Helper()
	c := New(Config{Seed: 1, Months: 24, Now: at("2026-11-21T00:00:00Z")})
	c.first = 0
	cust := &Customer{ID: "cus", Ref: ref(0, 0, 0), Currency: "usd"}
	c.Customers = []*Customer{cust}
	s := &Subscription{ID: "sub", Customer: cust, Currency: "usd", Created: at(start).Unix(), Start: at(start).Unix()}
	cust.Subscriptions = []*Subscription{s}
	b := &biller{c: c, cust: cust, sub: s, until: c.until}
	b.open(s.Created, items(b), 0)
	v := b.bill(s.Created, "subscription_create", b.lines(s.Created), false)
	b.pay(v, v.Created)
	return scene{b, t}
}

// truth lists the runs of equal days, as from..to value (? when not provable).
func (s scene) truth(now string) string {
	s.t.Helper()
	s.run()
	var runs []string
	var last Row
	from, prev := "", ""
	flush := func() {
		if from != "" {
			mark := ""
			if !last.Provable {
				mark = "?"
			}
			runs = append(runs, fmt.Sprintf("%s..%s %s%s", from, prev, last.MRR.StringFixed(2), mark))
		}
	}
	for r := range s.c.Truth(at(now), time.UTC) {
		if from == "" || r.Item != last.Item || r.Day != last.Day+1 || !r.MRR.Equal(last.MRR) || r.Provable != last.Provable {
			flush()
			from = r.Date()
		}
		last, prev = r, r.Date()
	}
	flush()
	return strings.Join(runs, "\n")
}

func one(units int64) func(*biller) []Item {
	return func(b *biller) []Item { return []Item{b.item(b.sub.Created, flat(units, Month, 1), 1)} }
}

// twice is the items with the first one's quantity doubled.
func (s scene) twice() []Item {
	items := s.clone()
	items[0].Quantity *= 2
	return items
}

func want(t *testing.T, got string, lines ...string) {
	t.Helper()
	if d := cmp.Diff(strings.Join(lines, "\n"), got); d != "" {
		t.Errorf("truth (-want +got):\n%s", d)
	}
}

func TestProratedChangeIsProvable(t *testing.T) {
	s := stage(t, "2026-06-05T10:00:00Z", one(1000))
	s.at(at("2026-07-20T12:00:00Z").Unix(), func(t int64) { s.change(t, s.twice(), onNextInvoice) })
	want(t, s.truth("2026-08-11T00:00:00Z"), "2026-06-05..2026-07-19 10.00", "2026-07-20..2026-08-10 20.00")
}

func TestUnannouncedChange(t *testing.T) {
	play := func(now string) string {
		s := stage(t, "2026-06-05T10:00:00Z", one(1000))
		s.at(at("2026-07-20T12:00:00Z").Unix(), func(t int64) { s.change(t, s.twice(), unannounced) })
		return s.truth(now)
	}
	// Its event is still there.
	want(t, play("2026-08-11T00:00:00Z"), "2026-06-05..2026-07-19 10.00", "2026-07-20..2026-08-10 20.00")
	// Its event is gone: nobody knows until the next invoice.
	want(t, play("2026-09-11T00:00:00Z"), "2026-06-05..2026-07-19 10.00", "2026-07-20..2026-08-04 20.00?", "2026-08-05..2026-09-10 20.00")
}

func TestVoidedPause(t *testing.T) {
	play := func(how Behavior, now string) string {
		s := stage(t, "2026-03-05T10:00:00Z", one(1000))
		s.at(at("2026-04-20T12:00:00Z").Unix(), func(t int64) {
			s.version(t).Pause = &Pause{Behavior: how}
			s.sub.pauses = append(s.sub.pauses, pausing{from: t, told: s.updated(t)})
		})
		s.at(at("2026-06-20T12:00:00Z").Unix(), func(t int64) {
			s.version(t).Pause = nil
			s.sub.pauses[0].to, s.sub.pauses[0].back = t, s.updated(t)
		})
		return s.truth(now)
	}
	// Two voided invoices show the pause from 5 May to 5 July; its start, and
	// the time after its end, only events told.
	want(t, play(Void, "2026-09-11T00:00:00Z"),
		"2026-03-05..2026-04-19 10.00", "2026-04-20..2026-05-04 0.00?", "2026-06-20..2026-07-04 10.00?", "2026-07-05..2026-09-10 10.00")
	// Drafts show nothing.
	want(t, play(KeepAsDraft, "2026-09-11T00:00:00Z"),
		"2026-03-05..2026-04-19 10.00", "2026-04-20..2026-06-19 0.00?", "2026-06-20..2026-07-04 10.00?", "2026-07-05..2026-09-10 10.00")
	// The event of its end is still there.
	want(t, play(Void, "2026-07-11T00:00:00Z"),
		"2026-03-05..2026-04-19 10.00", "2026-04-20..2026-05-04 0.00?", "2026-06-20..2026-07-10 10.00")
}

func TestRemovedCoupon(t *testing.T) {
	s := stage(t, "2026-03-05T10:00:00Z", one(1000))
	half := &Coupon{ID: "HALF", Percent: 5000, Duration: Forever}
	s.at(at("2026-03-10T12:00:00Z").Unix(), func(t int64) { s.attach(t, half, "") })
	s.at(at("2026-05-20T12:00:00Z").Unix(), func(t int64) {
		s.detach(t, s.sub.Discounts[0])
		s.sub.Discounts[0].event = s.updated(t)
	})
	// The invoices of April and May carry it, with its start; its end shows
	// only with the invoice of June.
	want(t, s.truth("2026-09-11T00:00:00Z"),
		"2026-03-05..2026-03-09 10.00", "2026-03-10..2026-05-19 5.00", "2026-05-20..2026-06-04 10.00?", "2026-06-05..2026-09-10 10.00")
}

func TestCouponBetweenTwoInvoices(t *testing.T) {
	s := stage(t, "2026-03-05T10:00:00Z", one(1000))
	half := &Coupon{ID: "HALF", Percent: 5000, Duration: Forever}
	s.at(at("2026-04-10T12:00:00Z").Unix(), func(t int64) { s.attach(t, half, "") })
	s.at(at("2026-04-20T12:00:00Z").Unix(), func(t int64) {
		s.detach(t, s.sub.Discounts[0])
		s.sub.Discounts[0].event = s.updated(t)
	})
	want(t, s.truth("2026-09-11T00:00:00Z"),
		"2026-03-05..2026-04-09 10.00", "2026-04-10..2026-04-19 5.00?", "2026-04-20..2026-05-04 10.00?", "2026-05-05..2026-09-10 10.00")
}

func TestRepeatingCouponEndsByItself(t *testing.T) {
	s := stage(t, "2026-03-05T10:00:00Z", one(10_000))
	s.attach(s.sub.Created, &Coupon{ID: "HALF3", Percent: 5000, Duration: Repeating, Months: 3}, "")
	want(t, s.truth("2026-09-11T00:00:00Z"), "2026-03-05..2026-06-04 50.00", "2026-06-05..2026-09-10 100.00")
}

func TestUpAndDownOnOneDay(t *testing.T) {
	s := stage(t, "2026-03-05T10:00:00Z", one(1000))
	before := s.clone()
	s.at(at("2026-03-20T09:00:00Z").Unix(), func(t int64) { s.change(t, s.twice(), onNextInvoice) })
	s.at(at("2026-03-20T11:00:00Z").Unix(), func(t int64) { s.change(t, before, onNextInvoice) })
	want(t, s.truth("2026-04-11T00:00:00Z"), "2026-03-05..2026-04-10 10.00")
	if n := len(s.sub.Pending); n != 4 {
		t.Errorf("%d prorations, want two pairs", n)
	}
}

func TestEndsAndZones(t *testing.T) {
	s := stage(t, "2026-03-05T23:30:00Z", one(1000))
	s.at(at("2026-03-20T22:30:00Z").Unix(), func(t int64) { s.end(t, "cancellation_requested") })
	want(t, s.truth("2026-04-11T00:00:00Z"), "2026-03-05..2026-03-19 10.00")
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	first, last := "", ""
	for r := range s.c.Truth(at("2026-04-11T00:00:00Z"), zone) {
		if first == "" {
			first = r.Date()
		}
		last = r.Date()
	}
	if first != "2026-03-06" || last != "2026-03-20" {
		t.Errorf("in Tokyo %s..%s, want 2026-03-06..2026-03-20", first, last)
	}
}

func TestSubscriptionOfOneDayNeverCounts(t *testing.T) {
	s := stage(t, "2026-03-05T08:00:00Z", one(1000))
	s.at(at("2026-03-05T20:00:00Z").Unix(), func(t int64) { s.end(t, "cancellation_requested") })
	want(t, s.truth("2026-04-11T00:00:00Z"), "")
}
