package stripe

import (
	"strings"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// stays are the keys whose texts are ids, codes or the catalogue's names: all that
// the wire types read, and nothing that anybody writes freely about a customer.
var stays = rawjson.OneOf(
	"id", "object", "type", "status", "currency", "livemode", "created", "api_version",
	"customer", "subscription", "released_subscription", "schedule", "invoice", "invoice_item", "invoice_items", "invoice_line_item", "invoice_line_items",
	"subscription_item", "parent", "test_clock",
	"price", "plan", "product", "products", "coupon", "promotion_code", "discount", "discounts", "tax_rate", "tax_rates", "default_tax_rates",
	"nickname", "billing_scheme", "tiers_mode", "tax_behavior", "usage_type", "aggregate_usage", "interval", "round", "duration",
	"behavior", "end_behavior", "proration_behavior", "collection_method", "billing_reason", "reason",
	"amount_decimal", "unit_amount_decimal", "flat_amount_decimal", "unit_amount", "flat_amount", "amount", "amount_off", "percent_off",
	"percentage", "effective_percentage", "quantity", "up_to", "total",
)

// phrases begin the descriptions that Stripe itself writes and that decide what a
// line is.
var phrases = []string{trialPhrase, freeTrialPhrase, unusedPhrase}

// remains is what stays of a text when its customer is erased.
func remains(key, text string) (string, bool) {
	if key != "description" {
		return stays(key, text)
	}
	for _, p := range phrases {
		if strings.HasPrefix(text, p) {
			return p, true
		}
	}
	return "", false
}

// Erase implements connectors.Eraser.
func (*connector) Erase(o connectors.Object, keep []string) (payload []byte, personal []string) {
	at := anywhere
	if o.Kind == kindCustomer {
		at = inCustomer
	}
	return rawjson.Erased(o, rawjson.Residue{Rule: rule, Text: remains, Own: rawjson.Paths(keep)}, at)
}
