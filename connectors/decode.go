package connectors

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// longestNumber bounds a number's text, as it comes and as it is written out: more
// than any amount needs, and little enough that no arithmetic on it can hurt.
const longestNumber = 40

// ParseNumber reads the text of a JSON number, or of a string that holds one,
// exactly. What null and an empty string mean is the provider's to say.
func ParseNumber(text string) (decimal.Decimal, error) {
	if len(text) > longestNumber {
		return decimal.Decimal{}, fmt.Errorf("number %.50q is too long", text)
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("%q is not a number", text)
	}
	whole, fraction := d.NumDigits()+int(d.Exponent()), -int(d.Exponent())
	if max(whole, 1)+max(fraction, 0)+len("-.") > longestNumber {
		return decimal.Decimal{}, fmt.Errorf("number %q is out of range", text)
	}
	return d, nil
}
