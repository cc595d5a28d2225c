package chargebee

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// readRates notes how each item was taxed by its latest invoice.
func (t *translation) readRates() {
	for _, v := range t.invoices {
		if !v.wire.speaks() {
			continue
		}
		for i := range v.wire.LineItems {
			l := &v.wire.LineItems[i]
			if !l.recurring() || l.subscription(v.wire) == "" {
				continue
			}
			now := taxed{issued: v.wire.issued(), line: v.wire.ID + "/" + l.ID, inclusive: v.wire.inclusive(), taxes: v.wire.taxes(l)}
			for _, id := range []string{itemID(l.subscription(v.wire), l.EntityID), l.subscription(v.wire)} {
				old, known := t.rates[id]
				if !known || cmp.Or(now.issued.Compare(old.issued), cmp.Compare(now.line, old.line)) > 0 {
					t.rates[id] = now
				}
			}
		}
	}
}

// speaks says that the document is evidence: a pending one may still change, a
// voided one never was.
func (w *wireDocument) speaks() bool {
	return w.Status != "pending" && w.Status != "voided"
}

// recurring says that a line charges a plan or an addon, and not a charge, a
// setup fee or anything free-hand.
func (l *wireLine) recurring() bool {
	switch l.EntityType {
	case "plan_item_price", "addon_item_price", "plan", "addon":
		return true
	}
	return false
}

// one says that the line is of catalogue 1.0.
func (l *wireLine) one() bool { return l.EntityType == "plan" || l.EntityType == "addon" }

// itemType is the type of what the line charges.
func (l *wireLine) itemType() string {
	switch {
	case strings.HasPrefix(l.EntityType, itemPlan) && l.EntityType != "plan_setup":
		return itemPlan
	case strings.HasPrefix(l.EntityType, itemAddon):
		return itemAddon
	}
	return itemCharge
}

func (l *wireLine) subscription(w *wireDocument) string {
	return cmp.Or(l.SubscriptionID, w.SubscriptionID)
}

// taxes are a line's rates. A line of an inclusive document without any was not
// taxed: its rate is 0, which is known.
func (w *wireDocument) taxes(l *wireLine) []billing.TaxRate {
	var all []billing.TaxRate
	for _, t := range w.LineItemTaxes {
		if t.LineItemID == l.ID && t.TaxRate != nil {
			all = append(all, billing.TaxRate{ID: t.TaxName, Percent: t.TaxRate.Decimal, Inclusive: w.inclusive()})
		}
	}
	if len(all) == 0 && (l.TaxRate != nil || w.inclusive()) {
		rate := billing.TaxRate{Inclusive: w.inclusive()}
		if l.TaxRate != nil {
			rate.Percent = l.TaxRate.Decimal
		}
		all = append(all, rate)
	}
	return all
}

// charged is a recurring line on its way to a service.
type charged struct {
	doc      *wireDocument
	line     *wireLine
	object   billing.Ref
	entry    entry
	places   int32
	amount   decimal.Decimal // as on the line: before discount, with tax if inclusive
	quantity decimal.Decimal
	interval billing.Interval
	full     int64     // how many whole intervals the line is for; 0: a part of one
	until    time.Time // the end of the service period
	credit   bool
}

func (c *charged) from() time.Time { return c.line.DateFrom.Time() }

// The reasons for which a credit note ends terms.
const (
	reasonChange = "subscription_change"
	reasonPause  = "subscription_pause"
)

