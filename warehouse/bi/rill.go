package bi

import "fmt"

// A metrics view of Rill, over one view of ours. Rill reads it where it is and
// writes nothing: a reader's account is enough.
type metrics struct {
	name, title, view string
	time, grain       string
	dimensions        []string
	measures          []measure
	start             []string // the measures and dimensions shown at first
	span              string   // the range shown at first, ISO 8601
}

// A measure is an aggregate over the rows that someone chose in Rill. about is
// the column whose comment describes it; said is a description where no column
// has one.
type measure struct {
	name, expression, format string
	about, said              string
}

// alone is an expression that is nothing where amounts of several currencies
// would be added up.
func alone(expression string) string { return "if(uniqExact(currency) = 1, " + expression + ", NULL)" }

// first and last are the sums at the beginning and at the end of the months
// chosen. The views that have them have a row for each month from a key's first
// one on, so the last month is there for every key.
func first(column string) string {
	return "tupleElement(sumMap([month], [" + column + "], [1]), 2)[1]"
}

func last(column string) string {
	return "tupleElement(sumMap([month], [" + column + "], [1]), 2)[-1]"
}

// flow are the measures of a view with a waterfall. one makes an expression
// safe against rows that must not be added up.
func flow(one func(string) string) []measure {
	// A measure called as a column would be taken for it inside other measures.
	all := []measure{{"starting", one(first("starting_mrr")), "humanize", "", "MRR at the beginning of the first month chosen"}}
	for _, c := range []string{"new", "expansion", "reactivation", "contraction", "churned", "transfer", "net_new"} {
		all = append(all, measure{c, one("sum(" + c + "_mrr)"), "humanize", c + "_mrr", ""})
	}
	return append(
		all,
		measure{"ending", one(last("ending_mrr")), "humanize", "", "MRR at the end of the last month chosen"},
		measure{"growth", one("(toFloat64(" + last("ending_mrr") + ") / nullIf(toFloat64(" + first("starting_mrr") + "), 0)) - 1"), "percentage", "", "From the beginning of the first month chosen to the end of the last"},
	)
}

func rillMetrics() []metrics {
	segment := func(expression string) string {
		return "if(uniqExact(currency, segment) = 1, " + expression + ", NULL)"
	}
	moved := func(name, movement, sign string) measure {
		return measure{name, sign + "sumIf(amount_reporting, movement = '" + movement + "')", "humanize", "", "Movements " + movement + " in the reporting currency" + map[string]string{"-": ", as a positive magnitude"}[sign]}
	}
	return []metrics{
		{
			"mrr", "MRR by plan and source", "mrr_by_plan_monthly", "month", "month",
			[]string{"currency", "source", "plan_name", "plan_id", "product_id"},
			flow(alone),
			[]string{"ending", "net_new", "new", "churned"},
			"P24M",
		},
		{
			"segments", "MRR by segment", "mrr_by_segment_monthly", "month", "month",
			[]string{"currency", "segment", "value"},
			flow(segment),
			[]string{"ending", "net_new", "transfer"},
			"P24M",
		},
		{
			"movements", "Movements", "mrr_movements", "date", "day",
			[]string{"movement", "reason", "source", "plan_id", "product_id", "currency", "account_id", "customer_id", "subscription_id"},
			[]measure{
				{"net_new", "sum(amount_reporting)", "humanize", "amount_reporting", ""},
				moved("new", "new", ""), moved("expansion", "expansion", ""), moved("reactivation", "reactivation", ""),
				moved("contraction", "contraction", "-"), moved("churned", "churn", "-"),
				{"net_new_in_currency", alone("sum(amount)"), "humanize", "amount", ""},
				{"accounts", "uniqExact(account_id)", "humanize", "", "Accounts that moved"},
			},
			[]string{"net_new", "new", "churned", "accounts"},
			"P12M",
		},
		{
			"invoices", "Invoices", "invoice_lines", "issued_at", "day",
			[]string{"treatment", "source", "plan_id", "currency", "account_id"},
			[]measure{
				{"invoiced", alone("sum(amount)"), "humanize", "amount", ""},
				{"behind_mrr", alone("sumIf(amount, treatment IN ('committed', 'committed_usage'))"), "humanize", "", "What of it stands behind MRR: committed and committed usage"},
				{"documents", "uniqExact(source, invoice_id)", "humanize", "", "Invoices and credit notes"},
			},
			[]string{"invoiced", "behind_mrr", "documents"},
			"P12M",
		},
	}
}

