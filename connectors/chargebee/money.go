package chargebee

import "strings"

// decimals is how many decimal places an amount has on the wire: none for
// currencies without minor units, two for all others, three-decimal ones such
// as KWD included. A currency that is on neither list is rejected: its amounts
// could be off by a factor of 100.
func decimals(currency string) (places int32, known bool) {
	code := " " + strings.ToLower(currency) + " "
	switch {
	case len(currency) != 3:
		return 0, false
	case strings.Contains(whole, code):
		return 0, true
	}
	return 2, strings.Contains(hundredths, code)
}

// whole are the currencies of ISO 4217 without minor units.
const whole = " bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf "

// hundredths are the others that are in use.
const hundredths = " aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf" +
	" cny cop crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl hrk htg huf idr ils inr iqd" +
	" irr jmd jod kes kgs khr kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn" +
	" nio nok npr nzd omr pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp szl thb" +
	" tjs tmt tnd top try ttd twd tzs uah usd uyu uzs ves wst xcd yer zar zmw zwl "
