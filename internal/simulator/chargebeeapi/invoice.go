package chargebeeapi

import (
	"strconv"

	"mrrsync/internal/simulator/site"
)

func (v *view) invoiceShelf() *shelf[*site.Invoice] {
	return &shelf[*site.Invoice]{
		path: "invoices", all: v.invoices, birth: "date",
		born:  func(x *site.Invoice) int64 { return x.Date },
		id:    func(x *site.Invoice) string { return x.ID },
		there: func(x *site.Invoice) bool { return x.Date <= v.t && !x.Customer.Gone(v.t) },
		texts: map[string]func(*site.Invoice) string{
			"id":              func(x *site.Invoice) string { return x.ID },
			"customer_id":     func(x *site.Invoice) string { return x.Customer.ID },
			"subscription_id": func(x *site.Invoice) string { return subscriptionID(x.Sub) },
			"status":          func(x *site.Invoice) string { return x.State(v.t) },
		},
		moments: map[string]func(*site.Invoice) int64{
			"date":       func(x *site.Invoice) int64 { return x.Date },
			"updated_at": func(x *site.Invoice) int64 { return x.Updated(v.t) },
		},
		write: func(e *enc, x *site.Invoice) {
			e.Key("invoice")
			v.invoice(e, x)
		},
	}
}

func subscriptionID(u *site.Subscription) string {
	if u == nil {
		return ""
	}
	return u.ID
}

func (v *view) invoice(e *enc, x *site.Invoice) {
	t := max(v.t, x.Date)
	state, updated, sums, balance := x.State(t), x.Updated(t), x.Sums(), x.Balance(t)
	paid := x.Paid > 0 && x.Paid <= t
	e.Open()
	e.Str("id", x.ID)
	e.Str("customer_id", x.Customer.ID)
	e.some("subscription_id", subscriptionID(x.Sub))
	e.Bool("recurring", x.Recurring)
	e.Str("status", state)
	e.Str("price_type", priceType(x.Inclusive))
	e.Num("date", x.Date)
	due := x.Due
	if due == 0 {
		due = x.Date
	}
	e.Num("due_date", due)
	e.Num("net_term_days", (due-x.Date)/86_400)
	e.Raw("exchange_rate", []byte("1.0"))
	e.Num("total", sums.Total)
	e.Num("amount_paid", balance.Paid)
	e.Num("amount_adjusted", balance.Adjusted)
	e.Num("write_off_amount", 0)
	e.Num("credits_applied", balance.Credited)
	e.Num("amount_due", balance.Due)
	if paid {
		e.Num("paid_at", x.Paid)
	}
	v.dunning(e, x, state, t)
	if state == "voided" {
		e.Num("voided_at", x.Voided)
	}
	e.stamped(updated, updated*1000)
	e.Bool("deleted", false)
	e.Str("object", "invoice")
	e.Bool("first_invoice", x.First)
	e.Num("amount_to_collect", balance.Due)
	e.Num("round_off_amount", 0)
	e.Bool("has_advance_charges", false)
	e.Str("currency_code", x.Currency)
	e.Num("generated_at", x.Date)
	e.Bool("is_gifted", x.Sub != nil && x.Sub.Gift != "")
	e.Bool("term_finalized", true)
	e.Str("channel", "web")
	e.Num("tax", sums.Tax)
	e.Num("sub_total", sums.Subtotal)
	v.lines(e, x.Lines, x.Sub, x.Customer, x.Inclusive, x.Sub != nil && v.odd(x.Sub))
	v.payments(e, x, balance.Paid, t)
	v.credited(e, x, t)
	e.Raw("linked_orders", []byte("[]"))
	v.address(e, x.Customer)
	e.End()
}

// dunning writes how the collection of an unpaid invoice stands.
func (v *view) dunning(e *enc, x *site.Invoice, state string, t int64) {
	n := v.attempts(x, t)
	if n == 0 {
		return
	}
	switch state {
	case "paid":
		e.Str("dunning_status", "success")
	case "not_paid":
		e.Str("dunning_status", "exhausted")
	case "voided":
		e.Str("dunning_status", "stopped")
	default:
		e.Str("dunning_status", "in_progress")
	}
}

// attempts is how many attempts to collect have failed so far.
func (v *view) attempts(x *site.Invoice, t int64) int {
	n := 0
	for _, at := range x.Attempts {
		if at <= t {
			n++
		}
	}
	return n
}

// payments writes the transactions: failed ones, then the one that paid.
func (v *view) payments(e *enc, x *site.Invoice, paid, t int64) {
	failed := v.attempts(x, t)
	total := x.Sums().Total
	one := func(id, state string, applied, at, amount int64) {
		e.Open()
		e.Str("txn_id", id)
		e.Num("applied_amount", applied)
		e.Num("applied_at", at)
		e.Str("txn_status", state)
		e.Num("txn_date", at)
		e.Num("txn_amount", amount)
		e.Str("object", "linked_payment")
		e.End()
	}
	e.Arr("linked_payments")
	for i := range failed {
		one(transaction(x, i), "failure", 0, x.Attempts[i], total)
	}
	if paid > 0 {
		one(transaction(x, len(x.Attempts)), "success", paid, x.Paid, paid)
	}
	e.EndArr()
	e.Arr("dunning_attempts")
	for i := range failed {
		e.Open()
		e.Num("attempt", int64(i))
		e.Str("transaction_id", transaction(x, i))
		e.Str("dunning_type", "auto_collect")
		e.Num("created_at", x.Attempts[i])
		e.Str("txn_status", "failure")
		e.Num("txn_amount", total)
		e.Str("object", "dunning_attempt")
		e.End()
	}
	e.EndArr()
}

