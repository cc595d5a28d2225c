package bi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// object is a JSON object. encoding/json writes its keys in the order of the
// alphabet, as Grafana does when it exports a dashboard.
type object = map[string]any

// A row of the dashboard: a heading and panels.
type row struct {
	title  string
	folded bool
	panels []place
}

// place is where a question's panel stands: as wide and high as that, on a grid
// of 24 columns.
type place struct {
	question      string
	width, height int
}

func layout() []row {
	return []row{
		{"At a glance", false, []place{{"10_headlines", 24, 5}, {"11_mrr_breakdown", 14, 11}, {"12_movements", 10, 11}}},
		{"Day by day", false, []place{{"13_mrr_daily", 14, 9}, {"50_freshness", 10, 9}, {"36_largest_movements", 24, 10}}},
		{"Retention", false, []place{{"20_retention", 8, 9}, {"21_churn", 8, 9}, {"22_customers", 8, 9}, {"23_cohorts", 24, 12}}},
		{"Plans, sources and segments", false, []place{
			{"30_mrr_by_plan", 12, 10},
			{"33_mrr_by_segment", 12, 10},
			{"31_plans", 24, 10},
			{"34_segments", 24, 8},
			{"32_mrr_by_source", 12, 9},
			{"35_top_customers", 12, 9},
		}},
		{"To come, and beside others", false, []place{{"40_forward", 14, 9}, {"41_benchmarks", 10, 9}}},
		{"Invoices and usage", true, []place{{"42_invoices", 12, 9}, {"43_usage", 12, 9}}},
		{"Can it be trusted", false, []place{
			{"51_rejects", 12, 8}, {"52_restatements", 12, 8}, {"53_reconciliation", 12, 8}, {"54_runs", 12, 8}, {"55_completeness", 12, 7}, {"56_closings", 12, 7},
		}},
	}
}

// A variable of the dashboard that asks the views for what there is to choose.
type variable struct {
	name, label, query string
	multi              bool
}

func variables() []variable {
	return []variable{
		{"currency", "Currency", `SELECT value, label
FROM
(
        SELECT 'reporting' AS value, concat('all, in ', toString(reporting_currency)) AS label, 0 AS place
        FROM loads
        WHERE status = 'current' AND reporting_currency != ''
    UNION ALL
        SELECT DISTINCT toString(currency) AS value, toString(currency) AS label, 1 AS place
        FROM mrr_waterfall_monthly
)
ORDER BY place, label`, false},
		{"source", "Source", "SELECT DISTINCT source FROM mrr_by_plan_monthly ORDER BY source", true},
		{"segment", "Segment", "SELECT DISTINCT segment FROM mrr_by_segment_monthly ORDER BY segment", false},
		{"value", "Its value", "SELECT DISTINCT " + named("value") + " AS chosen FROM mrr_by_segment_monthly WHERE segment = ${segment:singlequote} ORDER BY chosen", true},
	}
}

func source() object {
	return object{"type": "grafana-clickhouse-datasource", "uid": "${datasource}"}
}

// grafana is the dashboard, as JSON that Grafana imports.
func grafana(views []View, questions []Question) ([]byte, error) {
	b := &board{views: views, questions: questions}
	for _, r := range layout() {
		if err := b.add(r); err != nil {
			return nil, err
		}
	}
	text, err := indented(object{
		"__requires": []object{
			{"type": "datasource", "id": "grafana-clickhouse-datasource", "name": "ClickHouse", "version": "4.0.0"},
			{"type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.4.0"},
		},
		"uid": "mrrsync", "title": "MRR", "tags": []string{"mrr", "mrrsync"}, "timezone": "utc", "schemaVersion": 39, "version": 1,
		"description": "Committed monthly recurring revenue from mrrsync's views: where it stands, what moved it, who stays, and whether the figures can be trusted.",
		"editable":    true, "graphTooltip": 1, "refresh": "30m", "weekStart": "",
		"time":        object{"from": "now-23M/M", "to": "now/M"},
		"timepicker":  object{},
		"annotations": object{"list": []any{}},
		"links":       []any{},
		"templating":  object{"list": templating()},
		"panels":      b.panels,
	})
	return text, err
}

// templating are the drop-downs.
func templating() []object {
	all := []object{{
		"name": "datasource", "label": "Data source", "type": "datasource", "query": "grafana-clickhouse-datasource",
		"refresh": 1, "hide": 0, "multi": false, "includeAll": false, "current": object{}, "options": []any{}, "regex": "",
	}}
	for _, v := range variables() {
		current := object{}
		if v.multi {
			current = object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
		}
		all = append(all, object{
			"name": v.name, "label": v.label, "type": "query", "datasource": source(), "query": v.query, "definition": v.query,
			"refresh": 1, "sort": 0, "hide": 0, "regex": "", "multi": v.multi, "includeAll": v.multi, "current": current, "options": []any{},
		})
	}
	return all
}

