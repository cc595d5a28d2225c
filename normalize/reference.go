package normalize

// Meanings say what each key of a policy decides, by its path, in the words of
// the reference.
func Meanings() map[string]string {
	return map[string]string{
		"preset":                              "The choices to start from: `committed`, `stripe`, `chargebee`, `chartmogul`, `profitwell` or `recurly`. Any key below changes one of them.",
		"factors.week":                        "How many weeks a month has, as a fraction.",
		"factors.day":                         "How many days a month has.",
		"past_due":                            "Whether a subscription whose invoice is overdue counts: `count`, `exclude`, or `{ exclude_after_days: N }`.",
		"pause_collection.void":               "Whether a Stripe subscription whose collection is paused counts while its invoices are voided: `exclude` or `keep`.",
		"pause_collection.keep_as_draft":      "The same while its invoices stay drafts.",
		"pause_collection.mark_uncollectible": "The same while its invoices are marked uncollectible.",
		"chargebee_paused":                    "Whether a paused Chargebee subscription counts: `exclude` or `keep`.",
		"churn_at":                            "When MRR ends: `effective`, when service ends, or `scheduled`, when the cancellation was asked for.",
		"discounts.forever":                   "Whether a discount without an end lowers MRR: `subtract` or `ignore`.",
		"discounts.repeating":                 "Whether one for a number of months does, while it runs.",
		"discounts.repeating_on_yearly":       "Whether such a one does on a yearly plan.",
		"discounts.once":                      "Whether one for a single invoice does; `subtract` lasts one service period.",
		"free_counts_as_customer":             "Whether an account without MRR but with a subscription counts as a customer. It changes counts, never movements.",
		"usage.commitment_metadata_key":       "The metadata key of a price or subscription that holds a contractual minimum per price interval, in major units.",
		"usage.metered_flat_fee":              "Whether the flat fee of a metered price counts: `exclude` or `include`.",
		"tax_inclusive":                       "What becomes of prices that include tax: `back_out` takes it out, `reject` rejects the item.",
		"movements.grain":                     "Whose first, last and returning MRR makes new, churn and reactivation: the `account`'s or the `subscription`'s.",
		"movements.reactivation_after_days":   "A return after fewer days than this is an expansion, not a reactivation.",
		"movements.same_month_new_and_churn":  "What becomes of accounts that come and go within one month: `keep` or `drop`.",
	}
}
