package stripe

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"mrrsync/connectors/rawjson"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

func invoiceStatus(s string) (billing.InvoiceStatus, bool) {
	switch s {
	case "draft", "": // an upcoming invoice has none
		return billing.InvoiceDraft, true
	case "open":
		return billing.InvoiceOpen, true
	case "paid":
		return billing.InvoicePaid, true
	case "uncollectible":
		return billing.InvoiceUncollectible, true
	case "void":
		return billing.InvoiceVoid, true
	}
	return 0, false
}

// invoice is the document with its amounts.
func (r resolver) invoice(w *wireInvoice, object billing.Ref) (billing.Invoice, *connectors.Unreadable) {
	inv := billing.Invoice{
		ID: w.ID, CustomerID: string(w.Customer), SubscriptionID: string(w.Subscription), Currency: strings.ToUpper(w.Currency),
		IssuedAt: cmp.Or(w.StatusTransitions.FinalizedAt, w.Created).Time(), Object: object,
	}
	var known bool
	if inv.Status, known = invoiceStatus(w.Status); !known {
		return inv, connectors.NewUnreadable(kindInvoice, w.ID, "status_unknown", "unknown status %q", w.Status)
	}
	places, known := decimals(w.Currency)
	if !known {
		return inv, connectors.NewUnreadable(kindInvoice, w.ID, "currency_unknown", "it is not known how many decimals %q has", w.Currency)
	}
	if w.Lines.HasMore {
		return inv, connectors.NewUnreadable(kindInvoice, w.ID, "lines_missing", "the invoice shows only its first %d lines", len(w.Lines.Data))
	}
	inv.Total = major(w.Total.Decimal, places)
	sum := decimal.Zero
	for i := range w.Lines.Data {
		l := r.line(&w.Lines.Data[i], w, places)
		sum = sum.Add(l.Amount).Sub(l.Discounts).Add(l.Taxes)
		inv.Lines = append(inv.Lines, l)
	}
	slices.SortFunc(inv.Lines, func(a, b billing.Line) int { return cmp.Compare(a.ID, b.ID) })
	if !sum.Equal(inv.Total) {
		return inv, connectors.NewUnreadable(kindInvoice, w.ID, "total_mismatch", "the lines add up to %s, the total is %s", sum, inv.Total)
	}
	return inv, nil
}

func (r resolver) line(w *wireLine, inv *wireInvoice, places int32) billing.Line {
	l := billing.Line{
		ID: w.ID, SubscriptionID: string(w.Subscription), ItemID: string(w.SubscriptionItem),
		Proration: w.Proration, Trial: r.onTrial(w, inv.Currency), From: w.Period.Start.Time(), Until: w.Period.End.Time(),
		Description: w.Description, Usage: billing.OneTime,
	}
	if w.Quantity != nil {
		l.Quantity = w.Quantity.Decimal
	}
	if p := w.priced(); p != nil {
		l.PriceID, l.ProductID = p.ID, string(p.Product)
		// A line whose price is odd still has amounts that count.
		if interval, usage, problem := p.interval(); problem == nil {
			l.Interval, l.Usage = interval, usage
		}
	}
	l.Amount, l.Discounts, l.Taxes = amounts(w.Amount.Decimal, w.DiscountAmounts, w.TaxAmounts, places)
	return l
}

// priced is what the line charges for, in the newer form or the older one.
func (w *wireLine) priced() *wirePrice {
	if w.Price == nil && w.Plan != nil {
		return w.Plan.price()
	}
	return w.Price
}

