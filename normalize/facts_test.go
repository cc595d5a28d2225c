package normalize_test

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// facts is a case as its author wrote it: what the sources know, in the little
// language that testdata/README.md describes.
type facts struct {
	settings  normalize.Settings
	account   normalize.Account
	today     time.Time
	prices    map[string]billing.Price
	coupons   map[string]billing.Discount
	record    *billing.Record
	sub       *billing.Subscription
	invoice   *billing.Invoice
	revisions int64
}

func parseFacts(text string) (*facts, error) {
	policy, err := normalize.Preset("")
	if err != nil {
		return nil, err
	}
	f := &facts{
		settings: normalize.Settings{Policy: policy, Zone: time.UTC},
		account:  normalize.Account{ID: "acct"},
		today:    time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		prices:   map[string]billing.Price{},
		coupons:  map[string]billing.Discount{},
	}
	for n, raw := range strings.Split(text, "\n") {
		statement, _, _ := strings.Cut(raw, "#")
		words := strings.Fields(statement)
		if len(words) == 0 {
			continue
		}
		if err := f.statement(words[0], words[1:]); err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", n+1, strings.TrimSpace(raw), err)
		}
	}
	return f, nil
}

func (f *facts) statement(verb string, w []string) (err error) {
	switch verb {
	case "zone":
		f.settings.Zone, err = time.LoadLocation(w[0])
		return err
	case "today":
		f.today, err = f.time(w[0])
		return err
	case "preset":
		f.settings.Policy, err = normalize.Preset(w[0])
		return err
	case "policy":
		return f.policy(w)
	case "segment":
		if f.settings.Segments == nil {
			f.settings.Segments = map[string]string{}
		}
		f.settings.Segments[w[0]] = w[1]
		return nil
	case "price":
		return f.price(w)
	case "coupon":
		return f.coupon(w)
	case "customer":
		source, id, ok := strings.Cut(w[0], "/")
		if !ok {
			source, id = "main", w[0]
		}
		f.account.Records = append(f.account.Records, billing.Record{Source: source, Customer: billing.Customer{ID: id, Metadata: map[string]string{}}})
		f.record = &f.account.Records[len(f.account.Records)-1]
		f.sub = nil
		return nil
	case "metadata":
		return f.metadata(w)
	case "discounts":
		return f.customerDiscounts(w)
	case "subscription":
		return f.subscription(w)
	case "version":
		return f.version(w)
	case "phase":
		return f.phase(w)
	case "charged", "began", "stopped", "voided", "ontrial":
		return f.service(verb, w)
	case "invoice", "credit":
		return f.document(verb, w)
	case "line":
		return f.line(w)
	}
	return fmt.Errorf("unknown word %q", verb)
}

func (f *facts) time(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, f.settings.Zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", s)
}

func (f *facts) span(s string) (from, until time.Time, err error) {
	a, b, ok := strings.Cut(s, "..")
	if !ok {
		return from, until, fmt.Errorf("%q is not a range", s)
	}
	if from, err = f.time(a); err != nil {
		return from, until, err
	}
	until, err = f.time(b)
	return from, until, err
}

