package chargebeeapi

import (
	"strings"

	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

func (v *view) eventShelf() *shelf[*site.Event] {
	kept := v.t - site.Window
	return &shelf[*site.Event]{
		path: "events", all: v.events, birth: "occurred_at",
		born: func(x *site.Event) int64 { return x.At },
		id:   func(x *site.Event) string { return x.ID },
		there: func(x *site.Event) bool {
			if x.Customer.Gone(v.t) || x.Sub != nil && x.Sub.Customer.Gone(v.t) {
				return false
			}
			return x.At <= v.t && x.At > kept && !v.o.Faults.Late(uint64(x.Ref), x.At, v.t)
		},
		texts: map[string]func(*site.Event) string{
			"id":         func(x *site.Event) string { return x.ID },
			"event_type": func(x *site.Event) string { return x.Type },
			"source":     func(x *site.Event) string { return x.Source },
		},
		moments: map[string]func(*site.Event) int64{"occurred_at": func(x *site.Event) int64 { return x.At }},
		write: func(e *enc, x *site.Event) {
			e.Key("event")
			v.event(e, x)
		},
	}
}

// old says whether an event speaks version 1 of the API, whose objects have
// other fields. Of the events about subscriptions only renewals do: what a
// change did is never told in old words alone.
func (v *view) old(x *site.Event) bool {
	n := v.o.Faults.OneIn[wire.OldEvents]
	if n == 0 || strings.HasPrefix(x.Type, "subscription_") && x.Type != "subscription_renewed" {
		return false
	}
	return (uint64(x.Ref)^v.o.Faults.Seed)*0x9e3779b97f4a7c15>>40%uint64(n) == 0
}

// event writes what happened, with every object that it names as it was then.
func (v *view) event(e *enc, x *site.Event) {
	then := &view{v.Server, x.At}
	e.Open()
	e.Str("id", x.ID)
	e.Num("occurred_at", x.At)
	e.Str("source", x.Source)
	e.Str("object", "event")
	e.Str("event_type", x.Type)
	e.Str("webhook_status", "not_configured")
	if v.old(x) {
		e.Str("api_version", "v1")
		then.oldContent(e, x)
	} else {
		e.Str("api_version", "v2")
		then.content(e, x)
	}
	e.End()
}

func (v *view) content(e *enc, x *site.Event) {
	e.Obj("content")
	customer := x.Customer
	if x.Sub != nil {
		e.Key("subscription")
		v.subscription(e, x.Sub)
		customer = x.Sub.Customer
	}
	if customer != nil {
		e.Key("customer")
		v.customer(e, customer)
	}
	if x.Invoice != nil {
		e.Key("invoice")
		v.invoice(e, x.Invoice)
	}
	if x.Credit != nil {
		e.Key("credit_note")
		v.credit(e, x.Credit)
	}
	if x.Ramp != nil {
		e.Key("ramp")
		v.ramp(e, x.Ramp)
	}
	if x.Product != nil {
		e.Key("item")
		v.product(e, x.Product)
	}
	if x.Price != nil {
		e.Key(v.priceObject(x.Price))
		v.price(e, x.Price)
	}
	if x.Coupon != nil {
		e.Key("coupon")
		v.coupon(e, x.Coupon)
	}
	e.End()
}

func (v *view) priceObject(p *site.Price) string {
	switch {
	case v.catalogue() == 2:
		return "item_price"
	case p.Product.Kind == site.Plan:
		return "plan"
	}
	return "addon"
}

// oldContent writes the objects in the words of version 1, which knows one
// currency, one plan, and no version of anything.
func (v *view) oldContent(e *enc, x *site.Event) {
	e.Obj("content")
	customer := x.Customer
	if u := x.Sub; u != nil {
		is := u.At(max(v.t, u.Created))
		customer = u.Customer
		e.Obj("subscription")
		e.Str("id", u.ID)
		e.Str("plan_id", is.Plan().Price.ID)
		e.Num("plan_quantity", is.Plan().Quantity)
		e.Str("status", is.Status.String())
		e.any("current_term_start", is.Term.Start)
		e.any("current_term_end", is.Term.End)
		e.Num("created_at", u.Created)
		e.any("started_at", is.Started)
		e.Num("due_invoices_count", 0)
		e.Bool("has_scheduled_changes", false)
		e.Str("object", "subscription")
		e.End()
	}
	if customer != nil {
		e.Obj("customer")
		e.Str("id", customer.ID)
		e.Str("auto_collection", "on")
		e.Num("created_at", customer.Created())
		e.Str("object", "customer")
		e.Num("account_credits", 0)
		e.Str("card_status", "valid")
		e.End()
	}
	if i := x.Invoice; i != nil {
		sums := i.Sums()
		e.Obj("invoice")
		e.Str("id", i.ID)
		e.Str("status", i.State(max(v.t, i.Date)))
		e.Num("start_date", i.Date)
		e.Num("end_date", i.Date)
		e.Num("amount", sums.Total)
		e.Num("tax", sums.Tax)
		e.Num("sub_total", sums.Subtotal)
		e.Str("object", "invoice")
		e.End()
	}
	e.End()
}
