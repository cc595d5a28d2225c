package chargebeeapi

import (
	"strconv"

	"mrrsync/internal/simulator/reckon"
	"mrrsync/internal/simulator/site"
)

func (v *view) subscriptionShelf() *shelf[*site.Subscription] {
	return &shelf[*site.Subscription]{
		path: "subscriptions", all: v.subscriptions, birth: "created_at",
		born:    func(u *site.Subscription) int64 { return u.Created },
		id:      func(u *site.Subscription) string { return u.ID },
		there:   func(u *site.Subscription) bool { return u.Created <= v.t && u.At(v.t) != nil && !u.Customer.Gone(v.t) },
		deleted: func(u *site.Subscription) bool { return u.At(v.t).Deleted },
		texts: map[string]func(*site.Subscription) string{
			"id":            func(u *site.Subscription) string { return u.ID },
			"customer_id":   func(u *site.Subscription) string { return u.Customer.ID },
			"status":        func(u *site.Subscription) string { return u.At(v.t).Status.String() },
			"plan_id":       func(u *site.Subscription) string { return u.At(v.t).Plan().Price.ID },
			"item_price_id": func(u *site.Subscription) string { return u.At(v.t).Plan().Price.ID },
			"item_id":       func(u *site.Subscription) string { return u.At(v.t).Plan().Price.Product.ID },
		},
		moments: map[string]func(*site.Subscription) int64{
			"created_at": func(u *site.Subscription) int64 { return u.Created },
			"updated_at": func(u *site.Subscription) int64 {
				if is := u.At(v.t); !is.Undated {
					return is.At
				}
				return 0
			},
		},
		write: v.subscriptionElement,
	}
}

// subscriptionElement is how a subscription stands in a list: its customer
// beside it.
func (v *view) subscriptionElement(e *enc, u *site.Subscription) {
	e.Key("subscription")
	v.subscription(e, u)
	e.Key("customer")
	v.customer(e, u.Customer)
}

// odd says whether an object is one of those that show whole numbers with a
// fraction.
func (v *view) odd(u *site.Subscription) bool { return !v.o.Plain && uint64(u.Ref)>>20%61 == 7 }

func (v *view) subscription(e *enc, u *site.Subscription) {
	is := u.At(max(v.t, u.Created))
	e.Open()
	e.Str("id", u.ID)
	e.Num("billing_period", int64(is.Count))
	e.Str("billing_period_unit", is.Every.String())
	e.Str("customer_id", u.Customer.ID)
	e.Str("status", is.Status.String())
	e.any("start_date", is.Starts)
	e.any("trial_start", is.Trial.Start)
	e.any("trial_end", is.Trial.End)
	e.any("current_term_start", is.Term.Start)
	e.any("current_term_end", is.Term.End)
	e.any("next_billing_at", is.NextBilling)
	e.Num("created_at", u.Created)
	e.any("started_at", is.Started)
	e.any("activated_at", is.Activated)
	e.some("gift_id", u.Gift)
	e.any("pause_date", is.PauseDate)
	e.any("resume_date", is.ResumeDate)
	e.any("cancelled_at", is.Cancelled)
	e.any("cancel_schedule_created_at", is.Announced)
	e.some("cancel_reason", is.Reason)
	if is.Remaining >= 0 {
		e.Num("remaining_billing_cycles", int64(is.Remaining))
	}
	if !is.Undated {
		e.stamped(is.At, is.Version)
	}
	e.Bool("has_scheduled_changes", is.Changes > v.t)
	if is.Changes > v.t {
		e.Num("changes_scheduled_at", is.Changes)
	}
	e.Bool("has_scheduled_advance_invoices", false)
	e.Str("channel", "web")
	if u.To != nil && is.Status == site.Transferred {
		e.Str("active_id", u.To.ID)
	}
	e.Num("mrr", u.MRR(v.t))
	v.dues(e, u)
	e.Bool("deleted", is.Deleted)
	e.Str("object", "subscription")
	e.Str("currency_code", u.Currency)
	if v.catalogue() == 1 {
		v.planItems(e, u, is)
	} else {
		v.items(e, u, is)
	}
	v.couponsOf(e, u)
	v.discountsOf(e, u)
	if is.Contract != nil {
		v.contractOf(e, u, is)
	}
	if is.Tier != "" {
		e.Obj("meta_data")
		e.Str("tier", is.Tier)
		e.End()
	}
	e.End()
}

// dues writes what the subscription's open invoices amount to.
func (v *view) dues(e *enc, u *site.Subscription) {
	var n, since, total int64
	for _, x := range u.Invoices {
		if x.Date > v.t {
			break
		}
		if s := x.State(v.t); s != "payment_due" && s != "not_paid" {
			continue
		}
		if due := x.Balance(v.t).Due; due > 0 {
			if n == 0 {
				since = x.Date
			}
			n++
			total += due
		}
	}
	e.Num("due_invoices_count", n)
	if n > 0 {
		e.Num("due_since", since)
		e.Num("total_dues", total)
	}
}

// quantity writes a number of units, which a decimal price has in two forms.
func (v *view) quantity(e *enc, key string, n int64, exact, odd bool) {
	if odd {
		e.float(key, n)
	} else {
		e.Num(key, n)
	}
	if exact {
		e.Str(key+"_in_decimal", strconv.FormatInt(n, 10))
	}
}

// worth writes what a unit of an item costs and what the item does, with a
// prefix for the plan of catalogue 1.0.
func (v *view) worth(e *enc, it *site.Item, prefix string) {
	p := it.Price
	switch {
	case len(p.Tiers) > 0 || it.Tiers != nil:
	case p.Decimal:
		e.Str(prefix+"unit_price_in_decimal", it.UnitExact())
	default:
		e.Num(prefix+"unit_price", cents(it.Unit))
	}
	if p.Decimal {
		e.Str(prefix+"amount_in_decimal", it.Exact())
	} else {
		e.Num(prefix+"amount", it.Amount())
	}
}

