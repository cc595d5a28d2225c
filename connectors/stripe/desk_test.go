package stripe_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"mrrsync/normalize"
)

// desk is an account that a case writes down, on the wire as Stripe shows it:
// newest first, thirty days of events, test clocks hidden from lists, ten items
// of a subscription in sight, tiers and coupons only for those who expand them.
type desk struct {
	t *testing.T

	mu      sync.Mutex
	now     time.Time
	objects map[string]map[string]thing // by kind and id, as the case states them
	order   []string                    // kind/id, in the order of the case
	events  []thing
	refused []string
}

func newDesk(t *testing.T) *desk {
	return &desk{t: t, objects: map[string]map[string]thing{}}
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) set(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = now
}

func (d *desk) refuse(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused = append(d.refused, path)
}

// births are the events by which an object comes to light.
var births = map[string]string{
	"customer": "customer.created", "product": "product.created", "price": "price.created", "coupon": "coupon.created", "tax_rate": "tax_rate.created",
	"subscription": "customer.subscription.created", "subscription_schedule": "subscription_schedule.created", "invoice": "invoice.created",
	"credit_note": "credit_note.created", "invoiceitem": "invoiceitem.created",
}

var lists = map[string]string{
	"customers": "customer", "products": "product", "prices": "price", "coupons": "coupon", "tax_rates": "tax_rate", "subscriptions": "subscription",
	"subscription_schedules": "subscription_schedule", "invoices": "invoice", "credit_notes": "credit_note", "invoiceitems": "invoiceitem",
}

// happen takes one object or event of the case.
func (d *desk) happen(text string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	o, err := parseThing(text)
	if err != nil {
		d.t.Fatalf("%v in %s", err, text)
	}
	if o["object"] != "event" {
		if d.put(o) {
			kind, _ := o["object"].(string)
			d.event(births[kind], created(d.objects[kind][id(o)]), d.render(d.objects[kind][id(o)], nil), nil)
		}
		return
	}
	data, _ := o["data"].(thing)
	changed, _ := data["object"].(thing)
	if changed == nil {
		d.t.Fatalf("an event without data.object: %s", text)
	}
	if changed["object"] != "discount" {
		d.put(changed)
		kind, _ := changed["object"].(string)
		changed = d.objects[kind][id(changed)]
	}
	shown := d.render(changed, nil)
	before, _ := data["previous_attributes"].(thing)
	if items, ok := before["items"].([]any); ok {
		before = over(before, thing{"items": thing{"data": d.items(items, changed, nil)}})
	}
	d.event(fmt.Sprint(o["type"]), created(o), shown, before)
	last := d.events[len(d.events)-1]
	if version, ok := o["api_version"]; ok {
		last["api_version"] = version
	}
	if o["type"] == "customer.deleted" {
		kind := d.objects["customer"]
		kind[id(changed)] = thing{"id": id(changed), "object": "customer", "deleted": true}
	}
}

func (d *desk) event(typ string, at int64, object, before thing) {
	data := thing{"object": object}
	if before != nil {
		data["previous_attributes"] = before
	}
	d.events = append(d.events, thing{
		"id": fmt.Sprintf("evt_%03d", len(d.events)+1), "object": "event", "api_version": "2023-10-16", "created": at, "type": typ, "livemode": true, "data": data,
	})
}

// put keeps an object, or changes one that is there. fresh: it was not.
func (d *desk) put(o thing) (fresh bool) {
	kind, _ := o["object"].(string)
	if births[kind] == "" || id(o) == "" {
		d.t.Fatalf("an object needs a kind that is listed and an id: %v", o)
	}
	if d.objects[kind] == nil {
		d.objects[kind] = map[string]thing{}
	}
	old, known := d.objects[kind][id(o)]
	if !known {
		d.order = append(d.order, kind+"/"+id(o))
	}
	d.objects[kind][id(o)] = over(old, o)
	if kind == "subscription" && d.objects["customer"][customerOf(o)] == nil {
		d.put(thing{"object": "customer", "id": customerOf(d.objects[kind][id(o)])})
	}
	return !known
}

func id(o thing) string { s, _ := o["id"].(string); return s }

func customerOf(o thing) string {
	if s, ok := o["customer"].(string); ok {
		return s
	}
	return "cus_1"
}

// january is when everything was created of which the case says nothing.
var january = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

