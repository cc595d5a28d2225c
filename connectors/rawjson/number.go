package rawjson

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
)

// Number is an exact number, sent as a JSON number (5, 5.0) or as a string
// ("0.0025"). null leaves it as it is: behind a pointer there is none then. Text
// that is no number, an empty one too, is an error and never a zero.
type Number struct{ decimal.Decimal }

// UnmarshalJSON reads the number.
func (n *Number) UnmarshalJSON(b []byte) error {
	for len(b) > 0 && b[0] == '"' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == '"' {
		b = b[:len(b)-1]
	}
	if units, ok := short(b); ok {
		n.Decimal = decimal.NewFromInt(units)
		return nil
	}
	s := string(b)
	if s == "null" {
		return nil
	}
	d, err := connectors.ParseNumber(s)
	if err != nil {
		return err
	}
	n.Decimal = d
	return nil
}

// short reads what most numbers are: a few digits, perhaps behind a minus.
func short(b []byte) (n int64, ok bool) {
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, true
}

// Stamp is an instant in seconds since 1970; 0 stands for none.
type Stamp int64

// LastStamp is the end of the year 9999.
const LastStamp Stamp = 253402300799

// UnmarshalJSON reads whole seconds, also such as 10.0.
func (s *Stamp) UnmarshalJSON(b []byte) error {
	n, ok := short(b)
	if !ok {
		if string(b) == "null" {
			return nil
		}
		var exact Number
		if exact.UnmarshalJSON(b) != nil || !exact.IsInteger() {
			return fmt.Errorf("%.40s is not a time in seconds", b)
		}
		n = -1
		if exact.LessThanOrEqual(decimal.NewFromInt(int64(LastStamp))) {
			n = exact.IntPart()
		}
	}
	if n < 0 || n > int64(LastStamp) {
		return fmt.Errorf("%.40s is not a time in seconds", b)
	}
	*s = Stamp(n)
	return nil
}

// Time is the instant in UTC; none is the zero time.
func (s Stamp) Time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
