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
		Ranked:  true,
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
