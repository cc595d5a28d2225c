package reckon

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHalvesRoundAwayFromZero(t *testing.T) {
	for _, c := range []struct{ a, b, c, want int64 }{
		{1, 1, 2, 1},
		{-1, 1, 2, -1},
		{5, 1, 10, 1},
		{4, 1, 10, 0},
		{100, 7, 31, 23},
		{7, 3, 0, 0},
		{1 << 40, 1 << 40, 1 << 41, 1 << 39},
	} {
		if got := MulDiv(c.a, c.b, c.c); got != c.want {
			t.Errorf("%d x %d / %d = %d, want %d", c.a, c.b, c.c, got, c.want)
		}
	}
	if got := Scale4(Ratio(2, 3)).String(); got != "0.6667" {
		t.Errorf("two thirds: %s", got)
	}
}

func TestMulDivIsExactBeforeItRounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(-1<<45, 1<<45).Draw(t, "a"), rapid.Int64Range(0, 1<<40).Draw(t, "b")
		c := rapid.Int64Range(max(b, 1), 1<<41).Draw(t, "c")
		r := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(c))
		if got, want := MulDiv(a, b, c), HalfUp(r).Int64(); got != want {
			t.Errorf("%d x %d / %d = %d, want %d", a, b, c, got, want)
		}
	})
}

func TestSpreadLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(1, 1<<40), 1, 9).Draw(t, "weights")
		sum := int64(0)
		for _, w := range weights {
			sum += w
		}
		amount := rapid.Int64Range(0, sum).Draw(t, "amount")
		left := amount
		for i, p := range Spread(amount, weights, sum) {
			if p > weights[i] {
				t.Errorf("part %d of weight %d", p, weights[i])
			}
			left -= p
		}
		if left != 0 {
			t.Errorf("%d of %d is left", left, amount)
		}
	})
}

func TestTheLastDayComesBack(t *testing.T) {
	anchor := time.Date(2024, 1, 31, 10, 0, 0, 0, time.UTC).Unix()
	for k, want := range []string{"2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"} {
		if got := time.Unix(Boundary(anchor, Monthly, 1, k), 0).UTC().Format(time.DateOnly); got != want {
			t.Errorf("boundary %d: %s, want %s", k, got, want)
		}
	}
	for _, c := range []struct {
		every Interval
		count int
		want  string
	}{{Yearly, 1, "1/12"}, {Monthly, 3, "1/3"}, {Weekly, 2, "13/6"}, {Daily, 1, "365/12"}} {
		if got := c.every.Factor(c.count).String(); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.count, c.every, got, c.want)
		}
	}
}
