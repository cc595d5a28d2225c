package stripe

import "mrrsync/connectors/rawjson"

// Where each member of a wire type goes, by the provider's name of it.

func (w *wireRecurring) Place(key []byte) any {
	switch string(key) {
	case "interval":
		return &w.Interval
	case "interval_count":
		return &w.IntervalCount
	case "usage_type":
		return &w.UsageType
	}
	return nil
}

func (w *wireTier) Place(key []byte) any {
	switch string(key) {
	case "up_to":
		return &w.UpTo
	case "unit_amount":
		return &w.UnitAmount
	case "unit_amount_decimal":
		return &w.UnitAmountDecimal
	case "flat_amount":
		return &w.FlatAmount
	case "flat_amount_decimal":
		return &w.FlatAmountDecimal
	}
	return nil
}

func (w *wireTransform) Place(key []byte) any {
	switch string(key) {
	case "divide_by":
		return &w.DivideBy
	case "round":
		return &w.Round
	}
	return nil
}

func (w *wireAmount) Place(key []byte) any {
	switch string(key) {
	case "unit_amount":
		return &w.UnitAmount
	case "unit_amount_decimal":
		return &w.UnitAmountDecimal
	case "tiers":
		return rawjson.List(&w.Tiers)
	case "tax_behavior":
		return &w.TaxBehavior
	}
	return nil
}

func (w *wirePrice) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "type":
		return &w.Type
	case "nickname":
		return &w.Nickname
	case "product":
		return &w.Product
	case "currency":
		return &w.Currency
	case "billing_scheme":
		return &w.BillingScheme
	case "tiers_mode":
		return &w.TiersMode
	case "transform_quantity":
		return rawjson.Maybe(&w.TransformQuantity)
	case "recurring":
		return rawjson.Maybe(&w.Recurring)
	case "currency_options":
		return rawjson.Map(&w.CurrencyOptions)
	case "metadata":
		return &w.Metadata
	}
	return w.wireAmount.Place(key)
}

func (w *wirePlan) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "nickname":
		return &w.Nickname
	case "product":
		return &w.Product
	case "currency":
		return &w.Currency
	case "amount":
		return &w.Amount
	case "amount_decimal":
		return &w.AmountDecimal
	case "billing_scheme":
		return &w.BillingScheme
	case "tiers_mode":
		return &w.TiersMode
	case "tiers":
		return rawjson.List(&w.Tiers)
	case "transform_usage":
		return rawjson.Maybe(&w.TransformUsage)
	case "interval":
		return &w.Interval
	case "interval_count":
		return &w.IntervalCount
	case "usage_type":
		return &w.UsageType
	case "metadata":
		return &w.Metadata
	}
	return nil
}

func (w *wireProduct) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "name":
		return &w.Name
	case "metadata":
		return &w.Metadata
	}
	return nil
}

func (w *wireAppliesTo) Place(key []byte) any {
	switch string(key) {
	case "products":
		return &w.Products
	}
	return nil
}

func (w *wireAmountOff) Place(key []byte) any {
	switch string(key) {
	case "amount_off":
		return &w.AmountOff
	}
	return nil
}

func (w *wireCoupon) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "name":
		return &w.Name
	case "percent_off":
		return &w.PercentOff
	case "amount_off":
		return &w.AmountOff
	case "currency":
		return &w.Currency
	case "duration":
		return &w.Duration
	case "duration_in_months":
		return &w.DurationInMonths
	case "applies_to":
		return rawjson.Maybe(&w.AppliesTo)
	case "currency_options":
		return rawjson.Map(&w.CurrencyOptions)
	}
	return nil
}

func (w *wireDiscount) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "coupon":
		return rawjson.Maybe(&w.Coupon)
	case "customer":
		return &w.Customer
	case "subscription":
		return &w.Subscription
	case "start":
		return &w.Start
	case "end":
		return &w.End
	}
	return nil
}

func (w *wireTaxRate) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "percentage":
		return &w.Percentage
	case "effective_percentage":
		return &w.EffectivePercentage
	case "inclusive":
		return &w.Inclusive
	}
	return nil
}

