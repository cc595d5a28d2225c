package warehouse

import (
	"testing"

	"mrrsync/connectors/billing"
)

// acme is three customers: one in two currencies, one that churns, one on a
// trial that waits for evidence.
func acme() *world {
	return &world{customers: map[CustomerKey]*person{
		{"main", "c1"}: {account: "main/c1", tier: "gold", items: []thing{
			{"s1", "i1", "USD", []step{{from: day("2025-12-15"), until: day("2026-01-20"), mrr: "100"}, {from: day("2026-01-20"), until: billing.Forever, mrr: "150.5"}}},
			{"s2", "i2", "EUR", []step{{from: day("2026-02-01"), until: billing.Forever, mrr: "33.3333"}}},
		}, lines: []bill{{"in_1", day("2025-12-15"), "100"}, {"in_2", day("2026-01-15"), "100"}}},
		{"main", "c2"}: {account: "main/c2", tier: "free", items: []thing{
			{"s3", "i3", "USD", []step{{from: day("2026-01-05"), until: day("2026-02-14"), mrr: "40"}}},
		}, lines: []bill{{"in_3", day("2026-01-05"), "40"}}, rejects: []string{"tax_unknown"}},
		{"main", "c3"}: {account: "main/c3", tier: "gold", items: []thing{
			{"s4", "i4", "JPY", []step{{from: day("2026-03-05"), until: billing.Forever, mrr: "5000", scheduled: true}}},
		}},
	}}
}

func TestPublish(t *testing.T) {
	w := open(t, t.TempDir())
	info, err := publish(t.Context(), w, spec("2026-03-08"), acme(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(info)
	t.Log(dump(t, w))
}
