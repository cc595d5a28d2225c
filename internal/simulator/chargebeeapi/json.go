package chargebeeapi

import (
	"strconv"

	"mrrsync/internal/simulator/wire"
)

// enc writes the objects of the API. Chargebee leaves out what is not there, so
// most of its methods write nothing for a zero.
type enc struct{ wire.JSON }

// some writes a string, nothing for the empty one.
func (e *enc) some(k, v string) {
	if v != "" {
		e.Str(k, v)
	}
}

// any writes a number, nothing for 0.
func (e *enc) any(k string, v int64) {
	if v != 0 {
		e.Num(k, v)
	}
}

// float writes a whole number as one with a fraction of zero, as some rows have
// it.
func (e *enc) float(k string, v int64) {
	e.Num(k, v)
	e.B = append(e.B, ".0"...)
}

// share writes hundredths of a percent as a percentage.
func (e *enc) share(k string, v int64) {
	e.Key(k)
	e.B = strconv.AppendFloat(e.B, float64(v)/100, 'f', -1, 64)
}

// top finds the value of a key at the top of a compact object, nil without it.
func top(b []byte, key string) []byte {
	for i := 1; i < len(b) && b[i] != '}'; {
		if b[i] == ',' {
			i++
		}
		k := i
		i = wire.Skip(b, i)
		name := b[k+1 : i-1]
		i++ // the colon
		v := i
		i = wire.Skip(b, i)
		if string(name) == key {
			return b[v:i]
		}
	}
	return nil
}
