package wants_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

func day(t *testing.T, s string) billing.Date {
	t.Helper()
	d, err := billing.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every want that can be written holds of a result, and not of one that is off
// by a little.
func TestCheck(t *testing.T) {
	r := normalize.Result{
		Periods: []normalize.Period{
			{ItemID: "i", PlanID: "p", Currency: "USD", From: day(t, "2026-01-01"), Until: day(t, "2026-02-01"), MRR: decimal.NewFromInt(40), Evidence: billing.EvidenceInvoice},
			{ItemID: "j", PlanID: "p", Currency: "USD", From: day(t, "2026-01-15"), Until: billing.Forever, MRR: decimal.NewFromInt(2), Evidence: billing.EvidenceVersion, Scheduled: true},
		},
		Movements: []normalize.Movement{
			{Date: day(t, "2026-01-01"), Type: normalize.New, Currency: "USD", Amount: decimal.NewFromInt(30), Reason: "new"},
			{Date: day(t, "2026-01-01"), Type: normalize.New, Currency: "USD", Amount: decimal.NewFromInt(10), Reason: "item"},
			{Date: day(t, "2026-02-01"), Type: normalize.Churn, Currency: "USD", Amount: decimal.NewFromInt(-40), Reason: "cancel"},
			{Date: day(t, "2026-03-01"), Type: normalize.New, Currency: "USD", Amount: decimal.NewFromInt(2), Reason: "trial", Scheduled: true},
		},
		InvoiceLines: []normalize.InvoiceLine{{Treatment: normalize.TreatCommitted, Amount: decimal.NewFromInt(40)}},
		Rejects:      []billing.Reject{{ID: "x", Code: "tax_unknown"}},
	}
	for want, holds := range map[string]bool{
		"mrr on 2026-01-01 = 40.00 USD":                true,
		"mrr on 2026-01-31 = 40 USD # the last day":    true,
		"mrr on 2026-02-01 = 40 USD":                   false,
		"mrr on 2026-01-01 = 40.0001 USD":              false,
		"mrr on 2026-01-01 = 40 EUR":                   false,
		"mrr i on 2026-01-20 = 40 USD":                 true,
		"mrr p on 2026-01-20 = 40 USD":                 true,
		"mrr p on 2026-01-20 = 42 USD scheduled":       true,
		"mrr k on 2026-01-20 = 40 USD":                 false,
		"2026-01-01 new +40 USD":                       true,
		"2026-01-01 new 40":                            true,
		"2026-01-01 new +40 USD item":                  true,
		"2026-01-01 new +40 USD quantity":              false,
		"2026-01-01 new +40 EUR":                       false,
		"2026-01-01 expansion +40 USD":                 false,
		"2026-01-01 new +30 USD":                       false,
		"2026-01-02 new +40 USD":                       false,
		"2026-02-01 churn -40 USD cancel":              true,
		"2026-03-01 new +2 USD":                        false,
		"2026-03-01 new +2 USD scheduled":              true,
		"2026-03-01 new +2 USD trial scheduled":        true,
		"no movement on 2026-01-02":                    true,
		"no movement on 2026-02-01":                    false,
		"no movements":                                 false,
		"evidence i on 2026-01-20 = invoice":           true,
		"evidence i on 2026-01-20 = version":           false,
		"reject tax_unknown":                           true,
		"reject tax_unknown x":                         true,
		"reject tax_unknown y":                         false,
		"no rejects":                                   false,
		"committed = 40":                               true,
		"tax = 1":                                      false,
		"tax = 0":                                      true,
		"mrr about 40":                                 false,
		"whatever":                                     false,
		"# nothing is wanted":                          false,
		"mrr on 2026-01-01 = 40 USD\nno movements\n":   false,
		"mrr on 2026-01-01 = 40 USD\ncommitted = 40\n": true,
	} {
		if wrong := wants.Check(r, want); (len(wrong) == 0) != holds {
			t.Errorf("%q: %v, want it to hold: %t", want, wrong, holds)
		}
	}
	if wrong := wants.Check(normalize.Result{}, "no movements\nno rejects"); len(wrong) > 0 {
		t.Error(wrong)
	}
	wrong := wants.Check(r, "mrr on 2026-01-01 = 41 USD")
	if len(wrong) != 1 || !strings.Contains(wrong[0].Error(), "it is 40") || !strings.Contains(wrong[0].Error(), "2026-01-01..2026-02-01") {
		t.Errorf("a want that does not hold says too little: %v", wrong)
	}
}
