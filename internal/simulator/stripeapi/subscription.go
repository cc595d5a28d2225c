package stripeapi

import (
	"slices"

	"mrrsync/internal/simulator/company"
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
			both[i] = pricing{a.b, b.b}
		}
		k.archive[x] = &both
	}
	return k
}

// listed is the head of an embedded list; its data follows.
func (e *enc) listed(key string) {
	e.obj(key)
	e.str("object", "list")
	e.arr("data")
}

func (e *enc) listEnd(more bool, url string) {
	e.endArr()
	e.bool("has_more", more)
	e.str("url", url)
	e.end()
}

// page is how many objects an embedded list shows.
const page = 10

func (p *moment) customer(e *enc, x *company.Customer, want *expand) {
	e.open()
	e.str("id", x.ID)
	e.str("object", "customer")
	if x.Deleted > 0 && x.Deleted <= p.t {
		e.bool("deleted", true)
		e.end()
		return
	}
	e.obj("address")
	e.null("city")
	e.str("country", x.Country)
	e.nulls("line1", "line2", "postal_code", "state")
	e.end()
	e.num("balance", 0)
	e.num("created", x.Created)
	e.str("currency", x.Currency)
	e.null("default_source")
	e.bool("delinquent", slices.ContainsFunc(x.Subscriptions, func(s *company.Subscription) bool {
		v := s.At(p.t)
		return v != nil && (v.Status == company.PastDue || v.Status == company.Unpaid)
	}))
	e.null("description")
	p.firstDiscount(e, x.Discounts, want.at("discount"))
	if x.Moved > 0 && x.Moved <= p.t {
		e.str("email", "new."+x.Email)
	} else {
		e.str("email", x.Email)
	}
	e.str("invoice_prefix", prefix(x))
	e.obj("invoice_settings")
	e.nulls("custom_fields", "default_payment_method", "footer", "rendering_options")
	e.end()
	e.bool("livemode", false)
	e.obj("metadata")
	e.str("account_id", x.Account)
	if x.Owner != "" {
		e.str("csm_owner", x.Owner)
	}
	if x.Segment != "" {
		e.str("segment", x.Segment)
	}
	e.end()
	e.str("name", x.Name)
	e.num("next_invoice_sequence", 1)
	e.null("phone")
	e.raw("preferred_locales", []byte("[]"))
	e.null("shipping")
	if w := want.at("subscriptions"); w != nil {
		p.subscriptionsOf(e, x, w)
	}
	e.str("tax_exempt", "none")
	e.null("test_clock")
	e.end()
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
		e.key("customer")
		p.customer(e, x, w)
		return
	}
	e.str("customer", x.ID)
}

func (p *moment) discount(e *enc, d *company.Discount, cust *company.Customer, want *expand) {
	e.open()
	e.str("id", d.ID)
	e.str("object", "discount")
	e.null("checkout_session")
	e.key("coupon")
	p.coupon(e, d.Coupon, want.at("coupon"))
	p.customerRef(e, cust, want)
	e.when("end", d.End)
	e.nulls("invoice", "invoice_item", "promotion_code")
	e.num("start", d.Start)
	if d.Sub != nil {
		e.str("subscription", d.Sub.ID)
	} else {
		e.null("subscription")
	}
	e.opt("subscription_item", d.Item)
	e.end()
}

// discounts writes those that pass, as identifiers unless expanded.
func (p *moment) discounts(e *enc, list []*company.Discount, cust *company.Customer, want *expand, pass func(*company.Discount) bool) {
	e.arr("discounts")
	for _, d := range list {
		if !pass(d) {
			continue
		}
		if w := want.at("discounts"); w != nil {
			p.discount(e, d, cust, w)
		} else {
			e.item(d.ID)
		}
	}
	e.endArr()
}

