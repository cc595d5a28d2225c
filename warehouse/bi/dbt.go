package bi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A model of the dbt project: its SQL is written by hand in dbt/models; its
// columns are described by the views that it reads.
type model struct {
	name, said string
	key        []string
	views      []string // whose columns describe the model's
	columns    []string
}

func models() []model {
	return []model{
		{
			"stg_mrr__movements", "Movements, for metrics: one row per day and subscription item whose MRR changed.",
			[]string{"date", "source", "subscription_id", "item_id", "plan_id", "currency"},
			[]string{"mrr_movements"},
			[]string{"date", "source", "account_id", "customer_id", "subscription_id", "item_id", "product_id", "plan_id", "currency", "movement", "amount", "amount_reporting", "reason"},
		},
		{
			"stg_mrr__totals_daily", "MRR and who pays it, for metrics: one row per day, in the reporting currency.",
			[]string{"date"},
			[]string{"mrr_totals_daily_reporting"},
			[]string{"date", "reporting_currency", "mrr", "arr", "customers", "subscriptions", "day_status"},
		},
		{
			"board_months", "The page for a board: waterfall and retention, one row per month, in the reporting currency. What means nothing is NULL here.",
			[]string{"month"},
			[]string{"mrr_waterfall_monthly_reporting", "retention_monthly_reporting"},
			[]string{
				"month", "reporting_currency", "starting_mrr", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr", "fx_adjustment",
				"net_new_mrr", "ending_mrr", "last_day", "growth_rate", "nrr", "grr", "logo_churn_rate", "quick_ratio", "arpa", "customers_end", "health",
			},
		},
		{
			"account_months", "What each account paid at each month's end, one row per month and account, to join with what a CRM knows of it.",
			[]string{"month", "account_id"},
			[]string{"mrr_monthly", "customers"},
			[]string{"month", "account_id", "name", "first_mrr_date", "mrr_reporting", "subscriptions"},
		},
	}
}

// values are columns with few values, which dbt tests. Their views' comments name
// each of them.
func values() map[string][]string {
	return map[string][]string{
		"mrr_movements.movement":               {"new", "expansion", "contraction", "churn", "reactivation"},
		"mrr_totals_daily.day_status":          {"final", "provisional"},
		"customers.status":                     {"active", "churned", "prospect"},
		"plans.status":                         {"active", "inactive"},
		"invoice_lines.treatment":              {"committed", "proration", "one_time", "trial", "committed_usage", "uncommitted_usage", "tax", "credit", "discount"},
		"invoice_treatments_monthly.treatment": {"committed", "proration", "one_time", "trial", "committed_usage", "uncommitted_usage", "tax", "credit", "discount"},
		"freshness.status":                     {"done", "failed", "skipped", "none"},
		"freshness.day_status":                 {"final", "provisional", "none"},
		"runs.status":                          {"running", "done", "partial", "failed", "aborted"},
		"loads.status":                         {"current", "superseded"},
		"retention_monthly.health":             {"healthy", "at risk", "declining"},
		"retention_monthly_reporting.health":   {"healthy", "at risk", "declining"},
	}
}

// dbtFiles are the parts of the dbt project that follow from the views.
func dbtFiles(views []View, questions []Question) ([]File, error) {
	var files []File
	for _, part := range []struct {
		path, about string
		make        func([]View, []Question) (fields, error)
	}{
		{"dbt/models/sources.yml", "The views of mrrsync as dbt sources.", dbtSources},
		{"dbt/models/models.yml", "What the models hold.", dbtModels},
		{"dbt/models/metrics.yml", "Semantic models and metrics over them.", dbtMetrics},
		{"dbt/models/exposures.yml", "Who reads the views.", dbtExposures},
	} {
		v, err := part.make(views, questions)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", part.path, err)
		}
		text, err := document(part.about, v)
		if err != nil {
			return nil, err
		}
		files = append(files, File{part.path, text})
	}
	return files, nil
}

// onePer is the test of a key.
func onePer(key []string) []fields {
	return []fields{{{Key: "one_row_per", Value: fields{{Key: "arguments", Value: fields{{Key: "columns", Value: key}}}}}}}
}

