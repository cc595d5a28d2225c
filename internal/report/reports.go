package report

func currency() Column {
	return Column{Name: "currency", Title: "Currency", Kind: Text, Group: true}
}

// waterfall is the month's bridge from what MRR was to what it is. It closes
// exactly, whole or in slices; a slice has a column more, for what moved
// between slices without changing the account.
func waterfall() Report {
	return Report{
		Name:    "waterfall",
		Title:   "MRR waterfall",
		Summary: "What MRR began each month with, the five movements, and what it ended with.",
		Chart:   Waterfall,
		Slices:  everySlice(), Sourced: true, Parted: true, Converted: true,
		Columns: []Column{
			currency(),
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "starting_mrr", Title: "Starting", Short: "Start", Kind: Money, Sum: First},
			{Name: "new_mrr", Title: "New", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "expansion_mrr", Title: "Expansion", Short: "Expan.", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "reactivation_mrr", Title: "Reactivation", Short: "React.", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "contraction_mrr", Title: "Contraction", Short: "Contr.", Kind: Money, Sum: Total, Sign: "-"},
			{Name: "churned_mrr", Title: "Churned", Kind: Money, Sum: Total, Sign: "-"},
			{Name: "transfer_mrr", Title: "Transfer", Short: "Transf.", Kind: Money, Sum: Total, Cut: true, Sign: "+"},
			{Name: "fx_adjustment", Title: "FX", Kind: Money, Sum: Total, Converted: true, Sign: "+"},
			{Name: "net_new_mrr", Title: "Net new", Kind: Money, Sum: Total, Extra: true},
			{Name: "ending_mrr", Title: "Ending", Short: "End", Kind: Money, Sum: Last, Sign: "="},
			{Name: "growth_rate", Title: "Growth", Kind: Rate, Extra: true},
		},
	}
}

// daily is the level of MRR day by day.
func daily() Report {
	return Report{
		Name:    "daily",
		Title:   "MRR by day",
		Summary: "MRR at the end of each day, and how many pay it.",
		Chart:   Line,
		Slices:  everySlice(), Sourced: true, Parted: true, Converted: true,
		Columns: []Column{
			currency(),
			{Name: "date", Title: "Day", Kind: Day},
			{Name: "mrr", Title: "MRR", Kind: Money, Sum: Last},
			{Name: "arr", Title: "ARR", Kind: Money, Sum: Last, Extra: true},
			{Name: "customers", Title: "Customers", Short: "Cust.", Kind: Count, Sum: Last},
			{Name: "subscriptions", Title: "Subscriptions", Short: "Subs.", Kind: Count, Sum: Last},
			{Name: "arpa", Title: "ARPA", Kind: Money, Sum: Last, Extra: true},
		},
	}
}

// customers is who pays, largest first.
func customers() Report {
	return Report{
		Name:    "customers",
		Title:   "Customers by MRR",
		Summary: "Accounts by MRR on the range's last day, and what they gained and lost over the range.",
		Chart:   Bars,
		Drawn:   []string{"mrr"},
		Ranked:  true,
		Slices:  everySlice(), Sourced: true, Parted: true, Converted: true,
		Columns: []Column{
			currency(),
			{Name: "account_id", Title: "Account", Kind: Text},
			{Name: "name", Title: "Name", Kind: Text},
			{Name: "first_mrr_date", Title: "Since", Kind: Day, Extra: true},
			{Name: "mrr", Title: "MRR", Kind: Money, Sum: Total},
			{Name: "share", Title: "Share", Kind: Rate},
			{Name: "gained_mrr", Title: "Gained", Kind: Money, Sum: Total, Extra: true},
			{Name: "lost_mrr", Title: "Lost", Kind: Money, Sum: Total, Extra: true},
			{Name: "subscriptions", Title: "Subscriptions", Short: "Subs.", Kind: Count, Sum: Total},
		},
	}
}

