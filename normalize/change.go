package normalize

// Change is one step on the way from one policy to another: a single key that
// takes another value.
type Change struct {
	Key      string
	From, To string
	Policy   Policy // with this key and all the ones before it changed
}

// Rule is the change as a rule: "discounts.repeating=ignore".
func (c Change) Rule() string { return c.Key + "=" + c.To }

// Changes lead from one policy to another, one key at a time, in the order of
// Keys. What a difference between the two is made of is told by valuing the same
// evidence at each step: the parts add up to the whole, whatever the rules do to
// each other. Where two rules work on one amount, the earlier one gets what they
// do together.
func Changes(from, to Policy) []Change {
	var out []Change
	before, after := from.Keys(), to.Keys()
	for i, set := range setters() {
		if before[i] == after[i] {
			continue
		}
		set(&from, &to)
		out = append(out, Change{Key: before[i][0], From: before[i][1], To: after[i][1], Policy: from})
	}
	return out
}

// setters take each key over from another policy, in the order of Keys.
func setters() []func(p, from *Policy) {
	return []func(p, from *Policy){
		func(p, from *Policy) { p.Factors.Week = from.Factors.Week },
		func(p, from *Policy) { p.Factors.Day = from.Factors.Day },
		func(p, from *Policy) { p.PastDue = from.PastDue },
		func(p, from *Policy) { p.PauseCollection.Void = from.PauseCollection.Void },
		func(p, from *Policy) { p.PauseCollection.KeepAsDraft = from.PauseCollection.KeepAsDraft },
		func(p, from *Policy) { p.PauseCollection.MarkUncollectible = from.PauseCollection.MarkUncollectible },
		func(p, from *Policy) { p.ChargebeePaused = from.ChargebeePaused },
		func(p, from *Policy) { p.ChurnAt = from.ChurnAt },
		func(p, from *Policy) { p.Discounts.Forever = from.Discounts.Forever },
		func(p, from *Policy) { p.Discounts.Repeating = from.Discounts.Repeating },
		func(p, from *Policy) { p.Discounts.RepeatingOnYearly = from.Discounts.RepeatingOnYearly },
		func(p, from *Policy) { p.Discounts.Once = from.Discounts.Once },
		func(p, from *Policy) { p.FreeCountsAsCustomer = from.FreeCountsAsCustomer },
		func(p, from *Policy) { p.Usage.CommitmentMetadataKey = from.Usage.CommitmentMetadataKey },
		func(p, from *Policy) { p.Usage.MeteredFlatFee = from.Usage.MeteredFlatFee },
		func(p, from *Policy) { p.TaxInclusive = from.TaxInclusive },
		func(p, from *Policy) { p.Movements.Grain = from.Movements.Grain },
		func(p, from *Policy) { p.Movements.ReactivationAfterDays = from.Movements.ReactivationAfterDays },
		func(p, from *Policy) { p.Movements.SameMonthNewAndChurn = from.Movements.SameMonthNewAndChurn },
	}
}
