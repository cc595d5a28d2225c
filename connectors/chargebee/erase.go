package chargebee

import (
	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// stays are the keys whose texts are ids, codes or numbers: all that the wire
// types read, and nothing that anybody writes freely about a customer.
var stays = rawjson.OneOf(
	"id", "object", "type", "event_type", "api_version", "status", "source", "channel",
	"customer_id", "subscription_id", "business_entity_id", "deal_id", "invoice_id", "reference_invoice_id", "line_item_id", "linked_invoices",
	"currency_code", "preferred_currency_code", "base_currency_code",
	"item_price_id", "item_price_ids", "item_id", "item_family_id", "item_family_ids", "item_type", "plan_id", "plan_ids", "addon_id", "addon_ids",
	"coupon", "coupon_id", "coupon_set_code", "entity_id", "entity_type", "items_to_remove", "coupons_to_remove", "discounts_to_remove",
	"billing_period_unit", "period_unit", "charge_on_event", "charge_once", "pricing_model", "pricing_type", "charge_model", "charge_type",
	"discount_type", "duration_type", "apply_on", "action_at_term_end", "price_type", "reason_code", "create_reason_code", "cancel_reason", "proration_type", "option",
	"tax_name", "currencies", "item_price_periods", "constraint",
	"quantity_in_decimal", "unit_price_in_decimal", "amount_in_decimal", "free_quantity_in_decimal", "plan_quantity_in_decimal",
	"plan_unit_price_in_decimal", "plan_amount_in_decimal", "plan_free_quantity_in_decimal", "starting_unit_in_decimal", "ending_unit_in_decimal",
	"price_in_decimal", "unit_amount_in_decimal", "resource_version", "quantity", "unit_price", "amount", "price", "total", "tax_rate", "percentage",
	"discount_amount", "tax_amount", "unit_amount", "mrr",
)

// Erase implements connectors.Eraser.
func (*connector) Erase(o connectors.Object, keep []string) (payload []byte, personal []string) {
	return rawjson.Erased(o, rawjson.Residue{Rule: rule, Text: stays, Own: rawjson.Paths(keep)}, 0)
}