// board is the dashboard while it is laid out.
type board struct {
	views     []View
	questions []Question
	panels    []object
	next, y   int // the last id given, and the height reached
}

func (b *board) id() int {
	b.next++
	return b.next
}

func (b *board) add(r row) error {
	heading := object{
		"id": b.id(), "type": "row", "title": r.title, "collapsed": r.folded,
		"gridPos": object{"x": 0, "y": b.y, "w": 24, "h": 1}, "panels": []object{},
	}
	b.y++
	var inside []object
	x, high := 0, 0
	for _, p := range r.panels {
		i := slices.IndexFunc(b.questions, func(q Question) bool { return q.Name == p.question })
		if i < 0 {
			return fmt.Errorf("lay out the dashboard: there is no question %s", p.question)
		}
		if x+p.width > 24 {
			x, b.y, high = 0, b.y+high, 0
		}
		panel, err := b.panel(b.questions[i])
		if err != nil {
			return err
		}
		panel["gridPos"] = object{"x": x, "y": b.y, "w": p.width, "h": p.height}
		x, high = x+p.width, max(high, p.height)
		inside = append(inside, panel)
	}
	b.y += high
	if r.folded {
		heading["panels"] = inside
		inside = nil
	}
	b.panels = append(append(b.panels, heading), inside...)
	return nil
}

