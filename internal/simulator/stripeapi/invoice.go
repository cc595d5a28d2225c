package stripeapi

import (
	"fmt"
	"slices"
	"strconv"

	"mrrsync/internal/simulator/company"
)

func (p *moment) invoice(e *enc, v *company.Invoice, want *expand) {
	state, sums := v.State(p.t), v.Sums()
	due := max(sums.Total, 0)
	paid := state == "paid"
	e.open()
	e.str("id", v.ID)
	e.str("object", "invoice")
	e.str("account_country", "US")
	e.str("account_name", "Simulated")
	e.null("account_tax_ids")
	e.num("amount_due", due)
	e.num("amount_paid", pick(paid, due, 0))
	e.num("amount_remaining", pick(paid, 0, due))
	e.num("amount_shipping", 0)
	e.nulls("application", "application_fee_amount")
	attempts := p.attempts(v)
	e.num("attempt_count", attempts)
	e.bool("attempted", attempts > 0)
	e.bool("auto_advance", state == "draft" && v.Finalized > 0 || state == "open")
	e.raw("automatic_tax", []byte(`{"enabled":false,"liability":null,"status":null}`))
	e.str("billing_reason", v.Reason)
	e.null("charge")
	e.str("collection_method", collection(v.Sub))
	e.num("created", v.Created)
	e.str("currency", v.Currency)
	e.null("custom_fields")
	p.customerRef(e, v.Customer, want)
	e.null("customer_address")
	e.str("customer_email", v.Customer.Email)
	e.str("customer_name", v.Customer.Name)
	e.nulls("customer_phone", "customer_shipping")
	e.str("customer_tax_exempt", "none")
	e.raw("customer_tax_ids", []byte("[]"))
	e.nulls("default_payment_method", "default_source")
	p.taxes(e, "default_tax_rates", v.Sub.Tax)
	e.null("description")
	if len(v.Discounts) > 0 {
		e.key("discount")
		p.discount(e, v.Discounts[0], v.Customer, want.at("discount"))
	} else {
		e.null("discount")
	}
	p.discounts(e, v.Discounts, v.Customer, want, func(*company.Discount) bool { return true })
	final := state != "draft"
	e.when("due_date", p.due(v))
	e.when("effective_at", pick(final, v.Finalized, 0))
	if final {
		e.num("ending_balance", min(sums.Total, 0))
	} else {
		e.null("ending_balance")
	}
	e.null("footer")
	if v.Revises != nil {
		e.obj("from_invoice")
		e.str("action", "revision")
		e.str("invoice", v.Revises.ID)
		e.end()
	} else {
		e.null("from_invoice")
	}
	if final {
		e.str("hosted_invoice_url", "https://invoice.example.com/i/"+v.ID)
		e.str("invoice_pdf", "https://invoice.example.com/i/"+v.ID+"/pdf")
	} else {
		e.nulls("hosted_invoice_url", "invoice_pdf")
	}
	e.raw("issuer", []byte(`{"type":"self"}`))
	e.null("last_finalization_error")
	if w := v.Revised; w != nil && w.Created <= p.t {
		e.str("latest_revision", w.ID)
	} else {
		e.null("latest_revision")
	}
	p.lines(e, v, want.at("lines"))
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.null("next_payment_attempt")
	if final {
		e.str("number", prefix(v.Customer)+"-"+number(v))
	} else {
		e.null("number")
	}
	e.null("on_behalf_of")
	e.bool("paid", paid)
	e.bool("paid_out_of_band", false)
	e.null("payment_intent")
	e.raw("payment_settings", []byte(`{"default_mandate":null,"payment_method_options":null,"payment_method_types":null}`))
	e.num("period_end", v.Period.End)
	e.num("period_start", v.Period.Start)
	e.num("post_payment_credit_notes_amount", p.credited(v))
	e.num("pre_payment_credit_notes_amount", 0)
	e.nulls("quote", "receipt_number", "rendering", "shipping_cost", "shipping_details")
	e.num("starting_balance", 0)
	e.null("statement_descriptor")
	e.str("status", state)
	e.obj("status_transitions")
	e.when("finalized_at", pick(final, v.Finalized, 0))
	e.when("marked_uncollectible_at", pick(state == "uncollectible", v.Uncollectible, 0))
	e.when("paid_at", pick(paid, v.Paid, 0))
	e.when("voided_at", pick(state == "void", v.Voided, 0))
	e.end()
	if p.d == newer {
		e.obj("parent")
		e.null("quote_details")
		e.obj("subscription_details")
		e.raw("metadata", []byte("{}"))
		e.str("subscription", v.Sub.ID)
		e.end()
		e.str("type", "subscription_details")
		e.end()
	} else {
		p.subscriptionRef(e, v.Sub, want)
		e.raw("subscription_details", []byte(`{"metadata":{}}`))
	}
	e.num("subtotal", sums.Subtotal)
	e.num("subtotal_excluding_tax", sums.Subtotal-sums.Inclusive)
	p.totals(e, v, sums, want)
	e.nulls("test_clock", "transfer_data")
	if final {
		e.num("webhooks_delivered_at", v.Finalized)
	} else {
		e.null("webhooks_delivered_at")
	}
	e.end()
}

