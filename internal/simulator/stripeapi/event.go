package stripeapi

import "mrrsync/internal/simulator/company"

// event writes what happened. The object is as of the event's moment, in the
// API version the event speaks; its previous attributes are what it was the
// second before.
func (p *moment) event(e *enc, x *company.Event) {
	now := &moment{catalogBytes: p.catalogBytes, c: p.c, t: x.At, d: dialect(x.Foreign)}
	e.open()
	e.str("id", p.c.ID(company.KindEvent, x.Ref))
	e.str("object", "event")
	e.str("api_version", versions[now.d])
	e.num("created", x.At)
	e.obj("data")
	e.key("object")
	from := len(e.b)
	now.subject(e, x)
	if x.Updates {
		before := *now
		before.t--
		old := buffers.Get().(*enc)
		old.b = old.b[:0]
		before.subject(old, x)
		to := len(e.b)
		e.key("previous_attributes")
		object := e.b[from:to]
		var changed bool
		if e.b, changed = diff(e.b, old.b, object); !changed {
			e.b = e.b[:to]
		}
		buffers.Put(old)
	}
	e.end()
	e.bool("livemode", false)
	e.num("pending_webhooks", 0)
	e.raw("request", []byte(`{"id":null,"idempotency_key":null}`))
	e.str("type", x.Type)
	e.end()
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
