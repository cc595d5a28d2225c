package stripe

import (
	"encoding/json"

	"mrrsync/connectors"
)

// What becomes of a member before it lands, by its key alone: Stripe uses a key
// for one meaning wherever it stands. Metadata belongs to the account's owner
// and is left alone.
type fate uint8

const (
	fateKeep    fate = iota
	fateDrop         // never lands
	fateAddress      // only its country lands
	fateEmail
	fateName
	fateVerbatim
)

func fateOf(key []byte) fate {
	switch string(key) {
	case "phone", "customer_phone", "shipping", "customer_shipping", "shipping_details", "billing_details",
		"sources", "card", "bank_account", "payment_method_details", "payment_method", "source",
		"last_finalization_error", "last_payment_error", "ip_address",
		"tax_ids", "customer_tax_ids", "line1", "line2", "postal_code":
		return fateDrop
	case "hosted_invoice_url", "invoice_pdf", "pdf", "receipt_url":
		// Whoever has such a link reads the invoice with name and address.
		return fateDrop
	case "times_redeemed", "delinquent", "next_invoice_sequence":
		// Counters that move without any change of terms: with them every
		// look at a coupon or customer would be another version.
		return fateDrop
	case "address", "customer_address":
		return fateAddress
	case "email", "customer_email", "receipt_email":
		return fateEmail
	case "customer_name", "business_name", "individual_name":
		return fateName
	case "metadata":
		return fateVerbatim
	}
	return fateKeep
}

// scrubber copies JSON without the personal fields and without white space.
type scrubber struct {
	privacy connectors.Privacy
	in      []byte
	out     []byte
}

// maxDepth is more levels than Stripe nests; deeper JSON is malformed.
const maxDepth = 64

// scrub is the object as it may land. Kind is its type, of an event that of its
// object: a customer's name is personal, a product's is not.
func scrub(raw []byte, kind string, privacy connectors.Privacy) ([]byte, error) {
	s := scrubber{privacy: privacy, in: raw, out: make([]byte, 0, len(raw))}
	end, err := s.value(skipSpace(raw, 0), 0, kind == kindCustomer)
	if err != nil {
		return nil, err
	}
	if rest := skipSpace(raw, end); rest != len(raw) {
		return nil, malformed(raw, rest, "the end")
	}
	return s.out, nil
}

// value copies the value at i and returns the index behind it. Names says that
// the value is a customer, whose own name is personal, or holds one.
func (s *scrubber) value(i, depth int, names bool) (int, error) {
	if i >= len(s.in) {
		return 0, malformed(s.in, i, "a value")
	}
	if depth > maxDepth {
		return 0, malformed(s.in, i, "something less deep")
	}
	switch s.in[i] {
	case '{':
		return s.object(i, depth, names)
	case '[':
		return s.array(i, depth)
	case '"':
		end, err := skipString(s.in, i)
		if err == nil {
			s.out = append(s.out, s.in[i:end]...)
		}
		return end, err
	default:
		end, err := skipScalar(s.in, i)
		if err == nil {
			s.out = append(s.out, s.in[i:end]...)
		}
		return end, err
	}
}

func (s *scrubber) array(i, depth int) (int, error) {
	s.out = append(s.out, '[')
	i = skipSpace(s.in, i+1)
	if i < len(s.in) && s.in[i] == ']' {
		s.out = append(s.out, ']')
		return i + 1, nil
	}
	for {
		end, err := s.value(i, depth+1, false)
		if err != nil {
			return 0, err
		}
		i = skipSpace(s.in, end)
		if i >= len(s.in) || (s.in[i] != ',' && s.in[i] != ']') {
			return 0, malformed(s.in, i, "a comma")
		}
		s.out = append(s.out, s.in[i])
		if s.in[i] == ']' {
			return i + 1, nil
		}
		i = skipSpace(s.in, i+1)
	}
}

