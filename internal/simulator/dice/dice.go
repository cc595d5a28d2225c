// Package dice gives a simulation its chance. Every random decision is drawn
// from a stream of its own, named by a path of numbers (seed, purpose, customer,
// month ...), so that no decision depends on how many others were drawn before
// it, and a longer history only adds to a shorter one.
package dice

import (
	"math/rand/v2"
	"strings"
)

// Mix is a bijection on 64 bits (the finalizer of splitmix64): every bit of
// the input moves about half of the output's.
func Mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return x
}

// Unmix is the inverse of Mix.
func Unmix(x uint64) uint64 {
	x ^= x>>31 ^ x>>62
	x *= 0x319642b2d24d8ec3
	x ^= x>>27 ^ x>>54
	x *= 0x96de1b173f119089
	x ^= x>>30 ^ x>>60
	return x
}

// Hash folds a path of numbers into one.
func Hash(path ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range path {
		h = Mix(h^p) + 0x9e3779b97f4a7c15
	}
	return Mix(h)
}

// Dice is one stream of chance.
type Dice struct{ *rand.Rand }

// Roll opens the stream of a path.
func Roll(path ...uint64) Dice {
	h := Hash(path...)
	return Dice{rand.New(rand.NewPCG(h, Mix(h+1)))}
}

// One is true in p of a thousand throws.
func (d Dice) One(p int) bool { return d.IntN(1000) < p }

// Span is a number in [lo, hi].
func (d Dice) Span(lo, hi int64) int64 { return lo + d.Int64N(hi-lo+1) }

// Pick chooses an index with the given weights.
func (d Dice) Pick(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := d.IntN(sum)
	for i, w := range weights {
		if n < w {
			return i
		}
		n -= w
	}
	return len(weights) - 1
}

const (
	digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	// Digits is how many letters and digits hold 64 bits.
	Digits = 11
)

// Base62 appends a number as Digits letters and digits.
func Base62(b []byte, x uint64) []byte {
	var d [Digits]byte
	for i := Digits - 1; i >= 0; i-- {
		d[i] = digits[x%62]
		x /= 62
	}
	return append(b, d[:]...)
}

// Number reads Digits letters and digits back; ok is false for others.
func Number(s string) (x uint64, ok bool) {
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return 0, false
		}
		x = x*62 + uint64(d)
	}
	return x, len(s) == Digits
}
