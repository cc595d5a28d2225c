package stripe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// line is a recurring line of March for two of item si_1 at ten dollars.
func line(changes string) string {
	base := fmt.Sprintf(`{"id":"il_1","object":"line_item","type":"subscription","amount":2000,"currency":"usd","description":"2 × Pro","discount_amounts":[],"discounts":[],
		"invoice_item":null,"period":{"start":%d,"end":%d},"price":%s,"proration":false,"proration_details":{"credited_items":null},"quantity":2,
		"subscription":"sub_1","subscription_item":"si_1","tax_amounts":[],"tax_rates":[]}`, on("2026-03-01"), on("2026-04-01"), priceA)
	return with(base, changes)
}

func invoice(changes string, lines ...string) string {
	base := fmt.Sprintf(`{"id":"in_1","object":"invoice","customer":"cus_1","subscription":"sub_1","currency":"usd","status":"paid","created":%d,"attempted":true,"attempt_count":1,
		"discounts":[],"discount":null,"total":2000,"status_transitions":{"finalized_at":%d,"voided_at":null,"marked_uncollectible_at":null},
		"lines":{"object":"list","has_more":false,"data":[%s]}}`, on("2026-03-01"), on("2026-03-01T01:00"), strings.Join(lines, ","))
	return with(base, changes)
}

func tellServices(services []billing.Service) []string {
	kinds := map[billing.ServiceKind]string{
		billing.Charged: "charged", billing.Began: "began", billing.Stopped: "stopped", billing.Voided: "voided", billing.OnTrial: "on trial",
	}
	var lines []string
	for _, s := range services {
		text := fmt.Sprintf("%s to %s %s %s %sx%s", moment(s.From), moment(s.Until), kinds[s.Kind], s.ItemID, s.Price.ID, s.Quantity)
		for _, d := range s.Discounts {
			text += " less " + d.CouponID
		}
		for _, d := range s.Inherited {
			text += ", inherits " + d.CouponID
		}
		for _, x := range s.Taxes {
			text += " tax " + x.Percent.String()
		}
		lines = append(lines, text)
	}
	return lines
}

const graduated = `{"id":"t","object":"price","currency":"usd","billing_scheme":"tiered","tiers_mode":"graduated","recurring":{"interval":"month","interval_count":1},
	"tiers":[{"up_to":5,"unit_amount":1000},{"up_to":null,"unit_amount":800}]}`

