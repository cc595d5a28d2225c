package company

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// Contract is one row of the contracts file. Days are days since 1970.
type Contract struct {
	Customer, Subscription, Item, Plan string
	Currency                           string // upper case
	Cents                              int64  // per unit and interval, in hundredths of a major unit
	Interval                           string // day, week, month, year, term
	Count                              int
	Quantity                           int64 // 0: the column is empty, which means 1
	Start, End                         int   // End is the last day covered, 0 open
	Trial                              int   // the first paid day, 0 none
	Kind                               string
	Signed                             int64 // the row is in the file from this moment on
	Ends                               int   // the last day after an early termination, 0 none
	Told                               int64 // when that became known
	Moves                              int64 // when its customer goes on elsewhere, 0 never
	Tagged                             bool  // the row carries the customer's account number
	Owner, Segment                     string
	level                              bool // at the same price
}

// contracts draws up the enterprise customers: one for each hundred customers,
// six at least, over all kinds of rows.
func contracts(c *Company) []Contract {
	if c.Config.Customers == 0 {
		return nil
	}
	var list []Contract
	span := reckon.MonthsLater(c.start, c.Config.Months) - c.start
	n := max(c.Config.Customers/100, 6)
	for i := 0; ; i++ {
		low := c.start + span*int64(i)/int64(n+1)
		if low >= c.until {
			return list
		}
		d := dice.Roll(c.Config.Seed, forContract, uint64(i))
		signed := low + d.Span(0, span/int64(n+1))
		if signed < c.until {
			list = append(list, c.hand(i, contract(d, i, signed))...)
		}
	}
}

func contract(d dice.Dice, i int, signed int64) []Contract {
	first := int(signed/day) + int(d.Span(0, 20))
	on := func(months int) int { // the day so many months after the first
		return int(reckon.AddMonths(time.Unix(int64(first)*day, 0).UTC(), months).Unix() / day)
	}
	base := Contract{
		Customer: fmt.Sprintf("ENT-%04d", i+1), Subscription: fmt.Sprintf("C-%04d", i+1), Item: fmt.Sprintf("C-%04d-1", i+1), Plan: "Enterprise",
		Currency: []string{"USD", "EUR", "GBP", "JPY"}[d.Pick(60, 20, 15, 5)], Count: 1, Start: first, Kind: "recurring", Signed: signed, Interval: "month",
	}
	price := 20_000 * d.Span(3, 20)
	if base.Currency == "JPY" {
		price *= 100
	}
	row := func(change func(*Contract)) Contract {
		k := base
		change(&k)
		return k
	}
	switch i % 6 {
	case 0: // three years, a total for the whole
		return []Contract{row(func(k *Contract) { k.Interval, k.Cents, k.End = "term", price*36, on(36)-1 })}
	case 1: // a ramp
		var list []Contract
		for y := range 3 {
			list = append(list, row(func(k *Contract) {
				k.Cents, k.Start, k.End = price+int64(y)*price/4, on(12*y), on(12*y+12)-1
			}))
		}
		return list
	case 2: // open end, with a free start, and seats
		return []Contract{row(func(k *Contract) {
			k.Cents, k.Quantity, k.Trial = price/100, d.Span(20, 200), first+30
		})}
	case 3: // yearly, a set-up fee, and an early end
		end := first + int(d.Span(200, 600))
		told := int64(end)*day - d.Span(2*day, 60*day)
		return []Contract{
			row(func(k *Contract) { k.Interval, k.Cents, k.Ends, k.Told = "year", price*12, end, max(told, signed) }),
			row(func(k *Contract) {
				k.Item, k.Plan, k.Cents, k.End, k.Kind = fmt.Sprintf("C-%04d-2", i+1), "Onboarding", price, first, "one_time"
			}),
		}
	case 4: // usage with a contractual minimum
		return []Contract{
			row(func(k *Contract) {
				k.Plan, k.Cents, k.Kind, k.End = "Platform minimum", price, "usage_commitment", on(24)-1
			}),
			row(func(k *Contract) {
				k.Item, k.Plan, k.Cents, k.Kind, k.End = fmt.Sprintf("C-%04d-2", i+1), "Platform usage", price/3, "usage", on(24)-1
			}),
		}
	default: // an odd term that no number of months fits, then quarterly
		return []Contract{
			row(func(k *Contract) { k.Interval, k.Cents, k.End = "term", price*5, first+150 }),
			row(func(k *Contract) {
				k.Count, k.Cents, k.Start = 3, price*3, first+151
			}),
		}
	}
}

