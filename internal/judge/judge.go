// Package judge holds the published warehouse against the truth of a simulated
// company, item by item and day by day.
//
// The truth comes from the simulator, which knows nothing of connectors or of
// the law as package normalize has it; the other side is read from the views,
// as any reader would. Every row of the truth is looked up, and every row of
// the warehouse must be known to the truth.
package judge

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/simulator/company"
	"mrrsync/warehouse"
)

// Verdict counts item-days. Every row of the truth is one of Agreed, Wrong and
// Unproven; Unknown are rows of the warehouse besides.
type Verdict struct {
	Compared int            // rows of the truth
	Sources  map[string]int // of these, by source
	Provable int            // of these, with evidence on the wire
	Agreed   int            // provable and equal to the last decimal
	Wrong    int            // provable and different
	// Guessed are rows without evidence on the wire, and Right those of them
	// that were guessed right.
	Guessed int
	Right   int
	Unknown int // rows of the warehouse that the truth does not have
	// First are the first differences, at most the limit given.
	First []Difference
}

// Holds says whether the warehouse has all that can be proved, and nothing more.
func (v Verdict) Holds() bool { return v.Wrong == 0 && v.Unknown == 0 && v.Compared > 0 }

// Exact says whether the warehouse equals the truth, provable or not.
func (v Verdict) Exact() bool { return v.Holds() && v.Right == v.Guessed }

// Difference is a stretch of days [From, Until) on which the warehouse and the
// truth disagree about an item in the same way.
type Difference struct {
	Source, CustomerID, SubscriptionID, ItemID, Currency string
	From, Until                                          billing.Date
	Truth, Ours                                          decimal.Decimal
	Provable                                             bool
}

// continues says whether d is the day after the days of before.
func (d Difference) continues(before Difference) bool {
	return d.From == before.Until && d.ItemID == before.ItemID && d.SubscriptionID == before.SubscriptionID && d.Source == before.Source &&
		d.Currency == before.Currency && d.Provable == before.Provable && d.Truth.Equal(before.Truth) && d.Ours.Equal(before.Ours)
}

// String is one line for a person.
func (d Difference) String() string {
	proof := ""
	if !d.Provable {
		proof = " (not provable)"
	}
	return fmt.Sprintf("%s to %s, %s %s %s %s: truth %s, warehouse %s %s%s",
		d.From, d.Until-1, d.Source, d.CustomerID, d.SubscriptionID, d.ItemID, d.Truth.StringFixed(4), d.Ours.StringFixed(4), d.Currency, proof)
}

// item names a subscription item in one currency.
type item struct{ source, subscription, item, currency string }

// stretch is days [from, until) on which the warehouse has one value for an
// item. The truth has told of those before next, but for some.
type stretch struct {
	from, until, next billing.Date
	mrr               decimal.Decimal
	skipped           []span
}

// span is days [from, until).
type span struct{ from, until billing.Date }

// unknown are the days that the truth does not have.
func (s *stretch) unknown() []span {
	if s.next < s.until {
		return append(s.skipped, span{s.next, s.until})
	}
	return s.skipped
}

// Question says which days to compare and what to list.
type Question struct {
	Source   string       // this one alone; empty: all
	From, To billing.Date // first and last day, both included; NoDate: no bound
	Limit    int          // at most so many differences are listed
	All      bool         // list those that can't be proved too
}

// Compare holds mrr_daily against the truth.
func Compare(ctx context.Context, w *warehouse.Warehouse, truth iter.Seq[company.Row], q Question) (Verdict, error) {
	if q.To == billing.NoDate {
		q.To = billing.Forever
	}
	ours, customers, err := published(ctx, w, q)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Sources: map[string]int{}}
	list := func(d Difference) {
		if n := len(v.First); n > 0 && d.continues(v.First[n-1]) {
			v.First[n-1].Until = d.Until
		} else if n < q.Limit {
			v.First = append(v.First, d)
		}
	}
	for row := range truth {
		day := billing.Date(row.Day)
		if day < q.From || day > q.To || q.Source != "" && row.Source != q.Source {
			continue
		}
		v.Compared++
		v.Sources[row.Source]++
		mrr := look(ours[item{row.Source, row.Subscription, row.Item, row.Currency}], day)
		equal := mrr.Equal(row.MRR)
		switch {
		case row.Provable && equal:
			v.Agreed++
		case row.Provable:
			v.Wrong++
		case equal:
			v.Right++
		}
		if row.Provable {
			v.Provable++
		} else {
			v.Guessed++
		}
		if !equal && (row.Provable || q.All) {
			list(Difference{row.Source, row.Customer, row.Subscription, row.Item, row.Currency, day, day + 1, row.MRR, mrr, row.Provable})
		}
	}
	for i, stretches := range ours {
		for j := range stretches {
			for _, days := range stretches[j].unknown() {
				v.Unknown += int(days.until - days.from)
				list(Difference{i.source, customers[i], i.subscription, i.item, i.currency, days.from, days.until, decimal.Zero, stretches[j].mrr, true})
			}
		}
	}
	return v, nil
}

// look is the warehouse's value of a day, which is thereby known to the truth.
// The truth tells of an item's days in their order.
func look(stretches []stretch, day billing.Date) decimal.Decimal {
	n, found := slices.BinarySearchFunc(stretches, day, func(s stretch, d billing.Date) int {
		switch {
		case d < s.from:
			return 1
		case d >= s.until:
			return -1
		}
		return 0
	})
	if !found {
		return decimal.Zero
	}
	s := &stretches[n]
	if s.next < day {
		s.skipped = append(s.skipped, span{s.next, day})
	}
	s.next = max(s.next, day+1)
	return s.mrr
}

// published reads mrr_daily into stretches of equal days.
func published(ctx context.Context, w *warehouse.Warehouse, q Question) (ours map[item][]stretch, customers map[item]string, err error) {
	rows, err := w.Conn().Query(ctx, `
		SELECT source, subscription_id, item_id, currency, customer_id, date, mrr
		FROM `+w.Schema().DB()+`.mrr_daily
		WHERE date BETWEEN toDate({from:String}) AND toDate({to:String}) AND {source:String} IN ('', source)
		ORDER BY source, customer_id, subscription_id, item_id, currency, date`,
		clickhouse.Named("from", q.From.String()), clickhouse.Named("to", q.To.Time().Format(time.DateOnly)), clickhouse.Named("source", q.Source))
	if err != nil {
		return nil, nil, fmt.Errorf("read mrr_daily: %w", err)
	}
	defer rows.Close()
	ours, customers = map[item][]stretch{}, map[item]string{}
	for rows.Next() {
		var i item
		var customer string
		var date time.Time
		var mrr decimal.Decimal
		if err := rows.Scan(&i.source, &i.subscription, &i.item, &i.currency, &customer, &date, &mrr); err != nil {
			return nil, nil, fmt.Errorf("read mrr_daily: %w", err)
		}
		day := billing.DateOf(date, time.UTC)
		all := ours[i]
		if n := len(all); n > 0 && all[n-1].until == day && all[n-1].mrr.Equal(mrr) {
			all[n-1].until++
			continue
		}
		customers[i] = customer
		ours[i] = append(all, stretch{from: day, until: day + 1, next: day, mrr: mrr})
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read mrr_daily: %w", err)
	}
	return ours, customers, nil
}
