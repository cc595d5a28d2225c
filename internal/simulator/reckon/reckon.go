// Package reckon is the arithmetic that the simulated providers share: exact
// amounts that are rounded once, and the billing calendar.
package reckon

import (
	"math/big"
	"sort"

	"github.com/shopspring/decimal"
)

// Ratio is a fraction.
func Ratio(a, b int64) *big.Rat { return big.NewRat(a, b) }

// Whole is a whole number.
func Whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// HalfUp rounds a fraction to an integer, halves upward. Amounts below zero
// round by their magnitude, as providers do with credits.
func HalfUp(r *big.Rat) *big.Int {
	n := new(big.Int).Abs(r.Num())
	n.Lsh(n, 1).Add(n, r.Denom())
	n.Quo(n, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

// MulDiv is amount*a/b in whole minor units, halves away from zero; 0 when b is.
func MulDiv(amount, a, b int64) int64 {
	if b == 0 {
		return 0
	}
	if q := amount * a; amount == 0 || a == 0 || amount < 1<<31 && amount > -1<<31 && a > 0 && a < 1<<31 && b > 0 {
		if q < 0 {
			return -((-2*q + b) / (2 * b))
		}
		return (2*q + b) / (2 * b)
	}
	r := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(amount), big.NewInt(a)), big.NewInt(b))
	return HalfUp(r).Int64()
}

// Scale4 rounds once, at the very end: four decimals, half up.
func Scale4(r *big.Rat) decimal.Decimal {
	return decimal.NewFromBigInt(HalfUp(new(big.Rat).Mul(r, Whole(10_000))), -4)
}

// Spread divides an amount in proportion to weights that add up to sum, the odd
// units going to the largest remainders.
func Spread(amount int64, weights []int64, sum int64) []int64 {
	parts := make([]int64, len(weights))
	rest := make([]*big.Int, len(weights))
	order := make([]int, len(weights))
	given := int64(0)
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(amount), big.NewInt(w)), big.NewInt(sum), new(big.Int))
		parts[i], rest[i], order[i] = q.Int64(), r, i
		given += parts[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]].Cmp(rest[order[b]]) > 0 })
	for i := 0; given < amount; i++ {
		parts[order[i]]++
		given++
	}
	return parts
}
