package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// What the truth does not have is told day by day, and not as all the days on
// which the warehouse has the same value.
func TestUnknown(t *testing.T) {
	tests := []struct {
		name string
		told []billing.Date
		want []span
	}{
		{"all days are known", []billing.Date{10, 11, 12, 13, 14}, nil},
		{"none is", nil, []span{{10, 15}}},
		{"the first ones are not", []billing.Date{13, 14}, []span{{10, 13}}},
		{"the last ones are not", []billing.Date{9, 10, 11}, []span{{12, 15}}},
		{"some between are not", []billing.Date{10, 12, 14, 15}, []span{{11, 12}, {13, 14}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stretches := []stretch{{from: 10, until: 15, next: 10, mrr: decimal.NewFromInt(5)}}
			for _, day := range test.told {
				want := decimal.NewFromInt(5)
				if day < 10 || day > 14 {
					want = decimal.Zero
				}
				if mrr := look(stretches, day); !mrr.Equal(want) {
					t.Errorf("day %d is worth %s, want %s", day, mrr, want)
				}
			}
			if diff := cmp.Diff(test.want, stretches[0].unknown(), cmp.AllowUnexported(span{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
