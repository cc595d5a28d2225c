package bi

import (
	"bytes"
	"fmt"
	"strings"
)

// reference is docs/views.md: every view, its grain, and its columns with their
// units and signs; and which views answer which question.
func reference(views []View, questions []Question) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`# Views

<!-- Made from the views' own comments by ` + "`go test ./warehouse/bi -update`" + `: edit those in warehouse/views, not this. -->

What BI tools read: the views of the database ` + "`mrr`" + ` (` + "`warehouse.database`" + ` of the configuration). The same words stand as comments on the views and
columns themselves, where tools show them. Dashboards and projects over them are in [warehouse/bi](../warehouse/bi/README.md).

- A view shows one published load, all views the same one. Days are days in the reporting time zone; ` + "`month`" + ` is a month's first day.
- **Key**: no two rows have the same values in these columns. That is the view's grain.
- **Unit**: ` + "`currency`" + ` means major units (dollars, not cents) of the currency named in the row's column ` + "`currency`" + `; such amounts are never added up over
  currencies. A share of 0.05 is 5 %. Counts of customers are not additive over currencies, plans or segments: one account can be in several.
- **Sign**: ± is signed; "≥ 0, subtracted" is a magnitude that a sum subtracts; "mostly" allows single rows that net against others of their account.
- Levels such as MRR are additive over rows of one day or month, never over days or months.
- There are no Nullable columns. What means nothing is 0 beside a flag such as ` + "`growth_defined`" + `; an unknown date is 1970-01-01, an open end 2149-06-06.
- Each configured segment is a column ` + "`seg_NAME`" + ` of the views marked below, and a key of their map ` + "`segments`" + `.

`)
	b.WriteString("| view | key |\n|---|---|\n")
	group := ""
	for _, v := range views {
		if v.Group != group {
			group = v.Group
			fmt.Fprintf(&b, "| **%s** | |\n", group)
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", v.Name, v.Name, codes(v.Key))
	}
	b.WriteString("\nWhat they are asked most, with the statements that ask it (Metabase's variables in them; Grafana's panels ask the same):\n\n| question | of the views |\n|---|---|\n")
	for _, q := range questions {
		sql, err := q.SQL(Grafana)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "| [%s](../warehouse/bi/metabase/questions/%s.sql) | %s |\n", q.Title, q.Name, codes(reads(views, sql)))
	}
	for _, v := range views {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n", v.Name, strings.TrimSuffix(v.Comment, "."))
		fmt.Fprintf(&b, "Key: %s.", codes(v.Key))
		if v.Segmented {
			b.WriteString(" With a column `seg_NAME` for each configured segment.")
		}
		b.WriteString("\n\n| column | type | unit | sign | |\n|---|---|---|---|---|\n")
		for _, c := range v.Columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Name, plain(c.Type), c.Unit, c.Sign, strings.ReplaceAll(c.Comment, "|", "\\|"))
		}
	}
	return b.Bytes(), nil
}

// plain is a type without what only the engine cares for.
func plain(typ string) string {
	if strings.HasPrefix(typ, "Enum8(") {
		return "Enum8"
	}
	if inner, ok := strings.CutPrefix(typ, "LowCardinality("); ok {
		return strings.TrimSuffix(inner, ")")
	}
	return typ
}

func codes(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	return strings.Join(quoted, ", ")
}
