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
	e.Open()
	e.Str("id", v.ID)
	e.Str("object", "invoice")
	e.Str("account_country", "US")
	e.Str("account_name", "Simulated")
	e.Null("account_tax_ids")
	e.Num("amount_due", due)
	e.Num("amount_paid", pick(paid, due, 0))
	e.Num("amount_remaining", pick(paid, 0, due))
	e.Num("amount_shipping", 0)
	e.Nulls("application", "application_fee_amount")
	attempts := p.attempts(v)
	e.Num("attempt_count", attempts)
	e.Bool("attempted", attempts > 0)
	e.Bool("auto_advance", state == "draft" && v.Finalized > 0 || state == "open")
	e.Raw("automatic_tax", []byte(`{"enabled":false,"liability":null,"status":null}`))
	e.Str("billing_reason", v.Reason)
	e.Null("charge")
	e.Str("collection_method", collection(v.Sub))
	e.Num("created", v.Created)
	e.Str("currency", v.Currency)
	e.Null("custom_fields")
	p.customerRef(e, v.Customer, want)
	e.Null("customer_address")
	e.Str("customer_email", v.Customer.Email)
	e.Str("customer_name", v.Customer.Name)
	e.Nulls("customer_phone", "customer_shipping")
	e.Str("customer_tax_exempt", "none")
	e.Raw("customer_tax_ids", []byte("[]"))
	e.Nulls("default_payment_method", "default_source")
	p.taxes(e, "default_tax_rates", v.Sub.Tax)
	e.Null("description")
	if len(v.Discounts) > 0 {
		e.Key("discount")
		p.discount(e, v.Discounts[0], v.Customer, want.at("discount"))
	} else {
		e.Null("discount")
	}
	p.discounts(e, v.Discounts, v.Customer, want, func(*company.Discount) bool { return true })
	final := state != "draft"
	e.When("due_date", p.due(v))
	e.When("effective_at", pick(final, v.Finalized, 0))
	if final {
		e.Num("ending_balance", min(sums.Total, 0))
	} else {
		e.Null("ending_balance")
	}
	e.Null("footer")
	if v.Revises != nil {
		e.Obj("from_invoice")
		e.Str("action", "revision")
		e.Str("invoice", v.Revises.ID)
		e.End()
	} else {
		e.Null("from_invoice")
	}
	if final {
		e.Str("hosted_invoice_url", "https://invoice.example.com/i/"+v.ID)
		e.Str("invoice_pdf", "https://invoice.example.com/i/"+v.ID+"/pdf")
	} else {
		e.Nulls("hosted_invoice_url", "invoice_pdf")
	}
	e.Raw("issuer", []byte(`{"type":"self"}`))
	e.Null("last_finalization_error")
	if w := v.Revised; w != nil && w.Created <= p.t {
		e.Str("latest_revision", w.ID)
	} else {
		e.Null("latest_revision")
	}
	p.lines(e, v, want.at("lines"))
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Null("next_payment_attempt")
	if final {
		e.Str("number", prefix(v.Customer)+"-"+number(v))
	} else {
		e.Null("number")
	}
	e.Null("on_behalf_of")
	e.Bool("paid", paid)
	e.Bool("paid_out_of_band", false)
	e.Null("payment_intent")
	e.Raw("payment_settings", []byte(`{"default_mandate":null,"payment_method_options":null,"payment_method_types":null}`))
	e.Num("period_end", v.Period.End)
	e.Num("period_start", v.Period.Start)
	e.Num("post_payment_credit_notes_amount", p.credited(v))
	e.Num("pre_payment_credit_notes_amount", 0)
	e.Nulls("quote", "receipt_number", "rendering", "shipping_cost", "shipping_details")
	e.Num("starting_balance", 0)
	e.Null("statement_descriptor")
	e.Str("status", state)
	e.Obj("status_transitions")
	e.When("finalized_at", pick(final, v.Finalized, 0))
	e.When("marked_uncollectible_at", pick(state == "uncollectible", v.Uncollectible, 0))
	e.When("paid_at", pick(paid, v.Paid, 0))
	e.When("voided_at", pick(state == "void", v.Voided, 0))
	e.End()
	if p.d == newer {
		e.Obj("parent")
		e.Null("quote_details")
		e.Obj("subscription_details")
		e.Raw("metadata", []byte("{}"))
		e.Str("subscription", v.Sub.ID)
		e.End()
		e.Str("type", "subscription_details")
		e.End()
	} else {
		p.subscriptionRef(e, v.Sub, want)
		e.Raw("subscription_details", []byte(`{"metadata":{}}`))
	}
	e.Num("subtotal", sums.Subtotal)
	e.Num("subtotal_excluding_tax", sums.Subtotal-sums.Inclusive)
	p.totals(e, v, sums, want)
	e.Nulls("test_clock", "transfer_data")
	if final {
		e.Num("webhooks_delivered_at", v.Finalized)
	} else {
		e.Null("webhooks_delivered_at")
	}
	e.End()
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
		e.Key("subscription")
		p.subscription(e, s, w)
		return
	}
	e.Str("subscription", s.ID)
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
		e.Null("tax")
	} else {
		e.Num("tax", sums.Exclusive+sums.Inclusive)
	}
	e.Num("total", sums.Total)
	e.Arr("total_discount_amounts")
	for _, c := range cuts {
		p.cut(e, c, v.Customer, want.at("total_discount_amounts"))
	}
	e.EndArr()
	e.Num("total_excluding_tax", sums.Total-sums.Exclusive-sums.Inclusive)
	e.Arr("total_tax_amounts")
	for _, x := range taxes {
		p.taxAmount(e, x.rate, x.amount, x.ground, want.at("total_tax_amounts"))
	}
	e.EndArr()
}

