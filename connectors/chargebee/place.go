package chargebee

import "mrrsync/connectors/rawjson"

// Where each member of a wire type goes, by the provider's name of it.

func (w *wireItem) Place(key []byte) any {
	switch string(key) {
	case "item_price_id":
		return &w.ItemPriceID
	case "id":
		return &w.ID
	case "item_type":
		return &w.ItemType
	case "quantity":
		return &w.Quantity
	case "quantity_in_decimal":
		return &w.QuantityInDecimal
	case "unit_price":
		return &w.UnitPrice
	case "unit_price_in_decimal":
		return &w.UnitPriceInDecimal
	case "amount":
		return &w.Amount
	case "amount_in_decimal":
		return &w.AmountInDecimal
	case "free_quantity":
		return &w.FreeQuantity
	case "free_quantity_in_decimal":
		return &w.FreeQuantityInDecimal
	case "billing_period":
		return &w.BillingPeriod
	case "billing_period_unit":
		return &w.BillingPeriodUnit
	case "trial_end":
		return &w.TrialEnd
	case "charge_on_event":
		return &w.ChargeOnEvent
	case "metered_quantity":
		return &w.MeteredQuantity
	}
	return nil
}

func (w *wireTier) Place(key []byte) any {
	switch string(key) {
	case "item_price_id":
		return &w.ItemPriceID
	case "starting_unit":
		return &w.StartingUnit
	case "starting_unit_in_decimal":
		return &w.StartingUnitInDecimal
	case "ending_unit":
		return &w.EndingUnit
	case "ending_unit_in_decimal":
		return &w.EndingUnitInDecimal
	case "price":
		return &w.Price
	case "price_in_decimal":
		return &w.PriceInDecimal
	case "pricing_type":
		return &w.PricingType
	case "package_size":
		return &w.PackageSize
	}
	return nil
}

func (w *wireApplied) Place(key []byte) any {
	switch string(key) {
	case "coupon_id":
		return &w.CouponID
	case "apply_till":
		return &w.ApplyTill
	}
	return nil
}

func (w *wireDiscount) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "invoice_name":
		return &w.Name
	case "type":
		return &w.Type
	case "percentage":
		return &w.Percentage
	case "amount":
		return &w.Amount
	case "quantity":
		return &w.Quantity
	case "currency_code":
		return &w.CurrencyCode
	case "duration_type":
		return &w.DurationType
	case "apply_on":
		return &w.ApplyOn
	case "item_price_id":
		return &w.ItemPriceID
	case "created_at":
		return &w.CreatedAt
	case "apply_till":
		return &w.ApplyTill
	case "coupon_id":
		return &w.CouponID
	}
	return nil
}

func (w *wireContractTerm) Place(key []byte) any {
	switch string(key) {
	case "status":
		return &w.Status
	case "contract_end":
		return &w.ContractEnd
	case "action_at_term_end":
		return &w.ActionAtTermEnd
	}
	return nil
}

