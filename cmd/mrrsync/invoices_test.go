package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/internal/lengthy"
	"mrrsync/internal/simulator"
)

// document is an invoice or a credit note as the simulated company booked it.
type document struct {
	currency string
	month    string          // of its issue, its first day
	total    decimal.Decimal // a credit note's is negative
}

// places is how many decimals an amount of a currency has on Stripe's wire.
func places(currency string) int32 {
	switch strings.ToLower(currency) {
	case "jpy", "krw":
		return 0
	case "kwd", "bhd":
		return 3
	}
	return 2
}

// documents are what the company's books hold by now, by source and id: no
// drafts, nothing void.
func (s *town) documents() map[[2]string]document {
	now := s.now().Unix()
	all := map[[2]string]document{}
	book := func(source, id, currency string, at, minor int64, places int32) {
		month := time.Unix(at, 0).UTC().Format("2006-01") + "-01"
		all[[2]string{source, id}] = document{strings.ToUpper(currency), month, decimal.New(minor, -places)}
	}
	for _, v := range s.company.Books.Invoices {
		if state := v.State(now); v.Created <= now && state != "draft" && state != "void" {
			book("main", v.ID, v.Currency, v.Finalized, v.Sums().Total, places(v.Currency))
		}
	}
	for _, n := range s.company.Books.CreditNotes {
		if n.Created <= now {
			book("main", n.ID, n.Invoice.Currency, n.Created, -n.Amount-n.Tax, places(n.Invoice.Currency))
		}
	}
	for _, v := range s.company.Site.Invoices {
		if state := v.State(now); v.Date <= now && state != "pending" && state != "voided" {
			book("emea", v.ID, v.Currency, v.Date, v.Sums().Total, hundredths(v.Currency))
		}
	}
	for _, n := range s.company.Site.CreditNotes {
		if n.Date <= now && (n.Voided == 0 || n.Voided > now) {
			book("emea", n.ID, n.Invoice.Currency, n.Date, -n.Sums().Total, hundredths(n.Invoice.Currency))
		}
	}
	return all
}

// hundredths is how many decimals an amount of a currency has on Chargebee's
// wire: two, but for currencies that have none.
func hundredths(currency string) int32 { return min(places(currency), 2) }

// TestInvoicesTown reconciles a simulated company's books with the treated lines
// that are published: every document is there with its total to the cent, and
// no other; and the treatments of a month add up to what was invoiced in it.
func TestInvoicesTown(t *testing.T) {
	lengthy.Test(t)
	for _, catalogue := range []int{1, 2}[:few(2, 1)] {
		t.Run(fmt.Sprint("catalogue ", catalogue), func(t *testing.T) {
			s := newTown(t, simulator.Config{Seed: 51, Customers: 75, Months: 15, Catalogue: catalogue, Now: time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)})
			s.sync()
			s.reconcile()
		})
	}
}

// reconcile holds what is published of documents against the books.
func (s *town) reconcile() {
	s.Helper()
	want := s.documents()
	months, sources := map[[2]string]decimal.Decimal{}, map[string]int{}
	for name, d := range want {
		sources[name[0]]++
		k := [2]string{d.currency, d.month}
		months[k] = months[k].Add(d.total)
	}
	treatments := map[string]bool{}
	for _, f := range s.table("SELECT source, invoice_id, currency, toString(sum(amount)), arrayStringConcat(groupUniqArray(toString(treatment)), ' ') FROM invoice_lines WHERE source != 'enterprise' GROUP BY ALL") {
		k := [2]string{f[0], f[1]}
		d, known := want[k]
		if !known {
			s.Errorf("%s %s is published with %s %s, and in no book", f[0], f[1], f[3], f[2])
			continue
		}
		if got := decimal.RequireFromString(f[3]); !got.Equal(d.total) || f[2] != d.currency {
			s.Errorf("%s %s: published %s %s, booked %s %s", f[0], f[1], got, f[2], d.total, d.currency)
		}
		for _, name := range strings.Fields(f[4]) {
			treatments[name] = true
		}
		delete(want, k)
	}
	for k, d := range want {
		if !d.total.IsZero() {
			s.Errorf("%s %s over %s %s is not published", k[0], k[1], d.total, d.currency)
		}
	}
	for _, f := range s.table("SELECT currency, month, toString(sum(amount)) FROM invoice_treatments_monthly GROUP BY ALL") {
		k := [2]string{f[0], f[1]}
		if got := decimal.RequireFromString(f[2]); !got.Equal(months[k]) {
			s.Errorf("%s %s: the treatments add up to %s, the books to %s", f[0], f[1], got, months[k])
		}
		delete(months, k)
	}
	for k, sum := range months {
		if !sum.IsZero() {
			s.Errorf("%s %s: %s was invoiced, no treatment tells", k[0], k[1], sum)
		}
	}
	if sources["main"] < 100 || sources["emea"] < 100 {
		s.Errorf("documents by source: %v: the company is no test", sources)
	}
	for _, name := range []string{"committed", "proration", "one_time", "trial", "uncommitted_usage", "tax", "credit", "discount"} {
		if !treatments[name] {
			s.Errorf("no line is %s: the company is no test", name)
		}
	}
}
