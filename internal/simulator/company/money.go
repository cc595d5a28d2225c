package company

import (
	"math/big"
	"strings"

	"github.com/shopspring/decimal"
)

// minor says how many minor units, as Stripe counts them, make one major unit.
// ISK shows no decimals but counts in hundredths on the wire.
func minor(currency string) int64 {
	switch currency {
	case "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf":
		return 1
	case "bhd", "jod", "kwd", "omr", "tnd":
		return 1000
	default:
		return 100
	}
}

func ratio(a, b int64) *big.Rat { return big.NewRat(a, b) }

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// halfUp rounds a fraction to an integer, halves upward. Amounts below zero
// round by their magnitude, as the provider does with credits.
func halfUp(r *big.Rat) *big.Int {
	n := new(big.Int).Abs(r.Num())
	n.Lsh(n, 1).Add(n, r.Denom())
	n.Quo(n, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

// mulDiv is amount*a/b in whole minor units, halves away from zero.
func mulDiv(amount, a, b int64) int64 {
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
	return halfUp(r).Int64()
}

// scale4 rounds once, at the very end: four decimals, half up.
func scale4(r *big.Rat) decimal.Decimal {
	return decimal.NewFromBigInt(halfUp(new(big.Rat).Mul(r, whole(10_000))), -4)
}

func upper(currency string) string { return strings.ToUpper(currency) }