func (w *wireSubscription) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "customer_id":
		return &w.CustomerID
	case "status":
		return &w.Status
	case "currency_code":
		return &w.CurrencyCode
	case "billing_period":
		return &w.BillingPeriod
	case "billing_period_unit":
		return &w.BillingPeriodUnit
	case "plan_id":
		return &w.PlanID
	case "plan_quantity":
		return &w.PlanQuantity
	case "plan_quantity_in_decimal":
		return &w.PlanQuantityInDecimal
	case "plan_unit_price":
		return &w.PlanUnitPrice
	case "plan_unit_price_in_decimal":
		return &w.PlanUnitPriceInDecimal
	case "plan_amount":
		return &w.PlanAmount
	case "plan_amount_in_decimal":
		return &w.PlanAmountInDecimal
	case "plan_free_quantity":
		return &w.PlanFreeQuantity
	case "plan_free_quantity_in_decimal":
		return &w.PlanFreeQuantityInDecimal
	case "start_date":
		return &w.StartDate
	case "trial_start":
		return &w.TrialStart
	case "trial_end":
		return &w.TrialEnd
	case "current_term_end":
		return &w.CurrentTermEnd
	case "created_at":
		return &w.CreatedAt
	case "started_at":
		return &w.StartedAt
	case "activated_at":
		return &w.ActivatedAt
	case "pause_date":
		return &w.PauseDate
	case "resume_date":
		return &w.ResumeDate
	case "cancelled_at":
		return &w.CancelledAt
	case "cancel_schedule_created_at":
		return &w.CancelScheduleCreatedAt
	case "updated_at":
		return &w.UpdatedAt
	case "resource_version":
		return &w.ResourceVersion
	case "subscription_items":
		return &w.Items
	case "item_tiers":
		return rawjson.List(&w.Tiers)
	case "addons":
		return &w.Addons
	case "coupon":
		return &w.Coupon
	case "coupons":
		return rawjson.List(&w.Coupons)
	case "discounts":
		return rawjson.List(&w.Discounts)
	case "contract_term":
		return rawjson.Maybe(&w.ContractTerm)
	case "mrr":
		return &w.MRR
	case "deleted":
		return &w.Deleted
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
	case "first_name":
		return &w.FirstName
	case "last_name":
		return &w.LastName
	case "company":
		return &w.Company
	case "email":
		return &w.Email
	case "preferred_currency_code":
		return &w.Currency
	case "created_at":
		return &w.CreatedAt
	case "updated_at":
		return &w.UpdatedAt
	case "resource_version":
		return &w.ResourceVersion
	case "billing_address":
		return &w.BillingAddress
	}
	return nil
}

func (w *wirePrice) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "name":
		return &w.Name
	case "item_id":
		return &w.ItemID
	case "item_family_id":
		return &w.ItemFamilyID
	case "item_type":
		return &w.ItemType
	case "currency_code":
		return &w.CurrencyCode
	case "period":
		return &w.Period
	case "period_unit":
		return &w.PeriodUnit
	case "pricing_model":
		return &w.PricingModel
	case "charge_model":
		return &w.ChargeModel
	case "type":
		return &w.Type
	case "charge_type":
		return &w.ChargeType
	case "price":
		return &w.Price
	case "price_in_decimal":
		return &w.PriceInDecimal
	case "free_quantity":
		return &w.FreeQuantity
	case "free_quantity_in_decimal":
		return &w.FreeQuantityInDecimal
	case "tiers":
		return rawjson.List(&w.Tiers)
	}
	return nil
}

func (w *wireProduct) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "name":
		return &w.Name
	case "type":
		return &w.Type
	case "metered":
		return &w.Metered
	}
	return nil
}

func (w *wireConstraint) Place(key []byte) any {
	switch string(key) {
	case "item_type":
		return &w.ItemType
	case "constraint":
		return &w.Constraint
	case "item_price_ids":
		return &w.ItemPriceIDs
	}
	return nil
}

func (w *wireCriteria) Place(key []byte) any {
	switch string(key) {
	case "item_type":
		return &w.ItemType
	case "currencies":
		return &w.Currencies
	case "item_family_ids":
		return &w.ItemFamilyIDs
	case "item_price_periods":
		return &w.Periods
	}
	return nil
}

func (w *wireCoupon) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "name":
		return &w.Name
	case "discount_type":
		return &w.DiscountType
	case "discount_percentage":
		return &w.DiscountPercentage
	case "discount_amount":
		return &w.DiscountAmount
	case "discount_quantity":
		return &w.DiscountQuantity
	case "currency_code":
		return &w.CurrencyCode
	case "duration_type":
		return &w.DurationType
	case "apply_on":
		return &w.ApplyOn
	case "plan_constraint":
		return &w.PlanConstraint
	case "plan_ids":
		return &w.PlanIDs
	case "addon_constraint":
		return &w.AddonConstraint
	case "addon_ids":
		return &w.AddonIDs
	case "item_constraints":
		return rawjson.List(&w.ItemConstraints)
	case "item_constraint_criteria":
		return rawjson.List(&w.Criteria)
	}
	return nil
}

