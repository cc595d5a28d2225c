package normalize

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Settings is what a derivation depends on besides the evidence. A change of
// any of it derives every account again.
type Settings struct {
	Policy Policy
	Zone   *time.Location // of the reporting days; nil: UTC
	// Segments maps a segment's name to where its value lies, such as
	// "metadata.csm_owner" or "address.country".
	Segments map[string]string
}

// Derive turns the evidence of one account into its periods, movements, treated
// invoice lines and entities. It is a pure function: equal evidence in any
// order and equal settings give equal results. Periods reach into the future
// as far as things are agreed; the reader of a day cuts them.
func Derive(account Account, s Settings) Result { return derive(account, s, nil).result }

// derive is Derive, watched where somebody wants to know why.
func derive(account Account, s Settings, w *watch) *derivation {
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	dv := &derivation{settings: &s, account: account.ID, refused: make(map[refusedKey]bool), watch: w}
	records := make([]*billing.Record, 0, len(account.Records))
	for i := range account.Records {
		records = append(records, &account.Records[i])
	}
	slices.SortStableFunc(records, func(a, b *billing.Record) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Customer.ID, b.Customer.ID))
	})
	for _, r := range records {
		dv.record(r)
	}
	slices.SortFunc(dv.lines, func(a, b *line) int {
		return cmp.Or(
			strings.Compare(a.source, b.source), strings.Compare(a.sub, b.sub),
			strings.Compare(a.item, b.item), strings.Compare(a.customer, b.customer),
		)
	})
	if s.Policy.Movements.SameMonthNewAndChurn == ShortDrop {
		dv.dropShort()
	}
	dv.periods()
	dv.result.Movements = movements(dv.lines, account.ID, s.Policy.Movements)
	dv.firstMRR()
	sortResult(&dv.result)
	return dv
}

// derivation gathers the result of one account.
type derivation struct {
	settings *Settings
	account  string
	lines    []*line // one per item
	result   Result
	refused  map[refusedKey]bool
	watch    *watch // nil: nobody wants to know why
}

type refusedKey struct{ source, kind, id, code string }

// line is one item's life in days: spans in order that never overlap.
type line struct {
	source, customer, sub, item, currency string
	segments                              story
	spans                                 []*span
	siblings                              *family // all items of the subscription
}

// span is what an item was worth during the days [from, until), and why.
type span struct {
	from, until billing.Date
	item        *billing.Item
	mrr         decimal.Decimal // Scale places
	cause       cause           // why it does not count; then mrr is zero
	scheduled   bool
	free        bool // counts at zero by policy
	kind        billing.EvidenceKind
	object      billing.Ref
	rule        string
	refs        []string
	trace       *trace // how mrr came about; nil unless watched
}

func (s *span) plan() string    { return s.item.Price.ID }
func (s *span) product() string { return cmp.Or(s.item.Price.ProductID, s.item.Price.ID) }

// real is the MRR that holds on the span's days whatever evidence comes later.
func (s *span) real() decimal.Decimal {
	if s == nil || s.scheduled {
		return decimal.Zero
	}
	return s.mrr
}

// hoped is the MRR on the span's days if what is agreed comes true.
func (s *span) hoped() decimal.Decimal {
	if s == nil {
		return decimal.Zero
	}
	return s.mrr
}

// same says whether the span of the next day tells the same.
func (s *span) same(n *span) bool {
	return s.until == n.from && s.mrr.Equal(n.mrr) && s.cause == n.cause && s.scheduled == n.scheduled && s.free == n.free &&
		s.kind == n.kind && s.rule == n.rule && s.plan() == n.plan() && s.item.Price.Name == n.item.Price.Name &&
		s.product() == n.product() && s.item.Price.ProductName == n.item.Price.ProductName &&
		s.item.Quantity.Equal(n.item.Quantity) && slices.Equal(s.refs, n.refs)
}

func (dv *derivation) record(r *billing.Record) {
	dv.customer(r)
	subs := make([]*billing.Subscription, 0, len(r.Subscriptions))
	for i := range r.Subscriptions {
		subs = append(subs, &r.Subscriptions[i])
	}
	slices.SortStableFunc(subs, func(a, b *billing.Subscription) int { return strings.Compare(a.ID, b.ID) })
	stories := map[string]story{"": dv.story(nil, &r.Customer)}
	for _, sub := range subs {
		s := dv.story(sub, &r.Customer)
		stories[sub.ID] = s
		d := newDossier(sub, &r.Customer, &dv.settings.Policy)
		dv.subscription(r, d)
		dv.watch.subscription(r, d)
		dv.live(r, d, s)
	}
	dv.invoices(r, stories)
}

