package simulator

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// In the truth nobody who moves is lost: what is paid for at the old provider
// until the day before is paid for at the new one from that day on, at the same
// price when the move says so.
func TestMoves(t *testing.T) {
	now := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)
	for _, catalogue := range []int{1, 2} {
		c := New(Config{Seed: 8, Customers: 1500, Months: 24, Now: now, Catalogue: catalogue})
		paid := map[Place]map[int]decimal.Decimal{}
		moving := map[Place]bool{}
		for _, m := range c.Moves(now) {
			moving[m.From], moving[m.To] = true, true
		}
		for r := range c.Truth(now, time.UTC) {
			p := Place{r.Source, r.Customer}
			if !moving[p] {
				continue
			}
			if paid[p] == nil {
				paid[p] = map[int]decimal.Decimal{}
			}
			paid[p][r.Day] = paid[p][r.Day].Add(r.MRR)
		}
		kinds := map[string]int{}
		for _, m := range c.Moves(now) {
			on := int(m.At.Unix() / 86_400)
			if on >= int(now.Unix()/86_400) {
				continue
			}
			kinds[m.From.Source+" to "+m.To.Source]++
			before, after := paid[m.From][on-1], paid[m.To][on]
			if before.Sign() <= 0 || after.Sign() <= 0 || !paid[m.From][on].IsZero() || !paid[m.To][on-1].IsZero() {
				t.Errorf("catalogue %d, %s %s: from %v %s to %s, to %v %s to %s", catalogue, m.At.Format(time.DateOnly), m.Account, m.From, before, paid[m.From][on], m.To, paid[m.To][on-1], after)
			}
			if m.Level && !before.Equal(after) {
				t.Errorf("catalogue %d, %s %s: not at one price: %s at %v and %s at %v", catalogue, m.At.Format(time.DateOnly), m.Account, before, m.From, after, m.To)
			}
		}
		for _, kind := range []string{"main to emea", "emea to main", "enterprise to emea"} {
			if kinds[kind] == 0 {
				t.Errorf("nobody moves from %s; there are %v", kind, kinds)
			}
		}
		t.Log(kinds)
	}
}
