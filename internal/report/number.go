package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// Places is how many decimal places a currency's amounts are shown with. Amounts
// of MRR have four in the warehouse, whatever the currency: that is what CSV and
// JSON give.
func Places(currency string) int32 {
	switch strings.ToUpper(currency) {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// Amount writes an amount with thousands separators: -1,234.50.
func Amount(d decimal.Decimal, places int32) string {
	s := d.StringFixed(places)
	if strings.Trim(s, "-0.") == "" { // what rounds to nothing has no sign
		s = strings.TrimPrefix(s, "-")
	}
	return group(s)
}

// group puts a comma between each three digits before the point.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, rest, _ := strings.Cut(s, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if rest != "" {
		b.WriteByte('.')
		b.WriteString(rest)
	}
	return b.String()
}

// brief writes an amount in three digits or so: 950, 12.3k, 114k, 1.25M.
func brief(d decimal.Decimal) string {
	steps := []struct {
		exp  int32
		unit string
	}{{12, "T"}, {9, "B"}, {6, "M"}, {3, "k"}, {0, ""}}
	for _, s := range steps {
		one := decimal.New(1, s.exp)
		// 999.96k would be written as 1000k: what rounds up to a unit has that unit.
		if d.Abs().LessThan(one.Mul(decimal.New(9995, -4))) && s.exp > 0 {
			continue
		}
		v := d.Shift(-s.exp)
		places := int32(0)
		if s.exp > 0 || !v.IsInteger() {
			switch a := v.Abs(); {
			case a.LessThan(decimal.New(9995, -3)):
				places = 2
			case a.LessThan(decimal.New(9995, -2)):
				places = 1
			}
		}
		text := v.StringFixed(places)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		if text == "-0" {
			text = "0"
		}
		return text + s.unit
	}
	return "0"
}

// percent writes a share: 5.0 %. One that means nothing is written as nothing.
func percent(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	if math.Abs(f) < 0.0005 {
		f = 0
	}
	return strconv.FormatFloat(f*100, 'f', 1, 64) + " %"
}

// say writes a value of the column for people.
func (c Column) say(v any, places int32) string {
	if c.Name == "metric" {
		return metricName(v)
	}
	return show(v, c.Kind, places)
}

// show writes a value for people. Places is that of the row's currency.
func show(v any, k Kind, places int32) string {
	switch v := v.(type) {
	case billing.Date:
		switch {
		case v == billing.NoDate:
			return ""
		case k == Month:
			return v.String()[:7]
		}
		return v.String()
	case time.Time:
		if v.Year() < 1971 {
			return ""
		}
		return v.Format("2006-01-02 15:04")
	case decimal.Decimal:
		return Amount(v, places)
	case uint64:
		return group(strconv.FormatUint(v, 10))
	case float64:
		if k == Ratio {
			return quotient(v)
		}
		return percent(v)
	case string:
		return v
	}
	return ""
}

// quotient writes a plain quotient: 1.25. One that means nothing is written as
// nothing.
func quotient(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// exact writes a value for machines: every digit, a point, no separators.
func exact(v any) string {
	switch v := v.(type) {
	case billing.Date:
		if v == billing.NoDate {
			return ""
		}
		return v.String()
	case time.Time:
		if v.Year() < 1971 {
			return ""
		}
		return v.Format(time.RFC3339)
	case decimal.Decimal:
		return v.StringFixed(4)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return ""
}

// Grouped writes a count with thousands separators: 12,345.
func Grouped(n uint64) string { return group(strconv.FormatUint(n, 10)) }

// Percent writes a share: 5.0 %; one that means nothing is written as nothing.
func Percent(f float64) string { return minus(percent(f)) }

// Brief writes an amount in three digits or so: 12.3k.
func Brief(d decimal.Decimal) string { return minus(brief(d)) }
