package contracts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
)

// columns are those with a meaning; every other one is metadata.
var columns = []string{
	"customer_id", "subscription_id", "item_id", "plan", "currency", "amount", "interval",
	"interval_count", "quantity", "start", "end", "trial_end", "kind",
}

// required are the columns that every file has.
var required = []string{"customer_id", "subscription_id", "item_id", "currency", "amount", "interval", "start"}

// row is one row as it lands: its non-empty fields by column. Line is kept only
// where the customer has something to reject, so that a row inserted further up
// does not make everything below it look changed.
type row struct {
	Line   int               `json:"line,omitempty"`
	Fields map[string]string `json:"fields"`
}

// kind is what a row charges for.
type kind string

const (
	recurring       kind = "recurring"
	oneTime         kind = "one_time"
	usageCommitment kind = "usage_commitment"
	usage           kind = "usage"
)

// contract is a row understood. Days are half-open.
type contract struct {
	subscription, item, plan string
	currency                 string
	amount, quantity         decimal.Decimal
	interval                 billing.Interval
	from, until              billing.Date // until is billing.Forever when open
	paidFrom                 billing.Date // the first paid day; NoDate: no trial
	kind                     kind
	metadata                 map[string]string
}

// fault is why a row is rejected.
type fault struct {
	line         int
	code, detail string
}

// A plain number: no sign but minus, no exponent, no separators. The lengths
// keep arithmetic on it small.
var number = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,12})?$`)

// understand reads a row. Every fault is named, not only the first.
func understand(r row) (contract, []fault) {
	u := &understanding{row: r}
	c := contract{
		subscription: r.Fields["subscription_id"],
		item:         r.Fields["item_id"],
		plan:         r.Fields["plan"],
		metadata:     map[string]string{},
	}
	c.kind = u.kind()
	c.currency = u.currency()
	c.quantity = u.quantity()
	c.amount = u.amount(c.kind)
	c.from, c.until = u.period()
	c.interval = u.interval(c.kind, c.until)
	c.paidFrom = u.trial(c.from, c.until)
	if c.plan == "" {
		c.plan = c.item
	}
	for name, value := range r.Fields {
		if !slices.Contains(columns, name) {
			c.metadata["metadata."+name] = value
		}
	}
	return c, u.faults
}

type understanding struct {
	row
	faults []fault
}

func (u *understanding) fault(code, format string, args ...any) {
	u.faults = append(u.faults, fault{u.Line, code, fmt.Sprintf(format, args...)})
}

func (u *understanding) kind() kind {
	switch k := kind(strings.ToLower(u.Fields["kind"])); k {
	case "":
		return recurring
	case recurring, oneTime, usageCommitment, usage:
		return k
	default:
		u.fault("unknown_kind", "kind %q is not one of recurring, one_time, usage_commitment, usage", k)
		return recurring
	}
}

func (u *understanding) currency() string {
	code := strings.ToUpper(u.Fields["currency"])
	switch {
	case code == "":
		u.fault("missing_value", "currency is empty")
	case !knownCurrency(code):
		u.fault("unknown_currency", "currency %q is not a code of ISO 4217 such as USD", code)
	}
	return code
}

func (u *understanding) decimal(column, text string) decimal.Decimal {
	if !number.MatchString(text) {
		u.fault("bad_"+column, "%s %q is not a plain number; write 1200.50, without currency sign, thousands separator or exponent", column, text)
		return decimal.Zero
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		u.fault("bad_"+column, "%s %q: %v", column, text, err)
	}
	if d.IsNegative() {
		u.fault("negative_"+column, "%s %s is negative; a contract's price can't be, end or change the row that it takes from instead", column, text)
	}
	return d
}

func (u *understanding) amount(k kind) decimal.Decimal {
	text := u.Fields["amount"]
	if text == "" {
		if k != usage {
			u.fault("missing_value", "amount is empty")
		}
		return decimal.Zero
	}
	return u.decimal("amount", text)
}

func (u *understanding) quantity() decimal.Decimal {
	text := u.Fields["quantity"]
	if text == "" {
		return decimal.NewFromInt(1)
	}
	return u.decimal("quantity", text)
}

func (u *understanding) date(column string) (billing.Date, bool) {
	text := u.Fields[column]
	d, err := billing.ParseDate(text)
	if err != nil {
		u.fault("bad_date", "%s %q is not a date; write it as 2026-03-31", column, text)
		return billing.NoDate, false
	}
	if d <= billing.NoDate {
		u.fault("bad_date", "%s %s lies before 1970-01-02, the first day that can be stored", column, text)
		return billing.NoDate, false
	}
	return d, true
}

// period is the row's days. An end that no calendar here reaches (9999-12-31 is
// common) means open.
func (u *understanding) period() (from, until billing.Date) {
	from, until = billing.NoDate, billing.Forever
	if u.Fields["start"] == "" {
		u.fault("missing_value", "start is empty")
	} else {
		from, _ = u.date("start")
	}
	if u.Fields["end"] != "" {
		if last, ok := u.date("end"); ok && last < billing.Forever-1 {
			until = last + 1
		}
	}
	if from >= until {
		u.fault("end_before_start", "end %s lies before start %s", u.Fields["end"], u.Fields["start"])
	}
	if from >= billing.Forever {
		u.fault("bad_date", "start %s lies after %s, the last day that can be stored", from, billing.Forever.Time().Format(time.DateOnly))
	}
	return from, until
}

var units = map[string]billing.Unit{
	"day": billing.Day, "week": billing.Week, "month": billing.Month, "year": billing.Year, "term": billing.Term,
}

func (u *understanding) interval(k kind, until billing.Date) billing.Interval {
	text := strings.ToLower(u.Fields["interval"])
	unit, known := units[text]
	switch {
	case text == "" && k == oneTime:
		return billing.Interval{}
	case text == "":
		u.fault("missing_value", "interval is empty")
	case !known:
		u.fault("unknown_interval", "interval %q is not one of day, week, month, year, term", text)
	case unit == billing.Term && until == billing.Forever && u.Fields["end"] == "":
		u.fault("term_without_end", "interval term needs an end: the amount is for the whole of start..end")
	case unit == billing.Term && until == billing.Forever:
		u.fault("term_without_end", "interval term needs an end that lies within the calendar; %s means open", u.Fields["end"])
	}
	i := billing.Interval{Unit: unit, Count: 1}
	if count := u.Fields["interval_count"]; count != "" {
		n, err := strconv.ParseInt(count, 10, 64)
		switch {
		case err != nil || n < 1 || n > 10_000:
			u.fault("bad_interval_count", "interval_count %q is not a whole number from 1", count)
		case unit == billing.Term && n != 1:
			u.fault("bad_interval_count", "interval_count %d makes no sense with interval term: the amount is for the whole of start..end", n)
		default:
			i.Count = n
		}
	}
	return i
}

func (u *understanding) trial(from, until billing.Date) billing.Date {
	if u.Fields["trial_end"] == "" {
		return billing.NoDate
	}
	paid, ok := u.date("trial_end")
	if ok && from != billing.NoDate && from < until && (paid < from || paid > until) {
		u.fault("bad_trial_end", "trial_end %s, the first paid day, lies outside of start..end", u.Fields["trial_end"])
	}
	return paid
}
