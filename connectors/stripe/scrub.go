package stripe

import (
	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
)

// Where a value stands: a customer's own name is personal, and what is inside its
// event is the customer too.
const (
	anywhere rawjson.Place = iota
	inCustomer
)

// rule goes by the key alone: Stripe uses a key for one meaning wherever it
// stands, but for the name.
func rule(key []byte, at rawjson.Place) (rawjson.Fate, rawjson.Place) {
	if at == inCustomer {
		switch string(key) {
		case "name":
			return rawjson.Name, anywhere
		case "data", "object", "previous_attributes": // of its event
			return rawjson.Keep, inCustomer
		}
	}
	return fateOf(key), anywhere
}

func fateOf(key []byte) rawjson.Fate {
	switch string(key) {
	case "phone", "customer_phone", "shipping", "customer_shipping", "shipping_details", "billing_details",
		"sources", "card", "bank_account", "payment_method_details", "payment_method", "source",
		"last_finalization_error", "last_payment_error", "ip_address",
		"tax_ids", "customer_tax_ids", "line1", "line2", "postal_code":
		return rawjson.Drop
	case "hosted_invoice_url", "invoice_pdf", "pdf", "receipt_url":
		// Whoever has such a link reads the invoice with name and address.
		return rawjson.Drop
	case "times_redeemed", "delinquent", "next_invoice_sequence":
		// Counters that move without any change of terms: with them every
		// look at a coupon or customer would be another version.
		return rawjson.Drop
	case "address", "customer_address":
		return rawjson.Address
	case "email", "customer_email", "receipt_email":
		return rawjson.Email
	case "customer_name", "business_name", "individual_name":
		return rawjson.Name
	case "metadata":
		return rawjson.Verbatim
	}
	return rawjson.Keep
}

// scrub is the object as it may land. Kind is its type, of an event that of its
// object.
func scrub(raw []byte, kind string, privacy connectors.Privacy) ([]byte, error) {
	at := anywhere
	if kind == kindCustomer {
		at = inCustomer
	}
	return rawjson.Scrub(raw, privacy, rule, at)
}
