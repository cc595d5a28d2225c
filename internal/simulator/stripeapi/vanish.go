package stripeapi

import "mrrsync/internal/simulator/company"

// What a customer had who has vanished is not found by any id.

func (p *moment) findCustomer(id string) *company.Customer {
	if x := p.c.Customer(id); x != nil && !x.Gone(p.t) {
		return x
	}
	return nil
}

func (p *moment) findSubscription(id string) *company.Subscription {
	if x := p.c.Subscription(id); x != nil && !x.Customer.Gone(p.t) {
		return x
	}
	return nil
}

func (p *moment) findInvoice(id string) *company.Invoice {
	if x := p.c.Invoice(id); x != nil && !x.Customer.Gone(p.t) {
		return x
	}
	return nil
}

// findOwner is the subscription that an object's id is of.
func (p *moment) findOwner(k company.Kind, id string) (*company.Subscription, company.Ref) {
	if x, r := p.c.SubscriptionOf(k, id); x != nil && !x.Customer.Gone(p.t) {
		return x, r
	}
	return nil, 0
}
