package stripe

import (
	stripe "github.com/stripe/stripe-go/v76"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// Index are the lists that show whatever exists, in whatever state. Coupons
// disappear from theirs when they are deleted, and invoice items when an invoice
// takes them up.
func (c *connector) Index() map[connectors.Stream]string {
	all := map[connectors.Stream]string{}
	for _, l := range lists() {
		if l.kind != kindCoupon && l.kind != kindInvoiceItem {
			all[l.stream] = l.kind
		}
	}
	return all
}

// Fields are those without which an object does not say what it is worth. A
// field that is null by right, such as the amount of a tiered price, is not
// among them.
func (c *connector) Fields() map[string][]string {
	return map[string][]string{
		kindCustomer: {"created", "metadata"},
		kindPrice:    {"currency", "product", "type", "billing_scheme", "recurring.interval", "recurring.usage_type"},
		kindCoupon:   {"duration", "applies_to.products"},
		kindSubscription: {
			"status", "currency", "created", "current_period_start", "items", "items.data.price", "items.data.price.id",
			"items.data.price.currency", "items.data.price.recurring.interval", "discounts.coupon", "discounts.coupon.id",
		},
		kindSchedule: {"status", "phases", "phases.items.price", "phases.start_date"},
		kindInvoice: {
			"status", "currency", "total", "created", "lines", "lines.data.amount", "lines.data.period.start", "lines.data.period.end",
			"lines.data.type", "lines.data.price", "lines.data.price.id",
		},
		kindCreditNote:  {"status", "currency", "total", "invoice", "lines.data.amount"},
		kindInvoiceItem: {"amount", "currency", "period.start"},
		kindEvent:       {"type", "data.object", "data.object.items.data.price", "data.object.items.data.price.id"},
	}
}

// APIVersion is what an event says of itself; all else comes in the version
// that the requests name.
func (c *connector) APIVersion(o connectors.Object) string {
	if o.Kind == kindEvent {
		return rawjson.Text(rawjson.Member(o.Payload, "api_version"))
	}
	return stripe.APIVersion
}