// policy sets keys, as "discounts.once=subtract".
func (f *facts) policy(w []string) error {
	p := &f.settings.Policy
	for _, kv := range w {
		key, value, _ := strings.Cut(kv, "=")
		word := func(into *string) func(any) error {
			return func(v any) error {
				s, ok := v.(*string)
				if !ok {
					return fmt.Errorf("%q is one word", value)
				}
				*s = *into
				return nil
			}
		}
		var err error
		switch key {
		case "past_due":
			if days, ok := strings.CutPrefix(value, "exclude_after_days:"); ok {
				p.PastDue.Days, err = strconv.Atoi(days)
			} else {
				err = p.PastDue.UnmarshalYAML(word(&value))
			}
		case "factors.week":
			err = p.Factors.Week.UnmarshalYAML(word(&value))
		case "factors.day":
			err = p.Factors.Day.UnmarshalYAML(word(&value))
		case "pause_collection.void":
			p.PauseCollection.Void = normalize.PauseRule(value)
		case "pause_collection.keep_as_draft":
			p.PauseCollection.KeepAsDraft = normalize.PauseRule(value)
		case "pause_collection.mark_uncollectible":
			p.PauseCollection.MarkUncollectible = normalize.PauseRule(value)
		case "chargebee_paused":
			p.ChargebeePaused = normalize.PauseRule(value)
		case "churn_at":
			p.ChurnAt = normalize.ChurnAt(value)
		case "discounts.forever":
			p.Discounts.Forever = normalize.DiscountRule(value)
		case "discounts.repeating":
			p.Discounts.Repeating = normalize.DiscountRule(value)
		case "discounts.repeating_on_yearly":
			p.Discounts.RepeatingOnYearly = normalize.DiscountRule(value)
		case "discounts.once":
			p.Discounts.Once = normalize.DiscountRule(value)
		case "free_counts_as_customer":
			p.FreeCountsAsCustomer = value == "true"
		case "usage.commitment_metadata_key":
			p.Usage.CommitmentMetadataKey = value
		case "usage.metered_flat_fee":
			p.Usage.MeteredFlatFee = normalize.FeeRule(value)
		case "tax_inclusive":
			p.TaxInclusive = normalize.TaxRule(value)
		case "movements.grain":
			p.Movements.Grain = normalize.Grain(value)
		case "movements.reactivation_after_days":
			p.Movements.ReactivationAfterDays, err = strconv.Atoi(value)
		case "movements.same_month_new_and_churn":
			p.Movements.SameMonthNewAndChurn = normalize.ShortRule(value)
		default:
			err = fmt.Errorf("unknown policy key %q", key)
		}
		if err != nil {
			return err
		}
	}
	return p.Validate()
}

// price reads: NAME AMOUNT CURRENCY / [COUNT] UNIT [words...]; a tiered price
// has no AMOUNT but tiers such as 5@10 *@8+20 (up to @ unit + flat).
func (f *facts) price(w []string) error {
	p := billing.Price{
		ID: w[0], Name: w[0], ProductID: "prod_" + w[0], ProductName: w[0], Usage: billing.Licensed,
		Model: billing.PerUnit, Tax: billing.TaxExclusive, Object: billing.Ref{Kind: "price", ID: w[0]},
		Interval: billing.Interval{Count: 1},
	}
	w = w[1:]
	if d, err := decimal.NewFromString(w[0]); err == nil {
		p.Unit, w = d, w[1:]
	}
	p.Currency, w = w[0], w[1:]
	if len(w) > 0 && w[0] == "/" {
		w = w[1:]
		if n, err := strconv.ParseInt(w[0], 10, 64); err == nil {
			p.Interval.Count, w = n, w[1:]
		}
		units := map[string]billing.Unit{"day": billing.Day, "week": billing.Week, "month": billing.Month, "year": billing.Year, "term": billing.Term}
		if p.Interval.Unit = units[w[0]]; p.Interval.Unit == 0 {
			return fmt.Errorf("unknown interval %q", w[0])
		}
		w = w[1:]
	}
	for i := 0; i < len(w); i++ {
		number := func() (int64, error) {
			if i++; i >= len(w) {
				return 0, fmt.Errorf("%q needs a number", w[i-1])
			}
			return strconv.ParseInt(w[i], 10, 64)
		}
		var err error
		switch word := w[i]; word {
		case "flat":
			p.Model = billing.Flat
		case "graduated":
			p.Model = billing.Graduated
		case "volume":
			p.Model = billing.Volume
		case "stairstep":
			p.Model = billing.Stairstep
		case "package":
			p.Model = billing.Package
			p.PackageSize, err = number()
		case "divide_up", "divide_down":
			p.Transform = &billing.Transform{RoundUp: word == "divide_up"}
			p.Transform.DivideBy, err = number()
		case "metered":
			p.Usage = billing.Metered
		case "one_time":
			p.Usage = billing.OneTime
		case "inclusive":
			p.Tax = billing.TaxInclusive
		default:
			if k, v, ok := strings.Cut(word, "="); ok {
				if k == "product" {
					p.ProductID, p.ProductName = v, v
				} else {
					p.Metadata = map[string]string{k: v}
				}
				continue
			}
			var t billing.Tier
			if t, err = parseTier(word); err == nil {
				p.Tiers = append(p.Tiers, t)
			}
		}
		if err != nil {
			return err
		}
	}
	f.prices[p.ID] = p
	return nil
}