func (s *scrubber) object(i, depth int, names bool) (int, error) {
	s.out = append(s.out, '{')
	start := len(s.out)
	i = skipSpace(s.in, i+1)
	for {
		if i < len(s.in) && s.in[i] == '}' {
			s.out = append(s.out, '}')
			return i + 1, nil
		}
		if i >= len(s.in) || s.in[i] != '"' {
			return 0, malformed(s.in, i, "a key")
		}
		end, err := skipString(s.in, i)
		if err != nil {
			return 0, err
		}
		key := s.in[i:end]
		if i = skipSpace(s.in, end); i >= len(s.in) || s.in[i] != ':' {
			return 0, malformed(s.in, i, "a colon")
		}
		mark := len(s.out)
		if mark > start {
			s.out = append(s.out, ',')
		}
		s.out = append(append(s.out, key...), ':')
		i = skipSpace(s.in, i+1)
		end, keep, err := s.member(key[1:len(key)-1], i, depth, names)
		if err != nil {
			return 0, err
		}
		if !keep {
			s.out = s.out[:mark]
		}
		i = skipSpace(s.in, end)
		if i < len(s.in) && s.in[i] == ',' {
			i = skipSpace(s.in, i+1)
		} else if i >= len(s.in) || s.in[i] != '}' {
			return 0, malformed(s.in, i, "a comma")
		}
	}
}

// member copies one member's value as its fate wants it; keep is false when the
// member does not land.
func (s *scrubber) member(key []byte, i, depth int, names bool) (end int, keep bool, err error) {
	f := fateOf(key)
	if names && string(key) == "name" {
		f = fateName
	}
	if f == fateKeep {
		// The event of a customer holds the customer, and what it was before.
		inside := names && (string(key) == "data" || string(key) == "object" || string(key) == "previous_attributes")
		end, err = s.value(i, depth+1, inside)
		return end, true, err
	}
	if f == fateVerbatim {
		end, err = s.verbatim(i, depth+1)
		return end, true, err
	}
	if end, err = skipValue(s.in, i); err != nil {
		return 0, false, err
	}
	raw := s.in[i:end]
	switch f {
	case fateAddress:
		if raw[0] != '{' {
			s.out = append(s.out, "null"...)
			return end, true, nil
		}
		country := member(raw, "country")
		if country == nil || country[0] != '"' {
			country = []byte("null")
		}
		s.out = append(append(append(s.out, `{"country":`...), country...), '}')
		return end, true, nil
	case fateEmail, fateName:
		return end, s.personal(f, raw), nil
	default:
		return end, false, nil
	}
}

// personal copies a name or an address under its treatment.
func (s *scrubber) personal(f fate, raw []byte) bool {
	treat := s.privacy.Name
	if f == fateEmail {
		treat = s.privacy.Email
	}
	if raw[0] != '"' {
		// null stays: it says that there is none.
		if _, keep := treat(""); keep && string(raw) == "null" {
			s.out = append(s.out, raw...)
			return true
		}
		return false
	}
	var plain string
	if json.Unmarshal(raw, &plain) != nil {
		return false
	}
	landed, keep := treat(plain)
	if !keep {
		return false
	}
	if landed == plain {
		s.out = append(s.out, raw...)
		return true
	}
	quoted, err := json.Marshal(landed)
	s.out = append(s.out, quoted...)
	return err == nil
}

// verbatim copies a value without white space and nothing else changed.
func (s *scrubber) verbatim(i, depth int) (int, error) {
	end, err := skipValue(s.in, i)
	if err != nil {
		return 0, err
	}
	if depth > maxDepth {
		return 0, malformed(s.in, i, "something less deep")
	}
	for j := i; j < end; j++ {
		switch c := s.in[j]; c {
		case ' ', '\n', '\t', '\r':
		case '"':
			stop, err := skipString(s.in, j)
			if err != nil {
				return 0, err
			}
			s.out = append(s.out, s.in[j:stop]...)
			j = stop - 1
		default:
			s.out = append(s.out, c)
		}
	}
	return end, nil
}
