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
		case "name", "description": // people note names there
			return rawjson.Name, anywhere
		case "data", "object", "previous_attributes": // of its event
			return rawjson.Keep, inCustomer
		}
	}
	if string(key) == "customer" {
		return rawjson.Keep, inCustomer // should one be expanded
	}
	return fateOf(key), anywhere
}

func fateOf(key []byte) rawjson.Fate {
	switch string(key) {
	case "source":
		return rawjson.Drop // a card, of old
	case "times_redeemed", "delinquent", "next_invoice_sequence":
		// Counters that move without any change of terms: with them every
		// look at a coupon or customer would be another version.
		return rawjson.Drop
	case "metadata":
		return rawjson.Verbatim
	}
	return rawjson.Common(key)
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