// due is when a sent invoice is to be paid, 0 for the others.
func (p *moment) due(v *company.Invoice) int64 {
	return pick(v.Sub.Sends && v.State(p.t) != "draft", v.Finalized+30*86_400, 0)
}

func pick(cond bool, yes, no int64) int64 {
	if cond {
		return yes
	}
	return no
}

func number(v *company.Invoice) string {
	n := v.Ref.Owner()*10_000 + v.Number
	if n > 9999 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%04d", n)
}

// attempts counts the tries to collect an invoice up to now.
func (p *moment) attempts(v *company.Invoice) int64 {
	n := int64(0)
	for _, t := range v.Attempts {
		if t <= p.t {
			n++
		}
	}
	if v.Paid > 0 && v.Paid <= p.t {
		n++
	}
	return n
}

func (p *moment) credited(v *company.Invoice) int64 {
	sum := int64(0)
	for _, n := range v.Sub.Credits {
		if n.Invoice == v && n.Created <= p.t {
			sum += n.Amount + n.Tax
		}
	}
	return sum
}

func (p *moment) subscriptionRef(e *enc, s *company.Subscription, want *expand) {
	if w := want.at("subscription"); w != nil {
		e.key("subscription")
		p.subscription(e, s, w)
		return
	}
	e.str("subscription", s.ID)
}

// totals writes the sums over discounts and over taxes.
func (p *moment) totals(e *enc, v *company.Invoice, sums company.Sums, want *expand) {
	type share struct {
		rate           *company.TaxRate
		amount, ground int64
	}
	var taxes []share
	var cuts []company.Cut
	for i := range v.Lines {
		l := &v.Lines[i]
		for _, c := range l.Discounts {
			j := slices.IndexFunc(cuts, func(x company.Cut) bool { return x.Discount == c.Discount })
			if j < 0 {
				cuts = append(cuts, c)
			} else {
				cuts[j].Amount += c.Amount
			}
		}
		if l.Tax == nil {
			continue
		}
		j := slices.IndexFunc(taxes, func(x share) bool { return x.rate == l.Tax })
		if j < 0 {
			taxes = append(taxes, share{rate: l.Tax})
			j = len(taxes) - 1
		}
		taxes[j].amount += l.TaxAmount
		taxes[j].ground += taxable(l)
	}
	if len(taxes) == 0 {
		e.null("tax")
	} else {
		e.num("tax", sums.Exclusive+sums.Inclusive)
	}
	e.num("total", sums.Total)
	e.arr("total_discount_amounts")
	for _, c := range cuts {
		p.cut(e, c, v.Customer, want.at("total_discount_amounts"))
	}
	e.endArr()
	e.num("total_excluding_tax", sums.Total-sums.Exclusive-sums.Inclusive)
	e.arr("total_tax_amounts")
	for _, x := range taxes {
		p.taxAmount(e, x.rate, x.amount, x.ground, want.at("total_tax_amounts"))
	}
	e.endArr()
}

func taxable(l *company.Line) int64 {
	n := l.Amount - l.Discounted()
	if l.Tax.Inclusive {
		n -= l.TaxAmount
	}
	return n
}

func (p *moment) cut(e *enc, c company.Cut, cust *company.Customer, want *expand) {
	e.open()
	e.num("amount", c.Amount)
	if w := want.at("discount"); w != nil {
		e.key("discount")
		p.discount(e, c.Discount, cust, w)
	} else {
		e.str("discount", c.Discount.ID)
	}
	e.end()
}

func (p *moment) taxAmount(e *enc, x *company.TaxRate, amount, ground int64, want *expand) {
	e.open()
	e.num("amount", amount)
	e.bool("inclusive", x.Inclusive)
	if want.has("tax_rate") {
		e.key("tax_rate")
		p.tax(e, x)
	} else {
		e.str("tax_rate", x.ID)
	}
	e.str("taxability_reason", "standard_rated")
	e.num("taxable_amount", ground)
	e.end()
}

func (p *moment) lines(e *enc, v *company.Invoice, want *expand) {
	e.listed("lines")
	for i := range v.Lines[:min(len(v.Lines), page)] {
		p.line(e, v, i, want.at("data"))
	}
	e.listEnd(len(v.Lines) > page, "/v1/invoices/"+v.ID+"/lines")
}

