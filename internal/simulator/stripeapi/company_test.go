package stripeapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/simulator/company"
)

// dump reads every page of a list and returns the objects as they stand.
func dump(t testing.TB, h http.Handler, path string) []string {
	t.Helper()
	var all []string
	cursor := ""
	for {
		r := httptest.NewRequest(http.MethodGet, "/v1/"+path+cursor, nil)
		r.Header.Set("Authorization", "Bearer sk_test_x")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var v struct {
			Data []json.RawMessage `json:"data"`
			More bool              `json:"has_more"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != 200 {
			t.Fatalf("GET %s: %d %v %.300s", path, w.Code, err, w.Body)
		}
		for _, d := range v.Data {
			all = append(all, string(d))
		}
		if !v.More {
			return all
		}
		cursor = "&starting_after=" + id(v.Data[len(v.Data)-1])
	}
}

func id(object []byte) string {
	_, rest, _ := strings.Cut(string(object), `"id":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

var everything = []string{
	"customers?limit=100", "products?limit=100", "prices?limit=100&expand[]=data.tiers", "coupons?limit=100", "tax_rates?limit=100",
	"subscriptions?limit=100&status=all", "subscription_schedules?limit=100", "invoices?limit=100&expand[]=data.discounts",
	"invoiceitems?limit=100", "credit_notes?limit=100",
}

// However long the history goes on, a moment in it looks the same.
func TestOneCompanyAtAnyMoment(t *testing.T) {
	night := time.Date(2026, 10, 20, 3, 0, 0, 0, time.UTC)
	cfg := company.Config{Seed: 11, Customers: 200, Months: 20, Now: night}
	plain := company.New(cfg)
	cfg.Start = plain.Start()
	cfg.Until = night.AddDate(0, 0, 45)
	longer := company.New(cfg)
	cfg.Now, cfg.Until = night.AddDate(0, 3, 0), time.Time{}
	later := company.New(cfg)
	clock := func() time.Time { return night }
	h, l, x := New(plain, Options{}), New(longer, Options{Clock: clock}), New(later, Options{Clock: clock})
	for _, path := range append([]string{"events?limit=100"}, everything...) {
		a := dump(t, h, path)
		if d := cmp.Diff(a, dump(t, l, path)); d != "" {
			t.Errorf("%s differs in the company that goes on for 45 days:\n%.2000s", path, d)
		}
		if strings.HasPrefix(path, "events") { // the later company no longer has them
			continue
		}
		if d := cmp.Diff(a, dump(t, x, path)); d != "" {
			t.Errorf("%s differs in the company looked at three months later:\n%.2000s", path, d)
		}
	}
	rows := func(c *company.Company) (list []string) {
		for r := range c.Truth(night, time.UTC) {
			list = append(list, fmt.Sprint(r))
		}
		return list
	}
	if d := cmp.Diff(rows(plain), rows(longer)); d != "" {
		t.Errorf("the truth differs:\n%.2000s", d)
	}
	if plain.Customers[3].ID == company.New(company.Config{Seed: 12, Customers: 400, Months: 20, Now: night}).Customers[3].ID {
		t.Error("another seed makes the same customers")
	}
}

type sums struct {
	ID                                                      string
	Currency                                                string
	Subtotal, Total, AmountDue, AmountPaid, AmountRemaining int64
	Tax                                                     *int64
	TotalExcludingTax                                       int64
	TotalDiscountAmounts, TotalTaxAmounts                   []struct{ Amount int64 }
	Lines                                                   struct {
		Data []struct {
			Amount          int64
			DiscountAmounts []struct{ Amount int64 } `json:"discount_amounts"`
			TaxAmounts      []struct {
				Amount    int64
				Inclusive bool
			} `json:"tax_amounts"`
		}
		HasMore bool `json:"has_more"`
	}
}

func (s *sums) UnmarshalJSON(b []byte) error {
	type names struct {
		AmountDue            int64                    `json:"amount_due"`
		AmountPaid           int64                    `json:"amount_paid"`
		AmountRemaining      int64                    `json:"amount_remaining"`
		TotalExcludingTax    int64                    `json:"total_excluding_tax"`
		TotalDiscountAmounts []struct{ Amount int64 } `json:"total_discount_amounts"`
		TotalTaxAmounts      []struct{ Amount int64 } `json:"total_tax_amounts"`
	}
	type plain sums
	var n names
	if err := json.Unmarshal(b, (*plain)(s)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	s.AmountDue, s.AmountPaid, s.AmountRemaining, s.TotalExcludingTax = n.AmountDue, n.AmountPaid, n.AmountRemaining, n.TotalExcludingTax
	s.TotalDiscountAmounts, s.TotalTaxAmounts = n.TotalDiscountAmounts, n.TotalTaxAmounts
	return nil
}

// Every invoice adds up to its minor unit: lines - discounts + taxes = total.
func TestInvoicesAddUp(t *testing.T) {
	h := New(small(5, 500), Options{})
	whole, taxed, cut := 0, 0, 0
	for _, raw := range dump(t, h, "invoices?limit=100") {
		var v sums
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			t.Fatal(err)
		}
		if v.Lines.HasMore {
			v.Lines.Data = nil
			for _, l := range dump(t, h, "invoices/"+v.ID+"/lines?limit=100") {
				var one sums
				if err := json.Unmarshal([]byte(`{"lines":{"data":[`+l+`]}}`), &one); err != nil {
					t.Fatal(err)
				}
				v.Lines.Data = append(v.Lines.Data, one.Lines.Data...)
			}
			whole++
		}
		var subtotal, discounts, exclusive, taxes int64
		for _, l := range v.Lines.Data {
			subtotal += l.Amount
			for _, d := range l.DiscountAmounts {
				discounts += d.Amount
			}
			for _, x := range l.TaxAmounts {
				taxes += x.Amount
				if !x.Inclusive {
					exclusive += x.Amount
				}
			}
		}
		if taxes != 0 {
			taxed++
		}
		if discounts != 0 {
			cut++
		}
		var all, allTaxes int64
		for _, d := range v.TotalDiscountAmounts {
			all += d.Amount
		}
		for _, x := range v.TotalTaxAmounts {
			allTaxes += x.Amount
		}
		got := []int64{v.Subtotal, v.Total, all, allTaxes, v.TotalExcludingTax, v.AmountPaid + v.AmountRemaining}
		want := []int64{subtotal, subtotal - discounts + exclusive, discounts, taxes, subtotal - discounts + exclusive - taxes, max(v.Total, 0)}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("invoice %s (%s): subtotal, total, discounts, taxes, total without tax, due:\n%s", v.ID, v.Currency, d)
		}
		if v.Tax != nil && *v.Tax != taxes {
			t.Errorf("invoice %s: tax %d, its lines have %d", v.ID, *v.Tax, taxes)
		}
	}
	if whole == 0 || taxed == 0 || cut == 0 {
		t.Errorf("seen %d invoices of more than ten lines, %d taxed, %d discounted: want some of each", whole, taxed, cut)
	}
}