func TestServices(t *testing.T) {
	at := func(s string) string { return fmt.Sprint(on(s)) }
	middle := `"period":{"start":` + at("2026-03-11") + `,"end":` + at("2026-04-01") + `}`
	voided := func(status, field, when string, more string) string {
		return with(`{"status":"`+status+`","attempted":false,"attempt_count":0,"total":2000}`,
			with(`{"status_transitions":{"finalized_at":`+at("2026-03-01T01:00")+`,"`+field+`":`+at(when)+`}}`, more))
	}
	for _, c := range []struct {
		name    string
		invoice string
		want    []string
	}{
		{"a recurring line", invoice(`{}`, line(`{}`)), []string{"2026-03-01 to 2026-04-01 charged si_1 ax2"}},
		{
			"a line per tier is one service", invoice(`{"total":6600}`,
				line(`{"price":`+graduated+`,"quantity":5,"amount":5000}`), line(`{"id":"il_2","price":`+graduated+`,"quantity":2,"amount":1600}`)),
			[]string{"2026-03-01 to 2026-04-01 charged si_1 tx7"},
		},
		{
			"a line split by discount is one service", invoice(`{"total":3000}`,
				line(`{"quantity":1,"amount":1000,"discounts":[`+discount("di_1", coupon, "2026-01-01", "")+`]}`), line(`{"id":"il_2","quantity":2,"amount":2000}`)),
			[]string{"2026-03-01 to 2026-04-01 charged si_1 ax3 less HALF"},
		},
		{
			"a proration pair", invoice(`{"total":0}`,
				line(`{"type":"invoiceitem","proration":true,"amount":-1400,`+middle+`}`), line(`{"id":"il_2","type":"invoiceitem","proration":true,"quantity":5,"amount":1400,`+middle+`}`)),
			[]string{"2026-03-11 to 2026-04-01 began si_1 ax5", "2026-03-11 to 2026-04-01 stopped si_1 ax2"},
		},
		{
			"a proration of nothing is told by its words or details", invoice(`{"total":0}`,
				line(`{"proration":true,"amount":0,"description":"Unused time on 2 × Pro","proration_details":null,`+middle+`}`),
				line(`{"id":"il_2","proration":true,"amount":0,"quantity":3,"proration_details":{"credited_items":{"invoice":"in_0"}},`+middle+`}`),
				line(`{"id":"il_3","proration":true,"amount":0,"quantity":9,"description":"Remaining time on 9 × Pro",`+middle+`}`)),
			[]string{"2026-03-11 to 2026-04-01 began si_1 ax9", "2026-03-11 to 2026-04-01 stopped si_1 ax5"},
		},
		{
			"billing begins anew: the credit of the old period stops nothing", invoice(`{"total":600}`,
				line(`{}`), line(`{"id":"il_2","proration":true,"amount":-1400,"period":{"start":`+at("2026-03-01")+`,"end":`+at("2026-03-20")+`}}`)),
			[]string{"2026-03-01 to 2026-04-01 charged si_1 ax2"},
		},
		{"a trial", invoice(`{"total":0}`, line(`{"amount":0,"description":"Trial period for Pro"}`)), []string{"2026-03-01 to 2026-04-01 on trial si_1 ax2"}},
		{"a trial without the words", invoice(`{"total":0}`, line(`{"amount":0}`)), []string{"2026-03-01 to 2026-04-01 on trial si_1 ax2"}},
		{"metered usage says nothing of terms", invoice(`{}`, line(`{"price":`+with(priceA, `{"recurring":{"usage_type":"metered"}}`)+`}`)), nil},
		{"a one-time line says nothing", invoice(`{}`, line(`{"type":"invoiceitem","subscription_item":null}`)), nil},
		{"a draft says nothing", invoice(`{"status":"draft"}`, line(`{}`)), nil},
		{"taken back at once: a pause", invoice(voided("void", "voided_at", "2026-03-01T01:00", `{}`), line(`{}`)), []string{"2026-03-01 to 2026-04-01 voided si_1 ax2"}},
		{"left uncollectible at once: a pause", invoice(voided("uncollectible", "marked_uncollectible_at", "2026-03-01T01:01", `{}`), line(`{}`)), []string{"2026-03-01 to 2026-04-01 voided si_1 ax2"}},
		{"voided by hand later: nothing", invoice(voided("void", "voided_at", "2026-03-09", `{"attempted":true,"attempt_count":3}`), line(`{}`)), nil},
		{"uncollectible after dunning: charged all the same", invoice(voided("uncollectible", "marked_uncollectible_at", "2026-03-20", `{"attempted":true,"attempt_count":4}`), line(`{}`)), []string{"2026-03-01 to 2026-04-01 charged si_1 ax2"}},
		{"the discounts of the invoice", invoice(`{"discounts":[`+discount("di_1", coupon, "2026-01-01", "")+`],"total":1000}`,
			line(`{"discount_amounts":[{"amount":1000,"discount":"di_1"}]}`)), []string{"2026-03-01 to 2026-04-01 charged si_1 ax2, inherits HALF"}},
		{
			"tax that the provider computed", invoice(`{"total":2000}`, line(`{"tax_amounts":[{"amount":319,"inclusive":true,"tax_rate":"txr_1"}]}`)),
			[]string{"2026-03-01 to 2026-04-01 charged si_1 ax2 tax 19"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			catalogue := catalogueOf(stored(kindPrice, "", graduated, 1), stored(kindTaxRate, "", `{"id":"txr_1","object":"tax_rate","percentage":19.0,"inclusive":true}`, 1))
			r, rejects := translate([]connectors.Object{listed(active(`{}`), "2026-03-31"), listed(c.invoice, "2026-03-31")}, catalogue)
			if len(rejects) > 0 {
				t.Errorf("rejects: %+v", rejects)
			}
			if d := cmp.Diff(c.want, tellServices(r.Subscriptions[0].Services)); d != "" {
				t.Error(d)
			}
		})
	}
}

