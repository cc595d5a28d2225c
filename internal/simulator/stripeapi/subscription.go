package stripeapi

import (
	"slices"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/wire"
)

// Version is the API version that the answers speak.
const Version = "2023-10-16"

// dialect is an API version that events may speak besides the account's own.
type dialect uint8

const (
	current dialect = iota
	older           // before prices: items have a plan only
	newer           // periods live on items, prices of lines in `pricing`
)

var versions = [...]string{current: Version, older: "2019-12-03", newer: "2025-03-31.basil"}

// moment renders the company as the API shows it at one moment.
type moment struct {
	*catalogBytes
	c *company.Company
	t int64
	d dialect
}

// catalogBytes is what is rendered once: prices, before and after archiving.
type catalogBytes struct {
	archive map[*company.Price]*[2]pricing
}

type pricing struct{ price, plan []byte }

func newCatalogBytes(c *company.Company) *catalogBytes {
	k := &catalogBytes{archive: map[*company.Price]*[2]pricing{}}
	for _, x := range c.Catalog.Prices {
		var both [2]pricing
		for i := range both {
			p := &moment{catalogBytes: &catalogBytes{}, c: c}
			if i == 1 {
				p.t = x.Archived
			}
			var a, b enc
			p.price(&a, x, nil)
			p.plan(&b, x)
			both[i] = pricing{a.B, b.B}
		}
		k.archive[x] = &both
	}
	return k
}

// listed is the head of an embedded list; its data follows.
func (e *enc) listed(key string) {
	e.Obj(key)
	e.Str("object", "list")
	e.Arr("data")
}

func (e *enc) listEnd(more bool, url string) {
	e.EndArr()
	e.Bool("has_more", more)
	e.Str("url", url)
	e.End()
}

// page is how many objects an embedded list shows.
const page = 10

func (p *moment) customer(e *enc, x *company.Customer, want *expand) {
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "customer")
	if x.Deleted > 0 && x.Deleted <= p.t {
		e.Bool("deleted", true)
		e.End()
		return
	}
	e.Obj("address")
	e.Null("city")
	e.Str("country", x.Country)
	e.Nulls("line1", "line2", "postal_code", "state")
	e.End()
	e.Num("balance", 0)
	e.Num("created", x.Created)
	e.Str("currency", x.Currency)
	e.Null("default_source")
	e.Bool("delinquent", slices.ContainsFunc(x.Subscriptions, func(s *company.Subscription) bool {
		v := s.At(p.t)
		return v != nil && (v.Status == company.PastDue || v.Status == company.Unpaid)
	}))
	e.Null("description")
	p.firstDiscount(e, x.Discounts, want.at("discount"))
	if x.Moved > 0 && x.Moved <= p.t {
		e.Str("email", "new."+x.Email)
	} else {
		e.Str("email", x.Email)
	}
	e.Str("invoice_prefix", prefix(x))
	e.Obj("invoice_settings")
	e.Nulls("custom_fields", "default_payment_method", "footer", "rendering_options")
	e.End()
	e.Bool("livemode", false)
	e.Obj("metadata")
	if !x.Untagged {
		e.Str("account_id", x.Account)
	}
	if owner := x.OwnerAt(p.t); owner != "" {
		e.Str("csm_owner", owner)
	}
	if x.Segment != "" {
		e.Str("segment", x.Segment)
	}
	e.End()
	e.Str("name", x.Name)
	e.Num("next_invoice_sequence", 1)
	e.Null("phone")
	e.Raw("preferred_locales", []byte("[]"))
	e.Null("shipping")
	if w := want.at("subscriptions"); w != nil {
		p.subscriptionsOf(e, x, w)
	}
	e.Str("tax_exempt", "none")
	e.Null("test_clock")
	e.End()
}

// subscriptionsOf embeds a customer's subscriptions that are not canceled.
func (p *moment) subscriptionsOf(e *enc, x *company.Customer, want *expand) {
	e.listed("subscriptions")
	n := 0
	for _, s := range slices.Backward(x.Subscriptions) {
		v := s.At(p.t)
		if v == nil || v.Status == company.Canceled {
			continue
		}
		if n++; n <= page {
			p.subscription(e, s, want.at("data"))
		}
	}
	e.listEnd(n > page, "/v1/customers/"+x.ID+"/subscriptions")
}