func created(o thing) int64 {
	for _, member := range []string{"created", "date", "start_date"} {
		if n, ok := o[member]; ok {
			s, err := strconv.ParseInt(fmt.Sprint(n), 10, 64)
			if err == nil {
				return s
			}
		}
	}
	return january
}

// ordinary is what an object says of which the case says nothing.
func ordinary(o thing) thing {
	at := created(o)
	base := thing{"created": at, "livemode": true, "metadata": thing{}}
	add := func(more thing) thing { return over(over(base, more), o) }
	switch o["object"] {
	case "customer":
		return add(thing{"name": "A customer", "email": "a@customer.example", "currency": "usd", "discount": nil, "address": nil, "test_clock": nil})
	case "product":
		return add(thing{"active": true, "name": id(o)})
	case "price":
		return add(thing{
			"active": true, "currency": "usd", "type": "recurring", "billing_scheme": "per_unit", "nickname": nil, "product": "prod_" + id(o), "tax_behavior": "unspecified",
			"recurring":  thing{"interval": "month", "interval_count": 1, "usage_type": "licensed"},
			"tiers_mode": nil, "transform_quantity": nil, "unit_amount": nil, "unit_amount_decimal": nil,
		})
	case "coupon":
		return add(thing{"amount_off": nil, "currency": nil, "duration": "forever", "duration_in_months": nil, "name": nil, "percent_off": nil, "valid": true})
	case "tax_rate":
		return add(thing{"active": true, "display_name": "VAT", "inclusive": false})
	case "subscription":
		return add(thing{
			"customer": "cus_1", "status": "active", "currency": "usd", "start_date": at, "billing_cycle_anchor": at, "ended_at": nil, "canceled_at": nil, "cancel_at": nil,
			"cancel_at_period_end": false, "trial_start": nil, "trial_end": nil, "discount": nil, "discounts": []any{}, "pause_collection": nil,
			"default_tax_rates": []any{}, "pending_update": nil, "schedule": nil, "test_clock": nil, "description": nil, "items": []any{},
		})
	case "subscription_schedule":
		return add(thing{"customer": "cus_1", "status": "active", "end_behavior": "release", "released_at": nil, "canceled_at": nil, "completed_at": nil, "released_subscription": nil})
	case "invoice":
		return add(thing{
			"customer": "cus_1", "subscription": "sub_1", "currency": "usd", "status": "paid", "attempted": true, "attempt_count": 1, "discounts": []any{}, "discount": nil,
			"status_transitions": thing{"finalized_at": at, "paid_at": at, "voided_at": nil, "marked_uncollectible_at": nil}, "lines": []any{},
		})
	}
	return add(thing{"customer": "cus_1", "currency": "usd"})
}

// render is an object as the API shows it to one who expands these fields.
func (d *desk) render(o thing, expand []string) thing {
	if o["deleted"] == true || o["object"] == "discount" {
		return o
	}
	o = ordinary(o)
	switch o["object"] {
	case "price":
		o = d.price(o, expand)
	case "coupon":
		o = shy(o, expand, "applies_to", "currency_options")
	case "customer":
		if discount, ok := o["discount"].(thing); ok {
			o["discount"] = d.discount(discount, nil)
		}
	case "subscription":
		if list, ok := o["items"].([]any); ok {
			items := d.items(list, o, expand)
			o["items"] = thing{"object": "list", "has_more": len(items) > 10, "data": items[:min(len(items), 10)], "url": "/v1/subscription_items?subscription=" + id(o)}
		}
		o["discounts"] = d.discounts(o["discounts"], expand)
		if discount, ok := o["discount"].(thing); ok {
			o["discount"] = d.discount(discount, expand)
		}
		o["default_tax_rates"] = d.rates(o["default_tax_rates"])
	case "invoice":
		d.invoice(o, expand)
	}
	return o
}

// shy removes members that the API shows only when they are expanded.
func shy(o thing, expand []string, members ...string) thing {
	o = maps.Clone(o)
	for _, m := range members {
		if !slices.Contains(expand, m) {
			delete(o, m)
		}
	}
	return o
}

// price is as lists show it, without what has to be expanded. An embedded one
// expands nothing.
func (d *desk) price(o thing, expand []string) thing {
	o = shy(o, expand, "tiers", "currency_options")
	if o["unit_amount_decimal"] == nil && o["unit_amount"] != nil {
		o["unit_amount_decimal"] = fmt.Sprint(o["unit_amount"])
	}
	return o
}

