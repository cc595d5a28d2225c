package audit

import (
	"fmt"

	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
)

// configured is what the configured policy's column is called.
const configured = "configured"

func column(name, title string, kind report.Kind) report.Column {
	return report.Column{Name: name, Title: title, Kind: kind}
}

func group(name, title string) report.Column {
	return report.Column{Name: name, Title: title, Kind: report.Text, Group: true}
}

// table is a report over some currency's rows; empty: of all of them.
func (c *Comparison) table(title, summary string, columns []report.Column, currency string, rows func(currency string, add func(...any))) *report.Table {
	t := &report.Table{Report: report.Report{Name: "compare", Title: title, Summary: summary, Columns: columns}, Columns: columns}
	t.Query.Currency = currency
	if n := len(c.Days); n > 0 {
		t.Query.From, t.Query.To = c.Days[0].Month(), c.Days[n-1]
	}
	for _, one := range c.Currencies() {
		if currency == "" || currency == one {
			rows(one, func(row ...any) { t.Rows = append(t.Rows, append([]any{one}, row...)) })
		}
	}
	return t
}

// Currencies are all in which any policy sees MRR.
func (c *Comparison) Currencies() []string {
	levels := []Levels{c.Levels}
	for i := range c.Presets {
		levels = append(levels, c.Presets[i].Levels)
		for j := range c.Presets[i].Effects {
			levels = append(levels, c.Presets[i].Effects[j].Levels)
		}
	}
	return currencies(levels...)
}

// Months is the MRR at each month's end under each policy.
func (c *Comparison) Months(currency string) *report.Table {
	columns := []report.Column{group("currency", "Currency"), column("month", "Month", report.Month), column(configured, "Configured", report.Money)}
	for i := range c.Presets {
		columns = append(columns, column(c.Presets[i].Name, c.Presets[i].Name, report.Money))
	}
	return c.table("MRR by policy", "The same evidence at each month's end, as configured and under each preset.", columns, currency,
		func(currency string, add func(...any)) {
			for d, day := range c.Days {
				row := []any{day.Month(), c.Levels.on(currency, d)}
				for i := range c.Presets {
					row = append(row, c.Presets[i].Levels.on(currency, d))
				}
				add(row...)
			}
		})
}

// Bridge leads from the configured policy to one preset, rule by rule: each row
// adds up. Rules that change nothing are left out; Silent names them.
func (c *Comparison) Bridge(preset int, currency string) *report.Table {
	p := &c.Presets[preset]
	columns := []report.Column{group("currency", "Currency"), column("month", "Month", report.Month), column(configured, "Configured", report.Money)}
	loud := make([]*Effect, 0, len(p.Effects))
	for i := range p.Effects {
		if len(p.Effects[i].Levels) == 0 {
			continue
		}
		loud = append(loud, &p.Effects[i])
		rule := column(p.Effects[i].Rule(), p.Effects[i].Rule(), report.Money)
		rule.Sign = "+"
		columns = append(columns, rule)
	}
	columns = append(columns, column(p.Name, p.Name, report.Money))
	return c.table("From the configured policy to "+p.Name, "What each rule that differs does to MRR.", columns, currency,
		func(currency string, add func(...any)) {
			for d, day := range c.Days {
				row := []any{day.Month(), c.Levels.on(currency, d)}
				for _, e := range loud {
					row = append(row, e.Levels.on(currency, d))
				}
				add(append(row, p.Levels.on(currency, d))...)
			}
		})
}

// Rules are the bridges of all presets as one table: one row for each month,
// preset and rule, also where a rule changes nothing.
func (c *Comparison) Rules(currency string) *report.Table {
	columns := []report.Column{
		group("currency", "Currency"), group("preset", "Preset"), column("month", "Month", report.Month), column("rule", "Rule", report.Text),
		column("accounts", "Accounts", report.Count), column("difference", "Difference", report.Money),
	}
	return c.table("Differences by rule", "What each rule in which a preset differs from the configured policy does to MRR at each month's end.", columns, currency,
		func(currency string, add func(...any)) {
			for i := range c.Presets {
				for d, day := range c.Days {
					for j := range c.Presets[i].Effects {
						e := &c.Presets[i].Effects[j]
						touched := 0
						if e.Accounts[currency] != nil {
							touched = e.Accounts[currency][d]
						}
						add(c.Presets[i].Name, day.Month(), e.Rule(), uint64(touched), e.Levels.on(currency, d))
					}
				}
			}
		})
}

// Customers are whom each rule touches most on the last day, and the others as
// one row, so that the rows of a preset add up to its difference.
func (c *Comparison) Customers(currency string) *report.Table {
	difference := column("difference", "Difference", report.Money)
	difference.Sum = report.Total
	columns := []report.Column{
		group("currency", "Currency"), group("preset", "Preset"), column("account_id", "Account", report.Text), column("rule", "Rule", report.Text), difference,
	}
	on := billing.NoDate
	if n := len(c.Days); n > 0 {
		on = c.Days[n-1]
	}
	return c.table("Differences by customer on "+on.String(), "Whom each rule touches most on the last day.", columns, currency,
		func(currency string, add func(...any)) {
			for i := range c.Presets {
				for j := range c.Presets[i].Effects {
					e := &c.Presets[i].Effects[j]
					top := e.Top[currency]
					if top == nil {
						continue
					}
					for _, s := range top.Largest {
						add(c.Presets[i].Name, s.Account, e.Rule(), s.Amount)
					}
					if top.Others > 0 {
						add(c.Presets[i].Name, others(top.Others), e.Rule(), top.Rest)
					}
				}
			}
		})
}

// others is how the accounts that have no row of their own are called.
func others(n int) string {
	if n == 1 {
		return "(1 other)"
	}
	return fmt.Sprintf("(%d others)", n)
}

// Silent are the rules of a preset that change no month's MRR: they type
// movements or count customers, or nothing here falls under them.
func (c *Comparison) Silent(preset int) []string {
	var out []string
	for i := range c.Presets[preset].Effects {
		e := &c.Presets[preset].Effects[i]
		if len(e.Levels) == 0 {
			out = append(out, e.Rule())
		}
	}
	return out
}
