package normalize

import (
	"maps"
	"slices"

	"mrrsync/connectors/billing"
)

// refs gathers catalogue objects by kind and id, whatever their version.
type refs map[billing.Ref]bool

func (r refs) add(objects ...billing.Ref) {
	for _, o := range objects {
		if o.Kind != "" && o.ID != "" {
			r[billing.Ref{Kind: o.Kind, ID: o.ID}] = true
		}
	}
}

func (r refs) price(p *billing.Price) { r.add(p.Object, p.Product) }

func (r refs) discounts(list []billing.Discount) {
	for i := range list {
		r.add(list[i].Object)
	}
}

func (r refs) taxes(list []billing.TaxRate) {
	for i := range list {
		r.add(billing.Ref{Kind: "tax_rate", ID: list[i].ID})
	}
}

func (r refs) items(list []billing.Item) {
	for i := range list {
		r.price(&list[i].Price)
		r.discounts(list[i].Discounts)
		r.taxes(list[i].Taxes)
	}
}

// list is all of them as "kind/id", ordered.
func (r refs) list() []string {
	var out []string
	for o := range maps.Keys(r) {
		out = append(out, o.Kind+"/"+o.ID)
	}
	slices.Sort(out)
	return out
}

// refsOf are the catalogue objects that any evidence of a subscription names.
// What changes one of them may change what is free now, or what no line shows.
func refsOf(sub *billing.Subscription, customer *billing.Customer) []string {
	all := make(refs)
	all.add(sub.Names...)
	for i := range sub.States {
		all.items(sub.States[i].Terms.Items)
		all.discounts(sub.States[i].Terms.Discounts)
	}
	for i := range sub.Phases {
		all.items(sub.Phases[i].Items)
		all.discounts(sub.Phases[i].Discounts)
	}
	for i := range sub.Services {
		s := &sub.Services[i]
		all.price(&s.Price)
		all.discounts(s.Discounts)
		all.discounts(s.Inherited)
		all.taxes(s.Taxes)
	}
	for i := range customer.Discounts {
		all.discounts(customer.Discounts[i].Discounts)
	}
	return all.list()
}
