package site

import (
	"fmt"
	"testing"
	"time"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func small(seed uint64, catalogue Catalogue) Config {
	return Config{Seed: seed, Catalogue: catalogue, Customers: 500, Months: 36, Now: at("2026-11-21T00:00:00Z")}
}

func TestProvableShare(t *testing.T) {
	for seed := range uint64(4) {
		for _, catalogue := range []Catalogue{Plans, Items} {
			s := New(small(seed, catalogue))
			all, dark := 0, 0
			for r := range s.Truth(s.Config.Now, time.UTC) {
				all++
				if !r.Provable {
					dark++
				}
			}
			share := float64(dark) / float64(all)
			t.Log(fmt.Sprintf("seed %d catalogue %d: %d subs %d invoices %d events, %d item-days, %.2f %% dark", seed, catalogue, len(s.Subscriptions), len(s.Invoices), len(s.Events), all, 100*share))
			if all < 100_000 || share > 0.03 || dark == 0 {
				t.Errorf("seed %d, catalogue %d: %d of %d item-days lie in the dark", seed, catalogue, dark, all)
			}
		}
	}
}