// services are what invoices say of a subscription's items, and what credit
// notes for a change say of those that ended.
func (t *translation) services(h *history, states []billing.State) []billing.Service {
	var lines []*charged
	for _, v := range t.invoices {
		if v.wire.speaks() {
			lines = append(lines, t.charges(h, v, false)...)
		}
	}
	for _, v := range t.notes {
		if v.wire.speaks() && (v.wire.ReasonCode == reasonChange || v.wire.ReasonCode == reasonPause) {
			lines = append(lines, t.charges(h, v, true)...)
		}
	}
	closePeriods(lines)
	told := slices.DeleteFunc(slices.Clone(lines), func(c *charged) bool {
		return c.credit && slices.ContainsFunc(lines, func(o *charged) bool {
			return !o.credit && o.full > 0 && o.line.EntityID == c.line.EntityID && o.line.DateFrom == c.line.DateFrom
		}) // the whole period was given back: that says nothing of when it ended
	})
	all := h.unbilled(told, states)
	for _, c := range told {
		all = append(all, t.service(h, c, told, states))
	}
	slices.SortStableFunc(all, func(a, b billing.Service) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ItemID, b.ItemID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object.ID, b.Object.ID))
	})
	return all
}

// charges are a document's recurring lines of one subscription.
func (t *translation) charges(h *history, v seen[wireDocument], credit bool) []*charged {
	places, known := decimals(v.wire.CurrencyCode)
	if !known {
		return nil // the document itself is rejected
	}
	var all []*charged
	for i := range v.wire.LineItems {
		l := &v.wire.LineItems[i]
		if l.subscription(v.wire) != h.id || !l.recurring() || l.Metered || l.DateFrom == 0 || l.DateTo <= l.DateFrom {
			continue
		}
		amount, given := precise(l.Amount, l.AmountInDecimal, places) // prices below a cent are exact in decimals only
		if !given {
			continue
		}
		c := &charged{doc: v.wire, line: l, object: v.Ref(), places: places, amount: amount, credit: credit}
		c.entry = t.entry(l.EntityID, l.itemType(), l.one())
		if !c.entry.recurs() || c.entry.metered() {
			continue
		}
		c.quantity = decimal.NewFromInt(1)
		if q, ok := count(l.Quantity, l.QuantityInDecimal); ok {
			c.quantity = q
		}
		c.interval = t.rhythm(h, c)
		c.full = periods(c.from(), l.end().Time(), c.interval)
		all = append(all, c)
	}
	return all
}

// service is what one line tells.
func (t *translation) service(h *history, c *charged, lines []*charged, states []billing.State) billing.Service {
	s := billing.Service{
		Kind: billing.Charged, ItemID: itemID(h.id, c.line.EntityID), From: c.from(), Until: c.until, Quantity: c.quantity,
		IssuedAt: c.doc.issued(), Object: c.object,
		Price: billing.Price{
			ID: c.line.EntityID, ProductID: c.line.EntityID, Currency: upper(c.doc.CurrencyCode), Interval: c.interval,
			Usage: billing.Licensed, Model: billing.Flat, Unit: c.amount, Tax: billing.TaxUnspecified, Object: c.entry.object,
		},
	}
	if c.entry.wirePrice != nil {
		s.Price.Name = c.entry.Name
		s.Price.ProductID = cmp.Or(c.entry.ItemID, s.Price.ProductID)
	}
	s.Price.ProductName, s.Price.Product = c.entry.named()
	switch {
	case c.credit || c.amount.IsNegative():
		s.Kind = billing.Stopped
	case c.full == 0:
		s.Kind = billing.Began
	case c.full > 1: // charged in advance: the amount is for all of them
		s.Price.Interval.Count *= c.full
	}
	if s.Kind != billing.Charged {
		s.Price.Unit = t.wholePrice(c, lines, states)
	}
	if c.doc.inclusive() {
		s.Price.Tax, s.Taxes = billing.TaxInclusive, c.doc.taxes(c.line)
	}
	if s.Kind != billing.Stopped {
		t.lowered(&s, h, c)
		h.removed(s.Discounts, s.From)
		h.removed(s.Inherited, s.From)
	}
	return s
}

// removed ends the discounts of a service that a ramp has taken away since.
func (h *history) removed(discounts []billing.Discount, from time.Time) {
	for i := range discounts {
		d := &discounts[i]
		for _, r := range h.ramps {
			at := r.wire.EffectiveFrom.Time()
			if r.wire.Status == rampSucceeded && at.After(from) && (d.End.IsZero() || at.Before(d.End)) &&
				slices.Contains(slices.Concat(r.wire.CouponsToRemove, r.wire.DiscountsToRemove), d.ID) {
				d.End = at
			}
		}
	}
}