func taxable(l *company.Line) int64 {
	n := l.Amount - l.Discounted()
	if l.Tax.Inclusive {
		n -= l.TaxAmount
	}
	return n
}

func (p *moment) cut(e *enc, c company.Cut, cust *company.Customer, want *expand) {
	e.Open()
	e.Num("amount", c.Amount)
	if w := want.at("discount"); w != nil {
		e.Key("discount")
		p.discount(e, c.Discount, cust, w)
	} else {
		e.Str("discount", c.Discount.ID)
	}
	e.End()
}

func (p *moment) taxAmount(e *enc, x *company.TaxRate, amount, ground int64, want *expand) {
	e.Open()
	e.Num("amount", amount)
	e.Bool("inclusive", x.Inclusive)
	if want.has("tax_rate") {
		e.Key("tax_rate")
		p.tax(e, x)
	} else {
		e.Str("tax_rate", x.ID)
	}
	e.Str("taxability_reason", "standard_rated")
	e.Num("taxable_amount", ground)
	e.End()
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
	e.Open()
	e.Str("id", p.lineID(v, i))
	e.Str("object", "line_item")
	e.Num("amount", l.Amount)
	if l.Tax != nil && l.Tax.Inclusive {
		e.Num("amount_excluding_tax", l.Amount-l.TaxAmount)
	} else {
		e.Num("amount_excluding_tax", l.Amount)
	}
	e.Str("currency", v.Currency)
	e.Str("description", describe(l))
	e.Arr("discount_amounts")
	for _, c := range l.Discounts {
		p.cut(e, c, v.Customer, want.at("discount_amounts"))
	}
	e.EndArr()
	e.Bool("discountable", !l.Proration)
	p.discounts(e, v.Sub.Discounts, v.Customer, want, func(d *company.Discount) bool {
		return d.Item != "" && d.Item == l.ItemID && slices.ContainsFunc(l.Discounts, func(c company.Cut) bool { return c.Discount == d })
	})
	e.Str("invoice", v.ID)
	if l.Aside != nil {
		if w := want.at("invoice_item"); w != nil {
			e.Key("invoice_item")
			p.invoiceItem(e, l.Aside, w)
		} else {
			e.Str("invoice_item", l.Aside.ID)
		}
	}
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Obj("period")
	e.Num("end", l.End)
	e.Num("start", l.Start)
	e.End()
	p.linePrice(e, l, want)
	e.Bool("proration", l.Proration)
	e.Raw("proration_details", []byte(`{"credited_items":null}`))
	e.Num("quantity", l.Quantity)
	p.subscriptionRef(e, v.Sub, want)
	if l.ItemID != "" {
		e.Str("subscription_item", l.ItemID)
	}
	e.Arr("tax_amounts")
	if l.Tax != nil {
		p.taxAmount(e, l.Tax, l.TaxAmount, taxable(l), want.at("tax_amounts"))
	}
	e.EndArr()
	if l.OwnTax {
		p.taxes(e, "tax_rates", l.Tax)
	} else {
		p.taxes(e, "tax_rates", nil)
	}
	if l.Aside != nil {
		e.Str("type", "invoiceitem")
	} else {
		e.Str("type", "subscription")
	}
	if l.Quantity != 0 && l.Amount%l.Quantity == 0 {
		e.Str("unit_amount_excluding_tax", strconv.FormatInt(l.Amount/l.Quantity, 10))
	} else {
		e.Null("unit_amount_excluding_tax")
	}
	e.End()
}