// amounts splits a line into what it charges ex tax and before discount, its
// discounts and its taxes, so that amount - discounts + taxes is what the line
// adds to the total. Inclusive tax is taken out of both the amount and the
// discount, in the proportion in which the line contains it.
func amounts(amount decimal.Decimal, off []wireDiscountAmount, tax []wireTaxAmount, places int32) (net, discounts, taxes decimal.Decimal) {
	var inclusive decimal.Decimal
	for _, d := range off {
		discounts = discounts.Add(d.Amount.Decimal)
	}
	for _, t := range tax {
		taxes = taxes.Add(t.Amount.Decimal)
		if t.Inclusive {
			inclusive = inclusive.Add(t.Amount.Decimal)
		}
	}
	charged := amount.Sub(discounts).Sub(inclusive) // ex tax, after discount
	if gross := charged.Add(inclusive); !inclusive.IsZero() && !gross.IsZero() {
		discounts = discounts.Mul(charged).DivRound(gross, 2)
	}
	return major(charged.Add(discounts), places), major(discounts, places), major(taxes, places)
}

// What Stripe begins its descriptions with, where nothing else tells.
const (
	trialPhrase     = "Trial period for"
	freeTrialPhrase = "Free trial"
	unusedPhrase    = "Unused time"
)

// onTrial says that a recurring line charges nothing because the trial ran: its
// price is not free.
func (r resolver) onTrial(w *wireLine, currency string) bool {
	if w.Proration || w.Type != "subscription" || !w.Amount.IsZero() || w.Period.Start == w.Period.End {
		return false
	}
	if strings.HasPrefix(w.Description, trialPhrase) || strings.HasPrefix(w.Description, freeTrialPhrase) {
		return true
	}
	p, problem := r.catalog.price(w.Price, w.Plan, "", currency)
	if problem != nil || p.Usage != billing.Licensed || (w.Quantity != nil && w.Quantity.IsZero()) {
		return false
	}
	return p.Model == billing.PerUnit && p.Unit.IsPositive() && p.Transform == nil
}

// creditNote is a document of its own, all its amounts negative.
func (r resolver) creditNote(w *wireCreditNote, invoice *wireInvoice, object billing.Ref) (billing.Invoice, *connectors.Unreadable) {
	note := billing.Invoice{
		ID: w.ID, CustomerID: string(w.Customer), Currency: strings.ToUpper(w.Currency), CreditNote: true,
		Status: billing.InvoicePaid, IssuedAt: cmp.Or(w.EffectiveAt, w.Created).Time(), Object: object,
	}
	if w.Status == "void" {
		note.Status = billing.InvoiceVoid
	}
	places, known := decimals(w.Currency)
	if !known {
		return note, connectors.NewUnreadable(kindCreditNote, w.ID, "currency_unknown", "it is not known how many decimals %q has", w.Currency)
	}
	credited := map[string]*wireLine{}
	if invoice != nil {
		note.SubscriptionID = string(invoice.Subscription)
		for i := range invoice.Lines.Data {
			credited[invoice.Lines.Data[i].ID] = &invoice.Lines.Data[i]
		}
	}
	note.Total = major(w.Total.Decimal, places).Neg()
	sum := decimal.Zero
	for i := range w.Lines.Data {
		c := &w.Lines.Data[i]
		l := billing.Line{ID: c.ID, Description: c.Description, Usage: billing.OneTime}
		if of := credited[c.InvoiceLineItem]; of != nil {
			l = r.line(of, invoice, places)
			l.ID, l.Description = c.ID, c.Description
		}
		l.Quantity = decimal.Zero
		if c.Quantity != nil {
			l.Quantity = c.Quantity.Decimal
		}
		l.Amount, l.Discounts, l.Taxes = amounts(c.Amount.Decimal, c.DiscountAmounts, c.TaxAmounts, places)
		l.Amount, l.Discounts, l.Taxes = l.Amount.Neg(), l.Discounts.Neg(), l.Taxes.Neg()
		sum = sum.Add(l.Amount).Sub(l.Discounts).Add(l.Taxes)
		note.Lines = append(note.Lines, l)
	}
	slices.SortFunc(note.Lines, func(a, b billing.Line) int { return cmp.Compare(a.ID, b.ID) })
	if !sum.Equal(note.Total) {
		return note, connectors.NewUnreadable(kindCreditNote, w.ID, "total_mismatch", "the lines add up to %s, the total is %s", sum, note.Total)
	}
	return note, nil
}

