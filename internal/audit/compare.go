package audit

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/pipeline"
	"mrrsync/normalize"
)

// Comparison is what the same evidence comes to under several policies, at the
// ends of months. Its memory does not grow with the accounts: it keeps sums by
// month, preset and rule, and the largest customers of each rule.
type Comparison struct {
	Law     normalize.Settings // the configured one, from which all differences are counted
	Days    []billing.Date     // the last days of the months, in order; of a running month the last one asked for
	Levels  Levels             // MRR under the configured policy
	Presets []Contrast

	policies []normalize.Policy // each that has to be valued, once
	at       map[string]int     // policy hash to its place in policies
}

// Levels are MRR by currency, one amount for each day of a comparison.
type Levels map[string][]decimal.Decimal

// Contrast is one preset against the configured policy.
type Contrast struct {
	Name    string
	Policy  normalize.Policy
	Levels  Levels
	Effects []Effect // in the order in which the keys are changed; with the configured level they add up to Levels
}

// Effect is what one changed key does to MRR, given the changes before it.
type Effect struct {
	normalize.Change
	Levels   Levels
	Accounts map[string][]int     // by currency and day: how many accounts it touches
	Top      map[string]*TopShare // by currency, on the last day
	keep     int
}

// TopShare is whom an effect touches most, and all the rest as one.
type TopShare struct {
	Largest []Share
	Rest    decimal.Decimal // of Others further accounts
	Others  int
	keep    int
}

// Share is one account's part of an effect.
type Share struct {
	Account string
	Amount  decimal.Decimal
}

// NewComparison prepares to compare the configured law with presets on the last
// days of months; keep is how many customers to name for each rule. Where the
// configuration names the metadata of a contractual minimum, so does every
// preset: that is a place, not a choice.
func NewComparison(law normalize.Settings, presets []string, days []billing.Date, keep int) (*Comparison, error) {
	c := &Comparison{Law: law, Days: days, Levels: Levels{}, at: map[string]int{}}
	c.need(law.Policy)
	for _, name := range presets {
		to, err := normalize.Preset(name)
		if err != nil {
			return nil, err
		}
		to.Usage.CommitmentMetadataKey = law.Policy.Usage.CommitmentMetadataKey
		contrast := Contrast{Name: name, Policy: to, Levels: Levels{}}
		for _, change := range normalize.Changes(law.Policy, to) {
			c.need(change.Policy)
			contrast.Effects = append(contrast.Effects, Effect{
				Change: change, Levels: Levels{}, Accounts: map[string][]int{}, Top: map[string]*TopShare{}, keep: keep,
			})
		}
		c.Presets = append(c.Presets, contrast)
	}
	return c, nil
}

func (c *Comparison) need(p normalize.Policy) {
	if _, ok := c.at[p.Hash()]; !ok {
		c.at[p.Hash()] = len(c.policies)
		c.policies = append(c.policies, p)
	}
}

// Run values all that is stored.
func (c *Comparison) Run(ctx context.Context, e *pipeline.Evidence, took func()) error {
	return pipeline.Each(ctx, e, c.value, func(v valued) error {
		c.add(v)
		took()
		return nil
	})
}

// valued is one account under every policy.
type valued struct {
	account string
	levels  []Levels // by policy; currencies without MRR are absent
}

// value is pure and may be called from several goroutines at once.
func (c *Comparison) value(account normalize.Account) valued {
	v := valued{account: account.ID, levels: make([]Levels, len(c.policies))}
	for i, p := range c.policies {
		law := c.Law
		law.Policy = p
		v.levels[i] = c.levels(normalize.Derive(account, law).Periods)
	}
	return v
}

func (c *Comparison) levels(periods []normalize.Period) Levels {
	out := Levels{}
	for i := range periods {
		p := &periods[i]
		if p.Scheduled {
			continue
		}
		for d, day := range c.Days {
			if p.From <= day && day < p.Until {
				out.add(p.Currency, d, len(c.Days), p.MRR)
			}
		}
	}
	return out
}

func (l Levels) add(currency string, day, days int, amount decimal.Decimal) {
	if l[currency] == nil {
		l[currency] = make([]decimal.Decimal, days)
	}
	l[currency][day] = l[currency][day].Add(amount)
}

// on is the level of a day, zero where there is none.
func (l Levels) on(currency string, day int) decimal.Decimal {
	if l[currency] == nil {
		return decimal.Zero
	}
	return l[currency][day]
}

func (c *Comparison) add(v valued) {
	base := v.levels[0]
	c.Levels.join(base)
	for i := range c.Presets {
		contrast := &c.Presets[i]
		before := base
		for j := range contrast.Effects {
			effect := &contrast.Effects[j]
			after := v.levels[c.at[effect.Policy.Hash()]]
			effect.add(v.account, before, after, len(c.Days))
			before = after
		}
		contrast.Levels.join(before)
	}
}

func (l Levels) join(more Levels) {
	for currency, amounts := range more {
		for d, amount := range amounts {
			l.add(currency, d, len(amounts), amount)
		}
	}
}

// add counts what the change makes of one account.
func (e *Effect) add(account string, before, after Levels, days int) {
	for _, currency := range currencies(before, after) {
		for d := range days {
			amount := after.on(currency, d).Sub(before.on(currency, d))
			if amount.IsZero() {
				continue
			}
			e.Levels.add(currency, d, days, amount)
			if e.Accounts[currency] == nil {
				e.Accounts[currency] = make([]int, days)
			}
			e.Accounts[currency][d]++
			if d == days-1 {
				if e.Top[currency] == nil {
					e.Top[currency] = &TopShare{keep: e.keep}
				}
				e.Top[currency].add(Share{account, amount})
			}
		}
	}
}

// add keeps the largest shares, the earlier name first among equals, and sums
// up the others.
func (t *TopShare) add(s Share) {
	t.Largest = append(t.Largest, s)
	slices.SortFunc(t.Largest, func(a, b Share) int {
		return cmp.Or(b.Amount.Abs().Cmp(a.Amount.Abs()), strings.Compare(a.Account, b.Account))
	})
	if len(t.Largest) > t.keep {
		t.Rest = t.Rest.Add(t.Largest[t.keep].Amount)
		t.Others++
		t.Largest = t.Largest[:t.keep]
	}
}

// currencies are all that occur, in order.
func currencies(levels ...Levels) []string {
	var all []string
	for _, l := range levels {
		for currency := range l {
			all = append(all, currency)
		}
	}
	return unique(all)
}

// MonthEnds are the last days of the months from one day through another; of
// the last month, that day itself.
func MonthEnds(from, to billing.Date) []billing.Date {
	var days []billing.Date
	for month := from.Month(); month <= to; month = month.AddMonths(1) {
		days = append(days, min(month.AddMonths(1)-1, to))
	}
	return days
}