func (w *wireRamp) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "subscription_id":
		return &w.SubscriptionID
	case "effective_from":
		return &w.EffectiveFrom
	case "status":
		return &w.Status
	case "items_to_add":
		return rawjson.List(&w.ItemsToAdd)
	case "items_to_update":
		return rawjson.List(&w.ItemsToUpdate)
	case "items_to_remove":
		return &w.ItemsToRemove
	case "item_tiers":
		return rawjson.List(&w.Tiers)
	case "coupons_to_add":
		return rawjson.List(&w.CouponsToAdd)
	case "coupons_to_remove":
		return &w.CouponsToRemove
	case "discounts_to_add":
		return rawjson.List(&w.DiscountsToAdd)
	case "discounts_to_remove":
		return &w.DiscountsToRemove
	}
	return nil
}

func (w *wireLine) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "subscription_id":
		return &w.SubscriptionID
	case "entity_type":
		return &w.EntityType
	case "entity_id":
		return &w.EntityID
	case "date_from":
		return &w.DateFrom
	case "date_to":
		return &w.DateTo
	case "unit_amount":
		return &w.UnitAmount
	case "unit_amount_in_decimal":
		return &w.UnitAmountInDecimal
	case "quantity":
		return &w.Quantity
	case "quantity_in_decimal":
		return &w.QuantityInDecimal
	case "amount":
		return &w.Amount
	case "amount_in_decimal":
		return &w.AmountInDecimal
	case "pricing_model":
		return &w.PricingModel
	case "tax_amount":
		return &w.TaxAmount
	case "tax_rate":
		return &w.TaxRate
	case "discount_amount":
		return &w.DiscountAmount
	case "metered":
		return &w.Metered
	case "description":
		return &w.Description
	}
	return nil
}

func (w *wireLineDiscount) Place(key []byte) any {
	switch string(key) {
	case "line_item_id":
		return &w.LineItemID
	case "discount_type":
		return &w.DiscountType
	case "coupon_id":
		return &w.CouponID
	case "entity_id":
		return &w.EntityID
	case "discount_amount":
		return &w.DiscountAmount
	}
	return nil
}

func (w *wireLineTax) Place(key []byte) any {
	switch string(key) {
	case "line_item_id":
		return &w.LineItemID
	case "tax_name":
		return &w.TaxName
	case "tax_rate":
		return &w.TaxRate
	}
	return nil
}

func (w *wireDocument) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "customer_id":
		return &w.CustomerID
	case "subscription_id":
		return &w.SubscriptionID
	case "status":
		return &w.Status
	case "price_type":
		return &w.PriceType
	case "currency_code":
		return &w.CurrencyCode
	case "reason_code":
		return &w.ReasonCode
	case "date":
		return &w.Date
	case "generated_at":
		return &w.GeneratedAt
	case "total":
		return &w.Total
	case "round_off_amount":
		return &w.RoundOffAmount
	case "line_items":
		return rawjson.List(&w.LineItems)
	case "line_item_discounts":
		return rawjson.List(&w.LineItemDiscounts)
	case "line_item_taxes":
		return rawjson.List(&w.LineItemTaxes)
	}
	return nil
}

func (w *wireContent) Place(key []byte) any {
	switch string(key) {
	case "subscription":
		return &w.Subscription
	}
	return nil
}

func (w *wireEvent) Place(key []byte) any {
	switch string(key) {
	case "id":
		return &w.ID
	case "event_type":
		return &w.Type
	case "api_version":
		return &w.APIVersion
	case "occurred_at":
		return &w.OccurredAt
	case "content":
		return &w.Content
	}
	return nil
}