// A pending proration counts until an invoice takes it up, and then that does, also
// while it is a draft: what has been known of months must not be forgotten for the
// hour that Stripe keeps it one.
func TestPendingInvoiceItems(t *testing.T) {
	pending := fmt.Sprintf(`{"id":"ii_1","object":"invoiceitem","customer":"cus_1","amount":1400,"currency":"usd","date":%d,"discounts":[],"invoice":null,
		"period":{"start":%d,"end":%d},"price":%s,"proration":true,"quantity":5,"subscription":"sub_1","subscription_item":"si_1","tax_rates":[]}`,
		on("2026-03-11"), on("2026-03-11"), on("2026-04-01"), priceA)
	sub := listed(active(`{"default_tax_rates":[{"id":"txr_1","percentage":7,"inclusive":true}]}`), "2026-03-31")
	r, _ := translate([]connectors.Object{sub, listed(pending, "2026-03-31")}, catalogueOf())
	want := []string{"2026-03-11 to 2026-04-01 began si_1 ax5 tax 7"}
	if d := cmp.Diff(want, tellServices(r.Subscriptions[0].Services)); d != "" {
		t.Error(d)
	}
	const lines = `{"invoice_item":"ii_1","type":"invoiceitem","proration":true,"amount":1400,"quantity":5,"period":{"start":1773187200}}`
	const renewal = `{"id":"il_2","amount":5000,"quantity":5,"period":{"start":1775001600,"end":1777593600}}`
	named := strings.Replace(pending, `"invoice":null`, `"invoice":"in_1"`, 1)
	changed, renewed := "2026-03-11 to 2026-04-01 began si_1 ax5", "2026-04-01 to 2026-05-01 charged si_1 ax5"
	for _, c := range []struct {
		name    string
		objects []string
		want    []string
	}{
		{"paid", []string{pending, invoice(`{"total":6400}`, line(lines), line(renewal))}, []string{changed, renewed}},
		{"paid, and the item knows", []string{named, invoice(`{"total":6400}`, line(lines), line(renewal))}, []string{changed, renewed}},
		{"a draft", []string{named, invoice(`{"total":6400,"status":"draft"}`, line(lines), line(renewal))}, []string{changed}},
		{"a draft that the item does not know", []string{pending, invoice(`{"total":6400,"status":"draft"}`, line(lines), line(renewal))}, []string{changed}},
		{"an invoice that no list had yet", []string{named}, []string{changed + " tax 7"}},
		{"voided by hand", []string{named, invoice(`{"total":6400,"status":"void","attempted":true}`, line(lines), line(renewal))}, nil},
	} {
		objects := []connectors.Object{sub}
		for _, o := range c.objects {
			objects = append(objects, listed(o, "2026-03-31"))
		}
		r, rejects := translate(objects, catalogueOf())
		if d := cmp.Diff(c.want, tellServices(r.Subscriptions[0].Services)); d != "" || len(rejects) > 0 {
			t.Errorf("%s: %s %v", c.name, d, rejects)
		}
	}
}

