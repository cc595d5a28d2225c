package audit

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

func num(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// dealer is a customer with one subscription of one item at 120 a month, or a
// year, active since January. alter makes it odd.
func dealer(figure string, alter func(*billing.Subscription, *billing.Record)) normalize.Account {
	item := billing.Item{ID: "i", Created: at("2026-01-01"), Quantity: num("1"), Price: billing.Price{
		ID: "p", Currency: "USD", Usage: billing.Licensed, Model: billing.PerUnit, Unit: num("120"), Interval: billing.Interval{Unit: billing.Month, Count: 1},
	}}
	theirs := num(figure)
	sub := billing.Subscription{
		ID: "s", CustomerID: "c", Currency: "USD", Created: at("2026-01-01"), Start: at("2026-01-01"), ProviderMRR: &theirs,
		States: []billing.State{{
			From: at("2026-01-01"), SeenAt: at("2026-03-11"), Evidence: billing.EvidenceVersion,
			Terms: billing.Terms{Status: billing.StatusActive, Items: []billing.Item{item}},
		}},
	}
	r := billing.Record{Source: "emea", Customer: billing.Customer{ID: "c"}}
	if alter != nil {
		alter(&sub, &r)
	}
	r.Subscriptions = []billing.Subscription{sub}
	return normalize.Account{ID: "emea/c", Records: []billing.Record{r}}
}

func half(d billing.Duration, end string) billing.Discount {
	return billing.Discount{ID: "d", Percent: num("50"), Duration: d, Start: at("2026-01-01"), End: at(end)}
}

// TestReasons: each fact that makes a provider's figure another one than ours is
// found, and nothing else is called known.
func TestReasons(t *testing.T) {
	policy, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	terms := func(alter func(*billing.Terms)) func(*billing.Subscription, *billing.Record) {
		return func(s *billing.Subscription, _ *billing.Record) { alter(&s.States[0].Terms) }
	}
	for name, c := range map[string]struct {
		theirs string
		alter  func(*billing.Subscription, *billing.Record)
		want   Reason
		detail string
	}{
		"equal":        {"120", nil, Equal, ""},
		"rounding":     {"120.004", nil, Rounding, "minor unit"},
		"a cent":       {"120.01", nil, Unexplained, ""},
		"nobody knows": {"77", nil, Unexplained, ""},
		"limited coupon on a yearly plan": {"10", terms(func(x *billing.Terms) {
			x.Items[0].Price.Interval.Unit = billing.Year
			x.Discounts = []billing.Discount{half(billing.Repeating, "2027-01-01")}
		}), "limited_coupon_on_yearly", "yearly"},
		"limited coupon":      {"120", terms(func(x *billing.Terms) { x.Discounts = []billing.Discount{half(billing.Repeating, "2026-03-20")} }), "limited_coupon", "renewal"},
		"coupon not invoiced": {"120", terms(func(x *billing.Terms) { x.Discounts = []billing.Discount{half(billing.Always, "")} }), "site_setting", "invoiced"},
		"metered":             {"120", terms(func(x *billing.Terms) { x.Items[0].Price.Usage = billing.Metered }), "site_setting", "metered"},
		"tax": {"120", terms(func(x *billing.Terms) {
			x.Items[0].Price.Tax, x.Items[0].Taxes = billing.TaxInclusive, []billing.TaxRate{{ID: "vat", Percent: num("20"), Inclusive: true}}
		}), "tax_inclusive", "tax"},
		"minimum": {"0", terms(func(x *billing.Terms) {
			minimum := num("30")
			x.Items[0].Price.Usage, x.Items[0].Commitment = billing.Metered, &minimum
		}), "usage_minimum", "minimums"},
		"paused": {"120", terms(func(x *billing.Terms) { x.Status = billing.StatusPaused }), "paused", "paused"},
		"trial": {"120", terms(func(x *billing.Terms) {
			x.Status, x.TrialStart, x.TrialEnd = billing.StatusTrialing, at("2026-01-01"), at("2026-06-01")
		}), "trial", "trial"},
		"past due": {"0", terms(func(x *billing.Terms) { x.Status = billing.StatusPastDue }), "past_due", "past due"},
		"cancellation": {"0", func(s *billing.Subscription, _ *billing.Record) {
			s.States[0].Terms.Status, s.States[0].Terms.CancelAt, s.Requested = billing.StatusNonRenewing, at("2026-05-01"), at("2026-02-01")
		}, "scheduled_cancellation", "to end"},
		"charge": {"620", func(_ *billing.Subscription, r *billing.Record) {
			r.Invoices = []billing.Invoice{
				{ID: "in_1", SubscriptionID: "s", Currency: "USD", Status: billing.InvoicePaid, IssuedAt: at("2026-02-01"), Lines: []billing.Line{
					{ID: "1", SubscriptionID: "s", Usage: billing.OneTime, Amount: num("500")},
				}},
				{ID: "in_2", SubscriptionID: "s", Currency: "USD", Status: billing.InvoiceVoid, IssuedAt: at("2026-03-01"), Lines: []billing.Line{
					{ID: "1", SubscriptionID: "s", Usage: billing.OneTime, Amount: num("500")},
				}},
			}
		}, "excluded_charge", "invoice in_1"},
		"ramp": {"240", func(s *billing.Subscription, _ *billing.Record) {
			item := s.States[0].Terms.Items[0]
			item.Price.Unit = num("240")
			s.Phases = []billing.Phase{{From: at("2026-04-01"), Items: []billing.Item{item}}}
		}, "ramp", "2026-04-01"},
		"not made anew": {"60", func(s *billing.Subscription, _ *billing.Record) {
			before := s.States[0]
			before.Until = at("2026-03-05")
			item := before.Terms.Items[0]
			item.Price.Unit = num("60")
			before.Terms.Items = []billing.Item{item}
			s.States[0].From = at("2026-03-05")
			s.States = []billing.State{before, s.States[0]}
		}, "timing", "until 2026-03-04"},
		"two at once": {"120", terms(func(x *billing.Terms) {
			x.Status, x.Discounts = billing.StatusPaused, []billing.Discount{half(billing.Repeating, "2026-03-20")}
		}), "limited_coupon+paused", "; "},
	} {
		t.Run(name, func(t *testing.T) {
			account := dealer(c.theirs, c.alter)
			r := NewReconciliation(normalize.Settings{Policy: policy}, date("2026-03-10"), billing.NoDate, "")
			got := r.look(account, nil)
			if len(got.sums) != 1 || got.sums[0].Reason != c.want {
				t.Fatalf("got %+v, want %s", got.sums, c.want)
			}
			if c.want == Equal {
				if len(got.figures) != 0 {
					t.Errorf("equal, and listed: %+v", got.figures)
				}
				return
			}
			if f := got.figures[0]; !strings.Contains(f.Detail, c.detail) || !f.Theirs.Equal(num(c.theirs)) || f.Detail == "" && c.want != Unexplained {
				t.Errorf("%+v, want %q in its detail", f, c.detail)
			}
		})
	}
	// What could not be read is said before any rule is tried.
	r := NewReconciliation(normalize.Settings{Policy: policy}, date("2026-03-10"), billing.NoDate, "")
	got := r.look(dealer("77", nil), []connectors.Reject{{Source: "emea", CustomerID: "c", Kind: "subscription", ID: "s", Code: "tiers_missing"}})
	if got.sums[0].Reason != Rejected || !strings.Contains(got.figures[0].Detail, "tiers_missing") {
		t.Errorf("%+v", got.figures)
	}
	if r.Source = "main"; len(r.look(dealer("77", nil), nil).sums) != 0 {
		t.Error("another source is reconciled too")
	}
}

// TestPapers: a document that its lines do not come to is found, with the
// reason.
func TestPapers(t *testing.T) {
	policy, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	month := billing.Interval{Unit: billing.Month, Count: 1}
	line := func(amount, discount, tax string) billing.Line {
		return billing.Line{ID: "1", SubscriptionID: "s", PriceID: "p", Usage: billing.Licensed, Interval: month, Amount: num(amount), Discounts: num(discount), Taxes: num(tax)}
	}
	account := dealer("120", func(_ *billing.Subscription, r *billing.Record) {
		r.Invoices = []billing.Invoice{
			{ID: "in_1", Currency: "USD", Status: billing.InvoicePaid, IssuedAt: at("2026-02-01"), Total: num("129"), Lines: []billing.Line{line("120", "12", "21")}},
			{ID: "in_2", Currency: "USD", Status: billing.InvoiceOpen, IssuedAt: at("2026-03-01"), Total: num("100"), Lines: []billing.Line{line("120", "0", "0")}},
			{ID: "in_3", Currency: "USD", Status: billing.InvoicePaid, IssuedAt: at("2026-03-02"), Total: num("10")},
			{ID: "in_4", Currency: "USD", Status: billing.InvoicePaid, IssuedAt: at("2026-03-03"), Total: num("0.00005"), Lines: []billing.Line{line("0.00005", "0", "0")}},
			{ID: "in_5", Currency: "USD", Status: billing.InvoiceDraft, IssuedAt: at("2026-03-04"), Total: num("7")},
			{ID: "cn_1", Currency: "USD", Status: billing.InvoicePaid, CreditNote: true, IssuedAt: at("2026-03-05"), Total: num("-20"), Lines: []billing.Line{line("-20", "0", "0")}},
		}
	})
	r := NewReconciliation(normalize.Settings{Policy: policy}, date("2026-03-10"), billing.NoDate, "")
	got := r.look(account, nil)
	var papers []string
	for _, p := range got.papers {
		papers = append(papers, p.InvoiceID+" "+string(p.Reason)+" "+p.Treated.String())
	}
	if want := "in_2 lines 120, in_3 no_lines 0, in_4 rounding 0.0001"; strings.Join(papers, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(papers, ", "), want)
	}
	if len(got.months) != 5 {
		t.Errorf("%d documents, want 5 without the draft", len(got.months))
	}
	r.Month = date("2026-02-01")
	if got := r.look(account, nil); len(got.months) != 1 || len(got.papers) != 0 {
		t.Errorf("February alone: %+v", got)
	}
}
