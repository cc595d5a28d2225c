package chargebeeapi

import (
	"net/http"
	"slices"

	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

// view shows the site as of one moment.
type view struct {
	*Server
	t int64
}

// answer writes the answer to a request.
func (s *Server) answer(e *enc, r *http.Request, path []string, l wire.Luck) *failure {
	unknown := &failure{
		status: http.StatusNotFound, kind: "invalid_request", code: "resource_not_found", older: "url_not_found",
		message: "Sorry, we couldn't find that resource",
	}
	if r.Method != http.MethodGet || len(path) == 0 {
		return unknown
	}
	name := path[0]
	if slices.Contains(s.o.Denied, name) {
		return denied()
	}
	v := &view{s, s.Now().Unix()}
	if name == "configurations" && len(path) == 1 {
		return v.configurations(e)
	}
	k := endpoints[name]
	switch {
	case k == nil || len(path) > 3:
		return unknown
	case k.catalogue != 0 && k.catalogue != s.catalogue():
		return otherCatalogue()
	case len(path) == 3:
		if name == "subscriptions" {
			return v.partOf(e, path[1], path[2], unknown)
		}
		return unknown
	case len(path) == 2:
		if !v.one(e, name, path[1]) {
			return missing(path[1])
		}
		return nil
	}
	p, f := k.parse(r.URL.Query())
	if f != nil {
		return f
	}
	if f := s.note(name, p.ignored); f != nil {
		return f
	}
	if f := s.refuseRamps(name, p); f != nil {
		return f
	}
	if l.Kind == wire.EmptyPage {
		emptyPage(e, p, l.Draw)
		return nil
	}
	return v.list(e, name, p, l.Kind == wire.DuplicatePage)
}

// catalogue is the version of the product catalogue: 1 or 2.
func (s *Server) catalogue() int {
	if s.site.Config.Catalogue == site.Plans {
		return 1
	}
	return 2
}

// note remembers what was ignored.
func (s *Server) note(name string, ignored []string) *failure {
	if len(ignored) == 0 {
		return nil
	}
	if s.o.Strict {
		return wrong(ignored[0], "unknown parameter, which the API ignores")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range ignored {
		s.ignored[name+" "+k]++
	}
	return nil
}

// refuseRamps refuses the lists of ramps that the API does not give: filters which
// need a subscription, and those that do not go with deleted ones.
func (s *Server) refuseRamps(name string, p *params) *failure {
	if name != "ramps" {
		return nil
	}
	for _, f := range []string{"status", "effective_from"} {
		switch {
		case p.filter(f) == nil:
		case p.deleted:
			return wrong(f, "cannot be passed when include_deleted is true")
		case p.filter("subscription_id") == nil:
			return wrong("subscription_id", "must be present when filtering by "+f)
		}
	}
	if s.o.Batches && p.filter("subscription_id") == nil {
		return wrong("subscription_id", "must be present")
	}
	return nil
}

// emptyPage is a page without objects that says more follows, or a good answer
// that has no list at all.
func emptyPage(e *enc, p *params, draw int) {
	e.Open()
	if draw%2 == 0 {
		next := p.offset
		if next == "" {
			next = offset(0, "")
		}
		e.Arr("list")
		e.EndArr()
		e.Str("next_offset", next)
	}
	e.End()
}

func (v *view) configurations(e *enc) *failure {
	e.Open()
	e.Arr("configurations")
	e.Open()
	e.Str("domain", v.o.Site)
	if v.catalogue() == 1 {
		e.Str("product_catalog_version", "v1")
		e.Str("chargebee_response_schema_type", "plans_addons")
	} else {
		e.Str("product_catalog_version", "v2")
		e.Str("chargebee_response_schema_type", "items")
	}
	e.Str("object", "configuration")
	e.End()
	e.EndArr()
	e.End()
	return nil
}

// list answers one page of a list.
func (v *view) list(e *enc, name string, p *params, again bool) *failure {
	switch name {
	case "customers":
		return v.customerShelf().serve(e, p, v.t, v.orders, again)
	case "subscriptions":
		return v.subscriptionShelf().serve(e, p, v.t, v.orders, again)
	case "invoices":
		return v.invoiceShelf().serve(e, p, v.t, v.orders, again)
	case "credit_notes":
		return v.creditShelf().serve(e, p, v.t, v.orders, again)
	case "coupons":
		return v.couponShelf().serve(e, p, v.t, v.orders, again)
	case "item_families":
		return v.familyShelf().serve(e, p, v.t, v.orders, again)
	case "items":
		return v.productShelf().serve(e, p, v.t, v.orders, again)
	case "item_prices", "plans", "addons":
		return v.priceShelf(name).serve(e, p, v.t, v.orders, again)
	case "ramps":
		return v.rampShelf().serve(e, p, v.t, v.orders, again)
	}
	return v.eventShelf().serve(e, p, v.t, v.orders, again)
}

// one writes a single object.
func (v *view) one(e *enc, name, id string) bool {
	switch name {
	case "customers":
		return v.customerShelf().single(e, id, v.orders)
	case "subscriptions":
		return v.subscriptionShelf().single(e, id, v.orders)
	case "invoices":
		return v.invoiceShelf().single(e, id, v.orders)
	case "credit_notes":
		return v.creditShelf().single(e, id, v.orders)
	case "coupons":
		return v.couponShelf().single(e, id, v.orders)
	case "item_families":
		return v.familyShelf().single(e, id, v.orders)
	case "items":
		return v.productShelf().single(e, id, v.orders)
	case "item_prices", "plans", "addons":
		return v.priceShelf(name).single(e, id, v.orders)
	case "ramps":
		return v.rampShelf().single(e, id, v.orders)
	}
	return v.eventShelf().single(e, id, v.orders)
}

// partOf answers what hangs on one subscription.
func (v *view) partOf(e *enc, id, part string, unknown *failure) *failure {
	k := v.subscriptionShelf()
	i, ok := k.index(v.orders)[id]
	if !ok || !k.there(k.all[i]) || k.deleted(k.all[i]) {
		return missing(id)
	}
	u := k.all[i]
	switch part {
	case "contract_terms":
		e.Open()
		e.Arr("list")
		if u.At(v.t).Contract != nil {
			e.Open()
			v.contractOf(e, u, u.At(v.t))
			e.End()
		}
		e.EndArr()
		e.End()
		return nil
	case "discounts":
		e.Open()
		e.Arr("list")
		n := int64(0)
		for _, d := range u.Discounts {
			if manual(d) && d.Attached(v.t) {
				e.Open()
				e.Key("discount")
				v.discountOf(e, u, d, n)
				e.End()
				n++
			}
		}
		e.EndArr()
		e.End()
		return nil
	case "retrieve_with_scheduled_changes":
		return v.scheduled(e, u)
	}
	return unknown
}

// scheduled writes a subscription as it will be once its scheduled changes are
// made.
func (v *view) scheduled(e *enc, u *site.Subscription) *failure {
	when := u.At(v.t).Changes
	if when <= v.t {
		return &failure{
			status: http.StatusBadRequest, kind: "invalid_request", code: "invalid_state_for_request", older: "no_scheduled_changes",
			message: "There are no scheduled changes for this subscription",
		}
	}
	later := &view{v.Server, when}
	e.Open()
	later.subscriptionElement(e, u)
	e.End()
	return nil
}