// firstDiscount is the older form: one discount, always whole.
func (p *moment) firstDiscount(e *enc, list []*company.Discount, want *expand) {
	for _, d := range list {
		if d.Item != "" || !d.Attached(p.t) {
			continue
		}
		e.key("discount")
		cust := p.customerOf(d)
		p.discount(e, d, cust, want)
		return
	}
	e.null("discount")
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
	e.open()
	e.str("id", s.ID)
	e.str("object", "subscription")
	e.nulls("application", "application_fee_percent")
	e.raw("automatic_tax", []byte(`{"enabled":false,"liability":null}`))
	e.num("billing_cycle_anchor", s.AnchorAt(p.t))
	e.nulls("billing_cycle_anchor_config", "billing_thresholds")
	e.when("cancel_at", v.CancelAt)
	e.bool("cancel_at_period_end", v.CancelAtEnd)
	e.when("canceled_at", v.CanceledAt)
	e.obj("cancellation_details")
	e.nulls("comment", "feedback")
	e.opt("reason", v.Reason)
	e.end()
	e.str("collection_method", collection(s))
	e.num("created", s.Created)
	e.str("currency", s.Currency)
	if p.d != newer {
		e.num("current_period_end", cycle.End)
		e.num("current_period_start", cycle.Start)
	}
	p.customerRef(e, s.Customer, want)
	e.when("days_until_due", pick(s.Sends, 30, 0))
	e.nulls("default_payment_method", "default_source")
	p.taxes(e, "default_tax_rates", s.Tax)
	e.null("description")
	if p.d != newer {
		p.firstDiscount(e, s.Discounts, want.at("discount"))
	}
	if p.d != older {
		p.discounts(e, s.Discounts, s.Customer, want, func(d *company.Discount) bool { return d.Item == "" && d.Attached(p.t) })
	}
	e.when("ended_at", v.EndedAt)
	p.items(e, s, v, cycle, want.at("items"))
	p.latest(e, s, want)
	e.bool("livemode", false)
	e.obj("metadata")
	if v.Tier != "" {
		e.str("tier", v.Tier)
	}
	e.end()
	e.nulls("next_pending_invoice_item_invoice", "on_behalf_of")
	p.pause(e, s)
	e.raw("payment_settings", []byte(`{"payment_method_options":null,"payment_method_types":null,"save_default_payment_method":"off"}`))
	e.nulls("pending_invoice_item_interval", "pending_setup_intent")
	p.pending(e, s, v)
	p.scheduleRef(e, s, want)
	e.num("start_date", s.Start)
	e.str("status", v.Status.String())
	e.nulls("test_clock", "transfer_data")
	e.when("trial_end", s.Trial.End)
	e.raw("trial_settings", []byte(`{"end_behavior":{"missing_payment_method":"create_invoice"}}`))
	e.when("trial_start", s.Trial.Start)
	e.end()
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
	e.open()
	e.str("id", it.ID)
	e.str("object", "subscription_item")
	e.null("billing_thresholds")
	e.num("created", it.Created)
	if p.d == newer {
		e.num("current_period_end", cycle.End)
		e.num("current_period_start", cycle.Start)
	}
	if p.d != older {
		p.discounts(e, s.Discounts, s.Customer, want, func(d *company.Discount) bool { return d.Item == it.ID && d.Attached(p.t) })
	}
	e.raw("metadata", []byte("{}"))
	e.key("plan")
	p.plan(e, it.Price)
	if p.d != older {
		e.key("price")
		p.price(e, it.Price, want.at("price"))
	}
	if !it.Price.Metered {
		e.num("quantity", it.Quantity)
	}
	e.str("subscription", s.ID)
	p.taxes(e, "tax_rates", it.Tax)
	e.end()
}

func (p *moment) latest(e *enc, s *company.Subscription, want *expand) {
	x := s.InvoiceAt(p.t)
	switch {
	case x == nil:
		e.null("latest_invoice")
	case want.has("latest_invoice"):
		e.key("latest_invoice")
		p.invoice(e, x, want.at("latest_invoice"))
	default:
		e.str("latest_invoice", x.ID)
	}
}

func (p *moment) pause(e *enc, s *company.Subscription) {
	x := s.PauseAt(p.t)
	if x == nil {
		e.null("pause_collection")
		return
	}
	e.obj("pause_collection")
	e.str("behavior", x.Behavior.String())
	e.when("resumes_at", x.Resumes)
	e.end()
}