// at finds an object that another one names by its id.
func (d *desk) at(kind string, named any) any {
	name, ok := named.(string)
	if !ok {
		return named
	}
	if o := d.objects[kind][name]; o != nil {
		return d.render(o, nil)
	}
	d.t.Fatalf("the case has no %s %q", kind, name)
	return nil
}

func (d *desk) items(list []any, sub thing, expand []string) []any {
	out := make([]any, 0, len(list))
	for _, raw := range list {
		given, _ := raw.(thing)
		o := over(thing{"object": "subscription_item", "created": created(sub), "quantity": 1, "discounts": []any{}, "tax_rates": []any{}, "subscription": id(sub)}, given)
		if price, ok := o["price"].(string); ok {
			o["price"] = d.at("price", price)
			if whole, _ := o["price"].(thing); whole["recurring"] != nil && fmt.Sprint(whole["recurring"].(thing)["usage_type"]) == "metered" {
				delete(o, "quantity")
			}
		}
		o["discounts"] = d.discounts(o["discounts"], nest("items.data", expand))
		o["tax_rates"] = d.rates(o["tax_rates"])
		out = append(out, o)
	}
	return out
}

// nest are the fields below a member.
func nest(member string, expand []string) []string {
	var out []string
	for _, f := range expand {
		if rest, ok := strings.CutPrefix(f, member+"."); ok {
			out = append(out, rest)
		}
	}
	return out
}

// discounts are ids unless they are expanded.
func (d *desk) discounts(raw any, expand []string) any {
	list, ok := raw.([]any)
	if !ok {
		return raw
	}
	out := make([]any, 0, len(list))
	for _, v := range list {
		o, whole := v.(thing)
		switch {
		case !whole:
			out = append(out, v)
		case slices.ContainsFunc(expand, func(f string) bool { return f == "discounts" || strings.HasPrefix(f, "discounts.") }):
			out = append(out, d.discount(o, nest("discounts.coupon", expand)))
		default:
			out = append(out, o["id"])
		}
	}
	return out
}

func (d *desk) discount(o thing, expand []string) thing {
	o = over(thing{"object": "discount", "customer": "cus_1", "end": nil, "start": january, "subscription": nil}, o)
	if name, ok := o["coupon"].(string); ok {
		coupon := d.objects["coupon"][name]
		if coupon == nil {
			d.t.Fatalf("the case has no coupon %q", name)
		}
		o["coupon"] = shy(ordinary(coupon), expand, "applies_to", "currency_options")
	}
	return o
}

func (d *desk) rates(raw any) any {
	list, ok := raw.([]any)
	if !ok {
		return raw
	}
	out := make([]any, 0, len(list))
	for _, v := range list {
		out = append(out, d.at("tax_rate", v))
	}
	return out
}

