package chargebee

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mrrsync/connectors/rawjson"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// terms is what a subscription says of itself, as far as it could be read.
type terms struct {
	billing.Terms
	// failed are the items, or "" for the subscription as a whole, that could
	// not be read.
	failed map[string]*connectors.Unreadable
	// odd is what is to be told though it does not keep the terms from being
	// understood: an amount that is not what price and quantity make (it counts
	// as stated), a price that the catalogue has in no readable form.
	odd []*connectors.Unreadable
}

// whole says that nothing failed.
func (t *terms) whole() bool { return len(t.failed) == 0 }

func statusOf(s string) (billing.Status, bool) {
	switch s {
	case "active":
		return billing.StatusActive, true
	case "non_renewing":
		return billing.StatusNonRenewing, true
	case "in_trial":
		return billing.StatusTrialing, true
	case "future":
		return billing.StatusFuture, true
	case "paused":
		return billing.StatusPaused, true
	case "cancelled", "transferred":
		return billing.StatusCanceled, true
	}
	return 0, false
}

// itemID names an item: Chargebee's items have no id of their own, but stand
// once on a subscription.
func itemID(subscription, price string) string { return subscription + "/" + price }

// rates are the tax rates of items, from their latest invoice lines.
type rates map[string]taxed // by item id, and by subscription

// taxed is how an invoice taxed something.
type taxed struct {
	issued    time.Time
	line      string
	inclusive bool
	taxes     []billing.TaxRate
}

// reader reads subscriptions.
type reader struct {
	catalog
	rates rates
}

// terms reads a version of a subscription that holds since an instant.
func (r reader) terms(w *wireSubscription, from time.Time) *terms {
	t := &terms{failed: map[string]*connectors.Unreadable{}}
	fail := func(code, format string, args ...any) {
		t.failed[""] = connectors.NewUnreadable(kindSubscription, w.ID, code, format, args...)
	}
	places, known := decimals(w.CurrencyCode)
	if !known {
		fail("currency_unknown", "it is not known how many decimals %q has", w.CurrencyCode)
	}
	if t.Status, known = statusOf(w.Status); !known {
		fail("status_unknown", "unknown status %q", w.Status)
	}
	if w.ID == "" {
		fail("id_missing", "the subscription does not say its id")
	}
	if w.PlanID == "" && len(w.Items) == 0 {
		fail("items_missing", "the subscription has neither items nor a plan")
	}
	if w.Deleted {
		t.Status = billing.StatusCanceled
	}
	t.TrialStart, t.TrialEnd = w.TrialStart.Time(), w.TrialEnd.Time()
	t.CancelAt = w.end()
	if t.Status == billing.StatusPaused {
		t.Pause.ResumesAt = w.ResumeDate.Time()
	}
	if t.failed[""] != nil {
		return t
	}
	list := r.items(w, t, places)
	offers, bad := r.offers(w, from)
	if bad != nil {
		bad.Detail = "subscription " + w.ID + ": " + bad.Detail
		t.failed[""] = bad
		return t
	}
	t.Discounts = apply(offers, list)
	for _, p := range list {
		t.Items = append(t.Items, *p.item)
	}
	slices.SortFunc(t.Items, func(a, b billing.Item) int { return cmp.Compare(a.ID, b.ID) })
	return t
}

// end is the known end: of what was cancelled, or will not be renewed.
func (w *wireSubscription) end() time.Time {
	switch {
	case w.Status == "transferred":
		return cmp.Or(w.UpdatedAt, w.CancelledAt).Time()
	case w.Status == "cancelled": // a deletion after it ends nothing more
		return cmp.Or(w.CancelledAt, w.UpdatedAt).Time()
	case w.Deleted:
		return cmp.Or(w.UpdatedAt, w.CancelledAt).Time()
	case w.Status == "non_renewing":
		return cmp.Or(w.CancelledAt, w.CurrentTermEnd).Time()
	case w.ContractTerm != nil && w.ContractTerm.Status == "active" && w.ContractTerm.ActionAtTermEnd == "cancel":
		return w.ContractTerm.ContractEnd.Time()
	}
	return time.Time{}
}

// items reads what recurs. Charges, setup fees, addons that are charged on an
// event or once are no part of it.
func (r reader) items(w *wireSubscription, t *terms, places int32) []priced {
	var list []priced
	seen := map[string]int{}
	wires := w.items()
	for i := range wires {
		wire := &wires[i]
		if wire.ItemType == itemCharge || wire.ChargeOnEvent != "" {
			continue
		}
		e := r.entry(wire.ItemPriceID, wire.ItemType, w.one())
		if !e.recurs() {
			continue
		}
		if e.bad != nil { // what it charges stands on the subscription all the same
			t.odd = append(t.odd, e.bad)
		}
		id := itemID(w.ID, wire.ItemPriceID)
		if seen[id]++; seen[id] > 1 {
			id += "#" + strconv.Itoa(seen[id])
		}
		item, odd, bad := r.item(w, wire, e, id, places)
		if bad != nil {
			bad.Detail = "item " + wire.ItemPriceID + " of subscription " + w.ID + ": " + bad.Detail
			t.failed[id] = bad
			continue
		}
		if odd != nil {
			t.odd = append(t.odd, odd)
		}
		list = append(list, priced{&item, wire.ItemType, e})
	}
	return list
}