func TestInvoiceAmounts(t *testing.T) {
	for _, c := range []struct {
		name                       string
		invoice                    string
		net, off, tax, total       string
		usage                      billing.Usage
		proration, trial, mismatch bool
	}{
		{name: "plain", invoice: invoice(`{}`, line(`{}`)), net: "20", off: "0", tax: "0", total: "20", usage: billing.Licensed},
		{
			name: "exclusive tax after a discount", invoice: invoice(`{"total":1190}`, line(`{"discount_amounts":[{"amount":1000}],"tax_amounts":[{"amount":190,"inclusive":false,"tax_rate":"txr_1"}]}`)),
			net: "20", off: "10", tax: "1.9", total: "11.9", usage: billing.Licensed,
		},
		{
			name: "inclusive tax is taken out", invoice: invoice(`{"total":11900}`, line(`{"amount":11900,"tax_amounts":[{"amount":1900,"inclusive":true,"tax_rate":"txr_1"}]}`)),
			net: "100", off: "0", tax: "19", total: "119", usage: billing.Licensed,
		},
		{
			name: "inclusive tax and a discount", invoice: invoice(`{"total":5950}`, line(`{"amount":11900,"discount_amounts":[{"amount":5950}],"tax_amounts":[{"amount":950,"inclusive":true,"tax_rate":"txr_1"}]}`)),
			net: "100", off: "50", tax: "9.5", total: "59.5", usage: billing.Licensed,
		},
		{name: "a credit", invoice: invoice(`{"total":-1400}`, line(`{"proration":true,"amount":-1400}`)), net: "-14", off: "0", tax: "0", total: "-14", usage: billing.Licensed, proration: true},
		{name: "one-time", invoice: invoice(`{}`, line(`{"type":"invoiceitem","subscription_item":null,"price":{"recurring":null}}`)), net: "20", off: "0", tax: "0", total: "20", usage: billing.OneTime},
		{name: "without any price", invoice: invoice(`{}`, line(`{"type":"invoiceitem","price":null}`)), net: "20", off: "0", tax: "0", total: "20", usage: billing.OneTime},
		{name: "metered", invoice: invoice(`{}`, line(`{"price":{"recurring":{"usage_type":"metered"}}}`)), net: "20", off: "0", tax: "0", total: "20", usage: billing.Metered},
		{name: "trial", invoice: invoice(`{"total":0}`, line(`{"amount":0}`)), net: "0", off: "0", tax: "0", total: "0", usage: billing.Licensed, trial: true},
		{name: "yen", invoice: invoice(`{"currency":"jpy"}`, line(`{}`)), net: "2000", off: "0", tax: "0", total: "2000", usage: billing.Licensed},
		{name: "lines that do not add up are told", invoice: invoice(`{"total":2001}`, line(`{}`)), net: "20", off: "0", tax: "0", total: "20.01", usage: billing.Licensed, mismatch: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, rejects := translate([]connectors.Object{listed(c.invoice, "2026-03-31")}, catalogueOf())
			if len(r.Invoices) != 1 || len(r.Invoices[0].Lines) != 1 {
				t.Fatalf("%+v", r.Invoices)
			}
			inv, l := r.Invoices[0], r.Invoices[0].Lines[0]
			for what, pair := range map[string][2]decimal.Decimal{
				"net": {l.Amount, dec(c.net)}, "discount": {l.Discounts, dec(c.off)}, "tax": {l.Taxes, dec(c.tax)}, "total": {inv.Total, dec(c.total)},
			} {
				if !pair[0].Equal(pair[1]) {
					t.Errorf("%s is %s, want %s", what, pair[0], pair[1])
				}
			}
			if l.Usage != c.usage || l.Proration != c.proration || l.Trial != c.trial {
				t.Errorf("line %+v", l)
			}
			if told := len(rejects) == 1 && rejects[0].Code == "total_mismatch"; told != c.mismatch {
				t.Errorf("rejects: %+v", rejects)
			}
			if inv.IssuedAt != rawjson.Stamp(on("2026-03-01T01:00")).Time() || inv.Status != billing.InvoicePaid {
				t.Errorf("invoice %+v", inv)
			}
		})
	}
}

func TestCreditNotesAreNegative(t *testing.T) {
	note := fmt.Sprintf(`{"id":"cn_1","object":"credit_note","customer":"cus_1","invoice":"in_1","currency":"usd","status":"issued","created":%d,"effective_at":%d,"total":595,
		"lines":{"data":[{"id":"cnli_1","amount":1000,"description":"refund","discount_amounts":[{"amount":500}],"invoice_line_item":"il_1","quantity":1,
		"tax_amounts":[{"amount":95,"inclusive":false,"tax_rate":"txr_1"}]}]}}`, on("2026-03-09"), on("2026-03-10"))
	r, rejects := translate([]connectors.Object{listed(note, "2026-03-31"), listed(invoice(`{}`, line(`{}`)), "2026-03-31")}, catalogueOf())
	if len(rejects) > 0 || len(r.Invoices) != 2 {
		t.Fatalf("%+v, %+v", r.Invoices, rejects)
	}
	got := r.Invoices[0]
	want := billing.Invoice{
		ID: "cn_1", CustomerID: "cus_1", SubscriptionID: "sub_1", Currency: "USD", Status: billing.InvoicePaid, CreditNote: true,
		IssuedAt: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), Total: dec("-5.95"), Object: billing.Ref{Kind: kindCreditNote, ID: "cn_1", Version: on("2026-03-31") * 1e6},
		Lines: []billing.Line{{
			ID: "cnli_1", SubscriptionID: "sub_1", ItemID: "si_1", PriceID: "a", Usage: billing.Licensed, Interval: billing.Interval{Unit: billing.Month, Count: 1},
			Quantity: dec("1"), Amount: dec("-10"), Discounts: dec("-5"), Taxes: dec("-0.95"), From: rawjson.Stamp(on("2026-03-01")).Time(), Until: rawjson.Stamp(on("2026-04-01")).Time(),
			Description: "refund",
		}},
	}
	if d := cmp.Diff(want, got, exactly); d != "" {
		t.Error(d)
	}
}

