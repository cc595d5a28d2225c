package stripeapi

import "strings"

// expand is the tree of properties a request wants expanded. The nil tree
// expands nothing.
type expand struct{ sub map[string]*expand }

func (x *expand) at(k string) *expand {
	if x == nil {
		return nil
	}
	return x.sub[k]
}

func (x *expand) has(k string) bool { return x.at(k) != nil }

func (x *expand) add(path []string) {
	for _, p := range path {
		if x.sub == nil {
			x.sub = map[string]*expand{}
		}
		if x.sub[p] == nil {
			x.sub[p] = &expand{}
		}
		x = x.sub[p]
	}
}

// maxDepth is how deep a property may be expanded; `data` of a list counts.
const maxDepth = 4

// shapes says, per type of object, which properties can be walked through on
// the way to an expandable one. A trailing "!" marks what can itself be
// expanded; an empty type is a leaf that is always null here. "*" stands for any
// key.
var shapes = map[string]map[string]string{
	"subscription": {
		"customer": "customer!", "discount": "discount", "discounts": "discount!", "items": "items!", "schedule": "schedule!", "latest_invoice": "invoice!",
		"default_payment_method": "!", "default_source": "!", "pending_setup_intent": "!", "application": "!", "on_behalf_of": "!", "test_clock": "!",
	},
	"items":    {"data": "item"},
	"item":     {"price": "price", "discounts": "discount!"},
	"price":    {"product": "product!", "tiers": "!", "currency_options": "options!"},
	"options":  {"*": "option", "tiers": "!"}, // the API takes tiers without a currency too, and ignores it
	"option":   {"tiers": "!", "custom_unit_amount": "!"},
	"product":  {"default_price": "!", "tax_code": "!"},
	"discount": {"coupon": "coupon", "customer": "customer!", "promotion_code": "!"},
	"coupon":   {"applies_to": "!", "currency_options": "!"},
	"customer": {
		"subscriptions": "subscriptions!", "discount": "discount", "default_source": "!", "sources": "!", "tax": "!", "tax_ids": "!", "test_clock": "!",
	},
	"subscriptions": {"data": "subscription"},
	"invoice": {
		"customer": "customer!", "subscription": "subscription!", "discounts": "discount!", "discount": "discount", "lines": "lines!",
		"total_discount_amounts": "cut", "total_tax_amounts": "tax", "payment_intent": "!", "charge": "!", "quote": "!", "latest_revision": "!",
		"default_payment_method": "!", "default_source": "!", "application": "!", "on_behalf_of": "!", "test_clock": "!", "account_tax_ids": "!",
	},
	"lines":       {"data": "line"},
	"line":        {"price": "price", "discounts": "discount!", "discount_amounts": "cut", "tax_amounts": "tax", "subscription": "subscription!", "invoice_item": "invoiceitem!"},
	"cut":         {"discount": "discount!"},
	"tax":         {"tax_rate": "!"},
	"invoiceitem": {"customer": "customer!", "price": "price", "discounts": "discount!", "invoice": "invoice!", "subscription": "subscription!", "test_clock": "!"},
	"schedule":    {"customer": "customer!", "subscription": "subscription!", "phases": "phase", "application": "!", "test_clock": "!"},
	"phase":       {"coupon": "coupon!", "items": "phaseitem", "discounts": "phasediscount"},
	"phaseitem":   {"price": "price!"},
	"phasediscount": {
		"coupon": "coupon!", "discount": "!", "promotion_code": "!",
	},
	"credit_note": {"customer": "customer!", "invoice": "invoice!", "lines": "notelines!", "discount_amounts": "cut", "tax_amounts": "tax", "refund": "!", "customer_balance_transaction": "!"},
	"notelines":   {"data": "noteline"},
	"noteline":    {"tax_amounts": "tax", "discount_amounts": "cut"},
	"event":       {},
	"tax_rate":    {},
	"account":     {},
}

// parseExpand reads the paths of a request on a type of object (or a list of it).
func parseExpand(kind string, list bool, paths []string) (*expand, *failure) {
	if len(paths) == 0 {
		return nil, nil
	}
	root := &expand{}
	for _, p := range paths {
		parts := strings.Split(p, ".")
		if len(parts) > maxDepth {
			return nil, invalid("property_expansion_max_depth", "", "You cannot expand more than 4 levels of a property. Property: "+p)
		}
		at := kind
		walk := parts
		if list {
			if parts[0] != "data" {
				return nil, invalid("", "expand", "This property cannot be expanded ("+p+"). You may want to try expanding 'data."+p+"' instead.")
			}
			walk = parts[1:]
		}
		expandable := list && len(walk) == 0
		for _, part := range walk {
			next, ok := shapes[at][part]
			if !ok {
				next, ok = shapes[at]["*"]
			}
			if !ok {
				return nil, invalid("", "expand", "This property cannot be expanded ("+p+").")
			}
			expandable = strings.HasSuffix(next, "!")
			at = strings.TrimSuffix(next, "!")
		}
		if !expandable {
			return nil, invalid("", "expand", "This property cannot be expanded ("+p+").")
		}
		root.add(walk)
	}
	return root, nil
}