// pauseDelay is how soon after it is finalized an invoice that a pause takes
// back is taken back. Later it is a person's or a dunning's doing.
const pauseDelay = 2 * time.Hour

// service says whether the invoice is evidence of what ran, and whether it was
// taken back by a pause. What a draft charges is not decided yet.
func (w *wireInvoice) service() (evidence, voided bool) {
	var taken time.Time
	switch w.Status {
	case "open", "paid":
		return true, false
	case "uncollectible":
		taken = w.StatusTransitions.MarkedUncollectibleAt.Time()
	case "void":
		taken = w.StatusTransitions.VoidedAt.Time()
	default:
		return false, false
	}
	began := cmp.Or(w.StatusTransitions.FinalizedAt, w.Created).Time()
	if !taken.IsZero() && taken.Sub(began) <= pauseDelay && w.AttemptCount == 0 && !w.Attempted {
		return true, true
	}
	// An invoice that was tried in vain was charged all the same; one that was
	// voided by hand says nothing.
	return w.Status == "uncollectible", false
}

// serviceKey names the lines that speak of one thing: Stripe writes a line per
// tier, and splits a line by discount.
type serviceKey struct {
	kind         billing.ServiceKind
	item, price  string
	from, until  rawjson.Stamp
	subscription string
}

// services are what an invoice says of its subscription items, by subscription.
func (r resolver) services(w *wireInvoice, object billing.Ref) (map[string][]billing.Service, []*connectors.Unreadable) {
	evidence, voided := w.service()
	// The prorations of a draft are invoice items that it has taken up: changes that
	// have happened, as they were while the items were pending.
	draft := w.Status == "draft"
	if !evidence && !draft {
		return nil, nil
	}
	inherited, bad := r.discounts(w.discounts(), w.Currency)
	if bad != nil {
		return nil, []*connectors.Unreadable{bad}
	}
	g := grouped{resolver: r, currency: w.Currency, issued: w.Created.Time(), object: object, inherited: inherited, voided: voided, draft: draft}
	for i := range w.Lines.Data {
		g.add(&w.Lines.Data[i])
	}
	return g.done()
}

func (w *wireInvoice) discounts() []wireDiscount {
	if len(w.Discounts) == 0 && w.Discount != nil {
		return []wireDiscount{*w.Discount}
	}
	return w.Discounts
}

// grouped gathers lines into services.
type grouped struct {
	resolver
	currency  string
	issued    time.Time
	object    billing.Ref
	inherited []billing.Discount
	voided    bool
	draft     bool

	order    []serviceKey
	services map[serviceKey]*billing.Service
	problems []*connectors.Unreadable
}

// add takes one line in, if it is about a subscription item agreed in advance.
func (g *grouped) add(w *wireLine) {
	if w.SubscriptionItem == "" || w.Subscription == "" || w.Period.Start == 0 || (w.Type != "subscription" && !w.Proration) {
		return
	}
	wire := w.priced()
	if wire == nil || wire.Recurring == nil || wire.Recurring.UsageType == "metered" {
		return
	}
	k := serviceKey{g.kind(w), string(w.SubscriptionItem), wire.ID, w.Period.Start, w.Period.End, string(w.Subscription)}
	if k.kind == billing.Stopped && w.Period.Start == w.Period.End {
		return
	}
	s := g.services[k]
	if s == nil {
		price, problem := g.catalog.price(w.Price, w.Plan, "", g.currency)
		if problem != nil {
			problem.Detail = "line " + w.ID + " of invoice " + g.object.ID + ": " + problem.Detail
			g.problems = append(g.problems, problem)
			return
		}
		s = &billing.Service{
			Kind: k.kind, ItemID: k.item, From: w.Period.Start.Time(), Until: w.Period.End.Time(),
			Price: price, Inherited: g.inherited, IssuedAt: g.issued, Object: g.object,
		}
		if g.services == nil {
			g.services = map[serviceKey]*billing.Service{}
		}
		g.services[k] = s
		g.order = append(g.order, k)
	}
	switch {
	case w.Quantity != nil:
		s.Quantity = s.Quantity.Add(w.Quantity.Decimal)
	default:
		s.Quantity = s.Quantity.Add(decimal.NewFromInt(1))
	}
	g.level(s, w)
}

