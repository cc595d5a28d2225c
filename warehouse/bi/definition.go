package bi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mrrsync/warehouse"
)

// A View is one view of the contract, as its SQL file declares it.
type View struct {
	Name    string
	Comment string // what its rows are and between which bounds
	Columns []Column
	// Key are the columns that no two rows have in common.
	Key []string
	// Group is what the views beside it in the reference are about, too.
	Group string
	// Segmented says that each configured segment is a column of the view too.
	Segmented bool
}

// A Column is a column of a view. Unit and Sign are read out of its comment.
type Column struct {
	Name, Type, Comment string
	Unit                Unit
	Sign                string // in a few words; empty where a sign means nothing
}

// Unit is what a column's values are measured in.
type Unit uint8

// The units.
const (
	Text       Unit = iota + 1
	Day             // a date
	Month           // the first day of one
	Moment          // a time, UTC
	Flag            // true or false
	Collection      // a map or an array
	Number          // an id, a version or a code: nothing to add up
	Count           // of things
	Units           // of what is sold
	Money           // in major units of the row's currency
	Reporting       // in major units of the reporting currency
	Share           // 0.05 is 5 %
	Ratio           // of one amount to another
	Seconds
)

var unitNames = map[Unit]string{
	Text: "text", Day: "day", Month: "month", Moment: "time, UTC", Flag: "yes or no", Collection: "collection", Number: "number", Count: "count", Units: "units",
	Money: "`currency`", Reporting: "reporting currency", Share: "share", Ratio: "ratio", Seconds: "seconds",
}

func (u Unit) String() string { return unitNames[u] }

// keys are the columns that tell the rows of each view apart. The tests hold the
// views to them.
func keys() map[string]string {
	return map[string]string{
		"mrr_daily":                       "date source subscription_id item_id",
		"mrr_monthly":                     "month source subscription_id item_id",
		"mrr_movements":                   "date source subscription_id item_id plan_id currency",
		"mrr_waterfall_daily":             "date currency",
		"mrr_waterfall_monthly":           "month currency",
		"mrr_waterfall_monthly_reporting": "month",
		"mrr_totals_daily":                "date currency",
		"mrr_totals_daily_reporting":      "date",
		"customers":                       "source customer_id",
		"subscriptions":                   "source subscription_id",
		"plans":                           "source plan_id currency",
		"reconciliation":                  "source subscription_id",
		"invoice_lines":                   "source invoice_id line_id treatment",
		"invoice_treatments_monthly":      "month currency treatment",
		"usage_revenue_monthly":           "month source customer_id currency",
		"rejects":                         "source customer_id kind id code",
		"freshness":                       "source",
		"completeness":                    "run source stream",
		"completeness_slices":             "run source stream slice",
		"field_fill":                      "run source stream kind api_version field",
		"runs":                            "run",
		"loads":                           "load_id",
		"restatements":                    "load_id account_id currency from",
		"closings":                        "load_id",
		"retention_monthly":               "month currency",
		"retention_monthly_reporting":     "month",
		"cohorts_monthly":                 "cohort age currency",
		"cohorts_monthly_reporting":       "cohort age",
		"mrr_by_plan_monthly":             "month source plan_id currency",
		"mrr_by_segment_monthly":          "month segment value currency",
		"mrr_forward_monthly":             "month currency",
		"benchmarks_monthly":              "month metric scope currency",
	}
}

// groups name the views by the first digit of their files.
func groups() map[string]string {
	return map[string]string{
		"1": "MRR and its movements, row by row", "2": "Waterfalls", "3": "Totals", "4": "Customers, subscriptions and plans",
		"5": "Invoices and usage", "6": "Operations: can the figures be trusted", "7": "Retention and cohorts", "8": "By plan and segment, to come, and beside others",
	}
}

// probe is a segment that nobody configures: views that show it have a column
// for each segment.
const probe = "any"

// Definition reads the views back from their SQL files, in the files' order.
func Definition() ([]View, error) {
	statements, err := warehouse.Schema{Target: warehouse.Embedded, Database: "mrr", Segments: []string{probe}}.Views()
	if err != nil {
		return nil, fmt.Errorf("render views: %w", err)
	}
	key := keys()
	var all []View
	for _, s := range statements {
		v, err := parseView(s.SQL)
		if err != nil {
			return nil, fmt.Errorf("read view %s: %w", s.Name, err)
		}
		v.Key, v.Group = strings.Fields(key[v.Name]), groups()[s.Name[:1]]
		all = append(all, v)
	}
	return all, nil
}

