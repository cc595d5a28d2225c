package stripeapi

import (
	"sync"

	"mrrsync/internal/simulator/company"
)

// spare holds encoders for what an object was before.
var spare = sync.Pool{New: func() any { return &enc{} }}

// event writes what happened. The object is as of the event's moment, in the
// API version the event speaks; its previous attributes are what it was the
// second before.
func (p *moment) event(e *enc, x *company.Event) {
	now := &moment{catalogBytes: p.catalogBytes, c: p.c, t: x.At, d: dialect(x.Foreign)}
	e.Open()
	e.Str("id", p.c.ID(company.KindEvent, x.Ref))
	e.Str("object", "event")
	e.Str("api_version", versions[now.d])
	e.Num("created", x.At)
	e.Obj("data")
	e.Key("object")
	from := len(e.B)
	now.subject(e, x)
	if x.Updates {
		before := *now
		before.t--
		old := spare.Get().(*enc)
		old.B = old.B[:0]
		before.subject(old, x)
		to := len(e.B)
		e.Key("previous_attributes")
		object := e.B[from:to]
		var changed bool
		if e.B, changed = diff(e.B, old.B, object); !changed {
			e.B = e.B[:to]
		}
		spare.Put(old)
	}
	e.End()
	e.Bool("livemode", false)
	e.Num("pending_webhooks", 0)
	e.Raw("request", []byte(`{"id":null,"idempotency_key":null}`))
	e.Str("type", x.Type)
	e.End()
}

func (p *moment) subject(e *enc, x *company.Event) {
	switch x.About {
	case company.AboutCustomer:
		if x.Type == "customer.deleted" {
			last := *p
			last.t--
			last.customer(e, x.Customer, nil)
			return
		}
		p.customer(e, x.Customer, nil)
	case company.AboutSubscription:
		p.subscription(e, x.Sub, nil)
	case company.AboutInvoice:
		p.invoice(e, x.Invoice, nil)
	case company.AboutInvoiceItem:
		p.invoiceItem(e, x.Item, nil)
	case company.AboutDiscount:
		p.discount(e, x.Discount, x.Customer, nil)
	case company.AboutSchedule:
		p.schedule(e, x.Sub.Schedule, nil)
	case company.AboutCreditNote:
		p.creditNote(e, x.Credit, nil)
	case company.AboutPrice:
		p.price(e, x.Price, nil)
	case company.AboutProduct:
		p.product(e, x.Product)
	case company.AboutCoupon:
		p.coupon(e, x.Coupon, nil)
	}
}
