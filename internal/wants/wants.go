// Package wants reads what a person wants of a case, in words that finance
// people can write, and holds the outcome of package normalize against it. The
// cases of the law and those of the connectors share it, so that a case reads
// the same whatever its facts are written in:
//
//	mrr [ITEM or PLAN] on 2026-03-01 = 40.00 USD [scheduled]
//	2026-03-01 expansion +10.00 [USD] [REASON] [scheduled]
//	no movement on 2026-03-01
//	no movements
//	evidence ITEM or PLAN on 2026-03-01 = invoice
//	reject tax_unknown [ID]
//	no rejects
//	committed = 40.00
//
// A movement's amount is the sum of the day's rows, in one currency if that is
// given; its reason is that of one of them at least. The last form is the sum of a
// treatment over all invoice lines. # begins a comment. What is scheduled counts
// only where a line says so.
package wants

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// Check holds a result against a text of wants, line by line, and returns what
// does not hold. A text without any want is a problem, too: it proves nothing.
func Check(r normalize.Result, text string) []error {
	var wrong []error
	checked := 0
	for _, raw := range strings.Split(text, "\n") {
		line, _, _ := strings.Cut(raw, "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		checked++
		if err := check(r, strings.Fields(line)); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", line, err))
		}
	}
	if checked == 0 {
		wrong = append(wrong, errors.New("a case without wants proves nothing"))
	}
	return wrong
}

func check(r normalize.Result, w []string) error {
	switch {
	case w[0] == "mrr":
		return mrr(r, w[1:])
	case w[0] == "evidence" && len(w) == 6:
		return evidence(r, w[1], w[3], w[5])
	case w[0] == "reject" && len(w) > 1:
		return reject(r, w[1], strings.Join(w[2:], " "))
	case slices.Equal(w, []string{"no", "rejects"}):
		if len(r.Rejects) > 0 {
			return fmt.Errorf("the rejects are%s", rejects(r))
		}
		return nil
	case slices.Equal(w, []string{"no", "movements"}):
		if len(r.Movements) > 0 {
			return fmt.Errorf("there are%s", movements(r))
		}
		return nil
	case len(w) == 4 && w[0] == "no" && w[1] == "movement":
		if slices.ContainsFunc(r.Movements, func(m normalize.Movement) bool { return m.Date.String() == w[3] }) {
			return fmt.Errorf("the movements are%s", movements(r))
		}
		return nil
	case len(w) == 3 && w[1] == "=":
		return treated(r, w[0], w[2])
	case len(w) > 2 && len(w[0]) == len(time.DateOnly) && w[0][4] == '-':
		return movement(r, w)
	}
	return errors.New("this want is not understood")
}

func mrr(r normalize.Result, w []string) error {
	what := ""
	if len(w) > 0 && w[0] != "on" {
		what, w = w[0], w[1:]
	}
	if len(w) < 5 {
		return errors.New("want: mrr [ITEM] on DATE = AMOUNT CURRENCY")
	}
	day, err := billing.ParseDate(w[1])
	if err != nil {
		return err
	}
	scheduled := w[len(w)-1] == "scheduled"
	sum := decimal.Zero
	for i := range r.Periods {
		if p := &r.Periods[i]; on(p, what, day) && p.Currency == w[4] && (!p.Scheduled || scheduled) {
			sum = sum.Add(p.MRR)
		}
	}
	return equal(sum, w[3], func() string { return periods(r) })
}

// on says whether a period is of an item or plan, and holds on a day.
func on(p *normalize.Period, what string, day billing.Date) bool {
	return p.From <= day && day < p.Until && (what == "" || p.ItemID == what || p.PlanID == what)
}

func equal(got decimal.Decimal, want string, all func() string) error {
	d, err := decimal.NewFromString(strings.TrimPrefix(want, "+"))
	if err != nil {
		return fmt.Errorf("%q is no amount", want)
	}
	if !got.Equal(d) {
		return fmt.Errorf("it is %s; there is%s", got, all())
	}
	return nil
}