func TestPhases(t *testing.T) {
	schedule := func(changes string) string {
		phase := func(from, to, price string, more string) string {
			return with(fmt.Sprintf(`{"start_date":%d,"end_date":%d,"currency":"usd","coupon":null,"discounts":[],"default_tax_rates":[],
				"items":[{"price":%q,"quantity":3,"discounts":[],"tax_rates":[]}]}`, on(from), on(to), price), more)
		}
		return with(fmt.Sprintf(`{"id":"sub_sched_1","object":"subscription_schedule","customer":"cus_1","subscription":"sub_1","released_subscription":null,"status":"active",
			"released_at":null,"canceled_at":null,"phases":[%s,%s,%s]}`,
			phase("2026-01-01", "2027-01-01", "a", `{}`), phase("2027-01-01", "2028-01-01", "b", `{"coupon":"HALF"}`), phase("2028-01-01", "2029-01-01", "b", `{}`)), changes)
	}
	half := stored(kindCoupon, "", coupon, 1)
	read := func(json string) (lines []string, rejects []connectors.Reject) {
		r, rejects := translate([]connectors.Object{listed(active(`{}`), "2026-03-31"), listed(json, "2026-03-31")}, catalogueOf(half))
		for _, p := range r.Subscriptions[0].Phases {
			text := moment(p.From) + " to " + moment(p.Until)
			for _, i := range p.Items {
				text += fmt.Sprintf(", %sx%s", i.Price.ID, i.Quantity)
			}
			for _, d := range p.Discounts {
				text += ", less " + d.CouponID + " until " + moment(d.End)
			}
			lines = append(lines, text)
		}
		return lines, rejects
	}
	three := []string{"2026-01-01 to 2027-01-01, ax3", "2027-01-01 to 2028-01-01, bx3, less HALF until 2027-04-01", "2028-01-01 to 2029-01-01, bx3"}
	for _, c := range []struct {
		name, json string
		want       []string
	}{
		{"three yearly phases", schedule(`{}`), three},
		{"completed", schedule(`{"status":"completed","subscription":null,"released_subscription":"sub_1"}`), three},
		{
			"released early", schedule(fmt.Sprintf(`{"status":"released","subscription":null,"released_subscription":"sub_1","released_at":%d}`, on("2027-06-01"))),
			[]string{three[0], "2027-01-01 to 2027-06-01, bx3, less HALF until 2027-04-01"},
		},
		{"canceled", schedule(fmt.Sprintf(`{"status":"canceled","canceled_at":%d}`, on("2026-06-01"))), []string{"2026-01-01 to 2026-06-01, ax3"}},
		{"of another subscription", schedule(`{"subscription":"sub_2"}`), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rejects := read(c.json)
			if d := cmp.Diff(c.want, got); d != "" || len(rejects) > 0 {
				t.Errorf("%s %v", d, rejects)
			}
		})
	}
	_, rejects := read(strings.Replace(schedule(`{}`), `"price":"a"`, `"price":"nobody"`, 1))
	if len(rejects) != 1 || rejects[0].Code != "price_missing" {
		t.Errorf("a phase with an unknown price: %+v", rejects)
	}
}

