package chargebeeapi

import "mrrsync/internal/simulator/site"

func (v *view) rampShelf() *shelf[*site.Ramp] {
	return &shelf[*site.Ramp]{
		path: "ramps", all: v.ramps, birth: "created_at", by: "updated_at", down: true,
		born:    func(r *site.Ramp) int64 { return r.Created },
		id:      func(r *site.Ramp) string { return r.ID },
		there:   func(r *site.Ramp) bool { return r.Created <= v.t && !r.Sub.Customer.Gone(v.t) },
		deleted: func(r *site.Ramp) bool { return r.Deleted > 0 && r.Deleted <= v.t },
		texts: map[string]func(*site.Ramp) string{
			"subscription_id": func(r *site.Ramp) string { return r.Sub.ID },
			"status":          func(r *site.Ramp) string { return r.State(v.t).String() },
		},
		moments: map[string]func(*site.Ramp) int64{
			"created_at":     func(r *site.Ramp) int64 { return r.Created },
			"effective_from": func(r *site.Ramp) int64 { return r.Effective },
			"updated_at":     func(r *site.Ramp) int64 { return r.Updated(v.t) },
		},
		write: func(e *enc, r *site.Ramp) {
			e.Key("ramp")
			v.ramp(e, r)
		},
	}
}

func (v *view) ramp(e *enc, r *site.Ramp) {
	state, updated := r.State(v.t), r.Updated(v.t)
	e.Open()
	e.Str("id", r.ID)
	e.Str("subscription_id", r.Sub.ID)
	e.Num("effective_from", r.Effective)
	e.Str("status", state.String())
	e.Num("created_at", r.Created)
	e.stamped(updated, updated*1000)
	for _, l := range []struct {
		key, object string
		items       []site.Item
	}{{"items_to_add", "items_to_add", r.Add}, {"items_to_update", "items_to_update", r.Update}} {
		if len(l.items) == 0 {
			continue
		}
		e.Arr(l.key)
		for i := range l.items {
			it := &l.items[i]
			e.Open()
			e.Str("item_price_id", it.Price.ID)
			e.Str("item_type", it.Price.Product.Kind.String())
			v.quantity(e, "quantity", it.Quantity, it.Price.Decimal, false)
			v.worth(e, it, "")
			v.free(e, "free_quantity", it.Free, it.Price.Decimal)
			e.Str("object", l.object)
			e.End()
		}
		e.EndArr()
	}
	if len(r.Remove) > 0 {
		e.Arr("items_to_remove")
		for _, p := range r.Remove {
			e.Item(p.ID)
		}
		e.EndArr()
	}
	if r.Coupon != nil {
		e.Arr("coupons_to_add")
		e.Open()
		e.Str("coupon_id", r.Coupon.ID)
		e.Str("object", "coupons_to_add")
		e.End()
		e.EndArr()
	}
	if r.Drop != nil {
		e.Arr("coupons_to_remove")
		e.Item(r.Drop.ID)
		e.EndArr()
	}
	v.itemTiers(e, append(append([]site.Item{}, r.Add...), r.Update...))
	e.Bool("deleted", r.Deleted > 0 && r.Deleted <= v.t)
	if state == site.Failed && r.Why[0] != "" {
		e.Obj("status_transition_reason")
		e.Str("code", r.Why[0])
		e.Str("message", r.Why[1])
		e.Str("object", "status_transition_reason")
		e.End()
	}
	e.Str("object", "ramp")
	e.End()
}