func prefix(x *company.Customer) string { return x.ID[4:12] }

// ref writes the identifier of a customer, or the customer itself when expanded.
func (p *moment) customerRef(e *enc, x *company.Customer, want *expand) {
	if w := want.at("customer"); w != nil {
		e.Key("customer")
		p.customer(e, x, w)
		return
	}
	e.Str("customer", x.ID)
}

func (p *moment) discount(e *enc, d *company.Discount, cust *company.Customer, want *expand) {
	e.Open()
	e.Str("id", d.ID)
	e.Str("object", "discount")
	e.Null("checkout_session")
	e.Key("coupon")
	p.coupon(e, d.Coupon, want.at("coupon"))
	p.customerRef(e, cust, want)
	e.When("end", d.End)
	e.Nulls("invoice", "invoice_item", "promotion_code")
	e.Num("start", d.Start)
	if d.Sub != nil {
		e.Str("subscription", d.Sub.ID)
	} else {
		e.Null("subscription")
	}
	e.Opt("subscription_item", d.Item)
	e.End()
}

// discounts writes those that pass, as identifiers unless expanded.
func (p *moment) discounts(e *enc, list []*company.Discount, cust *company.Customer, want *expand, pass func(*company.Discount) bool) {
	e.Arr("discounts")
	for _, d := range list {
		if !pass(d) {
			continue
		}
		if w := want.at("discounts"); w != nil {
			p.discount(e, d, cust, w)
		} else {
			e.Item(d.ID)
		}
	}
	e.EndArr()
}

// firstDiscount is the older form: one discount, always whole.
func (p *moment) firstDiscount(e *enc, list []*company.Discount, want *expand) {
	for _, d := range list {
		if d.Item != "" || !d.Attached(p.t) {
			continue
		}
		e.Key("discount")
		cust := p.customerOf(d)
		p.discount(e, d, cust, want)
		return
	}
	e.Null("discount")
}

func (p *moment) customerOf(d *company.Discount) *company.Customer {
	if d.Sub != nil {
		return d.Sub.Customer
	}
	r, _ := p.c.Find(company.KindDiscount, d.ID)
	return p.c.Customers[r.Customer()]
}

func (p *moment) subscription(e *enc, s *company.Subscription, want *expand) {
	v := s.At(max(p.t, s.Created))
	cycle := s.CycleAt(p.t)
	e.Open()
	e.Str("id", s.ID)
	e.Str("object", "subscription")
	e.Nulls("application", "application_fee_percent")
	e.Raw("automatic_tax", []byte(`{"enabled":false,"liability":null}`))
	e.Num("billing_cycle_anchor", s.AnchorAt(p.t))
	e.Nulls("billing_cycle_anchor_config", "billing_thresholds")
	e.When("cancel_at", v.CancelAt)
	e.Bool("cancel_at_period_end", v.CancelAtEnd)
	e.When("canceled_at", v.CanceledAt)
	e.Obj("cancellation_details")
	e.Nulls("comment", "feedback")
	e.Opt("reason", v.Reason)
	e.End()
	e.Str("collection_method", collection(s))
	e.Num("created", s.Created)
	e.Str("currency", s.Currency)
	if p.d != newer {
		e.Num("current_period_end", cycle.End)
		e.Num("current_period_start", cycle.Start)
	}
	p.customerRef(e, s.Customer, want)
	e.When("days_until_due", pick(s.Sends, 30, 0))
	e.Nulls("default_payment_method", "default_source")
	p.taxes(e, "default_tax_rates", s.Tax)
	e.Null("description")
	if p.d != newer {
		p.firstDiscount(e, s.Discounts, want.at("discount"))
	}
	if p.d != older {
		p.discounts(e, s.Discounts, s.Customer, want, func(d *company.Discount) bool { return d.Item == "" && d.Attached(p.t) })
	}
	e.When("ended_at", v.EndedAt)
	p.items(e, s, v, cycle, want.at("items"))
	p.latest(e, s, want)
	e.Bool("livemode", false)
	e.Obj("metadata")
	if v.Tier != "" {
		e.Str("tier", v.Tier)
	}
	e.End()
	e.Nulls("next_pending_invoice_item_invoice", "on_behalf_of")
	p.pause(e, s)
	e.Raw("payment_settings", []byte(`{"payment_method_options":null,"payment_method_types":null,"save_default_payment_method":"off"}`))
	e.Nulls("pending_invoice_item_interval", "pending_setup_intent")
	p.pending(e, s, v)
	p.scheduleRef(e, s, want)
	e.Num("start_date", s.Start)
	e.Str("status", v.Status.String())
	e.Nulls("test_clock", "transfer_data")
	e.When("trial_end", s.Trial.End)
	e.Raw("trial_settings", []byte(`{"end_behavior":{"missing_payment_method":"create_invoice"}}`))
	e.When("trial_start", s.Trial.Start)
	e.End()
}