func (p *moment) linePrice(e *enc, l *company.Line, want *expand) {
	if p.d == newer {
		e.Obj("pricing")
		e.Obj("price_details")
		e.Str("price", l.Price.ID)
		e.Str("product", l.Price.Product.ID)
		e.End()
		e.Str("type", "price_details")
		e.End()
		return
	}
	if l.Price.OneTime {
		e.Null("plan")
	} else {
		e.Key("plan")
		p.plan(e, l.Price)
	}
	if p.d == older {
		return
	}
	e.Key("price")
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
	e.Open()
	e.Str("id", x.ID)
	e.Str("object", "invoiceitem")
	e.Num("amount", x.Amount)
	e.Str("currency", x.Currency)
	p.customerRef(e, x.Customer, want)
	e.Num("date", x.Date)
	e.Str("description", x.Price.Product.Name)
	e.Bool("discountable", !x.Proration)
	e.Raw("discounts", []byte("[]"))
	v := x.Invoice
	if v != nil && v.Created > p.t {
		v = nil
	}
	switch {
	case v == nil:
		e.Null("invoice")
	case want.has("invoice"):
		e.Key("invoice")
		p.invoice(e, v, want.at("invoice"))
	default:
		e.Str("invoice", v.ID)
	}
	e.Bool("livemode", false)
	e.Raw("metadata", []byte("{}"))
	e.Obj("period")
	e.Num("end", x.End)
	e.Num("start", x.Start)
	e.End()
	if x.Price.OneTime {
		e.Null("plan")
	} else {
		e.Key("plan")
		p.plan(e, x.Price)
	}
	e.Key("price")
	p.price(e, x.Price, want.at("price"))
	e.Bool("proration", x.Proration)
	e.Num("quantity", x.Quantity)
	p.subscriptionRef(e, x.Sub, want)
	if x.ItemID != "" {
		e.Str("subscription_item", x.ItemID)
	}
	if x.Tax != x.Sub.Tax {
		p.taxes(e, "tax_rates", x.Tax)
	} else {
		p.taxes(e, "tax_rates", nil)
	}
	e.Null("test_clock")
	if x.Quantity != 0 && x.Amount%x.Quantity == 0 {
		e.Num("unit_amount", x.Amount/x.Quantity)
		e.Str("unit_amount_decimal", strconv.FormatInt(x.Amount/x.Quantity, 10))
	} else {
		e.Nulls("unit_amount", "unit_amount_decimal")
	}
	e.End()
}

func (p *moment) creditNote(e *enc, n *company.CreditNote, want *expand) {
	l := &n.Invoice.Lines[n.Line]
	total := n.Amount + n.Tax
	e.Open()
	e.Str("id", n.ID)
	e.Str("object", "credit_note")
	e.Num("amount", total)
	e.Num("amount_shipping", 0)
	e.Num("created", n.Created)
	e.Str("currency", n.Invoice.Currency)
	p.customerRef(e, n.Customer, want)
	e.Null("customer_balance_transaction")
	e.Num("discount_amount", 0)
	e.Raw("discount_amounts", []byte("[]"))
	e.Num("effective_at", n.Created)
	if w := want.at("invoice"); w != nil {
		e.Key("invoice")
		p.invoice(e, n.Invoice, w)
	} else {
		e.Str("invoice", n.Invoice.ID)
	}
	e.listed("lines")
	p.creditLine(e, n)
	e.listEnd(false, "/v1/credit_notes/"+n.ID+"/lines")
	e.Bool("livemode", false)
	e.Null("memo")
	e.Raw("metadata", []byte("{}"))
	e.Str("number", prefix(n.Customer)+"-"+number(n.Invoice)+"-CN-"+fmt.Sprintf("%02d", n.Number))
	e.Null("out_of_band_amount")
	e.Str("pdf", "https://invoice.example.com/cn/"+n.ID+"/pdf")
	e.Str("reason", "order_change")
	e.Nulls("refund", "shipping_cost")
	e.Str("status", "issued")
	e.Num("subtotal", n.Amount)
	e.Num("subtotal_excluding_tax", n.Amount-inclusive(l, n))
	e.Arr("tax_amounts")
	p.creditTax(e, l, n)
	e.EndArr()
	e.Num("total", total)
	e.Num("total_excluding_tax", n.Amount-inclusive(l, n))
	e.Str("type", "post_payment")
	e.Null("voided_at")
	e.End()
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
	e.Open()
	e.Str("id", "cnli_"+p.lineID(n.Invoice, n.Line)[3:])
	e.Str("object", "credit_note_line_item")
	e.Num("amount", n.Amount)
	e.Num("amount_excluding_tax", n.Amount-inclusive(l, n))
	e.Str("description", describe(l))
	e.Num("discount_amount", 0)
	e.Raw("discount_amounts", []byte("[]"))
	e.Str("invoice_line_item", p.lineID(n.Invoice, n.Line))
	e.Bool("livemode", false)
	e.Num("quantity", 1)
	e.Arr("tax_amounts")
	p.creditTax(e, l, n)
	e.EndArr()
	p.taxes(e, "tax_rates", nil)
	e.Str("type", "invoice_line_item")
	e.Num("unit_amount", n.Amount)
	e.Str("unit_amount_decimal", strconv.FormatInt(n.Amount, 10))
	e.Nulls("unit_amount_excluding_tax")
	e.End()
}
