package bi

import (
	"slices"
	"strings"
)

// colours are those of the reports: one for each component everywhere. The
// tests compare them with the reports' style sheet.
func colours() map[string]string {
	return map[string]string{
		"starting": "#c9cfda", "new": "#2563c9", "expansion": "#2aa198", "reactivation": "#8a63d2", "contraction": "#e8a33d", "churn": "#d1453b", "level": "#4b5ea3",
	}
}

// ink is what lines are drawn in that belong to no component: it stands out on
// light and on dark paper.
const ink = "#7a8aa0"

// tones are the colours of what is no movement, in the reports' order: plans,
// sources, values.
func tones() []string {
	return []string{"#4b5ea3", "#5f8f3e", "#b65f8f", "#2b8aa8", "#a9793d", ink, "#c9cfda", "#6d5a50"}
}

// over are the columns that are drawn as lines over bars.
func over() []string { return []string{"ending_mrr", "net_new_mrr", "customers_end"} }

// component is the component that a column shows, or nothing.
func component(column string) string {
	switch column {
	case "starting_mrr":
		return "starting"
	case "new_mrr", "customers_new":
		return "new"
	case "expansion_mrr":
		return "expansion"
	case "reactivation_mrr", "customers_reactivated":
		return "reactivation"
	case "contraction_mrr":
		return "contraction"
	case "churned_mrr", "customers_churned", "logo_churn_rate":
		return "churn"
	}
	return ""
}

// colourOf is the colour of a column's bars or line.
func colourOf(column string) string {
	if c := component(column); c != "" {
		return colours()[c]
	}
	switch column {
	case "mrr", "arr", "nrr":
		return colours()["level"]
	case "grr":
		return tones()[1]
	case "revenue_churn_rate":
		return tones()[4]
	case "fx_adjustment":
		return tones()[2]
	}
	return ink
}

// title is a column's name for people.
func title(column string) string {
	if t, ok := map[string]string{
		"starting_mrr": "Starting", "new_mrr": "New", "expansion_mrr": "Expansion", "reactivation_mrr": "Reactivation", "contraction_mrr": "Contraction",
		"churned_mrr": "Churned", "transfer_mrr": "Transfer", "fx_adjustment": "Exchange rates", "net_new_mrr": "Net new", "ending_mrr": "Ending",
		"logo_churn_rate": "Customer churn", "revenue_churn_rate": "Revenue churn", "growth_rate": "Growth",
		"customers_new": "New", "customers_reactivated": "Reactivated", "customers_churned": "Churned", "customers_end": "Customers",
		"trial_mrr": "Trials", "ramp_mrr": "Ramps", "discount_mrr": "Discounts", "other_mrr": "Other", "ended_mrr": "Ends", "committed_mrr": "Committed", "scheduled_mrr": "Of it scheduled",
		"plan_name": "Plan", "account_id": "Account", "subscription_id": "Subscription", "customer_id": "Customer",
		"uncommitted_usage_3m_avg": "Uncommitted usage, 3 months' mean",
	}[column]; ok {
		return t
	}
	words := strings.Split(column, "_")
	for i, w := range words {
		switch w {
		case "mrr", "arr", "nrr", "grr", "arpa", "id", "fx":
			words[i] = strings.ToUpper(w)
		}
	}
	t := strings.Join(words, " ")
	return strings.ToUpper(t[:1]) + t[1:]
}

// unit is the unit of an answer's column: that of the views' columns of the
// name, unless the question says otherwise.
func (q Question) unit(views []View, column string) Unit {
	if slices.Contains(q.Shares, column) || strings.Trim(column, "0123456789") == "" { // an age of cohorts
		return Share
	}
	switch column {
	case "mrr", "arr", "amount":
		return Money
	}
	for _, v := range views {
		if c, ok := v.column(column); ok {
			return c.Unit
		}
	}
	return Text
}