// invoice completes the lines, and the total where the case leaves it out.
func (d *desk) invoice(o thing, expand []string) {
	list, ok := o["lines"].([]any)
	if !ok {
		return
	}
	lines, total := make([]any, 0, len(list)), int64(0)
	sum := func(raw any, only func(thing) bool) (n int64) {
		parts, _ := raw.([]any)
		for _, p := range parts {
			if part, _ := p.(thing); only(part) {
				v, _ := strconv.ParseInt(fmt.Sprint(part["amount"]), 10, 64)
				n += v
			}
		}
		return n
	}
	for _, raw := range list {
		given, _ := raw.(thing)
		l := over(thing{
			"object": "line_item", "type": "subscription", "currency": o["currency"], "subscription": o["subscription"], "proration": false, "quantity": 1, "discounts": []any{},
			"discount_amounts": []any{}, "tax_amounts": []any{}, "tax_rates": []any{}, "livemode": true,
		}, given)
		if l["price"] != nil {
			l["price"] = d.at("price", l["price"])
		}
		l["discounts"] = d.discounts(l["discounts"], nest("lines.data", expand))
		taxes, _ := l["tax_amounts"].([]any)
		for i, raw := range taxes {
			if tax, ok := raw.(thing); ok {
				taxes[i] = over(tax, thing{"tax_rate": d.at("tax_rate", tax["tax_rate"])})
			}
		}
		amount, _ := strconv.ParseInt(fmt.Sprint(l["amount"]), 10, 64)
		total += amount - sum(l["discount_amounts"], func(thing) bool { return true }) + sum(taxes, func(p thing) bool { return p["inclusive"] != true })
		lines = append(lines, l)
	}
	o["lines"] = thing{"object": "list", "has_more": false, "data": lines}
	o["discounts"] = d.discounts(o["discounts"], expand)
	if o["total"] == nil {
		o["total"] = total
	}
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := r.URL.Query()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	var expand []string
	for name, values := range q {
		if strings.HasPrefix(name, "expand") {
			expand = append(expand, values...)
		}
	}
	head, rest, _ := strings.Cut(path, "/")
	kind := lists[head]
	switch {
	case slices.Contains(d.refused, r.URL.Path):
		d.fail(w, http.StatusBadRequest, "this is refused by the case")
	case path == "account":
		d.answer(w, thing{"id": "acct_1", "object": "account"})
	case path == "events":
		d.list(w, q, d.recent(q))
	case path == "subscription_items":
		d.list(w, q, d.allItems(q.Get("subscription"), nest("data", expand)))
	case kind == "":
		d.fail(w, http.StatusNotFound, "Unrecognized request URL")
	case rest != "":
		if o := d.objects[kind][rest]; o != nil {
			d.answer(w, d.render(o, expand))
		} else {
			d.fail(w, http.StatusNotFound, "No such "+kind+": '"+rest+"'")
		}
	default:
		var all []thing
		for _, name := range d.order {
			k, id, _ := strings.Cut(name, "/")
			o := d.objects[k][id]
			if k != kind || o["deleted"] == true || o["test_clock"] != nil || o["status"] == "canceled" && kind == "subscription" && q.Get("status") != "all" {
				continue
			}
			all = append(all, d.render(o, nest("data", expand)))
		}
		d.list(w, q, newest(all))
	}
}

// recent are the events of the last thirty days, of the types asked for.
func (d *desk) recent(q url.Values) []thing {
	var types []string
	for name, values := range q {
		if strings.HasPrefix(name, "types") {
			types = append(types, values...)
		}
	}
	var all []thing
	for _, e := range d.events {
		at := created(e)
		if at <= d.now.Unix() && at > d.now.AddDate(0, 0, -30).Unix() && slices.Contains(types, fmt.Sprint(e["type"])) {
			all = append(all, e)
		}
	}
	return newest(all)
}

func (d *desk) allItems(sub string, expand []string) []thing {
	o := d.objects["subscription"][sub]
	list, _ := o["items"].([]any)
	var all []thing
	below := make([]string, 0, len(expand))
	for _, f := range expand {
		below = append(below, "items.data."+f)
	}
	for _, item := range d.items(list, ordinary(o), below) {
		all = append(all, item.(thing))
	}
	return all
}

// list answers one page.
func (d *desk) list(w http.ResponseWriter, q url.Values, all []thing) {
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		d.fail(w, http.StatusBadRequest, "Invalid limit")
		return
	}
	within := func(o thing) bool {
		for name, holds := range map[string]func(a, b int64) bool{
			"[gte]": func(a, b int64) bool { return a >= b }, "[lt]": func(a, b int64) bool { return a < b },
		} {
			if text := q.Get("created" + name); text != "" {
				if n, err := strconv.ParseInt(text, 10, 64); err != nil || !holds(created(o), n) {
					return false
				}
			}
		}
		return true
	}
	all = slices.DeleteFunc(all, func(o thing) bool { return !within(o) })
	if after := q.Get("starting_after"); after != "" {
		i := slices.IndexFunc(all, func(o thing) bool { return id(o) == after })
		if i < 0 {
			d.fail(w, http.StatusBadRequest, "No such object: '"+after+"'")
			return
		}
		all = all[i+1:]
	}
	more := len(all) > limit
	data := all[:min(limit, len(all))]
	if data == nil {
		data = []thing{}
	}
	d.answer(w, thing{"object": "list", "data": data, "has_more": more, "url": "/v1"})
}

func (d *desk) answer(w http.ResponseWriter, o any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(o); err != nil {
		d.t.Error(err)
	}
}

func (d *desk) fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"type":"invalid_request_error","message":%q}}`, message)
}

// parsePolicy reads a policy as a configuration does.
func parsePolicy(text string) (normalize.Policy, error) {
	return normalize.ParsePolicy(func(into any) error { return yaml.UnmarshalWithOptions([]byte(text), into, yaml.Strict()) })
}