func parseTier(s string) (billing.Tier, error) {
	var t billing.Tier
	upTo, rest, ok := strings.Cut(s, "@")
	if !ok {
		return t, fmt.Errorf("%q is neither a word of prices nor a tier", s)
	}
	unit, flat, hasFlat := strings.Cut(rest, "+")
	var err error
	if t.Unbounded = upTo == "*"; !t.Unbounded {
		if t.UpTo, err = decimal.NewFromString(upTo); err != nil {
			return t, err
		}
	}
	if t.Unit, err = decimal.NewFromString(unit); err != nil {
		return t, err
	}
	if hasFlat {
		t.Flat, err = decimal.NewFromString(flat)
	}
	return t, err
}

// coupon reads: NAME 20% | 5 USD, then forever, repeating or once, free=N for
// units that cost nothing, and the products it is limited to.
func (f *facts) coupon(w []string) error {
	d := billing.Discount{CouponID: w[0], Object: billing.Ref{Kind: "coupon", ID: w[0]}, Duration: billing.Always}
	percent, isPercent := strings.CutSuffix(w[1], "%")
	amount, err := decimal.NewFromString(percent)
	if err != nil {
		return err
	}
	rest := w[2:]
	if isPercent {
		d.Percent = amount
	} else {
		d.Amount, d.Currency, rest = amount, w[2], w[3:]
	}
	for _, word := range rest {
		if units, ok := strings.CutPrefix(word, "free="); ok {
			if d.FreeUnits, err = decimal.NewFromString(units); err != nil {
				return err
			}
			continue
		}
		switch word {
		case "forever":
		case "repeating":
			d.Duration = billing.Repeating
		case "once":
			d.Duration = billing.Once
		default:
			d.AppliesTo = append(d.AppliesTo, word)
		}
	}
	f.coupons[w[0]] = d
	return nil
}

// discount reads -COUPON@FROM..UNTIL, its times optional.
func (f *facts) discount(s string) (billing.Discount, error) {
	name, times, dated := strings.Cut(strings.TrimPrefix(s, "-"), "@")
	d, ok := f.coupons[name]
	if !ok {
		return d, fmt.Errorf("unknown coupon %q", name)
	}
	d.ID = "di_" + name
	var err error
	if dated {
		d.Start, d.End, err = f.span(times)
	}
	return d, err
}