var (
	headPattern   = regexp.MustCompile("^CREATE OR REPLACE VIEW `mrr`\\.`?(\\w+)`?\n\\(\n")
	columnPattern = regexp.MustCompile(`^    (\w+) (.+?) COMMENT ('.*'),?$`)
)

// parseView reads the head of a CREATE VIEW and the comment at its end.
func parseView(sql string) (View, error) {
	head := headPattern.FindStringSubmatch(sql)
	if head == nil {
		return View{}, fmt.Errorf("it does not begin as a view: %.60q", sql)
	}
	declared, _, found := strings.Cut(sql[len(head[0]):], "\n)\n")
	end := strings.LastIndex(sql, "\nCOMMENT '")
	if !found || end < 0 {
		return View{}, fmt.Errorf("it has no list of columns, or no COMMENT at its end")
	}
	v := View{Name: head[1], Comment: unquote(sql[end+len("\nCOMMENT "):])}
	for line := range strings.Lines(declared) {
		m := columnPattern.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			return View{}, fmt.Errorf("a column is declared in a way that can't be read: %q", line)
		}
		if m[1] == "seg_"+probe {
			v.Segmented = true
			continue
		}
		c := Column{Name: m[1], Type: m[2], Comment: unquote(m[3])}
		c.Unit = unitOf(c)
		c.Sign = signOf(c)
		v.Columns = append(v.Columns, c)
	}
	return v, nil
}

// unquote is the text of a string literal.
func unquote(literal string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `''`, `'`).Replace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(literal), "'"), "'"))
}

// unitOf reads a unit out of a type and a comment.
func unitOf(c Column) Unit {
	typ := plain(c.Type)
	says := func(words string) bool { return strings.Contains(c.Comment, words) }
	switch {
	case typ == "Date" && (c.Name == "month" || c.Name == "cohort"):
		return Month
	case typ == "Date":
		return Day
	case strings.HasPrefix(typ, "DateTime"):
		return Moment
	case typ == "Bool":
		return Flag
	case strings.HasPrefix(typ, "Map("), strings.HasPrefix(typ, "Array("):
		return Collection
	case strings.HasPrefix(typ, "Decimal") && says("in major units of the reporting currency"):
		return Reporting
	case strings.HasPrefix(typ, "Decimal") && says("in major units of") || strings.HasPrefix(typ, "Decimal") && says("in its major units"):
		return Money
	case strings.HasPrefix(typ, "Decimal"):
		return Units
	case typ == "Float64" && says("in seconds"):
		return Seconds
	case typ == "Float64" && says("share"), strings.HasSuffix(c.Name, "_rate"):
		return Share
	case typ == "Float64":
		return Ratio
	case strings.HasPrefix(typ, "UInt"), strings.HasPrefix(typ, "Int"):
		if slices.Contains([]string{"run", "load_id", "base", "exit_code", "object_version", "age"}, c.Name) {
			return Number
		}
		return Count
	}
	return Text
}

// signOf reads the sign out of a comment, or knows it by the unit.
func signOf(c Column) string {
	switch c.Unit {
	case Count, Seconds:
		return "≥ 0"
	case Units, Money, Reporting, Share, Ratio:
	default:
		return ""
	}
	for _, s := range [][2]string{
		{"magnitude that is subtracted: positive but for", "mostly ≥ 0, subtracted"},
		{"counted positive and to be subtracted", "mostly ≥ 0, subtracted"},
		{"positive but for", "mostly ≥ 0"},
		{"positive magnitude that is subtracted", "≥ 0, subtracted"},
		{"positive magnitude", "≥ 0"},
		{"above 0", "> 0"},
		{"never negative", "≥ 0"},
		{"from 0 to 1", "0 to 1"},
		{"signed", "±"},
		{"negative where", "±"},
	} {
		if strings.Contains(c.Comment, s[0]) {
			return s[1]
		}
	}
	return ""
}

// column is a column of one of the views, by name.
func (v View) column(name string) (Column, bool) {
	i := slices.IndexFunc(v.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return v.Columns[i], true
}

// find is a view by name.
func find(views []View, name string) (View, bool) {
	i := slices.IndexFunc(views, func(v View) bool { return v.Name == name })
	if i < 0 {
		return View{}, false
	}
	return views[i], true
}