// rillFiles are a Rill project.
func rillFiles(views []View, _ []Question) ([]File, error) {
	var files []File
	add := func(path, about string, v any) error {
		text, err := document(about, v)
		files = append(files, File{"rill/" + path, text})
		return err
	}
	if err := add("rill.yaml", "Rill over the views of mrrsync.", fields{
		{Key: "compiler", Value: "rillv1"}, {Key: "display_name", Value: "MRR"}, {Key: "olap_connector", Value: "clickhouse"},
	}); err != nil {
		return nil, err
	}
	if err := add("connectors/clickhouse.yaml", "Where the views are; MRRSYNC_DSN stands in .env (see env.example).", fields{
		{Key: "type", Value: "connector"}, {Key: "driver", Value: "clickhouse"}, {Key: "dsn", Value: "{{ .env.MRRSYNC_DSN }}"}, {Key: "mode", Value: "read"},
	}); err != nil {
		return nil, err
	}
	c := colours()
	if err := add("themes/mrr.yaml", "The colours of the reports.", fields{
		{Key: "type", Value: "theme"}, {Key: "colors", Value: fields{{Key: "primary", Value: c["level"]}, {Key: "secondary", Value: c["expansion"]}}},
	}); err != nil {
		return nil, err
	}
	for _, m := range rillMetrics() {
		view, ok := find(views, m.view)
		if !ok {
			return nil, fmt.Errorf("write Rill's metrics %s: there is no view %s", m.name, m.view)
		}
		body, err := m.yaml(view)
		if err != nil {
			return nil, err
		}
		if err := add("metrics/"+m.name+".yaml", m.title+".", body); err != nil {
			return nil, err
		}
		if err := add("dashboards/"+m.name+"_explore.yaml", m.title+": the dashboard.", fields{
			{Key: "type", Value: "explore"},
			{Key: "display_name", Value: m.title},
			{Key: "description", Value: view.Comment},
			{Key: "metrics_view", Value: m.name},
			{Key: "theme", Value: "mrr"},
			{Key: "dimensions", Value: "*"},
			{Key: "measures", Value: "*"},
			{Key: "time_ranges", Value: []string{"P3M", "P6M", "P12M", "P24M", "inf"}},
			{Key: "defaults", Value: fields{
				{Key: "time_range", Value: m.span},
				{Key: "comparison_mode", Value: "time"},
				{Key: "measures", Value: m.start},
				{Key: "dimensions", Value: m.dimensions[:min(len(m.dimensions), 5)]},
			}},
		}); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// yaml is the metrics view.
func (m metrics) yaml(view View) (fields, error) {
	var dimensions, measures []fields
	for _, d := range m.dimensions {
		c, ok := view.column(d)
		if !ok {
			return nil, fmt.Errorf("write Rill's metrics %s: view %s has no column %s", m.name, view.Name, d)
		}
		dimensions = append(dimensions, fields{{Key: "name", Value: d}, {Key: "display_name", Value: title(d)}, {Key: "column", Value: d}, {Key: "description", Value: c.Comment}})
	}
	for _, x := range m.measures {
		said := x.said
		if x.about != "" {
			c, ok := view.column(x.about)
			if !ok {
				return nil, fmt.Errorf("write Rill's metrics %s: view %s has no column %s", m.name, view.Name, x.about)
			}
			said = c.Comment
		}
		measures = append(measures, fields{
			{Key: "name", Value: x.name},
			{Key: "display_name", Value: title(x.name)},
			{Key: "expression", Value: x.expression},
			{Key: "format_preset", Value: x.format},
			{Key: "description", Value: said},
		})
	}
	return fields{
		{Key: "version", Value: 1},
		{Key: "type", Value: "metrics_view"},
		{Key: "display_name", Value: m.title},
		{Key: "description", Value: view.Comment},
		{Key: "connector", Value: "clickhouse"},
		{Key: "table", Value: m.view},
		{Key: "timeseries", Value: m.time},
		{Key: "smallest_time_grain", Value: m.grain},
		{Key: "dimensions", Value: dimensions},
		{Key: "measures", Value: measures},
	}, nil
}
