package site

import (
	"slices"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// agree puts the subscription under a contract.
func (b *biller) agree(t int64, d dice.Dice) {
	v := b.version(t)
	cycles := 12 / v.Count
	c := &Contract{
		ID: b.s.id("", forPlan, b.ref(1)), Start: t, Cycles: cycles, Status: "active",
		End:   reckon.Boundary(b.anchor, v.Every, v.Count, cycles),
		AtEnd: []string{"renew", "evergreen", "cancel"}[d.IntN(3)],
		Value: v.Items[0].Amount() * int64(cycles),
	}
	v.Contract = c
	b.term(t)
}

// schedule plans rising prices ahead: by ramps, or in catalogue 1.0 by changes
// at the end of a term.
func (b *biller) schedule(kind shop, t int64, d dice.Dice) {
	months, factors := int64(12), []int64{100, 125, 150}
	if kind == rampMonthly {
		months = []int64{3, 6, 12}[d.IntN(3)]
	}
	plan := b.last().Items[0]
	if b.s.Config.Catalogue == Plans {
		for i := 1; i < len(factors); i++ {
			dearer := plan
			dearer.Unit = plan.Unit * factors[i] / 100 / Scale * Scale
			b.at(reckon.MonthsLater(t, i*int(months))-5*reckon.Day, func(t int64) {
				if b.calm(t) {
					b.later(t, []Item{dearer})
				}
			})
		}
		return
	}
	middle := int64(0)
	// What an inclusive tax is of an item that was never billed, nobody could say.
	exclusive := b.cust.Tax == nil || !b.cust.Tax.Inclusive
	if kind == rampMonthly && exclusive && d.One(300) {
		middle = 11*reckon.Day + 5*reckon.Hour // ramps in the middle of a term
	}
	support := kind == rampMonthly && exclusive && d.One(300)
	for i := 1; i < len(factors); i++ {
		dearer := plan
		dearer.Unit = plan.Unit * factors[i] / 100 / Scale * Scale
		r := b.newRamp(t, reckon.MonthsLater(t, i*int(months))+middle)
		r.Update = []Item{dearer}
		switch {
		case support && i == 1:
			r.Add = []Item{b.item("support-m", 1)}
		case support:
			r.Remove = []*Price{b.price("support-m")}
		}
		if i == 1 && len(b.sub.Discounts) > 0 && b.sub.Discounts[0].Duration == Forever {
			r.Drop = b.sub.Discounts[0].Coupon
		}
		if middle > 0 {
			b.at(r.Effective, b.ramp)
		}
		b.tell(t, "subscription_ramp_created", func(e *Event) { e.Ramp = r })
	}
	if d.One(200) {
		r := b.newRamp(t, reckon.MonthsLater(t, int(months)+1))
		r.Ends, r.Update = Draft, []Item{plan}
	}
	if d.One(200) {
		r := b.newRamp(t, reckon.MonthsLater(t, 2)+reckon.Day)
		r.Ends, r.Update = Failed, []Item{plan}
		r.Update[0].Unit = plan.Unit * 3
		r.Why = [2]string{"ramp_effective_date_in_past", "The ramp could not be applied."}
	}
}

func (b *biller) newRamp(t, effective int64) *Ramp {
	n := len(b.sub.Ramps)
	r := &Ramp{ID: b.s.id("ramp_", forPlan, b.ref(n+2)), Ref: b.ref(n), Sub: b.sub, Created: t, Effective: effective, Ends: Succeeded}
	b.sub.Ramps = append(b.sub.Ramps, r)
	return r
}

// ramp applies the ramp that takes effect at t. One in the middle of a term
// charges nothing for the rest of it.
func (b *biller) ramp(t int64) {
	for _, r := range b.sub.Ramps {
		if r.Effective != t || r.Ends != Succeeded || r.Deleted > 0 {
			continue
		}
		if s := b.last().Status; s != Active && s != NonRenewing {
			r.Ends, r.Why = Failed, [2]string{"subscription_not_active", "The subscription is not active."}
			continue
		}
		v := b.version(t)
		var items []Item
		for _, it := range v.Items {
			if slices.Contains(r.Remove, it.Price) {
				continue
			}
			for _, u := range r.Update {
				if u.Price == it.Price {
					it = u
				}
			}
			items = append(items, it)
		}
		v.Items = append(items, r.Add...)
		for _, x := range b.sub.Discounts {
			if r.Drop != nil && x.Coupon == r.Drop && x.Attached(t) {
				x.Removed = t
			}
		}
		b.tell(t, "subscription_ramp_applied", func(e *Event) { e.Ramp = r })
	}
}
