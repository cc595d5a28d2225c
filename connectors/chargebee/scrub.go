package chargebee

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"mrrsync/connectors"
)

// What becomes of a member before it lands, by its key alone. Custom fields
// (cf_...) and metadata belong to the site's owner and are left alone.
type fate uint8

const (
	fateKeep    fate = iota
	fateDrop         // never lands
	fateAddress      // only its country lands
	fateEmail
	fateName
	fateVerbatim
)

func fateOf(key string) fate {
	if strings.HasPrefix(key, "cf_") {
		return fateVerbatim
	}
	switch key {
	case "meta_data", "metadata":
		return fateVerbatim
	case "phone", "vat_number", "vat_number_prefix", "entity_identifiers", "contacts", "card", "bank_account", "payment_method",
		"payment_source", "payment_source_id", "primary_payment_source_id", "backup_payment_source_id", "created_from_ip", "consents",
		"referral_urls", "referral_info", "line_item_addresses", "linked_payments", "reference_transactions", "dunning_attempts",
		"linked_orders", "linked_refunds", "statement_descriptor", "einvoice", "notes", "invoice_notes", "tax_providers_fields",
		"exemption_details", "site_details_at_creation", "tax_origin":
		return fateDrop
	case "user", "origin_user", "webhooks", "webhook_status", "webhook_failure_reason":
		return fateDrop // who caused an event, and whom it was told
	case "promotional_credits", "refundable_credits", "unbilled_charges", "excess_payments", "balances", "redemptions":
		return fateDrop // balances and counters: they are no terms
	case "billing_address", "shipping_address":
		return fateAddress
	case "email":
		return fateEmail
	case "first_name", "last_name", "company":
		return fateName
	}
	return fateKeep
}

// maxDepth is more levels than Chargebee nests.
const maxDepth = 32

// scrub is the object as it may land: without personal fields, its keys in
// order, its numbers untouched.
func scrub(raw []byte, p connectors.Privacy) ([]byte, error) { return scrubValue(raw, p, 0) }

// scrubEvent keeps of an event's content the subscription alone: the other
// objects land by themselves.
func scrubEvent(raw []byte, p connectors.Privacy) ([]byte, error) {
	var e map[string]json.RawMessage
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	var content map[string]json.RawMessage
	if err := json.Unmarshal(e["content"], &content); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	kept, err := json.Marshal(map[string]json.RawMessage{kindSubscription: content[kindSubscription]})
	if err != nil {
		return nil, err
	}
	e["content"] = kept
	whole, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return scrub(whole, p)
}

func scrubValue(raw json.RawMessage, p connectors.Privacy, depth int) (json.RawMessage, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return raw, nil
	}
	switch raw[0] {
	case '{':
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		for key, value := range members {
			landed, keep, err := scrubMember(key, value, p, depth)
			if err != nil {
				return nil, err
			}
			if !keep {
				delete(members, key)
				continue
			}
			members[key] = landed
		}
		return json.Marshal(members)
	case '[':
		var elements []json.RawMessage
		if err := json.Unmarshal(raw, &elements); err != nil {
			return nil, err
		}
		for i, e := range elements {
			landed, err := scrubValue(e, p, depth+1)
			if err != nil {
				return nil, err
			}
			elements[i] = landed
		}
		return json.Marshal(elements)
	}
	return raw, nil
}

func scrubMember(key string, value json.RawMessage, p connectors.Privacy, depth int) (landed json.RawMessage, keep bool, err error) {
	switch fateOf(key) {
	case fateDrop:
		return nil, false, nil
	case fateVerbatim:
		return value, true, nil
	case fateAddress:
		return country(value)
	case fateEmail:
		return personal(value, p.Email)
	case fateName:
		return personal(value, p.Name)
	case fateKeep:
	}
	landed, err = scrubValue(value, p, depth+1)
	return landed, err == nil, err
}

// country is what lands of an address.
func country(value json.RawMessage) (landed json.RawMessage, keep bool, err error) {
	var address struct {
		Country string `json:"country"`
	}
	if broken := json.Unmarshal(value, &address); broken != nil || address.Country == "" {
		return nil, false, nil //nolint:nilerr // what is no address does not land
	}
	landed, err = json.Marshal(address)
	return landed, err == nil, err
}

// personal is what lands of a name or an e-mail address.
func personal(value json.RawMessage, treat func(string) (string, bool)) (landed json.RawMessage, keep bool, err error) {
	var plain string
	if broken := json.Unmarshal(value, &plain); broken != nil {
		return nil, false, nil //nolint:nilerr // what is no text does not land
	}
	text, keep := treat(plain)
	if !keep {
		return nil, false, nil
	}
	landed, err = json.Marshal(text)
	return landed, err == nil, err
}