// live walks a subscription's life from change to change and values each day.
// Of all that changes on one date, the terms at the day's end count.
func (dv *derivation) live(r *billing.Record, d *dossier, s story) {
	cuts := d.cuts()
	lines := make(map[string]*line)
	siblings := &family{}
	for i, t := range cuts {
		from, until := dv.day(t, billing.NoDate), billing.Forever
		if i+1 < len(cuts) {
			until = dv.day(cuts[i+1], billing.Forever)
		}
		if from < until {
			sc := d.at(t)
			dv.watch.scene(sc, t, from, until)
			dv.value(r, d, sc, t, until, lines, s)
		}
	}
	for _, l := range lines {
		l.siblings = siblings
		siblings.lines = append(siblings.lines, l)
	}
}

// value appends the spans of one stretch of days, which begins with the change at
// t.
func (dv *derivation) value(r *billing.Record, d *dossier, sc scene, t time.Time, until billing.Date, lines map[string]*line, s story) {
	if sc.standing.cause == causeFuture {
		return
	}
	from := dv.day(t, billing.NoDate)
	instant := from.In(dv.settings.Zone).AddDate(0, 0, 1) // the day's end
	var spans []*span
	var parts []part
	var counted []*span
	for i := range sc.items {
		it := &sc.items[i]
		if it.item.Price.Usage == billing.OneTime {
			continue
		}
		sp := &span{from: from, until: until, item: it.item, cause: sc.standing.cause, scheduled: sc.standing.scheduled, kind: it.kind, object: it.object}
		sp.mrr = decimal.New(0, -Scale)
		if sp.cause == causeNone && !it.trialEnd.IsZero() {
			if !instant.After(it.trialEnd) {
				sp.cause = causeTrial
			} else if !d.converted(it.trialEnd, it.item.ID) {
				sp.scheduled = true
			}
		}
		spans = append(spans, sp)
		if sp.cause == causeNone {
			if dv.watch != nil {
				sp.trace = new(trace)
			}
			parts = append(parts, part{item: it.item, discounts: it.discounts, trace: sp.trace})
			counted = append(counted, sp)
		}
	}
	dv.settings.Policy.value(parts, sc.shared, d.sub, func(discount *billing.Discount, no *refusal) {
		dv.reject(r, "discount", cmp.Or(discount.ID, discount.CouponID), no, discount.Object)
	})
	refused := make(map[*span]*refusal)
	for i, sp := range counted {
		p := &parts[i]
		if p.no == nil {
			sp.mrr, p.no = p.mrr()
		}
		if p.no != nil {
			refused[sp] = p.no
			if ahead := t.After(d.seen()); !ahead || !p.no.early {
				dv.reject(r, "item", p.item.ID, p.no, sp.object)
			}
			continue
		}
		if p.trace != nil {
			p.trace.add(StepRound, sp.mrr.Rat(), "", billing.Ref{}, "rounded once, to %d places, half up", Scale)
		}
		sp.free = dv.settings.Policy.FreeCountsAsCustomer && sp.mrr.IsZero() && p.item.Price.Usage != billing.Metered
		sp.refs = p.refs(sc.shared)
		if sc.standing.rule[0] != "" {
			p.rules.add(sc.standing.rule[0], sc.standing.rule[1])
		}
		sp.rule = p.rules.String()
	}
	for _, sp := range spans {
		id := sp.item.ID
		l := lines[id]
		if l == nil {
			l = &line{source: r.Source, customer: r.Customer.ID, sub: d.sub.ID, item: id, currency: d.sub.Currency, segments: s}
			lines[id] = l
			dv.lines = append(dv.lines, l)
		}
		l.append(sp, refused[sp] != nil)
		dv.watch.item(l, sp, refused[sp])
	}
}

// append adds a span. One that could not be valued holds the last value that
// was understood, if there is one.
func (l *line) append(sp *span, refused bool) {
	var last *span
	if len(l.spans) > 0 {
		last = l.spans[len(l.spans)-1]
	}
	if refused {
		if last == nil || last.until != sp.from || last.cause != causeNone {
			return
		}
		held := *last
		held.from, held.until, held.kind = sp.from, sp.until, billing.EvidenceHeld
		sp = &held
	}
	if last != nil && last.same(sp) {
		last.until = sp.until
		return
	}
	l.spans = append(l.spans, sp)
}

