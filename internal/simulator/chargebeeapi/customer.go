package chargebeeapi

import "mrrsync/internal/simulator/site"

func (v *view) customerShelf() *shelf[*site.Customer] {
	return &shelf[*site.Customer]{
		path: "customers", all: v.customers, birth: "created_at",
		born:    func(c *site.Customer) int64 { return c.Created() },
		id:      func(c *site.Customer) string { return c.ID },
		there:   func(c *site.Customer) bool { return c.Created() <= v.t && !c.Gone(v.t) },
		deleted: func(c *site.Customer) bool { return c.At(v.t).Deleted },
		texts:   map[string]func(*site.Customer) string{"id": func(c *site.Customer) string { return c.ID }},
		moments: map[string]func(*site.Customer) int64{
			"created_at": func(c *site.Customer) int64 { return c.Created() },
			"updated_at": v.customerUpdated,
		},
		write: func(e *enc, c *site.Customer) {
			e.Key("customer")
			v.customer(e, c)
		},
	}
}

// customerUpdated is updated_at, 0 for a customer that shows none.
func (v *view) customerUpdated(c *site.Customer) int64 {
	at := c.At(v.t).At
	if c.Undated && at == c.Created() {
		return 0
	}
	return at
}

// stamped writes updated_at and the version that goes with it, or neither.
func (e *enc) stamped(updated, version int64) {
	if updated != 0 {
		e.Num("updated_at", updated)
		e.Num("resource_version", version)
	}
}

func (v *view) customer(e *enc, c *site.Customer) {
	is := c.At(max(v.t, c.Created()))
	e.Open()
	e.Str("id", c.ID)
	e.Str("first_name", first(c.Name))
	e.some("email", is.Email)
	e.Str("company", c.Name)
	e.Str("auto_collection", "on")
	e.Num("net_term_days", 0)
	e.Bool("allow_direct_debit", false)
	e.Num("created_at", c.Created())
	e.Str("taxability", "taxable")
	updated := v.customerUpdated(c)
	e.stamped(updated, updated*1000)
	e.Str("pii_cleared", "active")
	e.Str("channel", "web")
	e.Bool("deleted", is.Deleted)
	e.Str("object", "customer")
	v.address(e, c)
	e.Str("card_status", "valid")
	e.Num("promotional_credits", 0)
	e.Num("refundable_credits", 0)
	e.Num("excess_payments", 0)
	e.Num("unbilled_charges", 0)
	e.some("preferred_currency_code", c.Currency)
	if account := tag(c); account != "" || is.Owner != "" || is.Segment != "" {
		e.Obj("meta_data")
		e.some("account_id", account)
		e.some("csm_owner", is.Owner)
		e.some("segment", is.Segment)
		e.End()
	}
	e.End()
}

// tag is the company's number for the customer, when its metadata has it.
func tag(c *site.Customer) string {
	if c.Tagged {
		return c.Account
	}
	return ""
}

func (v *view) address(e *enc, c *site.Customer) {
	e.Obj("billing_address")
	e.Str("first_name", first(c.Name))
	e.Str("company", c.Name)
	e.some("country", c.Country)
	e.Str("validation_status", "not_validated")
	e.Str("object", "billing_address")
	e.End()
}

// first is the first word of a name.
func first(name string) string {
	for i, r := range name {
		if r == ' ' {
			return name[:i]
		}
	}
	return name
}
