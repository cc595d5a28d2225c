package judge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/simulator"
	"mrrsync/warehouse"
)

// Passage says how the warehouse tells of customers who moved from one provider
// to another: to the company nobody was lost and nobody won on that day.
type Passage struct {
	Moves  int      // on published days
	Level  int      // of these, at one price
	Broken []string // those told otherwise, a line each
}

// Moves holds mrr_movements through a day against the moves of a company.
func Moves(ctx context.Context, w *warehouse.Warehouse, moves []simulator.Move, through billing.Date) (Passage, error) {
	var p Passage
	for _, m := range moves {
		on := billing.DateOf(m.At, time.UTC)
		if on > through {
			continue
		}
		p.Moves++
		if m.Level {
			p.Level++
		}
		t, err := tell(ctx, w, m, on)
		if err != nil {
			return p, err
		}
		if err := t.check(m); err != nil {
			p.Broken = append(p.Broken, fmt.Sprintf("%s, account %s from %s %s to %s %s: %v", on, m.Account, m.From.Source, m.From.Customer, m.To.Source, m.To.Customer, err))
		}
	}
	return p, nil
}

// tale is what mrr_movements says of two customers on one day.
type tale struct {
	account, movement, reason string
	sum                       decimal.Decimal
	rows                      map[simulator.Place]int
	torn                      bool // more than one account or movement
}

func tell(ctx context.Context, w *warehouse.Warehouse, m simulator.Move, on billing.Date) (tale, error) {
	t := tale{rows: map[simulator.Place]int{}}
	rows, err := w.Conn().Query(ctx, `
		SELECT source, customer_id, account_id, toString(movement), reason, amount
		FROM `+w.Schema().DB()+`.mrr_movements
		WHERE date = toDate({on:String}) AND (source = {s1:String} AND customer_id = {c1:String} OR source = {s2:String} AND customer_id = {c2:String})`,
		clickhouse.Named("on", on.String()), clickhouse.Named("s1", m.From.Source), clickhouse.Named("c1", m.From.Customer),
		clickhouse.Named("s2", m.To.Source), clickhouse.Named("c2", m.To.Customer))
	if err != nil {
		return t, fmt.Errorf("read mrr_movements: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p simulator.Place
		var account, movement, reason string
		var amount decimal.Decimal
		if err := rows.Scan(&p.Source, &p.Customer, &account, &movement, &reason, &amount); err != nil {
			return t, fmt.Errorf("read mrr_movements: %w", err)
		}
		first := len(t.rows) == 0
		t.torn = t.torn || !first && (account != t.account || movement != t.movement)
		t.account, t.movement, t.reason = account, movement, reason
		t.sum = t.sum.Add(amount)
		t.rows[p]++
	}
	if err := rows.Err(); err != nil {
		return t, fmt.Errorf("read mrr_movements: %w", err)
	}
	return t, nil
}

// check says what is wrong with a tale of a move.
func (t tale) check(m simulator.Move) error {
	switch {
	case t.rows[m.From] == 0:
		return errors.New("nothing ends at the old provider")
	case t.rows[m.To] == 0:
		return errors.New("nothing begins at the new provider")
	case t.torn:
		return errors.New("its two sides are told apart")
	case t.account != m.Account:
		return fmt.Errorf("it is told of account %s", t.account)
	case t.movement != "expansion" && t.movement != "contraction":
		return fmt.Errorf("it is told as %s of %s", t.movement, t.sum)
	case m.Level && (t.reason != "transfer" || !t.sum.IsZero()):
		return fmt.Errorf("at one price it is told as %s of %s, reason %s", t.movement, t.sum, t.reason)
	}
	return nil
}
