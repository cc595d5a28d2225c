package stripe

import (
	"cmp"
	"slices"

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
}

// whole says that nothing failed.
func (t *terms) whole() bool { return len(t.failed) == 0 }

func statusOf(s string) (billing.Status, bool) {
	switch s {
	case "active":
		return billing.StatusActive, true
	case "past_due":
		return billing.StatusPastDue, true
	case "trialing":
		return billing.StatusTrialing, true
	case "incomplete", "incomplete_expired":
		return billing.StatusIncomplete, true
	case "unpaid":
		return billing.StatusUnpaid, true
	case "paused":
		return billing.StatusPaused, true
	case "canceled":
		return billing.StatusCanceled, true
	}
	return 0, false
}

// terms reads a version of a subscription.
func (r resolver) terms(w *wireSubscription) *terms {
	t := &terms{failed: map[string]*connectors.Unreadable{}}
	fail := func(code, format string, args ...any) {
		t.failed[""] = connectors.NewUnreadable(kindSubscription, w.ID, code, format, args...)
	}
	var known bool
	if t.Status, known = statusOf(w.Status); !known {
		fail("status_unknown", "unknown status %q", w.Status)
	}
	if _, known := decimals(w.Currency); !known {
		fail("currency_unknown", "it is not known how many decimals %q has", w.Currency)
	}
	if p := w.PauseCollection; p != nil {
		behaviors := map[string]billing.PauseBehavior{
			"void": billing.PauseVoid, "keep_as_draft": billing.PauseKeepAsDraft, "mark_uncollectible": billing.PauseMarkUncollectible,
		}
		if t.Pause.Behavior, known = behaviors[p.Behavior]; !known {
			fail("pause_unknown", "unknown pause_collection behavior %q", p.Behavior)
		}
		t.Pause.ResumesAt = p.ResumesAt.Time()
	}
	t.TrialStart, t.TrialEnd = w.TrialStart.Time(), w.TrialEnd.Time()
	t.CancelAt = w.CancelAt.Time()
	if w.CancelAtPeriodEnd && t.CancelAt.IsZero() {
		t.CancelAt = w.CurrentPeriodEnd.Time()
	}
	if w.EndedAt != 0 {
		t.CancelAt = w.EndedAt.Time()
	}
	var problem *connectors.Unreadable
	if t.Discounts, problem = r.discounts(w.discounts(), w.Currency); problem != nil {
		t.failed[""] = problem
	}
	r.items(w, t)
	return t
}

// discounts are the subscription's own, in the newer form or the older one.
func (w *wireSubscription) discounts() []wireDiscount {
	if len(w.Discounts) == 0 && w.Discount != nil {
		return []wireDiscount{*w.Discount}
	}
	return w.Discounts
}

func (r resolver) items(w *wireSubscription, t *terms) {
	switch {
	case w.Items == nil || w.Items.Data == nil:
		t.failed[""] = connectors.NewUnreadable(kindSubscription, w.ID, "items_missing", "the subscription shows no items")
		return
	case w.Items.HasMore:
		t.failed[""] = connectors.NewUnreadable(kindSubscription, w.ID, "items_missing", "the subscription shows only its first %d items", len(w.Items.Data))
		return
	}
	for i := range w.Items.Data {
		wire := &w.Items.Data[i]
		item, problem := r.item(w, wire)
		if problem != nil {
			problem.Detail = "item " + wire.ID + " of subscription " + w.ID + ": " + problem.Detail
			t.failed[wire.ID] = problem
			continue
		}
		t.Items = append(t.Items, item)
	}
	slices.SortFunc(t.Items, func(a, b billing.Item) int { return cmp.Compare(a.ID, b.ID) })
}

func (r resolver) item(w *wireSubscription, i *wireItem) (billing.Item, *connectors.Unreadable) {
	item := billing.Item{ID: i.ID, Created: i.Created.Time()}
	if i.ID == "" {
		return item, connectors.NewUnreadable("subscription_item", w.ID, "item_unnamed", "an item has no id")
	}
	var problem *connectors.Unreadable
	if item.Price, problem = r.catalog.price(i.Price, i.Plan, "", w.Currency); problem != nil {
		return item, problem
	}
	switch {
	case i.Quantity != nil:
		item.Quantity = i.Quantity.Decimal
	case item.Price.Usage == billing.Licensed:
		item.Quantity = decimal.NewFromInt(1)
	}
	if item.Quantity.IsNegative() {
		return item, connectors.NewUnreadable("subscription_item", i.ID, "quantity_negative", "the quantity is %s", item.Quantity)
	}
	if item.Discounts, problem = r.discounts(i.Discounts, w.Currency); problem != nil {
		return item, problem
	}
	rates := i.TaxRates
	if len(rates) == 0 {
		rates = w.DefaultTaxRates
	}
	item.Taxes, problem = r.catalog.taxes(rates, "item "+i.ID)
	return item, problem
}

// sees are the discounts that a version shows in full.
func (p pool) addSubscription(w *wireSubscription) {
	p.add(w.Discount)
	p.addList(w.Discounts)
	if w.Items != nil {
		for i := range w.Items.Data {
			p.addList(w.Items.Data[i].Discounts)
		}
	}
}