func TestCustomers(t *testing.T) {
	ada := `{"id":"cus_1","object":"customer","name":"Ada","currency":"eur","created":1767225600,"address":{"country":"DE"},"discount":null,"metadata":{"segment":"smb"}}`
	gone := listed(`{"id":"cus_1","object":"customer","deleted":true}`, "2026-03-20")
	gone.Deleted = true
	r, _ := translate([]connectors.Object{listed(ada, "2026-03-01"), gone}, catalogueOf())
	want := billing.Customer{
		ID: "cus_1", Name: "Ada", Currency: "EUR", Country: "DE", Created: rawjson.Stamp(1767225600).Time(), Deleted: true,
		Metadata: map[string]string{"metadata.segment": "smb", "address.country": "DE"}, Object: gone.Ref(),
	}
	if d := cmp.Diff(want, r.Customer); d != "" {
		t.Error(d)
	}
}

func TestCustomerDiscounts(t *testing.T) {
	customer := func(discount string) string {
		return `{"id":"cus_1","object":"customer","created":1767225600,"metadata":{},"discount":` + discount + `}`
	}
	own := func(id, from, to string) string { return with(discount(id, coupon, from, to), `{"subscription":null}`) }
	tellSpans := func(spans []billing.DiscountSpan) (lines []string) {
		for _, s := range spans {
			lines = append(lines, moment(s.From)+" to "+moment(s.Until)+" "+s.Discounts[0].ID)
		}
		return lines
	}
	march := watching("2026-03-01", "2026-03-31")
	for _, c := range []struct {
		name    string
		objects []connectors.Object
		want    []string
	}{
		{"it counts from its own start", []connectors.Object{listed(customer(own("di_1", "2026-01-10", "2026-04-10")), "2026-03-31")}, []string{"2026-01-10 to ? di_1"}},
		{"an event ends it", []connectors.Object{
			happened("evt_1", "customer.discount.deleted", "2026-03-12", own("di_1", "2026-01-10", "2026-04-10"), ""), listed(customer("null"), "2026-03-31"),
		}, []string{"2026-01-10 to 2026-03-12 di_1"}},
		{"an event begins it", []connectors.Object{
			happened("evt_1", "customer.discount.created", "2026-03-12", own("di_1", "2026-03-12", ""), ""), listed(customer(own("di_1", "2026-03-12", "")), "2026-03-31"),
		}, []string{"2026-03-12 to ? di_1"}},
		{"one replaces another", []connectors.Object{
			happened("evt_1", "customer.updated", "2026-03-12", customer(own("di_2", "2026-03-12", "")), `{"discount":`+own("di_1", "2026-01-10", "")+`}`),
			listed(customer(own("di_2", "2026-03-12", "")), "2026-03-31"),
		}, []string{"2026-01-10 to 2026-03-12 di_1", "2026-03-12 to ? di_2"}},
		{"it ran out before anything showed it, but an invoice", []connectors.Object{
			listed(customer("null"), "2026-03-31"), listed(invoice(`{"discounts":[`+own("di_1", "2026-01-01", "2026-03-20")+`]}`, line(`{}`)), "2026-03-31"),
		}, []string{"2026-01-01 to 2026-03-20 di_1"}},
		{"it was removed before its end: an invoice lacks it", []connectors.Object{
			listed(customer("null"), "2026-03-31"), listed(invoice(`{"discounts":[`+own("di_1", "2026-01-01", "2026-03-20")+`]}`, line(`{}`)), "2026-03-31"),
			listed(invoice(`{"id":"in_2","created":1773187200}`, line(`{}`)), "2026-03-31"),
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := translate(c.objects, catalogueOf(march))
			if d := cmp.Diff(c.want, tellSpans(r.Customer.Discounts)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCoupons(t *testing.T) {
	catalogued := `{"id":"HALF","object":"coupon","percent_off":12.5,"amount_off":null,"duration":"forever","applies_to":{"products":["prod_1"]}}`
	off := `{"id":"OFF","object":"coupon","percent_off":null,"amount_off":50000,"currency":"usd","duration":"once","currency_options":{"eur":{"amount_off":45000},"usd":{"amount_off":50000}}}`
	r := resolver{catalog: catalog{connectors.NewCatalog([]connectors.Object{stored(kindCoupon, "", catalogued, 1), stored(kindCoupon, "", off, 1)})}, pool: pool{}}
	read := func(json, currency string) (billing.Discount, *connectors.Unreadable) {
		w, err := rawjson.DecodeObject[wireDiscount](stored(kindDiscount, "", json, 1))
		if err != nil {
			t.Fatal(err)
		}
		list, bad := r.discounts([]wireDiscount{*w}, currency)
		if bad != nil {
			return billing.Discount{}, bad
		}
		return list[0], nil
	}
	d, bad := read(discount("di_1", `{"id":"HALF","percent_off":12.5,"duration":"forever"}`, "2026-01-01", ""), "usd")
	if bad != nil || !d.Percent.Equal(dec("12.5")) || d.Duration != billing.Always || len(d.AppliesTo) != 1 || d.AppliesTo[0] != "prod_1" {
		t.Errorf("what it applies to comes from the catalogue: %+v %+v", d, bad)
	}
	d, bad = read(discount("di_1", `{"id":"HALF","percent_off":99,"duration":"forever"}`, "2026-01-01", ""), "usd")
	if bad != nil || !d.Percent.Equal(dec("99")) || len(d.AppliesTo) != 0 {
		t.Errorf("an id that was used again is another coupon: %+v %+v", d, bad)
	}
	d, bad = read(discount("di_1", `{"id":"OFF","amount_off":50000,"currency":"usd","duration":"once"}`, "2026-01-01", ""), "eur")
	if bad != nil || !d.Amount.Equal(dec("450")) || d.Currency != "EUR" || d.Duration != billing.Once {
		t.Errorf("in the subscription's currency: %+v %+v", d, bad)
	}
	d, bad = read(discount("di_1", `{"id":"OFF","amount_off":50000,"currency":"usd","duration":"once"}`, "2026-01-01", ""), "gbp")
	if bad != nil || !d.Amount.Equal(dec("500")) || d.Currency != "USD" {
		t.Errorf("a coupon of another currency keeps its own: %+v %+v", d, bad)
	}
	d, bad = read(discount("di_1", `{"id":"THREE","percent_off":10,"duration":"repeating","duration_in_months":3}`, "2026-01-31", ""), "usd")
	if bad != nil || d.Duration != billing.Repeating || d.End.IsZero() {
		t.Errorf("a repeating coupon ends: %+v %+v", d, bad)
	}
	for _, json := range []string{`{"id":"X","duration":"forever"}`, `{"id":"X","percent_off":10,"duration":"sometimes"}`, `{"id":"X","percent_off":110,"duration":"forever"}`, `{"id":"X","amount_off":1,"currency":"zzz","duration":"forever"}`} {
		if _, bad := read(discount("di_1", json, "2026-01-01", ""), "usd"); bad == nil || bad.Code != "coupon_unknown" {
			t.Errorf("%s: %+v", json, bad)
		}
	}
}

// With automatic tax the rates stand on the invoices alone.
func TestAutomaticTaxOfInclusivePrices(t *testing.T) {
	inclusive := with(priceA, `{"tax_behavior":"inclusive"}`)
	computed := func(id, rate, from string, percent int) string {
		return invoice(fmt.Sprintf(`{"id":%q,"created":%d}`, id, on(from)), line(fmt.Sprintf(
			`{"price":%s,"period":{"start":%d,"end":%d},"tax_amounts":[{"amount":1,"inclusive":true,"tax_rate":{"id":%q,"percentage":%d,"inclusive":true}}]}`,
			inclusive, on(from), on(from)+2592000, rate, percent)))
	}
	catalogue := []connectors.Object{stored(kindPrice, "", inclusive, 1), watching("2026-03-01", "2026-03-31")}
	r, _ := translate([]connectors.Object{
		listed(active(`{"items":`+items(item("si_1", inclusive, 2))+`}`), "2026-03-31"),
		listed(computed("in_1", "txr_1", "2026-01-01", 19), "2026-03-31"), listed(computed("in_2", "txr_2", "2026-02-01", 7), "2026-03-31"),
	}, catalogue)
	got := r.Subscriptions[0].States[0].Terms.Items[0].Taxes
	if len(got) != 1 || got[0].ID != "txr_2" || !got[0].Percent.Equal(dec("7")) || !got[0].Inclusive {
		t.Errorf("got %+v", got)
	}
}