func collection(s *company.Subscription) string {
	if s.Sends {
		return "send_invoice"
	}
	return "charge_automatically"
}

func (p *moment) items(e *enc, s *company.Subscription, v *company.Version, cycle company.Cycle, want *expand) {
	e.listed("items")
	for i := range v.Items[:min(len(v.Items), page)] {
		p.item(e, s, &v.Items[i], cycle, want.at("data"))
	}
	e.listEnd(len(v.Items) > page, "/v1/subscription_items?subscription="+s.ID)
}

func (p *moment) item(e *enc, s *company.Subscription, it *company.Item, cycle company.Cycle, want *expand) {
	e.Open()
	e.Str("id", it.ID)
	e.Str("object", "subscription_item")
	e.Null("billing_thresholds")
	e.Num("created", it.Created)
	if p.d == newer {
		e.Num("current_period_end", cycle.End)
		e.Num("current_period_start", cycle.Start)
	}
	if p.d != older {
		p.discounts(e, s.Discounts, s.Customer, want, func(d *company.Discount) bool { return d.Item == it.ID && d.Attached(p.t) })
	}
	e.Raw("metadata", []byte("{}"))
	e.Key("plan")
	p.plan(e, it.Price)
	if p.d != older {
		e.Key("price")
		p.price(e, it.Price, want.at("price"))
	}
	if !it.Price.Metered {
		e.Num("quantity", it.Quantity)
	}
	e.Str("subscription", s.ID)
	p.taxes(e, "tax_rates", it.Tax)
	e.End()
}

func (p *moment) latest(e *enc, s *company.Subscription, want *expand) {
	x := s.InvoiceAt(p.t)
	switch {
	case x == nil:
		e.Null("latest_invoice")
	case want.has("latest_invoice"):
		e.Key("latest_invoice")
		p.invoice(e, x, want.at("latest_invoice"))
	default:
		e.Str("latest_invoice", x.ID)
	}
}

func (p *moment) pause(e *enc, s *company.Subscription) {
	x := s.PauseAt(p.t)
	if x == nil {
		e.Null("pause_collection")
		return
	}
	e.Obj("pause_collection")
	e.Str("behavior", x.Behavior.String())
	e.When("resumes_at", x.Resumes)
	e.End()
}

func (p *moment) pending(e *enc, s *company.Subscription, v *company.Version) {
	if v.Pending == nil {
		e.Null("pending_update")
		return
	}
	e.Obj("pending_update")
	e.Null("billing_cycle_anchor")
	e.Num("expires_at", v.Pending.Expires)
	e.Arr("subscription_items")
	for i := range v.Pending.Items {
		p.item(e, s, &v.Pending.Items[i], s.CycleAt(p.t), nil)
	}
	e.EndArr()
	e.Nulls("trial_end", "trial_from_plan")
	e.End()
}

// held is the schedule that is in charge of a subscription, nil without one.
func (p *moment) held(s *company.Subscription) *company.Schedule {
	h := s.Schedule
	if h == nil || scheduleStatus(h, p.t) != "active" {
		return nil
	}
	return h
}

func (p *moment) scheduleRef(e *enc, s *company.Subscription, want *expand) {
	h := p.held(s)
	switch {
	case h == nil:
		e.Null("schedule")
	case want.has("schedule"):
		e.Key("schedule")
		p.schedule(e, h, want.at("schedule"))
	default:
		e.Str("schedule", h.ID)
	}
}

func scheduleStatus(h *company.Schedule, t int64) string {
	past := func(m int64) bool { return m > 0 && m <= t }
	switch {
	case past(h.Canceled):
		return "canceled"
	case past(h.Done):
		return "completed"
	case past(h.Released):
		return "released"
	}
	return "active"
}