// item reads one. odd is set when its amount is not what its price makes.
func (r reader) item(w *wireSubscription, i *wireItem, e entry, id string, places int32) (item billing.Item, odd, bad *connectors.Unreadable) {
	item = billing.Item{ID: id}
	if i.ItemPriceID == "" {
		return item, nil, connectors.NewUnreadable("subscription_item", w.ID, "item_unnamed", "an item names no item price, plan or addon")
	}
	if item.Price, bad = r.price(w, i, e, places); bad != nil {
		return item, nil, bad
	}
	item.Quantity = decimal.NewFromInt(1)
	if q, ok := count(i.Quantity, i.QuantityInDecimal); ok {
		item.Quantity = q
	}
	if item.Quantity.IsNegative() {
		return item, nil, connectors.NewUnreadable("subscription_item", id, "quantity_negative", "the quantity is %s", item.Quantity)
	}
	if i.TrialEnd != 0 && i.TrialEnd != w.TrialEnd {
		item.TrialEnd = i.TrialEnd.Time()
	}
	r.tax(&item, w.ID)
	if item.Price.Usage == billing.Metered {
		return item, nil, nil
	}
	free, _ := count(i.FreeQuantity, i.FreeQuantityInDecimal)
	s, bad := r.scheme(w.Tiers, i, e, places)
	if bad != nil {
		return item, nil, bad
	}
	computed, ok := s.amount(item.Quantity.Sub(free))
	stated, given := precise(i.Amount, i.AmountInDecimal, places)
	switch {
	case !given && !ok:
		return item, nil, connectors.NewUnreadable("subscription_item", id, "amount_missing", "the item states no amount, and its price is not known")
	case !given:
		stated = computed
	case ok && s.sure && stated.Sub(computed).Abs().GreaterThanOrEqual(decimal.New(1, -places)):
		odd = connectors.NewUnreadable("subscription_item", id, "amount_mismatch",
			"the item states %s per interval, its price makes %s of quantity %s (%s free); it counts as stated", stated, computed, item.Quantity, free)
	}
	item.Amount = &stated
	if stated.IsZero() && len(item.Taxes) == 0 {
		item.Price.Tax = billing.TaxUnspecified // nothing contains no tax, whatever its rate
	}
	return item, odd, nil
}

// tax gives an item the rates of its latest invoice line, if its invoices say
// that prices contain tax. An item that was never invoiced, on a subscription
// that is invoiced so, has unknown rates.
func (r reader) tax(item *billing.Item, subscription string) {
	known, ok := r.rates[item.ID]
	if !ok {
		known, ok = r.rates[subscription]
		known.taxes = nil
	}
	if ok && known.inclusive {
		item.Price.Tax, item.Taxes = billing.TaxInclusive, known.taxes
	}
}

// merge lays what a ramp says of an item over what was there. What the ramp
// leaves out stays; the amount is made anew where it does not say it.
func (i wireItem) merge(over wireItem) wireItem {
	pick := func(a, b *rawjson.Number) *rawjson.Number {
		if b != nil {
			return b
		}
		return a
	}
	if over.Quantity != nil || over.QuantityInDecimal != nil {
		i.Quantity, i.QuantityInDecimal = over.Quantity, over.QuantityInDecimal
	}
	if over.UnitPrice != nil || over.UnitPriceInDecimal != nil {
		i.UnitPrice, i.UnitPriceInDecimal = over.UnitPrice, over.UnitPriceInDecimal
	}
	if over.FreeQuantity != nil || over.FreeQuantityInDecimal != nil {
		i.FreeQuantity, i.FreeQuantityInDecimal = over.FreeQuantity, over.FreeQuantityInDecimal
	}
	i.Amount, i.AmountInDecimal = over.Amount, over.AmountInDecimal
	i.BillingPeriod = pick(i.BillingPeriod, over.BillingPeriod)
	i.BillingPeriodUnit = cmp.Or(over.BillingPeriodUnit, i.BillingPeriodUnit)
	i.ItemPriceID, i.ItemType = cmp.Or(over.ItemPriceID, i.ItemPriceID), cmp.Or(over.ItemType, i.ItemType)
	return i
}

func upper(currency string) string { return strings.ToUpper(currency) }