func (f *facts) discounts(w []string) (out []billing.Discount, err error) {
	for _, s := range w {
		d, err := f.discount(s)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// customerDiscounts reads: FROM..UNTIL -COUPON@... -COUPON@...
func (f *facts) customerDiscounts(w []string) error {
	var span billing.DiscountSpan
	var err error
	if span.From, span.Until, err = f.span(w[0]); err != nil {
		return err
	}
	span.Discounts, err = f.discounts(w[1:])
	f.record.Customer.Discounts = append(f.record.Customer.Discounts, span)
	return err
}

// subscription reads: ID CURRENCY FROM..UNTIL [created=T] [requested=T].
func (f *facts) subscription(w []string) error {
	s := billing.Subscription{ID: w[0], Currency: w[1], CustomerID: f.record.Customer.ID, Metadata: map[string]string{}}
	var err error
	if s.Start, s.Ended, err = f.span(w[2]); err != nil {
		return err
	}
	s.Created = s.Start
	for _, word := range w[3:] {
		k, v, _ := strings.Cut(word, "=")
		switch k {
		case "created":
			s.Created, err = f.time(v)
		case "requested":
			s.Requested, err = f.time(v)
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return err
		}
	}
	f.record.Subscriptions = append(f.record.Subscriptions, s)
	f.sub = &f.record.Subscriptions[len(f.record.Subscriptions)-1]
	return nil
}

var statuses = map[string]billing.Status{
	"active": billing.StatusActive, "past_due": billing.StatusPastDue, "non_renewing": billing.StatusNonRenewing,
	"trialing": billing.StatusTrialing, "future": billing.StatusFuture, "incomplete": billing.StatusIncomplete,
	"unpaid": billing.StatusUnpaid, "paused": billing.StatusPaused, "canceled": billing.StatusCanceled,
}

var kinds = map[string]billing.EvidenceKind{
	"observed": billing.EvidenceObserved, "held": billing.EvidenceHeld, "contract": billing.EvidenceContract,
}

func (f *facts) ref(kind string) billing.Ref {
	f.revisions++
	return billing.Ref{Kind: kind, ID: kind, Version: f.revisions}
}

// version reads: FROM..UNTIL STATUS [words] : ITEM , ITEM | -DISCOUNT ...
func (f *facts) version(w []string) error {
	s := billing.State{Evidence: billing.EvidenceVersion, SeenAt: f.today, Object: f.ref("version")}
	var err error
	if s.From, s.Until, err = f.span(w[0]); err != nil {
		return err
	}
	if s.Terms.Status = statuses[w[1]]; s.Terms.Status == 0 {
		return fmt.Errorf("unknown status %q", w[1])
	}
	head, items, shared := split(w[2:])
	for _, word := range head {
		k, v, _ := strings.Cut(word, "=")
		switch {
		case kinds[k] != 0:
			s.Evidence = kinds[k]
		case k == "seen":
			s.SeenAt, err = f.time(v)
		case k == "trial":
			s.Terms.TrialStart, s.Terms.TrialEnd, err = f.span(v)
		case k == "cancel_at":
			s.Terms.CancelAt, err = f.time(v)
		case k == "pause":
			behavior, until, _ := strings.Cut(v, "..")
			s.Terms.Pause.Behavior = map[string]billing.PauseBehavior{
				"void": billing.PauseVoid, "draft": billing.PauseKeepAsDraft, "uncollectible": billing.PauseMarkUncollectible,
			}[behavior]
			s.Terms.Pause.ResumesAt, err = f.time(until)
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return err
		}
	}
	if s.Terms.Items, err = f.items(items); err != nil {
		return err
	}
	s.Terms.Discounts, err = f.discounts(shared)
	f.sub.States = append(f.sub.States, s)
	return err
}

// split cuts HEAD : ITEM , ITEM | SHARED.
func split(w []string) (head []string, items [][]string, shared []string) {
	part := 0
	for _, word := range w {
		switch {
		case word == ":":
			part = 1
			items = append(items, nil)
		case word == "|":
			part = 2
		case word == ",":
			items = append(items, nil)
		case part == 0:
			head = append(head, word)
		case part == 1:
			items[len(items)-1] = append(items[len(items)-1], word)
		default:
			shared = append(shared, word)
		}
	}
	return head, items, shared
}

func (f *facts) items(lists [][]string) (out []billing.Item, err error) {
	for _, w := range lists {
		item, err := f.item(w)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

// item reads: ID PRICE [xQUANTITY] [created=T] [trial_end=T] [amount=D]
// [minimum=D] [term=FROM..UNTIL] [tax=P% | tax=P%incl] [-DISCOUNT].
func (f *facts) item(w []string) (billing.Item, error) {
	item := billing.Item{ID: cmp.Or(strings.Trim(w[0], "?")), Quantity: decimal.NewFromInt(1)}
	p, ok := f.prices[w[1]]
	if !ok {
		return item, fmt.Errorf("unknown price %q", w[1])
	}
	item.Price = p
	for _, word := range w[2:] {
		var err error
		k, v, _ := strings.Cut(word, "=")
		amount := func(into **decimal.Decimal) error {
			d, err := decimal.NewFromString(v)
			*into = &d
			return err
		}
		switch {
		case strings.HasPrefix(word, "-"):
			var d billing.Discount
			d, err = f.discount(word)
			item.Discounts = append(item.Discounts, d)
		case strings.HasPrefix(word, "x"):
			item.Quantity, err = decimal.NewFromString(word[1:])
		case k == "created":
			item.Created, err = f.time(v)
		case k == "trial_end":
			item.TrialEnd, err = f.time(v)
		case k == "amount":
			err = amount(&item.Amount)
		case k == "minimum":
			err = amount(&item.Commitment)
		case k == "term":
			from, until, _ := strings.Cut(v, "..")
			if item.TermFrom, err = billing.ParseDate(from); err == nil && until != "" {
				item.TermUntil, err = billing.ParseDate(until)
			}
		case k == "tax":
			rate := billing.TaxRate{ID: "txr_" + v}
			var percent string
			percent, rate.Inclusive = strings.CutSuffix(v, "%incl")
			rate.Percent, err = decimal.NewFromString(strings.TrimSuffix(percent, "%"))
			item.Taxes = append(item.Taxes, rate)
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return item, err
		}
	}
	return item, nil
}

// phase reads: FROM..UNTIL : ITEM , ITEM | -DISCOUNT; an item "?" has no id.
func (f *facts) phase(w []string) error {
	p := billing.Phase{Object: f.ref("phase")}
	var err error
	if p.From, p.Until, err = f.span(w[0]); err != nil {
		return err
	}
	_, items, shared := split(w[1:])
	if p.Items, err = f.items(items); err != nil {
		return err
	}
	p.Discounts, err = f.discounts(shared)
	f.sub.Phases = append(f.sub.Phases, p)
	return err
}

// service reads: FROM..UNTIL [issued=T] : ITEM | -DISCOUNT.
func (f *facts) service(kind string, w []string) error {
	s := billing.Service{Object: f.ref("invoice"), Kind: map[string]billing.ServiceKind{
		"charged": billing.Charged, "began": billing.Began, "stopped": billing.Stopped, "voided": billing.Voided, "ontrial": billing.OnTrial,
	}[kind]}
	var err error
	if s.From, s.Until, err = f.span(w[0]); err != nil {
		return err
	}
	s.IssuedAt = s.From
	head, items, shared := split(w[1:])
	for _, word := range head {
		v, ok := strings.CutPrefix(word, "issued=")
		if !ok {
			return fmt.Errorf("unknown word %q", word)
		}
		if s.IssuedAt, err = f.time(v); err != nil {
			return err
		}
	}
	for _, list := range items {
		item, err := f.item(list)
		if err != nil {
			return err
		}
		one := s
		one.ItemID, one.Price, one.Quantity, one.Taxes, one.Discounts = item.ID, item.Price, item.Quantity, item.Taxes, item.Discounts
		if one.Inherited, err = f.discounts(shared); err != nil {
			return err
		}
		f.sub.Services = append(f.sub.Services, one)
	}
	return nil
}

// document reads: ID CURRENCY STATUS ISSUED TOTAL.
func (f *facts) document(kind string, w []string) error {
	states := map[string]billing.InvoiceStatus{
		"draft": billing.InvoiceDraft, "open": billing.InvoiceOpen, "paid": billing.InvoicePaid,
		"uncollectible": billing.InvoiceUncollectible, "void": billing.InvoiceVoid,
	}
	inv := billing.Invoice{ID: w[0], Currency: w[1], Status: states[w[2]], CreditNote: kind == "credit", CustomerID: f.record.Customer.ID}
	var err error
	if inv.IssuedAt, err = f.time(w[3]); err != nil {
		return err
	}
	if inv.Total, err = decimal.NewFromString(w[4]); err != nil {
		return err
	}
	if f.sub != nil {
		inv.SubscriptionID = f.sub.ID
	}
	f.record.Invoices = append(f.record.Invoices, inv)
	f.invoice = &f.record.Invoices[len(f.record.Invoices)-1]
	return nil
}

// line reads: ID AMOUNT PRICE ITEM FROM..UNTIL [proration] [trial] [discount=D]
// [tax=D] [minimum=D].
func (f *facts) line(w []string) error {
	p := f.prices[w[2]]
	l := billing.Line{ID: w[0], PriceID: w[2], ProductID: p.ProductID, ItemID: w[3], Usage: p.Usage, SubscriptionID: f.invoice.SubscriptionID}
	if p.Usage != billing.OneTime {
		l.Interval = p.Interval
	}
	var err error
	if l.Amount, err = decimal.NewFromString(w[1]); err != nil {
		return err
	}
	if l.From, l.Until, err = f.span(w[4]); err != nil {
		return err
	}
	for _, word := range w[5:] {
		k, v, _ := strings.Cut(word, "=")
		switch k {
		case "proration":
			l.Proration = true
		case "trial":
			l.Trial = true
		case "discount":
			l.Discounts, err = decimal.NewFromString(v)
		case "tax":
			l.Taxes, err = decimal.NewFromString(v)
		case "minimum":
			var d decimal.Decimal
			d, err = decimal.NewFromString(v)
			l.Commitment = &d
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return err
		}
	}
	f.invoice.Lines = append(f.invoice.Lines, l)
	return nil
}

// metadata sets a value, from the beginning or from an instant on.
func (f *facts) metadata(w []string) error {
	k, v, _ := strings.Cut(w[0], "=")
	now, past := f.record.Customer.Metadata, &f.record.Customer.Profiles
	if f.sub != nil {
		now, past = f.sub.Metadata, &f.sub.Profiles
	}
	if len(w) == 1 {
		now["metadata."+k] = v
		return nil
	}
	if len(w) != 3 || w[1] != "from" {
		return fmt.Errorf("metadata: want KEY=VALUE [from T]")
	}
	from, err := f.time(w[2])
	if len(*past) == 0 {
		*past = append(*past, billing.Profile{Values: maps.Clone(now)})
	}
	now["metadata."+k] = v
	*past = append(*past, billing.Profile{From: from, Values: maps.Clone(now)})
	return err
}
