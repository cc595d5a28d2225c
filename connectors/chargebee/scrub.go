package chargebee

import (
	"bytes"
	"fmt"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// rule says what becomes of a member before it lands, by its key alone. Custom
// fields (cf_...) and metadata belong to the site's owner and are left alone.
func rule(key []byte, _ rawjson.Place) (rawjson.Fate, rawjson.Place) { return fateOf(key), 0 }

func fateOf(key []byte) rawjson.Fate {
	if bytes.HasPrefix(key, []byte("cf_")) {
		return rawjson.Verbatim
	}
	switch string(key) {
	case "meta_data", "metadata":
		return rawjson.Verbatim
	case "consents", "referral_urls", "referral_info", "dunning_attempts", "linked_orders", "einvoice", "tax_providers_fields",
		"exemption_details", "site_details_at_creation", "tax_origin":
		return rawjson.Drop
	case "user", "origin_user", "webhooks", "webhook_status", "webhook_failure_reason":
		return rawjson.Drop // who caused an event, and whom it was told
	case "promotional_credits", "refundable_credits", "unbilled_charges", "excess_payments", "balances", "redemptions":
		return rawjson.Drop // balances and counters: they are no terms
	case "entity_description":
		return rawjson.Free
	}
	return rawjson.Common(key)
}

// scrub is the object as it may land: without personal fields, its numbers
// untouched.
func scrub(raw []byte, p connectors.Privacy) ([]byte, error) { return rawjson.Scrub(raw, p, rule, 0) }

// scrubEvent keeps of an event's content the subscription alone: the other
// objects land by themselves.
func scrubEvent(raw []byte, p connectors.Privacy) ([]byte, error) {
	subscription := rawjson.Member(rawjson.Member(raw, "content"), kindSubscription)
	if subscription == nil {
		return nil, fmt.Errorf("%w: no %s in its content", rawjson.ErrMalformed, kindSubscription)
	}
	kept := fmt.Appendf(nil, `{%q:%s}`, kindSubscription, subscription)
	return scrub(rawjson.Replace(raw, "content", kept), p)
}