func (p *moment) pending(e *enc, s *company.Subscription, v *company.Version) {
	if v.Pending == nil {
		e.null("pending_update")
		return
	}
	e.obj("pending_update")
	e.null("billing_cycle_anchor")
	e.num("expires_at", v.Pending.Expires)
	e.arr("subscription_items")
	for i := range v.Pending.Items {
		p.item(e, s, &v.Pending.Items[i], s.CycleAt(p.t), nil)
	}
	e.endArr()
	e.nulls("trial_end", "trial_from_plan")
	e.end()
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
		e.null("schedule")
	case want.has("schedule"):
		e.key("schedule")
		p.schedule(e, h, want.at("schedule"))
	default:
		e.str("schedule", h.ID)
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
	e.open()
	e.str("id", h.ID)
	e.str("object", "subscription_schedule")
	e.null("application")
	moment := func(key, of string, t int64) {
		if status != of {
			t = 0
		}
		e.when(key, t)
	}
	moment("canceled_at", "canceled", h.Canceled)
	moment("completed_at", "completed", h.Done)
	e.num("created", h.Created)
	e.key("current_phase")
	if i := slices.IndexFunc(h.Phases, func(x company.Phase) bool { return x.Start <= p.t && p.t < x.End }); i >= 0 && status == "active" {
		e.open()
		e.num("end_date", h.Phases[i].End)
		e.num("start_date", h.Phases[i].Start)
		e.end()
	} else {
		e.b = append(e.b, "null"...)
	}
	p.customerRef(e, s.Customer, want)
	e.raw("default_settings", []byte(`{"application_fee_percent":null,"automatic_tax":{"enabled":false,"liability":null},"billing_cycle_anchor":"automatic","billing_thresholds":null,`+
		`"collection_method":"charge_automatically","default_payment_method":null,"description":null,"invoice_settings":{"account_tax_ids":null,"days_until_due":null,"issuer":{"type":"self"}},"on_behalf_of":null,"transfer_data":null}`))
	if h.Cancels {
		e.str("end_behavior", "cancel")
	} else {
		e.str("end_behavior", "release")
	}
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.arr("phases")
	for i := range h.Phases {
		p.phase(e, h, &h.Phases[i], want.at("phases"))
	}
	e.endArr()
	moment("released_at", "released", h.Released)
	if status == "released" {
		e.str("released_subscription", s.ID)
	} else {
		e.null("released_subscription")
	}
	e.str("status", status)
	switch {
	case status != "active" && status != "completed":
		e.null("subscription")
	case want.has("subscription"):
		e.key("subscription")
		p.subscription(e, s, want.at("subscription"))
	default:
		e.str("subscription", s.ID)
	}
	e.null("test_clock")
	e.end()
}

func (p *moment) phase(e *enc, h *company.Schedule, x *company.Phase, want *expand) {
	e.open()
	e.raw("add_invoice_items", []byte("[]"))
	e.nulls("application_fee_percent", "billing_cycle_anchor", "billing_thresholds", "collection_method")
	coupon := func(want *expand) {
		e.key("coupon")
		switch {
		case x.Coupon == nil:
			e.b = append(e.b, "null"...)
		case want.has("coupon"):
			p.coupon(e, x.Coupon, want.at("coupon"))
		default:
			e.b = quote(e.b, x.Coupon.ID)
		}
	}
	coupon(want)
	e.str("currency", h.Sub.Currency)
	e.null("default_payment_method")
	p.taxes(e, "default_tax_rates", h.Sub.Tax)
	e.null("description")
	e.arr("discounts")
	if x.Coupon != nil {
		e.open()
		coupon(want.at("discounts"))
		e.nulls("discount", "promotion_code")
		e.end()
	}
	e.endArr()
	e.num("end_date", x.End)
	e.null("invoice_settings")
	e.arr("items")
	e.open()
	e.null("billing_thresholds")
	e.raw("discounts", []byte("[]"))
	e.raw("metadata", []byte("{}"))
	e.str("plan", x.Price.ID)
	if w := want.at("items").at("price"); w != nil {
		e.key("price")
		p.price(e, x.Price, w)
	} else {
		e.str("price", x.Price.ID)
	}
	e.num("quantity", x.Quantity)
	p.taxes(e, "tax_rates", h.Sub.Versions[0].Items[0].Tax)
	e.end()
	e.endArr()
	e.raw("metadata", []byte("{}"))
	e.null("on_behalf_of")
	e.str("proration_behavior", "none")
	e.num("start_date", x.Start)
	e.nulls("transfer_data", "trial_end")
	e.end()
}