// lineID numbers the lines of an invoice: at most 64 of them.
func (p *moment) lineID(v *company.Invoice, i int) string {
	return p.c.ID(company.KindLine, v.Ref-company.Ref(v.Ref.N())+company.Ref(v.Ref.N()<<6|i))
}

func (p *moment) line(e *enc, v *company.Invoice, i int, want *expand) {
	l := &v.Lines[i]
	e.open()
	e.str("id", p.lineID(v, i))
	e.str("object", "line_item")
	e.num("amount", l.Amount)
	if l.Tax != nil && l.Tax.Inclusive {
		e.num("amount_excluding_tax", l.Amount-l.TaxAmount)
	} else {
		e.num("amount_excluding_tax", l.Amount)
	}
	e.str("currency", v.Currency)
	e.str("description", describe(l))
	e.arr("discount_amounts")
	for _, c := range l.Discounts {
		p.cut(e, c, v.Customer, want.at("discount_amounts"))
	}
	e.endArr()
	e.bool("discountable", !l.Proration)
	p.discounts(e, v.Sub.Discounts, v.Customer, want, func(d *company.Discount) bool {
		return d.Item != "" && d.Item == l.ItemID && slices.ContainsFunc(l.Discounts, func(c company.Cut) bool { return c.Discount == d })
	})
	e.str("invoice", v.ID)
	if l.Aside != nil {
		if w := want.at("invoice_item"); w != nil {
			e.key("invoice_item")
			p.invoiceItem(e, l.Aside, w)
		} else {
			e.str("invoice_item", l.Aside.ID)
		}
	}
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.obj("period")
	e.num("end", l.End)
	e.num("start", l.Start)
	e.end()
	p.linePrice(e, l, want)
	e.bool("proration", l.Proration)
	e.raw("proration_details", []byte(`{"credited_items":null}`))
	e.num("quantity", l.Quantity)
	p.subscriptionRef(e, v.Sub, want)
	if l.ItemID != "" {
		e.str("subscription_item", l.ItemID)
	}
	e.arr("tax_amounts")
	if l.Tax != nil {
		p.taxAmount(e, l.Tax, l.TaxAmount, taxable(l), want.at("tax_amounts"))
	}
	e.endArr()
	if l.OwnTax {
		p.taxes(e, "tax_rates", l.Tax)
	} else {
		p.taxes(e, "tax_rates", nil)
	}
	if l.Aside != nil {
		e.str("type", "invoiceitem")
	} else {
		e.str("type", "subscription")
	}
	if l.Quantity != 0 && l.Amount%l.Quantity == 0 {
		e.str("unit_amount_excluding_tax", strconv.FormatInt(l.Amount/l.Quantity, 10))
	} else {
		e.null("unit_amount_excluding_tax")
	}
	e.end()
}

func (p *moment) linePrice(e *enc, l *company.Line, want *expand) {
	if p.d == newer {
		e.obj("pricing")
		e.obj("price_details")
		e.str("price", l.Price.ID)
		e.str("product", l.Price.Product.ID)
		e.end()
		e.str("type", "price_details")
		e.end()
		return
	}
	if l.Price.OneTime {
		e.null("plan")
	} else {
		e.key("plan")
		p.plan(e, l.Price)
	}
	if p.d == older {
		return
	}
	e.key("price")
	p.price(e, l.Price, want.at("price"))
}

func describe(l *company.Line) string {
	name := l.Price.Product.Name
	switch {
	case l.Trial:
		return "Trial period for " + name
	case l.Proration && l.Amount < 0:
		return "Unused time on " + strconv.FormatInt(l.Quantity, 10) + " × " + name
	case l.Proration:
		return "Remaining time on " + strconv.FormatInt(l.Quantity, 10) + " × " + name
	case l.Tier != "":
		return strconv.FormatInt(l.Quantity, 10) + " × " + name + " (" + l.Tier + ")"
	case l.Price.OneTime:
		return name
	}
	return strconv.FormatInt(l.Quantity, 10) + " × " + name + " (per " + l.Price.Interval.String() + ")"
}