func dbtSources(views []View, _ []Question) (fields, error) {
	accepted := values()
	var tables []fields
	for _, v := range views {
		t := fields{{Key: "name", Value: v.Name}, {Key: "description", Value: v.Comment}}
		if v.Name == "freshness" { // a night without a publish is late, two are a failure
			after := func(hours int) fields {
				return fields{{Key: "count", Value: hours}, {Key: "period", Value: "hour"}}
			}
			t = append(t, fields{{Key: "config", Value: fields{
				{Key: "loaded_at_field", Value: "published_at"},
				{Key: "freshness", Value: fields{{Key: "warn_after", Value: after(26)}, {Key: "error_after", Value: after(50)}}},
			}}}...)
		}
		t = append(t, fields{{Key: "data_tests", Value: onePer(v.Key)}}...)
		var columns []fields
		for _, c := range v.Columns {
			f := fields{{Key: "name", Value: c.Name}, {Key: "description", Value: c.Comment}, {Key: "data_type", Value: c.Type}}
			if all, ok := accepted[v.Name+"."+c.Name]; ok {
				for _, word := range all {
					if !strings.Contains(c.Comment+c.Type, word) {
						return nil, fmt.Errorf("the comment on %s.%s does not name the value %q", v.Name, c.Name, word)
					}
				}
				f = append(f, fields{{Key: "data_tests", Value: []fields{{{Key: "accepted_values", Value: fields{{Key: "arguments", Value: fields{{Key: "values", Value: all}}}}}}}}}...)
				delete(accepted, v.Name+"."+c.Name)
			}
			columns = append(columns, f)
		}
		tables = append(tables, append(t, fields{{Key: "columns", Value: columns}}...))
	}
	if len(accepted) > 0 {
		return nil, fmt.Errorf("values are listed for columns that no view has: %v", slices.Sorted(maps.Keys(accepted)))
	}
	return fields{{Key: "version", Value: 2}, {Key: "sources", Value: []fields{{
		{Key: "name", Value: "mrr"},
		{Key: "description", Value: "Committed MRR from billing providers. All views show the same published load; each configured segment is a column seg_NAME too, where a view has the map segments."},
		{Key: "schema", Value: "{{ var('mrr_database', 'mrr') }}"},
		{Key: "tables", Value: tables},
	}}}}, nil
}

func dbtModels(views []View, _ []Question) (fields, error) {
	var all []fields
	for _, m := range models() {
		var columns []fields
		for _, name := range m.columns {
			said := ""
			for _, of := range m.views {
				v, ok := find(views, of)
				if !ok {
					return nil, fmt.Errorf("model %s: there is no view %s", m.name, of)
				}
				if c, ok := v.column(name); ok && said == "" {
					said = c.Comment
				}
			}
			if said == "" {
				return nil, fmt.Errorf("model %s: none of %v has a column %s", m.name, m.views, name)
			}
			columns = append(columns, fields{{Key: "name", Value: name}, {Key: "description", Value: said}})
		}
		all = append(all, fields{
			{Key: "name", Value: m.name}, {Key: "description", Value: m.said}, {Key: "data_tests", Value: onePer(m.key)}, {Key: "columns", Value: columns},
		})
	}
	all = append(all, fields{
		{Key: "name", Value: "time_spine"},
		{Key: "description", Value: "A row per day, for MetricFlow."},
		{Key: "time_spine", Value: fields{{Key: "standard_granularity_column", Value: "date_day"}}},
		{Key: "columns", Value: []fields{{{Key: "name", Value: "date_day"}, {Key: "description", Value: "The day"}, {Key: "granularity", Value: "day"}}}},
	})
	return fields{{Key: "version", Value: 2}, {Key: "models", Value: all}}, nil
}

// A metric over a semantic model. Level says that it is read on the last day of a
// range and not added up over days.
type metric struct {
	name, aggregate, expression, said string
	level                             bool
}

type semantic struct {
	name, model, entity string
	dimensions          []string
	metrics             []metric
}

func semantics() []semantic {
	moved := func(name, movement, sign string) metric {
		return metric{name, "sum", "CASE WHEN movement = '" + movement + "' THEN " + sign + "amount_reporting ELSE 0 END", "Movements " + movement + " in the reporting currency, as a positive magnitude", false}
	}
	return []semantic{
		{
			"mrr_movements", "stg_mrr__movements", "mrr_movement",
			[]string{"movement", "reason", "source", "currency", "plan_id", "product_id"},
			[]metric{
				moved("new_mrr", "new", ""), moved("expansion_mrr", "expansion", ""), moved("reactivation_mrr", "reactivation", ""),
				moved("contraction_mrr", "contraction", "-"), moved("churned_mrr", "churn", "-"),
				{"net_new_mrr", "sum", "amount_reporting", "All movements in the reporting currency; signed", false},
				{"gained_mrr", "sum", "CASE WHEN movement IN ('new', 'expansion', 'reactivation') THEN amount_reporting ELSE 0 END", "New, expansion and reactivation in the reporting currency", false},
				{"lost_mrr", "sum", "CASE WHEN movement IN ('contraction', 'churn') THEN -amount_reporting ELSE 0 END", "Contraction and churn in the reporting currency, as a positive magnitude", false},
				{"accounts_moved", "count_distinct", "account_id", "Accounts whose MRR moved", false},
			},
		},
		{
			"mrr_totals", "stg_mrr__totals_daily", "mrr_day",
			[]string{"reporting_currency", "day_status"},
			[]metric{
				{"mrr", "sum", "mrr", "Committed MRR at the end of the range, in the reporting currency", true},
				{"customers", "sum", "customers", "Accounts with MRR above 0 at the end of the range", true},
			},
		},
	}
}