func movement(r normalize.Result, w []string) error {
	scheduled := w[len(w)-1] == "scheduled"
	if scheduled {
		w = w[:len(w)-1]
	}
	currency, reason := "", ""
	for _, word := range w[3:] {
		if len(word) == 3 && word == strings.ToUpper(word) {
			currency = word
		} else {
			reason = word
		}
	}
	sum, found, given := decimal.Zero, false, false
	for i := range r.Movements {
		m := &r.Movements[i]
		if m.Date.String() != w[0] || currency != "" && m.Currency != currency || m.Scheduled != scheduled {
			continue
		}
		if TypeName(m.Type) != w[1] {
			return fmt.Errorf("it is %s %s", TypeName(m.Type), m.Amount)
		}
		found, given = true, given || m.Reason == reason
		sum = sum.Add(m.Amount)
	}
	if !found || reason != "" && !given {
		return fmt.Errorf("the movements are%s", movements(r))
	}
	return equal(sum, w[2], func() string { return movements(r) })
}

func evidence(r normalize.Result, what, date, kind string) error {
	day, err := billing.ParseDate(date)
	if err != nil {
		return err
	}
	for i := range r.Periods {
		if p := &r.Periods[i]; on(p, what, day) && EvidenceName(p.Evidence) == kind {
			return nil
		}
	}
	return fmt.Errorf("the periods are%s", periods(r))
}

func reject(r normalize.Result, code, id string) error {
	if !slices.ContainsFunc(r.Rejects, func(no billing.Reject) bool { return no.Code == code && (id == "" || no.ID == id) }) {
		return fmt.Errorf("the rejects are%s", rejects(r))
	}
	return nil
}

func treated(r normalize.Result, treatment, amount string) error {
	sum := decimal.Zero
	for i := range r.InvoiceLines {
		if string(r.InvoiceLines[i].Treatment) == treatment {
			sum = sum.Add(r.InvoiceLines[i].Amount)
		}
	}
	return equal(sum, amount, func() string { return fmt.Sprintf(" %+v", r.InvoiceLines) })
}

// TypeName is a movement's type as the views name it.
func TypeName(t normalize.MovementType) string {
	return name(int(t), "new", "expansion", "contraction", "churn", "reactivation")
}

// EvidenceName is a kind of evidence as the views name it.
func EvidenceName(k billing.EvidenceKind) string {
	return name(int(k), "version", "phase", "invoice", "carried", "earliest", "observed", "held", "contract")
}

func name(n int, names ...string) string {
	if n < 1 || n > len(names) {
		return fmt.Sprintf("(%d)", n)
	}
	return names[n-1]
}

func periods(r normalize.Result) string {
	return lines(r.Periods, func(p normalize.Period) string {
		mark := ""
		if p.Scheduled {
			mark = " scheduled"
		}
		return fmt.Sprintf("%s..%s %s %s %s x%s %s %s %s%s", p.From, p.Until, p.SubscriptionID, p.ItemID, p.PlanID, p.Quantity, p.MRR, p.Currency, EvidenceName(p.Evidence), mark)
	})
}

func movements(r normalize.Result) string {
	return lines(r.Movements, func(m normalize.Movement) string {
		mark := ""
		if m.Scheduled {
			mark = " scheduled"
		}
		return fmt.Sprintf("%s %s %s %s %s %s%s", m.Date, TypeName(m.Type), m.Amount, m.Currency, m.ItemID, m.Reason, mark)
	})
}

func rejects(r normalize.Result) string {
	return lines(r.Rejects, func(no billing.Reject) string {
		return fmt.Sprintf("%s %s %s: %s", no.Kind, no.ID, no.Code, no.Detail)
	})
}

// lines writes a list for a person, one a line.
func lines[T any](list []T, line func(T) string) string {
	if len(list) == 0 {
		return " none"
	}
	var b strings.Builder
	for _, v := range list {
		b.WriteString("\n\t" + line(v))
	}
	return b.String()
}
