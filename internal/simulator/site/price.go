package site

import (
	"math/big"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/internal/simulator/reckon"
)

// minor says how many minor units, as Chargebee counts them, make one major
// unit: amounts of currencies without decimals stand in major units, all
// others in hundredths.
func minor(currency string) int64 {
	switch currency {
	case "JPY", "KRW", "CLP", "VND", "XAF", "XOF":
		return 1
	default:
		return 100
	}
}

// units is the quantity that is charged.
func (i *Item) units() int64 { return max(i.Quantity-i.Free, 0) }

// tiers are those in force for the item.
func (i *Item) tiers() []Tier {
	if i.Tiers != nil {
		return i.Tiers
	}
	return i.Price.Tiers
}

// Gross is what the item costs per billing period of its own, in minor units
// and exactly, before discounts and including inclusive taxes.
func (i *Item) Gross() *big.Rat {
	n := i.units()
	switch i.Price.Model {
	case PerUnit:
		return scaled(i.Unit, n)
	case Tiered:
		sum := new(big.Rat)
		for _, u := range i.uses(n) {
			sum.Add(sum, u.cost(EachUnit))
		}
		return sum
	case Volume, Stairstep:
		for _, t := range i.tiers() {
			if t.To == 0 || n <= t.To {
				way := EachUnit
				if i.Price.Model == Stairstep {
					way = OneFee
				}
				return TierUse{Tier: t, Used: n}.cost(way)
			}
		}
	case FlatFee:
	}
	return scaled(i.Unit, 1)
}

// cost is what the units in the tier cost, in minor units.
func (u TierUse) cost(way Charging) *big.Rat {
	if u.Charging != 0 {
		way = u.Charging
	}
	switch {
	case u.Used == 0:
		return new(big.Rat)
	case way == OneFee:
		return scaled(u.Unit, 1)
	case way == EachBlock:
		return scaled(u.Unit, (u.Used+u.Size-1)/u.Size)
	}
	return scaled(u.Unit, u.Used)
}

// uses splits a quantity over the tiers it reaches: all of them for a tiered
// price, the one that holds it for volume and stairstep.
func (i *Item) uses(n int64) []TierUse {
	var list []TierUse
	var from int64
	for _, t := range i.tiers() {
		if i.Price.Model == Tiered {
			if n <= from {
				break
			}
			used := n - from
			if t.To > 0 {
				used = min(used, t.To-from)
			}
			list = append(list, TierUse{Tier: t, Used: used})
			from = t.To
			if t.To == 0 {
				break
			}
		} else if t.To == 0 || n <= t.To {
			return append(list, TierUse{Tier: t, Used: n})
		}
	}
	return list
}

// scaled is a unit amount times a number of units, in minor units.
func scaled(unit, n int64) *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(unit), big.NewInt(n)), big.NewInt(Scale))
}

// Amount is the item's amount: Gross in whole minor units.
func (i *Item) Amount() int64 {
	if i.Price.Model == FlatFee && i.Unit%Scale == 0 {
		return i.Unit / Scale
	}
	return reckon.HalfUp(i.Gross()).Int64()
}

// value is Gross as the subscription shows it: a decimal price exactly, others
// in whole minor units.
func (i *Item) value() *big.Rat {
	if i.Price.Decimal {
		return i.Gross()
	}
	return reckon.Whole(i.Amount())
}

// Exact is the item's amount_in_decimal, in major units.
func (i *Item) Exact() string { return inDecimal(i.Gross(), i.Price.Currency) }

// UnitExact is the item's unit_price_in_decimal, in major units.
func (i *Item) UnitExact() string { return UnitExact(i.Unit, i.Price.Currency) }

// UnitExact writes ten-thousandths of a minor unit in major units.
func UnitExact(unit int64, currency string) string { return inDecimal(scaled(unit, 1), currency) }

// inDecimal writes minor units in major units, with all their decimals: units
// are ten-thousandths of hundredths at the finest.
func inDecimal(r *big.Rat, currency string) string {
	r = new(big.Rat).Mul(r, reckon.Ratio(1, minor(currency)))
	n := reckon.HalfUp(new(big.Rat).Mul(r, reckon.Whole(1_000_000)))
	return decimal.NewFromBigInt(n, -6).String()
}

// Major writes an amount in minor units in major units, with all its decimals.
func Major(amount int64, currency string) decimal.Decimal {
	if minor(currency) == 1 {
		return decimal.NewFromInt(amount)
	}
	return decimal.New(amount, -2)
}

func upper(currency string) string { return strings.ToUpper(currency) }
