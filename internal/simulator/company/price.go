package company

import (
	"math/big"

	"mrrsync/internal/simulator/reckon"
)

// Gross is what a quantity of the price costs per interval in a currency, in
// minor units and exactly, before discounts and including inclusive taxes.
func (p *Price) Gross(currency string, quantity int64) *big.Rat {
	a := p.In(currency)
	units := quantity
	if p.Divide > 0 {
		units = quantity / p.Divide
		if p.RoundUp && quantity%p.Divide != 0 {
			units++
		}
	}
	switch p.Mode {
	case Graduated:
		return graduated(a.Tiers, units)
	case Volume:
		for _, t := range a.Tiers {
			if t.UpTo == 0 || units <= t.UpTo {
				return new(big.Rat).Add(units10k(t.Unit, units), reckon.Whole(t.Flat))
			}
		}
	}
	return units10k(a.Unit, units)
}

// charge is Gross in whole minor units, as an invoice has it.
func (p *Price) charge(currency string, quantity int64) int64 {
	if u := p.In(currency).Unit; p.Mode == 0 && p.Divide == 0 && u%Scale == 0 {
		return u / Scale * quantity
	}
	return reckon.HalfUp(p.Gross(currency, quantity)).Int64()
}

// units10k is a unit amount in ten-thousandths times a number of units.
func units10k(unit, n int64) *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(unit), big.NewInt(n)), big.NewInt(Scale))
}

// Share is the part of a quantity that one tier of a graduated price charges.
type Share struct {
	Tier  int // index
	Units int64
	Unit  int64 // ten-thousandths of a minor unit each
	Flat  int64 // minor units, once
}

// Shares splits a quantity over the tiers it reaches.
func (a Amounts) Shares(quantity int64) []Share {
	var list []Share
	var from int64
	for i, t := range a.Tiers {
		if i > 0 && quantity <= from {
			break
		}
		n := quantity - from
		if t.UpTo > 0 {
			n = min(n, t.UpTo-from)
		}
		list = append(list, Share{Tier: i, Units: n, Unit: t.Unit, Flat: t.Flat})
		from = t.UpTo
		if t.UpTo == 0 {
			break
		}
	}
	return list
}

func graduated(tiers []Tier, quantity int64) *big.Rat {
	sum := new(big.Rat)
	if quantity == 0 {
		return sum
	}
	for _, s := range (Amounts{Tiers: tiers}).Shares(quantity) {
		sum.Add(sum, units10k(s.Unit, s.Units)).Add(sum, reckon.Whole(s.Flat))
	}
	return sum
}