func (p *moment) schedule(e *enc, h *company.Schedule, want *expand) {
	status := scheduleStatus(h, p.t)
	s := h.Sub
	e.Open()
	e.Str("id", h.ID)
	e.Str("object", "subscription_schedule")
	e.Null("application")
	moment := func(key, of string, t int64) {
		if status != of {
			t = 0
		}
		e.When(key, t)
	}
	moment("canceled_at", "canceled", h.Canceled)
	moment("completed_at", "completed", h.Done)
	e.Num("created", h.Created)
	e.Key("current_phase")
	if i := slices.IndexFunc(h.Phases, func(x company.Phase) bool { return x.Start <= p.t && p.t < x.End }); i >= 0 && status == "active" {
		e.Open()
		e.Num("end_date", h.Phases[i].End)
		e.Num("start_date", h.Phases[i].Start)
		e.End()
	} else {
		e.B = append(e.B, "null"...)
	}
	p.customerRef(e, s.Customer, want)
	e.Raw("default_settings", []byte(`{"application_fee_percent":null,"automatic_tax":{"enabled":false,"liability":null},"billing_cycle_anchor":"automatic","billing_thresholds":null,`+
		`"collection_method":"charge_automatically","default_payment_method":null,"description":null,"invoice_settings":{"account_tax_ids":null,"days_until_due":null,"issuer":{"type":"self"}},"on_behalf_of":null,"transfer_data":null}`))
	if h.Cancels {
		e.Str("end_behavior", "cancel")
	} else {
		e.Str("end_behavior", "release")
	}
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Arr("phases")
	for i := range h.Phases {
		p.phase(e, h, &h.Phases[i], want.at("phases"))
	}
	e.EndArr()
	moment("released_at", "released", h.Released)
	if status == "released" {
		e.Str("released_subscription", s.ID)
	} else {
		e.Null("released_subscription")
	}
	e.Str("status", status)
	switch {
	case status != "active" && status != "completed":
		e.Null("subscription")
	case want.has("subscription"):
		e.Key("subscription")
		p.subscription(e, s, want.at("subscription"))
	default:
		e.Str("subscription", s.ID)
	}
	e.Null("test_clock")
	e.End()
}

func (p *moment) phase(e *enc, h *company.Schedule, x *company.Phase, want *expand) {
	e.Open()
	e.Raw("add_invoice_items", []byte("[]"))
	e.Nulls("application_fee_percent", "billing_cycle_anchor", "billing_thresholds", "collection_method")
	coupon := func(want *expand) {
		e.Key("coupon")
		switch {
		case x.Coupon == nil:
			e.B = append(e.B, "null"...)
		case want.has("coupon"):
			p.coupon(e, x.Coupon, want.at("coupon"))
		default:
			e.B = wire.Quote(e.B, x.Coupon.ID)
		}
	}
	coupon(want)
	e.Str("currency", h.Sub.Currency)
	e.Null("default_payment_method")
	p.taxes(e, "default_tax_rates", h.Sub.Tax)
	e.Null("description")
	e.Arr("discounts")
	if x.Coupon != nil {
		e.Open()
		coupon(want.at("discounts"))
		e.Nulls("discount", "promotion_code")
		e.End()
	}
	e.EndArr()
	e.Num("end_date", x.End)
	e.Null("invoice_settings")
	e.Arr("items")
	e.Open()
	e.Null("billing_thresholds")
	e.Raw("discounts", []byte("[]"))
	e.Raw("metadata", []byte("{}"))
	e.Str("plan", x.Price.ID)
	if w := want.at("items").at("price"); w != nil {
		e.Key("price")
		p.price(e, x.Price, w)
	} else {
		e.Str("price", x.Price.ID)
	}
	e.Num("quantity", x.Quantity)
	p.taxes(e, "tax_rates", h.Sub.Versions[0].Items[0].Tax)
	e.End()
	e.EndArr()
	e.Raw("metadata", []byte("{}"))
	e.Null("on_behalf_of")
	e.Str("proration_behavior", "none")
	e.Num("start_date", x.Start)
	e.Nulls("transfer_data", "trial_end")
	e.End()
}