func (v *view) items(e *enc, u *site.Subscription, is *site.Version) {
	odd := v.odd(u)
	e.Arr("subscription_items")
	for i := range is.Items {
		v.item(e, is, &is.Items[i], odd)
	}
	e.EndArr()
	v.itemTiers(e, is.Items)
	open := false
	for i := range is.Items {
		if it := &is.Items[i]; it.Charged > 0 && it.Charged <= v.t {
			if !open {
				e.Arr("charged_items")
				open = true
			}
			e.Open()
			e.Str("item_price_id", it.Price.ID)
			e.Num("last_charged_at", it.Charged)
			e.Str("object", "charged_item")
			e.End()
		}
	}
	if open {
		e.EndArr()
	}
}

func (v *view) item(e *enc, is *site.Version, it *site.Item, odd bool) {
	p := it.Price
	e.Open()
	e.Str("item_price_id", p.ID)
	e.Str("item_type", p.Product.Kind.String())
	switch {
	case p.Product.Metered:
		e.Str("metered_quantity", strconv.FormatInt(it.Quantity, 10))
		e.any("last_calculated_at", is.Term.Start)
	default:
		v.quantity(e, "quantity", it.Quantity, p.Decimal, odd)
	}
	v.worth(e, it, "")
	if it.Own {
		e.Num("billing_period", int64(p.Count))
		e.Str("billing_period_unit", p.Every.String())
	}
	v.free(e, "free_quantity", it.Free, p.Decimal)
	e.any("trial_end", it.Trial)
	if it.OnEvent {
		e.Str("charge_on_event", "subscription_activation")
		e.Bool("charge_once", true)
		e.Str("charge_on_option", "on_event")
	}
	e.Str("object", "subscription_item")
	e.End()
}

// itemTiers writes the tiers that a subscription has in place of its prices'.
func (v *view) itemTiers(e *enc, items []site.Item) {
	open := false
	for i := range items {
		for j := range items[i].Tiers {
			if !open {
				e.Arr("item_tiers")
				open = true
			}
			e.Open()
			e.Str("item_price_id", items[i].Price.ID)
			e.tier(items[i].Price, &items[i].Tiers[j])
			e.Num("index", int64(i))
			e.Str("object", "item_tier")
			e.End()
		}
	}
	if open {
		e.EndArr()
	}
}

// planItems writes what catalogue 1.0 has in place of items: one plan, addons,
// and addons that wait for an event.
func (v *view) planItems(e *enc, u *site.Subscription, is *site.Version) {
	odd, plan := v.odd(u), is.Plan()
	e.Str("plan_id", plan.Price.ID)
	v.quantity(e, "plan_quantity", plan.Quantity, plan.Price.Decimal, odd)
	v.worth(e, plan, "plan_")
	v.free(e, "plan_free_quantity", plan.Free, plan.Price.Decimal)
	e.any("setup_fee", plan.Price.Setup)
	for _, events := range []bool{false, true} {
		open := false
		for i := 1; i < len(is.Items); i++ {
			it := &is.Items[i]
			if it.OnEvent != events {
				continue
			}
			if !open {
				e.Arr(map[bool]string{false: "addons", true: "event_based_addons"}[events])
				open = true
			}
			v.addonOf(e, it, odd)
		}
		if open {
			e.EndArr()
		}
	}
	open := false
	for i := range is.Items {
		if it := &is.Items[i]; it.OnEvent && it.Charged > 0 && it.Charged <= v.t {
			if !open {
				e.Arr("charged_event_based_addons")
				open = true
			}
			e.Open()
			e.Str("id", it.Price.ID)
			e.Num("last_charged_at", it.Charged)
			e.Str("object", "charged_event_based_addon")
			e.End()
		}
	}
	if open {
		e.EndArr()
	}
}

func (v *view) addonOf(e *enc, it *site.Item, odd bool) {
	e.Open()
	e.Str("id", it.Price.ID)
	v.quantity(e, "quantity", it.Quantity, it.Price.Decimal, odd)
	if it.OnEvent {
		if it.Price.Decimal {
			e.Str("unit_price_in_decimal", it.UnitExact())
		} else {
			e.Num("unit_price", cents(it.Unit))
		}
		e.Str("on_event", "subscription_activation")
		e.Bool("charge_once", true)
		e.Str("object", "event_based_addon")
	} else {
		v.worth(e, it, "")
		e.any("trial_end", it.Trial)
		e.Str("object", "addon")
	}
	e.End()
}

func (v *view) contractOf(e *enc, u *site.Subscription, is *site.Version) {
	c := is.Contract
	e.Obj("contract_term")
	e.Str("id", c.ID)
	e.Str("status", c.Status)
	e.Num("contract_start", c.Start)
	e.Num("contract_end", c.End)
	e.Num("billing_cycle", int64(c.Cycles))
	e.Str("action_at_term_end", c.AtEnd)
	e.Num("total_contract_value", c.Value)
	e.Num("created_at", c.Start)
	e.Str("subscription_id", u.ID)
	e.Num("remaining_billing_cycles", int64(left(c, is, v.t)))
	e.Str("object", "contract_term")
	e.End()
}

// left is how many billing cycles of a contract are still to come.
func left(c *site.Contract, is *site.Version, t int64) int {
	n := c.Cycles
	for n > 0 && reckon.Boundary(c.Start, is.Every, is.Count, c.Cycles-n) <= t {
		n--
	}
	return n
}