// cutColumns are the columns of a waterfall over a range, one row a slice.
func cutColumns() []Column {
	return []Column{
		{Name: "starting_mrr", Title: "Starting", Short: "Start", Kind: Money, Sum: Total, Extra: true},
		{Name: "new_mrr", Title: "New", Kind: Money, Sum: Total, Sign: "+"},
		{Name: "expansion_mrr", Title: "Expansion", Short: "Expan.", Kind: Money, Sum: Total, Sign: "+"},
		{Name: "reactivation_mrr", Title: "Reactivation", Short: "React.", Kind: Money, Sum: Total, Sign: "+"},
		{Name: "contraction_mrr", Title: "Contraction", Short: "Contr.", Kind: Money, Sum: Total, Sign: "-"},
		{Name: "churned_mrr", Title: "Churned", Kind: Money, Sum: Total, Sign: "-"},
		{Name: "transfer_mrr", Title: "Transfer", Short: "Transf.", Kind: Money, Sum: Total, Sign: "+"},
		{Name: "ending_mrr", Title: "Ending", Short: "End", Kind: Money, Sum: Total, Sign: "="},
		{Name: "share", Title: "Share", Kind: Rate, Extra: true},
		{Name: "customers", Title: "Customers", Short: "Cust.", Kind: Count},
		{Name: "arpa", Title: "ARPA", Kind: Money, Extra: true},
	}
}

// plans is what each plan gained and lost, largest first.
func plans() Report {
	return Report{
		Name:    "plans",
		Title:   "Plans",
		Summary: "What each plan began the range with, its part in the movements, and what it ended with.",
		Chart:   Bars,
		Drawn:   []string{"ending_mrr"},
		Ranked:  true,
		Sourced: true,
		Columns: append([]Column{
			currency(),
			{Name: "plan_id", Title: "Plan", Kind: Text, Extra: true},
			{Name: "name", Title: "Name", Kind: Text},
			{Name: "source", Title: "Source", Kind: Text, Extra: true},
		}, cutColumns()...),
	}
}

// segments is the same for the values of each configured segment.
func segments() Report {
	return Report{
		Name:    "segments",
		Title:   "Segments",
		Summary: "What each value of each segment began the range with, its part in the movements, and what it ended with.",
		Chart:   Bars,
		Drawn:   []string{"ending_mrr"},
		Ranked:  true,
		Columns: append([]Column{
			currency(),
			{Name: "segment", Title: "Segment", Kind: Text, Group: true},
			{Name: "value", Title: "Value", Kind: Text},
		}, cutColumns()...),
	}
}

// retention is how much of a month's start is there at its end.
func retention() Report {
	return Report{
		Name:    "retention",
		Title:   "Retention",
		Summary: "How much of each month's starting MRR, and how many of its customers, were there at its end.",
		Chart:   Rates,
		Drawn:   []string{"nrr", "grr"},
		Slices:  everySlice(), Sourced: true, Parted: true, Converted: true,
		Columns: []Column{
			currency(),
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "nrr", Title: "NRR", Kind: Rate},
			{Name: "grr", Title: "GRR", Kind: Rate},
			{Name: "logo_churn_rate", Title: "Logo churn", Short: "Logo ch.", Kind: Rate},
			{Name: "revenue_churn_rate", Title: "Revenue churn", Short: "Rev. ch.", Kind: Rate, Whole: true},
			{Name: "quick_ratio", Title: "Quick ratio", Short: "Quick", Kind: Ratio, Extra: true, Whole: true},
			{Name: "arpa", Title: "ARPA", Kind: Money, Extra: true},
			{Name: "customers_start", Title: "Customers", Short: "Cust.", Kind: Count, Sum: First},
			{Name: "customers_new", Title: "New", Kind: Count, Sum: Total, Sign: "+"},
			{Name: "customers_reactivated", Title: "Back", Kind: Count, Sum: Total, Sign: "+"},
			{Name: "customers_churned", Title: "Lost", Kind: Count, Sum: Total, Sign: "-"},
			{Name: "customers_end", Title: "End", Kind: Count, Sum: Last, Sign: "="},
			{Name: "health", Title: "Health", Kind: Text, Whole: true},
		},
	}
}

