package chargebeeapi

// endpoint is what a list knows: which filters, which orders, whether it has
// deleted objects to include.
type endpoint struct {
	object    string           // the name of an object in the answer
	catalogue int              // the product catalogue it belongs to; 0: both
	filters   map[string]class // by name
	sorts     []string         // what sort_by takes
	deletes   bool             // knows include_deleted
}

// endpoints are the lists of the API, by path.
var endpoints = map[string]*endpoint{
	"customers": {
		object: "customer", deletes: true, sorts: []string{"created_at", "updated_at"},
		filters: map[string]class{
			"id": text, "first_name": text, "last_name": text, "email": text, "company": text, "phone": text, "auto_collection": enum, "taxability": enum,
			"created_at": stamp, "updated_at": stamp, "offline_payment_method": enum, "auto_close_invoices": truth, "channel": enum, "business_entity_id": text,
		},
	},
	"subscriptions": {
		object: "subscription", deletes: true, sorts: []string{"created_at", "updated_at"},
		filters: map[string]class{
			"id": text, "customer_id": text, "plan_id": text, "item_id": text, "item_price_id": text, "status": enum, "cancel_reason": enum, "cancel_reason_code": text,
			"remaining_billing_cycles": number, "created_at": stamp, "activated_at": stamp, "next_billing_at": stamp, "cancelled_at": stamp,
			"has_scheduled_changes": truth, "updated_at": stamp, "offline_payment_method": enum, "auto_close_invoices": truth, "override_relationship": truth,
			"business_entity_id": text, "channel": enum,
		},
	},
	"invoices": {
		object: "invoice", deletes: true, sorts: []string{"date", "updated_at"},
		filters: map[string]class{
			"id": text, "subscription_id": text, "customer_id": text, "recurring": truth, "status": enum, "price_type": enum, "date": stamp, "paid_at": stamp,
			"total": number, "amount_paid": number, "amount_adjusted": number, "credits_applied": number, "amount_due": number, "dunning_status": enum,
			"payment_owner": text, "updated_at": stamp, "channel": enum, "voided_at": stamp, "void_reason_code": text,
		},
	},
	"credit_notes": {
		object: "credit_note", deletes: true, sorts: []string{"date"},
		filters: map[string]class{
			"id": text, "customer_id": text, "subscription_id": text, "reference_invoice_id": text, "type": enum, "reason_code": enum, "create_reason_code": text,
			"status": enum, "date": stamp, "total": number, "price_type": enum, "amount_allocated": number, "amount_refunded": number, "amount_available": number,
			"voided_at": stamp, "updated_at": stamp, "channel": enum,
		},
	},
	"coupons": {
		object: "coupon", sorts: []string{"created_at"},
		filters: map[string]class{
			"id": text, "name": text, "discount_type": enum, "duration_type": enum, "status": enum, "apply_on": enum, "created_at": stamp, "updated_at": stamp,
			"currency_code": text,
		},
	},
	"item_families": {
		object: "item_family", catalogue: 2,
		filters: map[string]class{"id": text, "name": text, "updated_at": stamp, "business_entity_id": text},
	},
	"items": {
		object: "item", catalogue: 2, sorts: []string{"name", "id", "updated_at"},
		filters: map[string]class{
			"id": text, "item_family_id": text, "type": enum, "name": text, "item_applicability": enum, "status": enum, "is_giftable": truth, "updated_at": stamp,
			"enabled_for_checkout": truth, "enabled_in_portal": truth, "metered": truth, "usage_calculation": enum, "channel": enum, "business_entity_id": text,
		},
	},
	"item_prices": {
		object: "item_price", catalogue: 2, sorts: []string{"name", "id", "updated_at"},
		filters: map[string]class{
			"id": text, "name": text, "pricing_model": enum, "item_id": text, "item_family_id": text, "item_type": enum, "currency_code": text,
			"price_variant_id": text, "trial_period": number, "trial_period_unit": enum, "status": enum, "updated_at": stamp, "business_entity_id": text,
			"period_unit": enum, "period": number, "channel": enum,
		},
	},
	"plans": {
		object: "plan", catalogue: 1, deletes: true,
		filters: map[string]class{
			"id": text, "name": text, "price": number, "period": number, "period_unit": enum, "trial_period": number, "trial_period_unit": enum,
			"addon_applicability": enum, "giftable": truth, "charge_model": enum, "pricing_model": enum, "status": enum, "updated_at": stamp,
			"currency_code": text, "channel": enum,
		},
	},
	"addons": {
		object: "addon", catalogue: 1, deletes: true,
		filters: map[string]class{
			"id": text, "name": text, "pricing_model": enum, "type": enum, "charge_type": enum, "price": number, "period": number, "period_unit": enum,
			"status": enum, "updated_at": stamp, "currency_code": text, "channel": enum,
		},
	},
	"ramps": {
		object: "ramp", catalogue: 2, deletes: true, sorts: []string{"effective_from", "created_at", "updated_at"},
		filters: map[string]class{"status": enum, "subscription_id": text, "effective_from": stamp, "updated_at": stamp},
	},
	"events": {
		object: "event", sorts: []string{"occurred_at"},
		filters: map[string]class{"id": text, "webhook_status": enum, "event_type": enum, "source": enum, "occurred_at": stamp},
	},
}