func transaction(x *site.Invoice, n int) string { return "txn_" + x.ID + "_" + strconv.Itoa(n+1) }

// credited writes the credit notes that touch the invoice: those that paid it,
// those that adjusted it, and those that were issued for it later.
func (v *view) credited(e *enc, x *site.Invoice, t int64) {
	head := func(c *site.CreditNote) {
		e.Str("cn_id", c.ID)
		e.Str("cn_reason_code", c.Reason)
		e.Num("cn_date", c.Date)
		e.Str("cn_status", c.State(t))
	}
	e.Arr("applied_credits")
	for _, a := range x.Applied {
		if a.At > t {
			continue
		}
		e.Open()
		head(a.Credit)
		e.Num("applied_amount", a.Amount)
		e.Num("applied_at", a.At)
		e.Str("object", "applied_credit")
		e.End()
	}
	e.EndArr()
	notes := func(key, object string, list []*site.CreditNote, adjustment bool) {
		e.Arr(key)
		for _, c := range list {
			if c.Date > t || c.Invoice != x || c.Adjustment != adjustment {
				continue
			}
			e.Open()
			head(c)
			e.Num("cn_total", c.Sums().Total)
			e.Str("object", object)
			e.End()
		}
		e.EndArr()
	}
	notes("adjustment_credit_notes", "adjustment_credit_note", x.Adjusted, true)
	var issued []*site.CreditNote
	if x.Sub != nil {
		issued = x.Sub.Credits
	}
	notes("issued_credit_notes", "issued_credit_note", issued, false)
}

func (v *view) creditShelf() *shelf[*site.CreditNote] {
	return &shelf[*site.CreditNote]{
		path: "credit_notes", all: v.credits, birth: "date",
		born:  func(c *site.CreditNote) int64 { return c.Date },
		id:    func(c *site.CreditNote) string { return c.ID },
		there: func(c *site.CreditNote) bool { return c.Date <= v.t && !c.Customer.Gone(v.t) },
		texts: map[string]func(*site.CreditNote) string{
			"id":              func(c *site.CreditNote) string { return c.ID },
			"customer_id":     func(c *site.CreditNote) string { return c.Customer.ID },
			"subscription_id": func(c *site.CreditNote) string { return subscriptionID(c.Sub) },
		},
		moments: map[string]func(*site.CreditNote) int64{
			"date":       func(c *site.CreditNote) int64 { return c.Date },
			"updated_at": func(c *site.CreditNote) int64 { return c.Updated(v.t) },
		},
		write: func(e *enc, c *site.CreditNote) {
			e.Key("credit_note")
			v.credit(e, c)
		},
	}
}

func (v *view) credit(e *enc, c *site.CreditNote) {
	t := max(v.t, c.Date)
	state, updated, sums, allocated := c.State(t), c.Updated(t), c.Sums(), c.Allocated(t)
	e.Open()
	e.Str("id", c.ID)
	e.Str("customer_id", c.Customer.ID)
	e.some("subscription_id", subscriptionID(c.Sub))
	e.Str("reference_invoice_id", c.Invoice.ID)
	if c.Adjustment {
		e.Str("type", "adjustment")
	} else {
		e.Str("type", "refundable")
	}
	e.Str("reason_code", c.Reason)
	e.Str("status", state)
	e.Num("date", c.Date)
	e.Str("price_type", priceType(c.Invoice.Inclusive))
	e.Str("currency_code", c.Invoice.Currency)
	e.Num("total", sums.Total)
	var refunded int64
	if c.Refunded > 0 && c.Refunded <= t {
		refunded = sums.Total - allocated
		e.Num("refunded_at", c.Refunded)
	}
	e.Num("amount_allocated", allocated)
	e.Num("amount_refunded", refunded)
	if state == "voided" {
		e.Num("amount_available", 0)
		e.Num("voided_at", c.Voided)
	} else {
		e.Num("amount_available", sums.Total-allocated-refunded)
	}
	e.Num("generated_at", c.Date)
	e.stamped(updated, updated*1000)
	e.Str("channel", "web")
	e.Num("sub_total", sums.Subtotal)
	e.Num("round_off_amount", 0)
	e.Num("fractional_correction", 0)
	v.lines(e, c.Lines, c.Sub, c.Customer, c.Invoice.Inclusive, false)
	v.allocations(e, c, sums.Total, t)
	e.Arr("linked_refunds")
	if refunded > 0 {
		e.Open()
		e.Str("txn_id", "txn_"+c.ID)
		e.Num("applied_amount", refunded)
		e.Num("applied_at", c.Refunded)
		e.Str("txn_status", "success")
		e.Num("txn_date", c.Refunded)
		e.Num("txn_amount", refunded)
		e.Str("object", "linked_refund")
		e.End()
	}
	e.EndArr()
	e.Bool("deleted", false)
	e.Str("object", "credit_note")
	e.End()
}

// allocations writes the invoices that used the credit note.
func (v *view) allocations(e *enc, c *site.CreditNote, total, t int64) {
	one := func(x *site.Invoice, amount, at int64) {
		e.Open()
		e.Str("invoice_id", x.ID)
		e.Num("allocated_amount", amount)
		e.Num("allocated_at", at)
		e.Num("invoice_date", x.Date)
		e.Str("invoice_status", x.State(t))
		e.Str("object", "allocation")
		e.End()
	}
	e.Arr("allocations")
	if c.Adjustment {
		one(c.Invoice, total, c.Date)
	}
	for _, a := range c.Used {
		if a.At <= t {
			one(a.Invoice, a.Amount, a.At)
		}
	}
	e.EndArr()
}
