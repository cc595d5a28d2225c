package chargebee

import (
	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// Index are the lists that show whatever exists, deleted rows included.
func (c *connector) Index() map[connectors.Stream]string {
	all := map[connectors.Stream]string{}
	for _, l := range customerLists() {
		if l.kind != kindRamp { // some sites list them by subscription only
			all[l.stream] = l.kind
		}
	}
	return all
}

// Fields are those without which an object does not say what it is worth, of
// both catalogues: those of the other one are never there, which is no change.
func (c *connector) Fields() map[string][]string {
	return map[string][]string{
		kindCustomer:  {"created_at"},
		kindItemPrice: {"pricing_model", "currency_code", "item_id", "item_type", "status"},
		kindPlan:      {"pricing_model", "currency_code", "period_unit", "status"},
		kindAddon:     {"pricing_model", "currency_code", "charge_type", "status"},
		kindCoupon:    {"discount_type", "duration_type", "apply_on", "status"},
		kindSubscription: {
			"status", "currency_code", "customer_id", "created_at", "billing_period_unit", "plan_id", "subscription_items",
			"subscription_items.item_price_id", "subscription_items.item_type", "coupons.coupon_id", "discounts.duration_type",
		},
		kindRamp: {"status", "effective_from", "subscription_id"},
		kindInvoice: {
			"status", "currency_code", "total", "date", "line_items", "line_items.amount", "line_items.entity_type", "line_items.date_from", "line_items.date_to",
		},
		kindCreditNote: {"status", "currency_code", "total", "date", "line_items.amount", "line_items.entity_type"},
		kindEvent:      {"event_type", "content.subscription.status", "content.subscription.currency_code", "content.subscription.subscription_items.item_price_id"},
	}
}

// APIVersion is what an event says of itself; all else is asked for in the one
// version that there is.
func (c *connector) APIVersion(o connectors.Object) string {
	if o.Kind == kindEvent {
		return rawjson.Text(rawjson.Member(o.Payload, "api_version"))
	}
	return "v2"
}
