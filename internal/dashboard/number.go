package dashboard

import (
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"mrrsync/internal/report"
)

// headline writes an amount as large as life: whole units, unless it is so small
// that its parts matter.
func headline(d decimal.Decimal, currency string) string {
	if d.Abs().LessThan(decimal.NewFromInt(1000)) {
		return minus(report.Amount(d, report.Places(currency)))
	}
	return minus(report.Amount(d, 0))
}

// change is what came between two amounts, and whether that is up.
func change(before, after decimal.Decimal) (text, class string) {
	by := after.Sub(before)
	text = signed(report.Brief(by))
	if before.IsPositive() {
		share, err := parseFloat(by.DivRound(before, 6).String())
		if err == nil {
			text += " (" + signed(report.Percent(share)) + ")"
		}
	}
	return text, direction(float64(by.Sign()))
}

// points is what came between two shares, in points of a hundred.
func points(before, after float64) (text, class string) {
	if math.IsNaN(before) || math.IsNaN(after) {
		return "", ""
	}
	by := math.Round((after-before)*1000) / 10
	if by == 0 {
		return "±0.0 pp", "level"
	}
	return signed(minus(strconv.FormatFloat(by, 'f', 1, 64))) + " pp", direction(by)
}

// round writes a share in whole parts of a hundred where it is one: 30, 0.5.
func round(share float64) string {
	return minus(strconv.FormatFloat(math.Round(share*1000)/10, 'f', -1, 64))
}

func direction(by float64) string {
	switch {
	case by > 0:
		return "up"
	case by < 0:
		return "down"
	}
	return "level"
}

// ratio writes a plain quotient.
func ratio(f float64) string {
	if math.IsNaN(f) {
		return "–"
	}
	return minus(strconv.FormatFloat(f, 'f', 2, 64))
}

// signed writes what is above zero with its sign.
func signed(text string) string {
	if text == "" || strings.HasPrefix(text, "−") || strings.Trim(text, "0.,% ") == "" {
		return text
	}
	return "+" + text
}

// minus writes negative figures with the sign that typography has for it.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// about is an amount as a place in a picture: no more digits than that takes.
func about(d decimal.Decimal) float64 {
	f, err := parseFloat(d.StringFixed(2))
	if err != nil {
		return math.NaN()
	}
	return f
}

// grouped writes a decimal string for people: all its digits, the thousands apart.
func grouped(text string) string {
	d, err := decimal.NewFromString(text)
	if err != nil {
		return text // a fraction without end
	}
	_, places, _ := strings.Cut(text, ".")
	return minus(report.Amount(d, int32(len(places)))) //nolint:gosec // digits
}

func parseFloat(text string) (float64, error) { return strconv.ParseFloat(text, 64) }