func (p *moment) invoiceItem(e *enc, x *company.InvoiceItem, want *expand) {
	e.open()
	e.str("id", x.ID)
	e.str("object", "invoiceitem")
	e.num("amount", x.Amount)
	e.str("currency", x.Currency)
	p.customerRef(e, x.Customer, want)
	e.num("date", x.Date)
	e.str("description", x.Price.Product.Name)
	e.bool("discountable", !x.Proration)
	e.raw("discounts", []byte("[]"))
	v := x.Invoice
	if v != nil && v.Created > p.t {
		v = nil
	}
	switch {
	case v == nil:
		e.null("invoice")
	case want.has("invoice"):
		e.key("invoice")
		p.invoice(e, v, want.at("invoice"))
	default:
		e.str("invoice", v.ID)
	}
	e.bool("livemode", false)
	e.raw("metadata", []byte("{}"))
	e.obj("period")
	e.num("end", x.End)
	e.num("start", x.Start)
	e.end()
	if x.Price.OneTime {
		e.null("plan")
	} else {
		e.key("plan")
		p.plan(e, x.Price)
	}
	e.key("price")
	p.price(e, x.Price, want.at("price"))
	e.bool("proration", x.Proration)
	e.num("quantity", x.Quantity)
	p.subscriptionRef(e, x.Sub, want)
	if x.ItemID != "" {
		e.str("subscription_item", x.ItemID)
	}
	if x.Tax != x.Sub.Tax {
		p.taxes(e, "tax_rates", x.Tax)
	} else {
		p.taxes(e, "tax_rates", nil)
	}
	e.null("test_clock")
	if x.Quantity != 0 && x.Amount%x.Quantity == 0 {
		e.num("unit_amount", x.Amount/x.Quantity)
		e.str("unit_amount_decimal", strconv.FormatInt(x.Amount/x.Quantity, 10))
	} else {
		e.nulls("unit_amount", "unit_amount_decimal")
	}
	e.end()
}

func (p *moment) creditNote(e *enc, n *company.CreditNote, want *expand) {
	l := &n.Invoice.Lines[n.Line]
	total := n.Amount + n.Tax
	e.open()
	e.str("id", n.ID)
	e.str("object", "credit_note")
	e.num("amount", total)
	e.num("amount_shipping", 0)
	e.num("created", n.Created)
	e.str("currency", n.Invoice.Currency)
	p.customerRef(e, n.Customer, want)
	e.null("customer_balance_transaction")
	e.num("discount_amount", 0)
	e.raw("discount_amounts", []byte("[]"))
	e.num("effective_at", n.Created)
	if w := want.at("invoice"); w != nil {
		e.key("invoice")
		p.invoice(e, n.Invoice, w)
	} else {
		e.str("invoice", n.Invoice.ID)
	}
	e.listed("lines")
	p.creditLine(e, n)
	e.listEnd(false, "/v1/credit_notes/"+n.ID+"/lines")
	e.bool("livemode", false)
	e.null("memo")
	e.raw("metadata", []byte("{}"))
	e.str("number", prefix(n.Customer)+"-"+number(n.Invoice)+"-CN-"+fmt.Sprintf("%02d", n.Number))
	e.null("out_of_band_amount")
	e.str("pdf", "https://invoice.example.com/cn/"+n.ID+"/pdf")
	e.str("reason", "order_change")
	e.nulls("refund", "shipping_cost")
	e.str("status", "issued")
	e.num("subtotal", n.Amount)
	e.num("subtotal_excluding_tax", n.Amount-inclusive(l, n))
	e.arr("tax_amounts")
	p.creditTax(e, l, n)
	e.endArr()
	e.num("total", total)
	e.num("total_excluding_tax", n.Amount-inclusive(l, n))
	e.str("type", "post_payment")
	e.null("voided_at")
	e.end()
}

// inclusive is the tax inside a credited amount.
func inclusive(l *company.Line, n *company.CreditNote) int64 {
	if l.Tax == nil || !l.Tax.Inclusive {
		return 0
	}
	return n.Amount - (n.Amount*20_000+10_000+l.Tax.Rate)/(2*(10_000+l.Tax.Rate))
}

func (p *moment) creditTax(e *enc, l *company.Line, n *company.CreditNote) {
	if l.Tax == nil {
		return
	}
	p.taxAmount(e, l.Tax, n.Tax+inclusive(l, n), n.Amount-inclusive(l, n), nil)
}

func (p *moment) creditLine(e *enc, n *company.CreditNote) {
	l := &n.Invoice.Lines[n.Line]
	e.open()
	e.str("id", "cnli_"+p.lineID(n.Invoice, n.Line)[3:])
	e.str("object", "credit_note_line_item")
	e.num("amount", n.Amount)
	e.num("amount_excluding_tax", n.Amount-inclusive(l, n))
	e.str("description", describe(l))
	e.num("discount_amount", 0)
	e.raw("discount_amounts", []byte("[]"))
	e.str("invoice_line_item", p.lineID(n.Invoice, n.Line))
	e.bool("livemode", false)
	e.num("quantity", 1)
	e.arr("tax_amounts")
	p.creditTax(e, l, n)
	e.endArr()
	p.taxes(e, "tax_rates", nil)
	e.str("type", "invoice_line_item")
	e.num("unit_amount", n.Amount)
	e.str("unit_amount_decimal", strconv.FormatInt(n.Amount, 10))
	e.nulls("unit_amount_excluding_tax")
	e.end()
}