// level adds a line's discounts and taxes to its service.
func (g *grouped) level(s *billing.Service, w *wireLine) {
	discounts, problem := g.discounts(w.Discounts, g.currency)
	if problem != nil {
		problem.Detail = "line " + w.ID + " of invoice " + g.object.ID + ": " + problem.Detail
		g.problems = append(g.problems, problem)
		return
	}
	for _, d := range discounts {
		if !slices.ContainsFunc(s.Discounts, func(o billing.Discount) bool { return o.ID == d.ID }) {
			s.Discounts = append(s.Discounts, d)
		}
	}
	if len(s.Taxes) > 0 {
		return
	}
	rates := w.TaxRates
	if len(rates) == 0 { // computed by the provider: the amounts name the rates
		for _, t := range w.TaxAmounts {
			rate := t.TaxRate
			rate.Inclusive = t.Inclusive
			rates = append(rates, rate)
		}
	}
	taxes, problem := g.catalog.taxes(rates, "line "+w.ID)
	if problem == nil {
		s.Taxes = taxes
	}
}

func (g *grouped) kind(w *wireLine) billing.ServiceKind {
	switch {
	case w.Proration && w.credits():
		return billing.Stopped
	case w.Proration:
		return billing.Began
	case g.voided:
		return billing.Voided
	case g.onTrial(w, g.currency):
		return billing.OnTrial
	}
	return billing.Charged
}

// credits says that a proration gives money back. What was free or wholly
// discounted gives back nothing; then the details or the words tell.
func (w *wireLine) credits() bool {
	if !w.Amount.IsZero() {
		return w.Amount.IsNegative()
	}
	if w.ProrationDetails != nil && len(w.ProrationDetails.CreditedItems) > 0 {
		return !bytes.Equal(bytes.TrimSpace(w.ProrationDetails.CreditedItems), []byte("null"))
	}
	return strings.HasPrefix(w.Description, unusedPhrase)
}

func (g *grouped) done() (map[string][]billing.Service, []*connectors.Unreadable) {
	by := map[string][]billing.Service{}
	for _, k := range g.order {
		s := *g.services[k]
		if g.voided && k.kind != billing.Voided {
			continue // a voided proration tells nothing that an event does not
		}
		if g.draft && k.kind != billing.Stopped && k.kind != billing.Began {
			continue
		}
		if k.kind == billing.Stopped && g.renews(k) {
			continue // the same invoice charges the item anew from then on
		}
		by[k.subscription] = append(by[k.subscription], s)
	}
	return by, g.problems
}

// renews says that the invoice charges an item a whole period from the moment
// on at which a credit ends the one before: its billing began anew.
func (g *grouped) renews(stopped serviceKey) bool {
	for k := range g.services {
		if k.kind == billing.Charged && k.item == stopped.item && k.from == stopped.from {
			return true
		}
	}
	return false
}

// line is an invoice item that no invoice has taken up yet, in the form of one of its
// lines.
func (w *wireInvoiceItem) line() *wireLine {
	return &wireLine{
		ID: w.ID, Type: "invoiceitem", Amount: w.Amount, Currency: w.Currency, Description: w.Description, Discounts: w.Discounts,
		Period: w.Period, Price: w.Price, Plan: w.Plan, Proration: w.Proration, Quantity: w.Quantity,
		Subscription: w.Subscription, SubscriptionItem: w.SubscriptionItem, TaxRates: w.TaxRates,
	}
}