func (w *wireItem) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "created":
		return &w.Created
	case "price":
		return rawjson.Maybe(&w.Price)
	case "plan":
		return rawjson.Maybe(&w.Plan)
	case "quantity":
		return &w.Quantity
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "tax_rates":
		return rawjson.List(&w.TaxRates)
	}
	return nil
}

func (w *wirePause) Place(key []byte) any {
	switch string(key) {
	case "behavior":
		return &w.Behavior
	case "resumes_at":
		return &w.ResumesAt
	}
	return nil
}

func (w *wireItemList) Place(key []byte) any {
	switch string(key) {
	case "data":
		return rawjson.List(&w.Data)
	case "has_more":
		return &w.HasMore
	}
	return nil
}

func (w *wireSubscription) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "customer":
		return &w.Customer
	case "status":
		return &w.Status
	case "currency":
		return &w.Currency
	case "description":
		return &w.Description
	case "created":
		return &w.Created
	case "start_date":
		return &w.StartDate
	case "ended_at":
		return &w.EndedAt
	case "canceled_at":
		return &w.CanceledAt
	case "cancel_at":
		return &w.CancelAt
	case "cancel_at_period_end":
		return &w.CancelAtPeriodEnd
	case "current_period_end":
		return &w.CurrentPeriodEnd
	case "trial_start":
		return &w.TrialStart
	case "trial_end":
		return &w.TrialEnd
	case "items":
		return rawjson.Maybe(&w.Items)
	case "discount":
		return rawjson.Maybe(&w.Discount)
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "pause_collection":
		return rawjson.Maybe(&w.PauseCollection)
	case "default_tax_rates":
		return rawjson.List(&w.DefaultTaxRates)
	case "metadata":
		return &w.Metadata
	}
	return nil
}

func (w *wireAddress) Place(key []byte) any {
	switch string(key) {
	case "country":
		return &w.Country
	}
	return nil
}

func (w *wireCustomer) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "name":
		return &w.Name
	case "email":
		return &w.Email
	case "currency":
		return &w.Currency
	case "created":
		return &w.Created
	case "discount":
		return rawjson.Maybe(&w.Discount)
	case "metadata":
		return &w.Metadata
	case "address":
		return rawjson.Maybe(&w.Address)
	}
	return nil
}

func (w *wirePhaseDiscount) Place(key []byte) any {
	switch string(key) {
	case "coupon":
		return rawjson.Maybe(&w.Coupon)
	case "discount":
		return rawjson.Maybe(&w.Discount)
	}
	return nil
}

func (w *wirePhaseItem) Place(key []byte) any {
	switch string(key) {
	case "price":
		return &w.Price
	case "plan":
		return &w.Plan
	case "quantity":
		return &w.Quantity
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "tax_rates":
		return rawjson.List(&w.TaxRates)
	}
	return nil
}

func (w *wirePhase) Place(key []byte) any {
	switch string(key) {
	case "start_date":
		return &w.StartDate
	case "end_date":
		return &w.EndDate
	case "currency":
		return &w.Currency
	case "items":
		return rawjson.List(&w.Items)
	case "coupon":
		return rawjson.Maybe(&w.Coupon)
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "default_tax_rates":
		return rawjson.List(&w.DefaultTaxRates)
	case "trial_end":
		return &w.TrialEnd
	}
	return nil
}

func (w *wireSchedule) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "status":
		return &w.Status
	case "end_behavior":
		return &w.EndBehavior
	case "subscription":
		return &w.Subscription
	case "released_subscription":
		return &w.ReleasedSubscription
	case "released_at":
		return &w.ReleasedAt
	case "canceled_at":
		return &w.CanceledAt
	case "completed_at":
		return &w.CompletedAt
	case "phases":
		return rawjson.List(&w.Phases)
	}
	return nil
}

func (w *wirePeriod) Place(key []byte) any {
	switch string(key) {
	case "start":
		return &w.Start
	case "end":
		return &w.End
	}
	return nil
}

func (w *wireTaxAmount) Place(key []byte) any {
	switch string(key) {
	case "amount":
		return &w.Amount
	case "inclusive":
		return &w.Inclusive
	case "tax_rate":
		return &w.TaxRate
	}
	return nil
}

func (w *wireDiscountAmount) Place(key []byte) any {
	switch string(key) {
	case "amount":
		return &w.Amount
	}
	return nil
}