func dbtMetrics(_ []View, _ []Question) (fields, error) {
	var named, all []fields
	for _, s := range semantics() {
		dimensions := []fields{{{Key: "name", Value: "date"}, {Key: "type", Value: "time"}, {Key: "type_params", Value: fields{{Key: "time_granularity", Value: "day"}}}}}
		for _, d := range s.dimensions {
			dimensions = append(dimensions, fields{{Key: "name", Value: d}, {Key: "type", Value: "categorical"}})
		}
		var measures []fields
		for _, m := range s.metrics {
			f := fields{{Key: "name", Value: m.name}, {Key: "description", Value: m.said}, {Key: "agg", Value: m.aggregate}, {Key: "expr", Value: m.expression}}
			if m.level {
				f = append(f, fields{{Key: "non_additive_dimension", Value: fields{{Key: "name", Value: "date"}, {Key: "window_choice", Value: "max"}}}}...)
			}
			measures = append(measures, f)
			all = append(all, fields{
				{Key: "name", Value: m.name},
				{Key: "label", Value: title(m.name)},
				{Key: "description", Value: m.said},
				{Key: "type", Value: "simple"},
				{Key: "type_params", Value: fields{{Key: "measure", Value: m.name}}},
			})
		}
		named = append(named, fields{
			{Key: "name", Value: s.name},
			{Key: "model", Value: "ref('" + s.model + "')"},
			{Key: "defaults", Value: fields{{Key: "agg_time_dimension", Value: "date"}}},
			{Key: "primary_entity", Value: s.entity},
			{Key: "dimensions", Value: dimensions},
			{Key: "measures", Value: measures},
		})
	}
	ratio := func(name, over, under, said string) fields {
		return fields{
			{Key: "name", Value: name},
			{Key: "label", Value: title(name)},
			{Key: "description", Value: said},
			{Key: "type", Value: "ratio"},
			{Key: "type_params", Value: fields{{Key: "numerator", Value: over}, {Key: "denominator", Value: under}}},
		}
	}
	all = append(
		all,
		ratio("arpa", "mrr", "customers", "MRR / customers at the end of the range, in the reporting currency"),
		ratio("quick_ratio", "gained_mrr", "lost_mrr", "What was gained / what was lost"),
		fields{
			{Key: "name", Value: "arr"},
			{Key: "label", Value: "ARR"},
			{Key: "description", Value: "Annual run rate: 12 x MRR"},
			{Key: "type", Value: "derived"},
			{Key: "type_params", Value: fields{{Key: "expr", Value: "mrr * 12"}, {Key: "metrics", Value: []fields{{{Key: "name", Value: "mrr"}}}}}},
		},
	)
	return fields{{Key: "version", Value: 2}, {Key: "semantic_models", Value: named}, {Key: "metrics", Value: all}}, nil
}

// dbtExposures tells dbt that the dashboard reads the views that its questions
// name.
func dbtExposures(views []View, questions []Question) (fields, error) {
	read := map[string]bool{}
	for _, q := range questions {
		sql, err := q.SQL(Grafana)
		if err != nil {
			return nil, err
		}
		for _, name := range reads(views, sql) {
			read[name] = true
		}
	}
	var on []string
	for _, name := range slices.Sorted(maps.Keys(read)) {
		on = append(on, "source('mrr', '"+name+"')")
	}
	return fields{{Key: "version", Value: 2}, {Key: "exposures", Value: []fields{{
		{Key: "name", Value: "mrr_dashboard"},
		{Key: "label", Value: "MRR"},
		{Key: "type", Value: "dashboard"},
		{Key: "maturity", Value: "high"},
		{Key: "description", Value: "The dashboard in grafana/mrr.json, and the same questions in Metabase."},
		{Key: "owner", Value: fields{{Key: "name", Value: "Data team"}}},
		{Key: "depends_on", Value: on},
	}}}}, nil
}
