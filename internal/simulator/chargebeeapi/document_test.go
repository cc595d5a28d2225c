package chargebeeapi

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/simulator/site"
)

// document is what the sums of an invoice or a credit note are checked by.
type document struct {
	ID        string
	Status    string
	Type      string
	PriceType string `json:"price_type"`
	Total     int64
	SubTotal  int64 `json:"sub_total"`
	Tax       int64
	Due       int64 `json:"amount_due"`
	Paid      int64 `json:"amount_paid"`
	Adjusted  int64 `json:"amount_adjusted"`
	Credits   int64 `json:"credits_applied"`
	Allocated int64 `json:"amount_allocated"`
	Refunded  int64 `json:"amount_refunded"`
	Available int64 `json:"amount_available"`
	Lines     []struct {
		ID       string
		Amount   int64
		Tax      int64 `json:"tax_amount"`
		Discount int64 `json:"discount_amount"`
		Own      int64 `json:"item_level_discount_amount"`
	} `json:"line_items"`
	LineDiscounts []struct {
		Line   string `json:"line_item_id"`
		Kind   string `json:"discount_type"`
		Amount int64  `json:"discount_amount"`
	} `json:"line_item_discounts"`
	LineTaxes []struct {
		Amount int64 `json:"tax_amount"`
	} `json:"line_item_taxes"`
	Discounts   []struct{ Amount int64 }
	Taxes       []struct{ Amount int64 }
	Allocations []struct {
		Amount int64 `json:"allocated_amount"`
	}
	AppliedCredits []struct {
		Amount int64 `json:"applied_amount"`
	} `json:"applied_credits"`
	AdjustmentNotes []struct {
		Total int64 `json:"cn_total"`
	} `json:"adjustment_credit_notes"`
	Payments []struct {
		Amount int64 `json:"applied_amount"`
	} `json:"linked_payments"`
}

// Every invoice and credit note adds up to its minor unit, as it is written.
func TestDocumentsAddUp(t *testing.T) {
	taxed, cut, credited, adjusted := 0, 0, 0, 0
	for _, k := range []site.Catalogue{site.Plans, site.Items} {
		h := New(town(5, 400, k), Options{})
		for _, object := range []string{"invoice", "credit_note"} {
			for _, raw := range dump(t, h, object, object+"s?limit=100") {
				var v document
				if err := json.Unmarshal(raw, &v); err != nil {
					// a quantity such as 10.0 is not read here, so nothing can fail but the simulator
					t.Fatal(err)
				}
				checkSums(t, object, &v)
				taxed += len(v.Taxes)
				cut += len(v.Discounts)
				credited += len(v.AppliedCredits)
				adjusted += len(v.AdjustmentNotes)
			}
		}
	}
	if taxed == 0 || cut == 0 || credited == 0 || adjusted == 0 {
		t.Errorf("seen %d taxes, %d discounts, %d credits, %d adjustments: want some of each", taxed, cut, credited, adjusted)
	}
}

func checkSums(t *testing.T, object string, v *document) {
	t.Helper()
	var subtotal, tax, discount, own, lineDiscounts, itemLevel, lineTaxes, discounts, taxes int64
	for _, l := range v.Lines {
		subtotal += l.Amount
		tax += l.Tax
		discount += l.Discount
		own += l.Own
	}
	for _, d := range v.LineDiscounts {
		lineDiscounts += d.Amount
		if d.Kind == "item_level_coupon" || d.Kind == "item_level_discount" {
			itemLevel += d.Amount
		}
	}
	for _, x := range v.LineTaxes {
		lineTaxes += x.Amount
	}
	for _, d := range v.Discounts {
		discounts += d.Amount
	}
	for _, x := range v.Taxes {
		taxes += x.Amount
	}
	total := subtotal - discount
	if v.PriceType == "tax_exclusive" {
		total += tax
	}
	want := []int64{subtotal, total, discount, discount, own, tax, tax}
	got := []int64{v.SubTotal, v.Total, lineDiscounts, discounts, itemLevel, lineTaxes, taxes}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s %s: subtotal, total, discounts by line, by name, at item level, taxes by line, by name:\n%s", object, v.ID, d)
	}
	if object == "invoice" {
		if v.Tax != tax {
			t.Errorf("invoice %s: tax %d, its lines have %d", v.ID, v.Tax, tax)
		}
		var paid, credits, adjusted int64
		for _, p := range v.Payments {
			paid += p.Amount
		}
		for _, c := range v.AppliedCredits {
			credits += c.Amount
		}
		for _, c := range v.AdjustmentNotes {
			adjusted += c.Total
		}
		sum := v.Due + v.Paid + v.Adjusted + v.Credits
		if v.Paid != paid || v.Credits != credits || v.Adjusted != adjusted || v.Status != "voided" && sum != v.Total {
			t.Errorf("invoice %s (%s): paid %d by payments of %d, credited %d by %d, adjusted %d by %d; due %d of %d",
				v.ID, v.Status, v.Paid, paid, v.Credits, credits, v.Adjusted, adjusted, v.Due, v.Total)
		}
		return
	}
	var allocated int64
	for _, a := range v.Allocations {
		allocated += a.Amount
	}
	if v.Allocated != allocated || v.Status != "voided" && v.Allocated+v.Refunded+v.Available != v.Total {
		t.Errorf("credit note %s (%s): allocated %d in parts of %d, refunded %d, available %d of %d", v.ID, v.Status, v.Allocated, allocated, v.Refunded, v.Available, v.Total)
	}
}