// panel draws a question.
func (b *board) panel(q Question) (object, error) {
	sql, err := q.SQL(Grafana)
	if err != nil {
		return nil, err
	}
	target := object{"refId": "A", "datasource": source(), "editorType": "sql", "pluginVersion": "4.0.0", "rawSql": sql, "queryType": "table", "format": 1}
	if q.Chart.timed() {
		target["queryType"], target["format"] = "timeseries", 0
	}
	p := object{
		"id": b.id(), "title": q.Title, "description": q.Note, "datasource": source(), "targets": []object{target}, "transparent": false,
		"fieldConfig": object{"defaults": q.defaults(), "overrides": b.overrides(q)},
	}
	switch q.Chart {
	case Stat:
		p["type"] = "stat"
		p["options"] = object{
			"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
			"colorMode":     "value", "graphMode": "area", "textMode": "value_and_name", "justifyMode": "auto", "orientation": "auto", "wideLayout": true, "percentChangeColorMode": "standard", "showPercentChange": false,
		}
	case Heat, Table:
		p["type"] = "table"
		p["options"] = object{"showHeader": true, "cellHeight": "sm", "footer": object{"show": false, "reducer": []string{"sum"}, "fields": ""}}
	default:
		p["type"] = "timeseries"
		p["options"] = object{
			"legend":  object{"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []any{}},
			"tooltip": object{"mode": "multi", "sort": "none"},
		}
	}
	return p, nil
}

// defaults is what holds for all columns of a panel.
func (q Question) defaults() object {
	line := object{
		"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2, "fillOpacity": 0, "gradientMode": "none", "showPoints": "never", "pointSize": 5,
		"spanNulls": false, "axisPlacement": "auto", "axisLabel": "", "axisColorMode": "text", "axisCenteredZero": false, "axisBorderShow": false,
		"scaleDistribution": object{"type": "linear"}, "hideFrom": object{"legend": false, "tooltip": false, "viz": false},
		"stacking": object{"group": "A", "mode": "none"}, "thresholdsStyle": object{"mode": "off"},
	}
	d := object{"color": object{"mode": "palette-classic"}, "mappings": []any{}, "unit": "short", "decimals": 1}
	switch q.Chart {
	case Stat:
		return object{"color": object{"mode": "fixed", "fixedColor": colours()["level"]}, "mappings": []any{}, "unit": "short", "noValue": "n/a"}
	case Heat, Table:
		return object{"custom": object{"align": "auto", "cellOptions": object{"type": "auto"}, "filterable": q.Chart == Table, "inspect": false}, "mappings": []any{}, "noValue": ""}
	case Breakdown, Movements, Customers, Parts:
		line["drawStyle"], line["lineWidth"], line["fillOpacity"], line["barAlignment"], line["barWidthFactor"] = "bars", 0, 85, 0, 0.7
		line["stacking"] = object{"group": "A", "mode": "normal"}
		if q.Chart == Parts { // the label of the part, and not "mrr {plan=...}"
			d["displayName"] = "${__field.labels." + q.Columns[1] + "}"
		}
		if q.Chart == Customers {
			d["decimals"] = 0
		}
	case Shares:
		line["showPoints"] = "auto"
		d["unit"] = "percentunit"
	case Level:
		line["fillOpacity"], line["lineWidth"] = 12, 2
	}
	d["custom"] = line
	return d
}

// overrides is what holds for single columns: their names, units and colours.
func (b *board) overrides(q Question) []object {
	all := []object{}
	if q.Chart == Parts {
		return all
	}
	for i, c := range q.Columns {
		if q.Chart.timed() && i == 0 {
			continue
		}
		if strings.Trim(c, "0123456789") == "" { // ages have one rule for all
			continue
		}
		set := []object{property("displayName", title(c))}
		unit := q.unit(b.views, c)
		if q.Chart.timed() {
			set = append(set, lineProperties(q.Chart, c, unit)...)
		} else {
			set = append(set, cellProperties(c, unit)...)
		}
		all = append(all, object{"matcher": object{"id": "byName", "options": c}, "properties": set})
	}
	if q.Chart == Heat {
		all = append(all, object{
			"matcher": object{"id": "byRegexp", "options": "^[0-9]+$"},
			"properties": []object{
				property("unit", "percentunit"), property("decimals", 0), property("min", 0), property("max", 1.5), property("custom.width", 54),
				property("custom.cellOptions", object{"type": "color-background", "mode": "basic"}), property("color", object{"mode": "continuous-blues"}),
			},
		})
	}
	return all
}

func property(id string, value any) object { return object{"id": id, "value": value} }

// lineProperties are those of a column in a chart over time.
func lineProperties(chart Chart, column string, unit Unit) []object {
	set := []object{}
	if chart == Stat {
		switch unit {
		case Share:
			set = append(set, property("unit", "percentunit"), property("decimals", 1))
		case Ratio:
			set = append(set, property("decimals", 2))
		case Count:
			set = append(set, property("unit", "locale"), property("decimals", 0))
		default: // amounts: short, as the panel's other figures
		}
	} else {
		set = append(set, property("color", object{"mode": "fixed", "fixedColor": colourOf(column)}))
	}
	if slices.Contains(over(), column) && chart != Stat { // the line over the bars
		set = append(
			set, property("custom.drawStyle", "line"), property("custom.lineWidth", 2), property("custom.fillOpacity", 0),
			property("custom.stacking", object{"group": "B", "mode": "none"}), property("custom.showPoints", "always"),
		)
	}
	if chart == Breakdown && column == "net_new_mrr" { // beside the ending, which is drawn through
		set = append(set, property("custom.lineStyle", object{"fill": "dash", "dash": []int{8, 6}}))
	}
	if chart == Level && unit == Count { // heads have an axis of their own
		set = append(set, property("unit", "locale"), property("decimals", 0), property("custom.axisPlacement", "right"), property("custom.fillOpacity", 0), property("custom.lineWidth", 1))
	}
	return set
}

// cellProperties are those of a column of a table.
func cellProperties(column string, unit Unit) []object {
	switch unit {
	case Money, Reporting:
		return []object{property("unit", "locale"), property("decimals", 2)}
	case Units, Count:
		return []object{property("unit", "locale"), property("decimals", 0)}
	case Share:
		return []object{property("unit", "percentunit"), property("decimals", 1)}
	case Ratio:
		return []object{property("decimals", 2)}
	case Seconds:
		return []object{property("unit", "s"), property("decimals", 1)}
	case Day:
		return []object{property("unit", "time:YYYY-MM-DD")}
	case Month:
		return []object{property("unit", "time:MMM YYYY")}
	case Moment:
		return []object{property("unit", "time:YYYY-MM-DD HH:mm")}
	default:
	}
	said := words(column)
	if len(said) == 0 {
		return nil
	}
	options := object{}
	for i, w := range said {
		options[w[0]] = object{"index": i, "text": w[0], "color": w[1]}
	}
	return []object{
		property("mappings", []object{{"type": "value", "options": options}}),
		property("custom.cellOptions", object{"type": "color-text"}),
	}
}

// words are the values of a column that have a colour.
func words(column string) [][2]string {
	c := colours()
	good, fair, bad := c["expansion"], c["contraction"], c["churn"]
	switch column {
	case "movement":
		return [][2]string{{"new", c["new"]}, {"expansion", c["expansion"]}, {"reactivation", c["reactivation"]}, {"contraction", c["contraction"]}, {"churn", c["churn"]}}
	case "status":
		return [][2]string{{"done", good}, {"partial", fair}, {"failed", bad}, {"aborted", bad}, {"skipped", ink}, {"running", c["new"]}}
	case "day_status":
		return [][2]string{{"final", good}, {"provisional", fair}, {"none", bad}}
	case "band":
		return [][2]string{{"below", bad}, {"high", bad}, {"good", good}, {"within", good}, {"healthy", good}, {"low", good}, {"great", good}, {"above", good}, {"world class", good}, {"best in class", good}}
	case "reason":
		return [][2]string{{"unexplained", bad}}
	}
	return nil
}

// indented is a value as JSON for people: two spaces, and < and > as they are.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return b.Bytes(), nil
}