// cohorts is what became of the accounts that began in one month.
func cohorts() Report {
	return Report{
		Name:      "cohorts",
		Title:     "Cohorts",
		Summary:   "What share of the MRR that a month's new customers began with was there so many months later.",
		Chart:     Heat,
		Drawn:     []string{"revenue_retention"},
		Sourced:   true,
		Parted:    true,
		Converted: true,
		Crossed:   true,
		Columns: []Column{
			currency(),
			{Name: "cohort", Title: "Cohort", Kind: Month},
			{Name: "age", Title: "Age", Kind: Count},
			{Name: "base_customers", Title: "Customers", Short: "Cust.", Kind: Count},
			{Name: "base_mrr", Title: "Base MRR", Short: "Base", Kind: Money},
			{Name: "customers", Title: "Left", Kind: Count},
			{Name: "mrr", Title: "MRR", Kind: Money},
			{Name: "customer_retention", Title: "Customer retention", Kind: Rate},
			{Name: "revenue_retention", Title: "Revenue retention", Kind: Rate},
		},
	}
}

// usage is what was billed by use. None of it is MRR.
func usage() Report {
	return Report{
		Name:    "usage",
		Title:   "Usage revenue",
		Summary: "What was billed by use, up to and above commitments; beside MRR and never in it.",
		Chart:   Stacks,
		Drawn:   []string{"committed_usage", "uncommitted_usage"},
		Slices:  []string{"source", "account", "customer"},
		Sourced: true,
		Columns: []Column{
			currency(),
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "committed_usage", Title: "Committed", Kind: Money, Sum: Total},
			{Name: "uncommitted_usage", Title: "Uncommitted", Short: "Uncomm.", Kind: Money, Sum: Total},
			{Name: "uncommitted_usage_3m_avg", Title: "Uncommitted, 3-month mean", Short: "3 m mean", Kind: Money},
			{Name: "customers", Title: "Customers", Short: "Cust.", Kind: Count},
		},
	}
}

// forward is the MRR of months to come, as agreed today.
func forward() Report {
	return Report{
		Name:    "forward",
		Title:   "Scheduled MRR",
		Summary: "MRR of the months to come as agreed today: known ends, trials, ramps and discounts that end, and nothing else.",
		Chart:   Outlook,
		Drawn:   []string{"committed_mrr", "firm_mrr", "committed_mrr"},
		Columns: []Column{
			currency(),
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "starting_mrr", Title: "Starting", Short: "Start", Kind: Money, Sum: First},
			{Name: "trial_mrr", Title: "Trials", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "ramp_mrr", Title: "Ramps", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "discount_mrr", Title: "Discounts", Short: "Disc.", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "other_mrr", Title: "Other", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "ended_mrr", Title: "Ended", Kind: Money, Sum: Total, Sign: "-"},
			{Name: "committed_mrr", Title: "Committed", Short: "Comm.", Kind: Money, Sum: Last, Sign: "="},
			{Name: "firm_mrr", Title: "Without trials", Short: "Firm", Kind: Money, Sum: Last, Extra: true},
		},
	}
}

// forecast is what may come. It is never stored, and always called what it is.
func forecast() Report {
	return Report{
		Name:     "forecast",
		Title:    "MRR forecast",
		Summary:  "A forecast and no fact: MRR at the ends of months to come, by what is agreed, by the trend, or by the cohorts' retention.",
		Chart:    Outlook,
		Drawn:    []string{"forecast_mrr", "low_mrr", "high_mrr"},
		Forecast: true,
		Columns: []Column{
			currency(),
			{Name: "forecast_method", Title: "Forecast by", Kind: Text, Group: true},
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "forecast_mrr", Title: "Forecast MRR", Kind: Money},
			{Name: "low_mrr", Title: "Low", Kind: Money},
			{Name: "high_mrr", Title: "High", Kind: Money},
		},
	}
}

