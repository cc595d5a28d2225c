package warehouse

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// places is the number of decimal places of every amount and quantity.
const places = 4

// fit rounds an amount half up (away from zero) to the four places of a
// Decimal(18, 4) and refuses what such a column cannot hold: the driver would
// cut off and wrap around.
func fit(d decimal.Decimal) (decimal.Decimal, error) {
	return fitDecimal(d, 18, places)
}

// fitDecimal does the same for any precision and scale.
func fitDecimal(d decimal.Decimal, precision, scale int32) (decimal.Decimal, error) {
	r := d.Round(scale)
	if !r.IsZero() && r.NumDigits()+int(r.Exponent()) > int(precision-scale) { // digits before the point
		return decimal.Zero, fmt.Errorf("%s is out of range: %d digits before the point at most", d, precision-scale)
	}
	return r, nil
}

// fitDate is the midnight under which a Date travels. Days that a Date column
// cannot hold are refused: the driver would wrap them around.
func fitDate(d billing.Date) (time.Time, error) {
	if d < 0 || d > billing.Forever {
		return time.Time{}, fmt.Errorf("%s is out of range: want 1970-01-01 to 2149-06-06", d.Time().Format(time.DateOnly))
	}
	return d.Time(), nil
}
