package company

import "strings"

// minor says how many minor units, as Stripe counts them, make one major unit.
// ISK shows no decimals but counts in hundredths on the wire.
func minor(currency string) int64 {
	switch currency {
	case "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf":
		return 1
	case "bhd", "jod", "kwd", "omr", "tnd":
		return 1000
	default:
		return 100
	}
}

func upper(currency string) string { return strings.ToUpper(currency) }
