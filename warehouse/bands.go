package warehouse

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Band is a reference range for a figure: two shares, 0.02 is 2 %. What a value
// below From, between the two or above To is called, each metric says for
// itself.
type Band struct{ From, To decimal.Decimal }

// bands are the published references by name, those that a configuration may
// replace.
func bands() map[string]Band {
	share := func(from, to int64) Band { return Band{decimal.New(from, -3), decimal.New(to, -3)} }
	return map[string]Band{
		"net_growth_existing":   share(10, 30), // SMB and enterprise
		"net_growth_mid_market": share(15, 35),
		"mrr_growth_early":      share(150, 200), // ARR below 1 M
		"mrr_growth_growth":     share(100, 150), // below 5 M
		"mrr_growth_mature":     share(50, 100),
		"gross_churn":           share(5, 15),
		"expansion_share":       share(300, 400),
	}
}

// Band is the reference of a name: the configured one, else the published one.
func (s Schema) Band(name string) (Band, error) {
	if b, ok := s.Bands[name]; ok {
		return b, nil
	}
	if b, ok := bands()[name]; ok {
		return b, nil
	}
	return Band{}, fmt.Errorf("there is no reference band %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(bands())), ", "))
}

// validBands refuses bands that no figure has, and those without a middle.
func (s Schema) validBands() error {
	for _, name := range slices.Sorted(maps.Keys(s.Bands)) {
		if _, ok := bands()[name]; !ok {
			_, err := Schema{}.Band(name)
			return err
		}
		if b := s.Bands[name]; !b.From.LessThan(b.To) {
			return fmt.Errorf("reference band %s: it begins at %s, not below its end %s", name, b.From, b.To)
		}
	}
	return nil
}
