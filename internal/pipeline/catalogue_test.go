package pipeline

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// priced is a provider whose subscriptions name a price and perhaps a coupon of
// its catalogue, and never change.
type priced struct{ objects []connectors.Object }

func (p *priced) Account(context.Context) (string, error) { return "acct", nil }
func (p *priced) Check(context.Context) error             { return nil }
func (p *priced) Streams() []connectors.Stream            { return []connectors.Stream{"all"} }

func (p *priced) Pull(_ context.Context, _ connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		at, _ := strconv.Atoi(string(since))
		yield(connectors.Page{Objects: p.objects[at:], Cursor: connectors.Cursor(strconv.Itoa(len(p.objects)))}, nil)
	}
}

func (p *priced) put(kind, id, customer, payload string) {
	n := int64(len(p.objects) + 1)
	p.objects = append(p.objects, connectors.Object{
		Kind: kind, ID: id, CustomerID: customer, Version: n, SeenAt: time.Unix(n, 0), Origin: connectors.Listed, Payload: []byte(payload),
	})
}

func (p *priced) Translate(objects []connectors.Object, catalog *connectors.Catalog) (billing.Record, []connectors.Reject) {
	o := objects[len(objects)-1]
	r := billing.Record{Customer: billing.Customer{ID: o.CustomerID}}
	var names struct{ Price, Coupon string }
	_ = json.Unmarshal(o.Payload, &names)
	amount := func(kind, id string) (billing.Ref, decimal.Decimal, bool) {
		found, ok := catalog.Object(kind, id)
		d, err := decimal.NewFromString(string(found.Payload))
		return found.Ref(), d, ok && err == nil
	}
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	sub := billing.Subscription{ID: o.ID, CustomerID: o.CustomerID, Currency: "USD", Created: start, Start: start}
	state := billing.State{From: start, SeenAt: start, Evidence: billing.EvidenceVersion, Object: o.Ref(), Terms: billing.Terms{Status: billing.StatusActive}}
	ref, unit, ok := amount("price", names.Price)
	if !ok {
		return r, []connectors.Reject{{Kind: "price", ID: names.Price, Code: "unreadable", Detail: "no number", Object: o.Ref()}}
	}
	item := billing.Item{ID: "i_" + o.CustomerID, Quantity: decimal.NewFromInt(1), Price: billing.Price{
		ID: names.Price, Currency: "USD", Interval: billing.Interval{Unit: billing.Month, Count: 1}, Usage: billing.Licensed, Model: billing.PerUnit, Unit: unit, Object: ref,
	}}
	if ref, percent, ok := amount("coupon", names.Coupon); ok {
		item.Discounts = []billing.Discount{{ID: "d", Percent: percent, Duration: billing.Always, Start: start, Object: ref}}
	}
	state.Terms.Items = []billing.Item{item}
	sub.States = []billing.State{state}
	r.Subscriptions = []billing.Subscription{sub}
	return r, nil
}

// Who pays nothing, or could not be read, is derived again when the catalogue
// object that makes it so changes; others are not.
func TestCatalogueDerivesWhomItConcerns(t *testing.T) {
	p := &priced{}
	p.put("price", "ten", "", "10")
	p.put("price", "other", "", "7")
	p.put("price", "odd", "", "?")
	p.put("coupon", "all", "", "100")
	p.put("subscription", "s_free", "free", `{"price":"ten","coupon":"all"}`)
	p.put("subscription", "s_odd", "odd", `{"price":"odd"}`)
	p.put("subscription", "s_plain", "plain", `{"price":"other"}`)
	b := newBench(t, map[string]*shop{"main": {account: "acct"}}, "main")
	b.o.Sources[0].Connector = p
	b.o.MaxRejects = 1
	b.o.Guards.AcceptRestatement = true
	night := func(derived int, want ...string) {
		t.Helper()
		r, err := b.night()
		if err != nil || r.Customers.Derived != derived {
			t.Fatalf("%d customers derived (%v), want %d", r.Customers.Derived, err, derived)
		}
		got := strings.Fields(strings.ReplaceAll(b.days("2026-03-09", "2026-03-09"), "2026-03-09\tmain\ti_", ""))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("MRR (-want +got):\n%s", d)
		}
	}
	night(3, "plain", "7")
	p.put("price", "odd", "", "12")
	night(1, "odd", "12", "plain", "7")
	p.put("coupon", "all", "", "50")
	night(1, "free", "5", "odd", "12", "plain", "7")
	p.put("price", "unused", "", "3")
	night(0, "free", "5", "odd", "12", "plain", "7")
}
