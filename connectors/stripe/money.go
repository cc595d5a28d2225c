package stripe

import (
	"strings"

	"github.com/shopspring/decimal"
)

// decimals is how many decimal places an amount in minor units has. Stripe's
// wire differs from ISO 4217: isk and ugx show no decimals and yet are sent in
// hundredths, as are huf and twd.
func decimals(currency string) (places int32, known bool) {
	switch currency {
	case "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf":
		return 0, true
	case "bhd", "jod", "kwd", "omr", "tnd":
		return 3, true
	}
	return 2, len(currency) == 3 && strings.Contains(hundredths, " "+currency+" ")
}

// hundredths are the currencies that Stripe knows and sends in hundredths. One
// that is on no list is rejected: its amounts could be off by a factor of 100.
const hundredths = " aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn byr bzd cad cdf" +
	" chf cny cop crc cve czk dkk dop dzd eek egp etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl hrk htg huf idr ils" +
	" inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl ltl lvl mad mdl mkd mmk mnt mop mro mru mur mvr mwk mxn myr" +
	" mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sll sos srd std stn" +
	" svc szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs vef ves wst xcd xcg yer zar zmw zwl "

// major is an amount of minor units in major units, exactly.
func major(minor decimal.Decimal, places int32) decimal.Decimal { return minor.Shift(-places) }

// upper is a currency as facts name it, lower as Stripe does.
func upper(currency string) string { return strings.ToUpper(currency) }
func lower(currency string) string { return strings.ToLower(currency) }