// wholePrice is what a whole interval costs of which a line charges a part: the
// new terms count at their full price. The line shows only the part, so the
// price is looked for where it is known, and taken where it explains the part.
func (t *translation) wholePrice(c *charged, lines []*charged, states []billing.State) decimal.Decimal {
	part := c.amount.Abs()
	if c.full > 0 {
		return part.DivRound(decimal.NewFromInt(c.full), c.places+4)
	}
	candidates := t.wholePrices(c, lines, states)
	begin := addTo(c.until, c.interval, -1)
	whole, left := c.until.Sub(begin), c.until.Sub(c.from())
	if whole <= 0 || left <= 0 {
		return part
	}
	// The price of a unit may have been rounded before it was multiplied: half a
	// cent each, which is little of the whole.
	rounded := decimal.Min(decimal.New(5, -c.places-1).Mul(c.quantity), part.Shift(-3))
	rounded = decimal.Max(rounded, decimal.New(1, -c.places))
	for _, total := range candidates {
		for _, share := range shares(left, whole) {
			if total.Mul(share).Sub(part).Abs().LessThanOrEqual(rounded) {
				return total
			}
		}
	}
	if len(candidates) > 0 {
		return candidates[0]
	}
	return part.Mul(decimal.NewFromInt(int64(whole/time.Second))).DivRound(decimal.NewFromInt(int64(left/time.Second)), c.places)
}

// wholePrices are what a whole interval may cost of which a line charges a part:
// as the subscription says, as other lines do, as the catalogue does today, and
// as the line's own unit does, which may be a part itself.
func (t *translation) wholePrices(c *charged, lines []*charged, states []billing.State) []decimal.Decimal {
	var all []decimal.Decimal
	for i := range states {
		for j := range states[i].Terms.Items {
			item := &states[i].Terms.Items[j]
			if item.Price.ID == c.line.EntityID && item.Quantity.Equal(c.quantity) && item.Amount != nil {
				all = append(all, *item.Amount)
			}
		}
	}
	for _, o := range lines {
		if !o.credit && o.full == 1 && o.line.EntityID == c.line.EntityID && o.quantity.Equal(c.quantity) {
			all = append(all, o.amount)
		}
	}
	if c.entry.wirePrice != nil {
		wire := wireItem{ItemPriceID: c.line.EntityID}
		free, _ := count(c.entry.FreeQuantity, c.entry.FreeQuantityInDecimal)
		if s, bad := t.scheme(nil, &wire, c.entry, c.places); bad == nil {
			if total, ok := s.amount(c.quantity.Sub(free)); ok {
				all = append(all, total)
			}
		}
	}
	if unit, ok := precise(c.line.UnitAmount, c.line.UnitAmountInDecimal, c.places); ok {
		if c.line.PricingModel == "per_unit" {
			unit = unit.Mul(c.quantity)
		}
		if (c.line.PricingModel == "per_unit" || c.line.PricingModel == "flat_fee") && !unit.Equal(c.amount.Abs()) {
			all = append(all, unit)
		}
	}
	return all
}

// shares are the ways in which a site may reckon a part of a period: by the
// second, or by days begun or ended.
func shares(left, whole time.Duration) []decimal.Decimal {
	const day = 24 * time.Hour
	days := decimal.NewFromInt(int64((whole + day/2) / day))
	of := func(part, all decimal.Decimal) decimal.Decimal { return part.DivRound(all, 16) }
	all := []decimal.Decimal{of(decimal.NewFromInt(int64(left/time.Second)), decimal.NewFromInt(int64(whole/time.Second)))}
	if days.IsPositive() {
		all = append(all, of(decimal.NewFromInt(int64(left/day)), days), of(decimal.NewFromInt(int64((left+day-1)/day)), days))
	}
	return all
}

