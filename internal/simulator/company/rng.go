package company

import "math/rand/v2"

// mix is a bijection on 64 bits (the finalizer of splitmix64): every bit of
// the input moves about half of the output's.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return x
}

// unmix is the inverse of mix.
func unmix(x uint64) uint64 {
	x ^= x>>31 ^ x>>62
	x *= 0x319642b2d24d8ec3
	x ^= x>>27 ^ x>>54
	x *= 0x96de1b173f119089
	x ^= x>>30 ^ x>>60
	return x
}

// hash folds a path of numbers into one. Every random decision of the company
// is drawn from a stream named by such a path (seed, customer, subscription,
// month ...), so that no decision depends on how many others were drawn before
// it, and a longer history only adds to a shorter one.
func hash(path ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range path {
		h = mix(h^p) + 0x9e3779b97f4a7c15
	}
	return mix(h)
}

// dice is one such stream.
type dice struct{ *rand.Rand }

func roll(path ...uint64) dice {
	h := hash(path...)
	return dice{rand.New(rand.NewPCG(h, mix(h+1)))}
}

// one is true in p of a thousand throws.
func (d dice) one(p int) bool { return d.IntN(1000) < p }

// span is a number in [lo, hi].
func (d dice) span(lo, hi int64) int64 { return lo + d.Int64N(hi-lo+1) }

// pick chooses an index with the given weights.
func (d dice) pick(weights ...int) int {
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

// The first number of a stream's path after the seed says what it is for.
const (
	forArrival uint64 = iota + 1
	forCustomer
	forPlan
	forAction
	forPayment
	forUsage
	forContract
	forRates
	forEvent
	forIDs
	forMove
	forOwner
)