// refs are the catalogue objects that a part was valued by.
func (p *part) refs(shared []*billing.Discount) []string {
	all := make(refs)
	all.price(&p.item.Price)
	for _, list := range [][]*billing.Discount{p.discounts, shared} {
		for _, d := range list {
			all.add(d.Object)
		}
	}
	all.taxes(p.item.Taxes)
	return all.list()
}

func (dv *derivation) reject(r *billing.Record, kind, id string, no *refusal, object billing.Ref) {
	k := refusedKey{r.Source, kind, id, no.code}
	if dv.refused[k] {
		return
	}
	dv.refused[k] = true
	dv.result.Rejects = append(dv.result.Rejects, Reject{
		Source: r.Source, CustomerID: r.Customer.ID, Kind: kind, ID: id,
		Code: no.code, Detail: no.detail, Object: object,
	})
}

// periods writes the lines' days with MRR as rows, one for each of the segments'
// values where these change meanwhile.
func (dv *derivation) periods() {
	for _, l := range dv.lines {
		for _, s := range l.spans {
			if s.cause != causeNone || !s.mrr.IsPositive() && !s.free {
				continue
			}
			l.segments.split(s.from, s.until, func(from, until billing.Date, segments map[string]string) {
				dv.result.Periods = append(dv.result.Periods, Period{
					Source: l.source, CustomerID: l.customer, AccountID: dv.account, SubscriptionID: l.sub, ItemID: l.item,
					ProductID: s.product(), ProductName: s.item.Price.ProductName, PlanID: s.plan(), PlanName: s.item.Price.Name,
					Currency: l.currency, From: from, Until: until, Quantity: s.item.Quantity, MRR: s.mrr,
					Scheduled: s.scheduled, Segments: segments, Evidence: s.kind, Object: s.object, Rule: s.rule, Refs: s.refs,
				})
			})
		}
	}
}

// dropShort values at zero what came and went within one calendar month: its
// first day with MRR and its first day without lie in one month, and nothing is
// agreed for later.
func (dv *derivation) dropShort() {
	type life struct{ first, end billing.Date }
	lives := make(map[string]*life)
	for _, l := range dv.lines {
		unit := unitOf(l, dv.settings.Policy.Movements.Grain)
		for _, s := range l.spans {
			if !s.mrr.IsPositive() {
				continue
			}
			if lives[unit] == nil {
				lives[unit] = &life{s.from, s.until}
			}
			lives[unit].first = min(lives[unit].first, s.from)
			lives[unit].end = max(lives[unit].end, s.until)
		}
	}
	for _, l := range dv.lines {
		if v := lives[unitOf(l, dv.settings.Policy.Movements.Grain)]; v != nil && v.end != billing.Forever && v.first.Month() == v.end.Month() {
			l.spans = nil
		}
	}
}

// firstMRR dates the account's first MRR on each of its customers.
func (dv *derivation) firstMRR() {
	first := billing.NoDate
	for i := range dv.result.Periods {
		if p := &dv.result.Periods[i]; !p.Scheduled && p.MRR.IsPositive() && (first == billing.NoDate || p.From < first) {
			first = p.From
		}
	}
	for i := range dv.result.Customers {
		dv.result.Customers[i].FirstMRR = first
	}
}

func sortResult(r *Result) {
	slices.SortStableFunc(r.Periods, func(a, b Period) int {
		return cmp.Or(
			strings.Compare(a.Source, b.Source), strings.Compare(a.SubscriptionID, b.SubscriptionID),
			strings.Compare(a.ItemID, b.ItemID), cmp.Compare(a.From, b.From),
		)
	})
	slices.SortStableFunc(r.InvoiceLines, func(a, b InvoiceLine) int {
		return cmp.Or(
			strings.Compare(a.Source, b.Source), strings.Compare(a.InvoiceID, b.InvoiceID),
			strings.Compare(a.LineID, b.LineID), strings.Compare(string(a.Treatment), string(b.Treatment)),
		)
	})
	slices.SortStableFunc(r.Rejects, func(a, b Reject) int {
		return cmp.Or(
			strings.Compare(a.Source, b.Source), strings.Compare(a.Kind, b.Kind),
			strings.Compare(a.ID, b.ID), strings.Compare(a.Code, b.Code),
		)
	})
}
