package stripeapi

import (
	"slices"

	"mrrsync/internal/simulator/company"
)

// single answers a request for one object.
func (s *Server) single(e *enc, a *ask, name, id string) *failure {
	kind := kinds[name]
	ok := false
	switch name {
	case "customers":
		if x := a.findCustomer(id); x != nil && x.Created <= a.t {
			ok = true
			a.customer(e, x, a.want)
		}
	case "subscriptions":
		if x := a.findSubscription(id); x != nil && x.Created <= a.t {
			ok = true
			a.subscription(e, x, a.want)
		}
	case "subscription_items":
		kind = "subscription_item"
		ok = a.oneItem(e, id)
	case "subscription_schedules":
		kind = "subscription_schedule"
		if x, _ := a.findOwner(company.KindSchedule, id); x != nil && x.Schedule != nil && x.Created <= a.t {
			ok = true
			a.schedule(e, x.Schedule, a.want)
		}
	case "invoices":
		if x := a.findInvoice(id); x != nil && x.Created <= a.t {
			ok = true
			a.invoice(e, x, a.want)
		}
	case "invoiceitems":
		if x := a.aside(id); x != nil {
			ok = true
			a.invoiceItem(e, x, a.want)
		}
	case "credit_notes":
		if x := a.note(id); x != nil {
			ok = true
			a.creditNote(e, x, a.want)
		}
	case "events":
		r, found := a.c.Find(company.KindEvent, id)
		if x := s.events[r]; found && x != nil && !(x.Customer != nil && x.Customer.Gone(a.t)) && x.At <= a.t && x.At > a.t-kept {
			ok = true
			a.event(e, x)
		}
	default:
		ok = a.oneOfCatalog(e, name, id)
	}
	if !ok {
		return missing(kind, id, "id")
	}
	return nil
}

func (a *ask) oneItem(e *enc, id string) bool {
	s, _ := a.findOwner(company.KindItem, id)
	if s == nil || s.Created > a.t {
		return false
	}
	items := s.At(a.t).Items
	i := slices.IndexFunc(items, func(x company.Item) bool { return x.ID == id })
	if i < 0 {
		return false
	}
	a.item(e, s, &items[i], s.CycleAt(a.t), a.want)
	return true
}

func (a *ask) oneOfCatalog(e *enc, name, id string) bool {
	k := a.c.Catalog
	switch name {
	case "products":
		i := slices.IndexFunc(k.Products, func(x *company.Product) bool { return x.ID == id })
		if i >= 0 {
			a.product(e, k.Products[i])
		}
		return i >= 0
	case "prices":
		i := slices.IndexFunc(k.Prices, func(x *company.Price) bool { return x.ID == id && x.Created <= a.t })
		if i >= 0 {
			a.price(e, k.Prices[i], a.want)
		}
		return i >= 0
	case "coupons":
		i := slices.IndexFunc(k.Coupons, func(x *company.Coupon) bool { return x.ID == id && (x.Deleted == 0 || x.Deleted > a.t) })
		if i >= 0 {
			a.coupon(e, k.Coupons[i], a.want)
		}
		return i >= 0
	case "tax_rates":
		i := slices.IndexFunc(k.Taxes, func(x *company.TaxRate) bool { return x.ID == id })
		if i >= 0 {
			a.tax(e, k.Taxes[i])
		}
		return i >= 0
	}
	return false
}