func (w *wireProrationDetails) Place(key []byte) any {
	switch string(key) {
	case "credited_items":
		return &w.CreditedItems
	}
	return nil
}

func (w *wireLine) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "type":
		return &w.Type
	case "amount":
		return &w.Amount
	case "currency":
		return &w.Currency
	case "description":
		return &w.Description
	case "discount_amounts":
		return rawjson.List(&w.DiscountAmounts)
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "invoice_item":
		return &w.InvoiceItem
	case "period":
		return &w.Period
	case "price":
		return rawjson.Maybe(&w.Price)
	case "plan":
		return rawjson.Maybe(&w.Plan)
	case "proration":
		return &w.Proration
	case "proration_details":
		return rawjson.Maybe(&w.ProrationDetails)
	case "quantity":
		return &w.Quantity
	case "subscription":
		return &w.Subscription
	case "subscription_item":
		return &w.SubscriptionItem
	case "tax_amounts":
		return rawjson.List(&w.TaxAmounts)
	case "tax_rates":
		return rawjson.List(&w.TaxRates)
	}
	return nil
}

func (w *wireTransitions) Place(key []byte) any {
	switch string(key) {
	case "finalized_at":
		return &w.FinalizedAt
	case "voided_at":
		return &w.VoidedAt
	case "marked_uncollectible_at":
		return &w.MarkedUncollectibleAt
	}
	return nil
}

func (w *wireLineList) Place(key []byte) any {
	switch string(key) {
	case "data":
		return rawjson.List(&w.Data)
	case "has_more":
		return &w.HasMore
	}
	return nil
}

func (w *wireInvoice) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "customer":
		return &w.Customer
	case "subscription":
		return &w.Subscription
	case "currency":
		return &w.Currency
	case "status":
		return &w.Status
	case "created":
		return &w.Created
	case "attempted":
		return &w.Attempted
	case "attempt_count":
		return &w.AttemptCount
	case "total":
		return &w.Total
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "discount":
		return rawjson.Maybe(&w.Discount)
	case "status_transitions":
		return &w.StatusTransitions
	case "lines":
		return &w.Lines
	}
	return nil
}

func (w *wireCreditLine) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "amount":
		return &w.Amount
	case "description":
		return &w.Description
	case "discount_amounts":
		return rawjson.List(&w.DiscountAmounts)
	case "invoice_line_item":
		return &w.InvoiceLineItem
	case "quantity":
		return &w.Quantity
	case "tax_amounts":
		return rawjson.List(&w.TaxAmounts)
	}
	return nil
}

func (w *wireCreditLineList) Place(key []byte) any {
	switch string(key) {
	case "data":
		return rawjson.List(&w.Data)
	}
	return nil
}

func (w *wireCreditNote) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "customer":
		return &w.Customer
	case "invoice":
		return &w.Invoice
	case "currency":
		return &w.Currency
	case "status":
		return &w.Status
	case "created":
		return &w.Created
	case "effective_at":
		return &w.EffectiveAt
	case "total":
		return &w.Total
	case "lines":
		return &w.Lines
	}
	return nil
}

func (w *wireInvoiceItem) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "amount":
		return &w.Amount
	case "currency":
		return &w.Currency
	case "date":
		return &w.Date
	case "description":
		return &w.Description
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "invoice":
		return &w.Invoice
	case "period":
		return &w.Period
	case "price":
		return rawjson.Maybe(&w.Price)
	case "plan":
		return rawjson.Maybe(&w.Plan)
	case "proration":
		return &w.Proration
	case "quantity":
		return &w.Quantity
	case "subscription":
		return &w.Subscription
	case "subscription_item":
		return &w.SubscriptionItem
	case "tax_rates":
		return rawjson.List(&w.TaxRates)
	}
	return nil
}

func (w *wireEventData) Place(key []byte) any {
	switch string(key) {
	case "object":
		return &w.Object
	case "previous_attributes":
		return &w.PreviousAttributes
	}
	return nil
}

func (w *wireEvent) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "type":
		return &w.Type
	case "api_version":
		return &w.APIVersion
	case "created":
		return &w.Created
	case "data":
		return &w.Data
	}
	return nil
}