// benchmarks is our figures beside those of the trade.
func benchmarks() Report {
	return Report{
		Name:    "benchmarks",
		Title:   "Benchmarks",
		Summary: "Our figures beside published reference ranges. They are references of the trade, no targets.",
		Chart:   Marks,
		Columns: []Column{
			currency(),
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "metric", Title: "Metric", Kind: Text},
			{Name: "scope", Title: "Scope", Kind: Text},
			{Name: "value", Title: "Value", Kind: Rate},
			{Name: "band", Title: "Band", Kind: Text},
			{Name: "reference_from", Title: "Reference from", Short: "From", Kind: Rate},
			{Name: "reference_to", Title: "to", Kind: Rate},
		},
	}
}

// movements is every change of MRR by itself.
func movements() Report {
	return Report{
		Name:    "movements",
		Title:   "Movements",
		Summary: "Every change of MRR, item by item, typed at its account.",
		Chart:   Stacks,
		Drawn:   []string{"amount"},
		Slices:  everySlice(), Sourced: true, Parted: true, Converted: true,
		Columns: []Column{
			currency(),
			{Name: "date", Title: "Day", Kind: Day},
			{Name: "account_id", Title: "Account", Kind: Text},
			{Name: "movement", Title: "Movement", Kind: Text},
			{Name: "amount", Title: "Amount", Kind: Money, Sum: Total},
			{Name: "reason", Title: "Reason", Kind: Text},
			{Name: "plan_id", Title: "Plan", Kind: Text},
			{Name: "source", Title: "Source", Kind: Text, Extra: true},
			{Name: "subscription_id", Title: "Subscription", Kind: Text, Extra: true},
			{Name: "item_id", Title: "Item", Kind: Text, Extra: true},
		},
	}
}

// invoices is what was billed, by what it is.
func invoices() Report {
	return Report{
		Name:    "invoices",
		Title:   "Invoices by treatment",
		Summary: "What was invoiced, less credit notes, by what it is. Only what is committed stands behind MRR.",
		Chart:   Stacks,
		Drawn:   []string{"committed", "proration", "committed_usage", "uncommitted_usage", "one_time", "trial", "tax", "discount"},
		Slices:  []string{"source", "plan", "account", "customer"},
		Sourced: true, Parted: true,
		Columns: []Column{
			currency(),
			{Name: "month", Title: "Month", Kind: Month},
			{Name: "committed", Title: "Committed", Short: "Comm.", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "proration", Title: "Proration", Short: "Pror.", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "committed_usage", Title: "Committed usage", Short: "C. usage", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "uncommitted_usage", Title: "Uncommitted usage", Short: "U. usage", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "one_time", Title: "One-time", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "trial", Title: "Trial", Kind: Money, Sum: Total, Sign: "+", Extra: true},
			{Name: "discount", Title: "Discount", Short: "Disc.", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "tax", Title: "Tax", Kind: Money, Sum: Total, Sign: "+"},
			{Name: "total", Title: "Total", Kind: Money, Sum: Total, Sign: "="},
			{Name: "credit", Title: "Paid by credit", Short: "Credit", Kind: Money, Sum: Total, Extra: true},
			{Name: "documents", Title: "Documents", Short: "Docs", Kind: Count, Sum: Total, Extra: true},
		},
	}
}

// restatements is what the past was said to be, and what it is now.
func restatements() Report {
	return Report{
		Name:    "restatements",
		Title:   "Restatements",
		Summary: "What final days were said to be and what they are now: by load, account and range of days, and why.",
		Columns: []Column{
			currency(),
			{Name: "published", Title: "Published", Kind: Day},
			{Name: "load_id", Title: "Load", Kind: Text, Extra: true},
			{Name: "account_id", Title: "Account", Kind: Text},
			{Name: "from", Title: "From", Kind: Day},
			{Name: "to", Title: "To", Kind: Day},
			{Name: "mrr_before", Title: "MRR before", Short: "Before", Kind: Money},
			{Name: "mrr_after", Title: "MRR after", Short: "After", Kind: Money},
			{Name: "difference", Title: "Difference", Short: "Diff.", Kind: Money},
			{Name: "reason", Title: "Reason", Kind: Text},
			{Name: "evidence", Title: "Evidence", Kind: Text, Extra: true},
		},
	}
}