// lowered adds the discounts that the document shows on a line. What they are
// comes from the catalogue or the subscription; where neither knows, a discount
// is what it took off this line.
func (t *translation) lowered(s *billing.Service, h *history, c *charged) {
	for _, d := range c.doc.LineItemDiscounts {
		if d.LineItemID != c.line.ID || d.DiscountAmount == nil || !d.DiscountAmount.IsPositive() {
			continue
		}
		level := strings.HasPrefix(d.DiscountType, "item_level")
		if !level && !strings.HasPrefix(d.DiscountType, "document_level") {
			continue // credits are a way to pay, not a lower price
		}
		o, known := t.offered(h, cmp.Or(d.CouponID, d.EntityID), c.doc.CurrencyCode)
		if known && o.kind == "offer_quantity" && o.Duration != billing.Once && t.byUnits(s, c) {
			o.FreeUnits = o.free
			s.Discounts = append(s.Discounts, o.Discount)
			continue
		}
		switch {
		case known && level && o.kind == "fixed_amount", !known, o.kind == "offer_quantity", known && o.applyOn == onTotal:
			// What it took off this line, which is of one period.
			taken := billing.Discount{
				ID: cmp.Or(d.CouponID, d.EntityID), CouponID: d.CouponID, Amount: d.DiscountAmount.Shift(-c.places), Currency: s.Price.Currency,
				Duration: billing.Always, Object: billing.Ref{Kind: kindInvoice, ID: c.doc.ID},
			}
			if known {
				taken.Name, taken.Duration, taken.End, taken.Object = o.Name, o.Duration, o.End, o.Object
			}
			if s.Kind == billing.Charged {
				s.Discounts = append(s.Discounts, taken)
			}
		case level:
			s.Discounts = append(s.Discounts, o.Discount)
		default:
			s.Inherited = append(s.Inherited, o.Discount)
		}
	}
}

// byUnits makes a service's price one of units instead of one total, so that
// free units can be taken off; false where the line does not tell what units
// cost.
func (t *translation) byUnits(s *billing.Service, c *charged) bool {
	total := s.Price.Unit
	if c.entry.wirePrice != nil {
		listed, bad := t.scheme(nil, &wireItem{ItemPriceID: c.line.EntityID}, c.entry, c.places)
		packed := slices.ContainsFunc(listed.tiers, func(t tier) bool { return t.per == perPackage })
		if amount, ok := listed.amount(c.quantity); bad == nil && ok && !packed && amount.Equal(total) {
			s.Price.Model, s.Price.Unit, s.Price.Tiers = listed.model, listed.unit, listed.priced()
			return true
		}
	}
	if c.line.PricingModel != "per_unit" {
		return false
	}
	unit, ok := unitOf(total, c.quantity, c.places)
	if ok {
		s.Price.Model, s.Price.Unit = billing.PerUnit, unit
	}
	return ok
}

// unitOf is what each unit costs of those that cost a total; false where that
// does not come out even.
func unitOf(total, quantity decimal.Decimal, places int32) (decimal.Decimal, bool) {
	if !quantity.IsPositive() {
		return decimal.Zero, false
	}
	unit := total.DivRound(quantity, places+8)
	return unit, unit.Mul(quantity).Equal(total)
}

// offered is a discount that an invoice names, as the subscription's versions
// or the catalogue describe it.
func (t *translation) offered(h *history, id, currency string) (offer, bool) {
	for i := len(h.versions) - 1; i >= 0; i-- {
		w := h.versions[i].wire
		for _, a := range w.applied() {
			if a.CouponID == id {
				o, bad := t.coupon(a, currency)
				return o, bad == nil
			}
		}
		for j := range w.Discounts {
			if d := &w.Discounts[j]; d.ID == id {
				o, bad := manual(d, w.ID, currency)
				return o, bad == nil
			}
		}
	}
	o, bad := t.coupon(wireApplied{CouponID: id}, currency)
	return o, bad == nil
}