// hand gives the rows of contract i their owner, and lets one contract in six
// end early because its customer goes on elsewhere: one with an open end.
func (c *Company) hand(i int, rows []Contract) []Contract {
	d := dice.Roll(c.Config.Seed, forMove, 1<<32|uint64(i))
	owner, tagged := []string{"ana", "bo", "chi"}[d.IntN(3)], true
	if k := &rows[0]; c.Config.Moves > 0 && i%6 == 2+int(dice.Hash(c.Config.Seed, forMove, uint64(i/6))%2) {
		if k.Ends == 0 {
			k.Ends = max(k.Start, k.Trial) + int(d.Span(100, 400))
			k.Told = int64(k.Ends)*day - d.Span(2*day, 60*day)
		}
		k.Moves, k.level, tagged = int64(k.Ends+1)*day+12*hour, d.One(650), d.One(500)
	}
	for j := range rows {
		rows[j].Owner, rows[j].Segment, rows[j].Tagged = owner, "enterprise", tagged
	}
	return rows
}

// Account is the company's own number for the contract's customer.
func (k *Contract) Account() string { return "E-" + k.Customer[4:] }

// last is the last day a contract covers as known at a moment, 0 open.
func (k *Contract) last(now int64) int {
	if k.Ends > 0 && k.Told <= now {
		return k.Ends
	}
	return k.End
}

// monthly is what a contract is worth a month, in major units.
func (k *Contract) monthly() *big.Rat {
	m := reckon.Ratio(k.Cents*max(k.Quantity, 1), 100)
	switch k.Interval {
	case "term":
		start := time.Unix(int64(k.Start)*day, 0).UTC()
		for n := 1; n <= 600; n++ {
			if reckon.AddMonths(start, n).Unix()/day == int64(k.End+1) {
				return m.Mul(m, reckon.Ratio(1, int64(n)))
			}
		}
		return m.Mul(m, reckon.Ratio(365, 12*int64(k.End-k.Start+1)))
	case "year":
		return m.Mul(m, Year.Factor(k.Count))
	default:
		return m.Mul(m, Month.Factor(k.Count))
	}
}

// contract yields the rows of one contract; the file says all, so all of them
// can be proven.
func (v *view) contract(k Contract, yield func(Row) bool) bool {
	if k.Signed > v.now || k.Kind == "one_time" || k.Kind == "usage" {
		return true
	}
	to := v.today
	if last := k.last(v.now); last > 0 {
		to = min(to, last+1)
	}
	w := worth{from: max(k.Start, k.Trial), to: to, mrr: reckon.Scale4(k.monthly())}
	if w.from >= w.to || w.mrr.Sign() == 0 {
		return true
	}
	row := Row{Source: "enterprise", Customer: k.Customer, Subscription: k.Subscription, Item: k.Item, Currency: k.Currency}
	return days([]worth{w}, nil, row, yield)
}

// ContractRows is the contracts file as of a moment, without its header:
// customer_id, subscription_id, item_id, plan, currency, amount, interval,
// interval_count, quantity, start, end, trial_end, kind, account_id, csm_owner,
// segment.
func (c *Company) ContractRows(now time.Time) [][16]string {
	var rows [][16]string
	opt := func(d int) string {
		if d == 0 {
			return ""
		}
		return date(d)
	}
	for _, k := range c.Contracts {
		if k.Signed > now.Unix() {
			continue
		}
		quantity := ""
		if k.Quantity > 0 {
			quantity = strconv.FormatInt(k.Quantity, 10)
		}
		account := ""
		if k.Tagged {
			account = k.Account()
		}
		rows = append(rows, [16]string{
			k.Customer, k.Subscription, k.Item, k.Plan, k.Currency, decimal.New(k.Cents, -2).StringFixed(2), k.Interval,
			strconv.Itoa(k.Count), quantity, date(k.Start), opt(k.last(now.Unix())), opt(k.Trial), k.Kind, account, k.Owner, k.Segment,
		})
	}
	return rows
}
