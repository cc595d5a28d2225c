package stripeapi

import (
	"net/http"
	"slices"
	"strings"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/wire"
)

// paging is what every list knows.
var paging = []string{"limit", "starting_after", "ending_before"}

// known lists the parameters of each list beyond paging.
var known = map[string][]string{
	"customers":              {"created", "email", "test_clock"},
	"products":               {"created", "active", "ids", "shippable", "url"},
	"prices":                 {"created", "active", "currency", "lookup_keys", "product", "type"},
	"coupons":                {"created"},
	"promotion_codes":        {"created", "active", "code", "coupon", "customer"},
	"tax_rates":              {"created", "active", "inclusive"},
	"subscriptions":          {"created", "status", "customer", "price", "collection_method", "current_period_start", "current_period_end", "test_clock"},
	"subscription_items":     {"subscription"},
	"subscription_schedules": {"created", "customer", "canceled_at", "completed_at", "released_at", "scheduled"},
	"invoices":               {"created", "status", "customer", "subscription", "collection_method", "due_date"},
	"invoiceitems":           {"created", "customer", "invoice", "pending"},
	"credit_notes":           {"created", "customer", "invoice"},
	"events":                 {"created", "type", "types", "delivery_success"},
}

// kinds names the type of object in each list, as expand sees it.
var kinds = map[string]string{
	"customers": "customer", "products": "product", "prices": "price", "coupons": "coupon", "promotion_codes": "event", "tax_rates": "tax_rate",
	"subscriptions": "subscription", "subscription_items": "item", "subscription_schedules": "schedule", "invoices": "invoice",
	"invoiceitems": "invoiceitem", "credit_notes": "credit_note", "events": "event",
}

// ask is one request, understood.
type ask struct {
	*moment
	p    *params
	want *expand
	url  string
}

// answer writes the answer to a request.
func (s *Server) answer(e *enc, r *http.Request, parts []string, l wire.Luck) *failure {
	unknown := &failure{status: http.StatusNotFound, kind: "invalid_request_error", message: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + ")."}
	if r.Method != http.MethodGet || len(parts) == 0 {
		return unknown
	}
	m := &moment{catalogBytes: s.bytes, c: s.c, t: s.Now().Unix()}
	name := parts[0]
	if slices.Contains(s.o.Denied, name) {
		return denied(name)
	}
	kind, list := kinds[name], len(parts) == 1
	allowed := paging
	switch {
	case name == "account" && list:
		return s.account(e)
	case kind == "":
		return unknown
	case list:
		allowed = append(slices.Clone(paging), known[name]...)
	case len(parts) == 3 && parts[2] == "lines" && (name == "invoices" || name == "credit_notes"):
		kind, list = map[string]string{"invoices": "line", "credit_notes": "noteline"}[name], true
	case len(parts) == 2:
		allowed = nil
	default:
		return unknown
	}
	p, fail := parseParams(r.URL.Query(), allowed)
	if fail != nil {
		return fail
	}
	want, fail := parseExpand(kind, list, p.many["expand"])
	if fail != nil {
		return fail
	}
	a := &ask{moment: m, p: p, want: want, url: r.URL.Path}
	if l.Kind == wire.EmptyPage && list && !slices.Contains([]string{"line", "noteline"}, kind) {
		e.B = append(e.B, `{"object":"list","data":[],"has_more":true,"url":"`+a.url+`"}`...)
		return nil
	}
	p.again = l.Kind == wire.DuplicatePage
	switch len(parts) {
	case 1:
		return s.list(e, a, name)
	case 3:
		return a.linesOf(e, name, parts[1])
	}
	return s.single(e, a, name, parts[1])
}

func (s *Server) account(e *enc) *failure {
	e.Open()
	e.Str("id", accountID(s.c))
	e.Str("object", "account")
	e.Bool("charges_enabled", true)
	e.Str("country", "US")
	e.Num("created", s.c.Start().Unix())
	e.Str("default_currency", "usd")
	e.Bool("details_submitted", true)
	e.Str("email", "owner@example.com")
	e.Bool("payouts_enabled", true)
	e.Str("type", "standard")
	e.End()
	return nil
}

func accountID(c *company.Company) string {
	return "acct_1" + c.ID(company.KindInvoice, 0)[4:][:15]
}

// owner finds the customer of a `customer` parameter; ok is false for one that
// names nobody.
func (a *ask) owner() (cust *company.Customer, asked, ok bool) {
	id := a.p.one["customer"]
	if id == "" {
		return nil, false, true
	}
	cust = a.findCustomer(id)
	return cust, true, cust != nil && cust.Created <= a.t
}

func (s *Server) list(e *enc, a *ask, name string) *failure {
	switch name {
	case "customers":
		return a.customers(e)
	case "products", "prices", "coupons", "tax_rates", "promotion_codes":
		return a.catalog(e, name)
	case "subscriptions":
		return a.subscriptions(e)
	case "subscription_items":
		return a.itemsOf(e)
	case "subscription_schedules":
		return a.schedules(e)
	case "invoices":
		return a.invoices(e)
	case "invoiceitems":
		return a.invoiceItems(e)
	case "credit_notes":
		return a.creditNotes(e)
	}
	return s.eventList(e, a)
}

func (a *ask) customers(e *enc) *failure {
	email := a.p.one["email"]
	l := shelf[*company.Customer]{
		all:  a.c.Customers,
		key:  func(x *company.Customer) (int64, company.Ref) { return x.Created, x.Ref },
		find: func(id string) (*company.Customer, bool) { x := a.findCustomer(id); return x, x != nil },
		keep: func(x *company.Customer) bool {
			return !gone(x, a.t) && !x.Gone(a.t) && a.p.one["test_clock"] == "" && (email == "" || strings.EqualFold(email, x.Email))
		},
		write: func(e *enc, x *company.Customer) { a.customer(e, x, a.want) },
	}
	return l.serve(e, a.p, a.t, "customer", a.url)
}

func gone(x *company.Customer, t int64) bool { return x.Deleted > 0 && x.Deleted <= t }

func (a *ask) subscriptions(e *enc) *failure {
	status := a.p.one["status"]
	if !slices.Contains([]string{"", "all", "ended", "active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"}, status) {
		return invalid("", "status", "Invalid status: must be one of active, past_due, unpaid, canceled, incomplete, incomplete_expired, trialing, paused, all, or ended")
	}
	cust, asked, ok := a.owner()
	if !ok {
		return missing("customer", a.p.one["customer"], "customer")
	}
	l := shelf[*company.Subscription]{
		all:  a.c.Subscriptions,
		key:  func(x *company.Subscription) (int64, company.Ref) { return x.Created, x.Ref },
		find: func(id string) (*company.Subscription, bool) { x := a.findSubscription(id); return x, x != nil },
		keep: func(x *company.Subscription) bool {
			return !x.Customer.Gone(a.t) && a.inStatus(x, status) && a.onPrice(x) && a.inPeriod(x) && a.collects(x) && a.p.one["test_clock"] == ""
		},
		write: func(e *enc, x *company.Subscription) { a.subscription(e, x, a.want) },
	}
	if asked {
		l.all = slices.Clone(cust.Subscriptions)
		slices.SortFunc(l.all, func(x, y *company.Subscription) int { return int(x.Created - y.Created) })
	}
	return l.serve(e, a.p, a.t, "subscription", a.url)
}

func (a *ask) inStatus(x *company.Subscription, status string) bool {
	is := x.At(a.t).Status
	switch status {
	case "all":
		return true
	case "":
		return is != company.Canceled
	case "ended":
		return is == company.Canceled || is == company.IncompleteExpired
	}
	return is.String() == status
}

func (a *ask) onPrice(x *company.Subscription) bool {
	id := a.p.one["price"]
	return id == "" || slices.ContainsFunc(x.At(a.t).Items, func(i company.Item) bool { return i.Price.ID == id })
}

func (a *ask) collects(x *company.Subscription) bool {
	how := a.p.one["collection_method"]
	return how == "" || how == collection(x)
}

// falls says whether a moment (0 for none) lies in the range asked for.
func (a *ask) falls(name string, t int64) bool {
	lo, hi := a.p.bounds(name)
	return len(a.p.ranges[name]) == 0 || t > 0 && t >= lo && t < hi
}

func (a *ask) inPeriod(x *company.Subscription) bool {
	c := x.CycleAt(a.t)
	lo, hi := a.p.bounds("current_period_start")
	from, to := a.p.bounds("current_period_end")
	return c.Start >= lo && c.Start < hi && c.End >= from && c.End < to
}

func (a *ask) itemsOf(e *enc) *failure {
	id := a.p.one["subscription"]
	if id == "" {
		return invalid("parameter_missing", "subscription", "Missing required param: subscription.")
	}
	s := a.findSubscription(id)
	if s == nil || s.Created > a.t {
		return missing("subscription", id, "subscription")
	}
	items := s.At(a.t).Items
	ids := make([]string, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	return inOrder(e, ids, a.p, "subscription_item", a.url, func(e *enc, i int) { a.item(e, s, &items[i], s.CycleAt(a.t), a.want) })
}

func (a *ask) schedules(e *enc) *failure {
	id := a.p.one["customer"]
	l := shelf[*company.Schedule]{
		all: a.c.Schedules,
		key: func(x *company.Schedule) (int64, company.Ref) { return x.Created, x.Sub.Ref },
		find: func(id string) (*company.Schedule, bool) {
			s, _ := a.findOwner(company.KindSchedule, id)
			if s == nil || s.Schedule == nil {
				return nil, false
			}
			return s.Schedule, true
		},
		keep: func(x *company.Schedule) bool {
			in := func(name string, t int64) bool { return a.falls(name, pick(t <= a.t, t, 0)) }
			return !x.Sub.Customer.Gone(a.t) && (id == "" || x.Sub.Customer.ID == id) && a.p.one["scheduled"] != "true" &&
				in("canceled_at", x.Canceled) && in("completed_at", x.Done) && in("released_at", x.Released)
		},
		write: func(e *enc, x *company.Schedule) { a.schedule(e, x, a.want) },
	}
	return l.serve(e, a.p, a.t, "subscription_schedule", a.url)
}

func (a *ask) invoices(e *enc) *failure {
	status := a.p.one["status"]
	cust, asked, ok := a.owner()
	if !ok {
		return missing("customer", a.p.one["customer"], "customer")
	}
	l := shelf[*company.Invoice]{
		all:  a.c.Invoices,
		key:  func(x *company.Invoice) (int64, company.Ref) { return x.Created, x.Ref },
		find: func(id string) (*company.Invoice, bool) { x := a.findInvoice(id); return x, x != nil },
		keep: func(x *company.Invoice) bool {
			return !x.Customer.Gone(a.t) && (status == "" || x.State(a.t) == status) && a.collects(x.Sub) && a.falls("due_date", a.due(x))
		},
		write: func(e *enc, x *company.Invoice) { a.invoice(e, x, a.want) },
	}
	if asked {
		l.all = nil
		for _, s := range cust.Subscriptions {
			l.all = append(l.all, s.Invoices...)
		}
		slices.SortStableFunc(l.all, func(x, y *company.Invoice) int { return int(x.Created - y.Created) })
	}
	if id := a.p.one["subscription"]; id != "" {
		s := a.findSubscription(id)
		if s == nil || s.Created > a.t || asked && s.Customer != cust {
			return missing("subscription", id, "subscription")
		}
		l.all = s.Invoices
	}
	return l.serve(e, a.p, a.t, "invoice", a.url)
}

func (a *ask) linesOf(e *enc, name, id string) *failure {
	if name == "credit_notes" {
		n := a.note(id)
		if n == nil {
			return missing("credit_note", id, "id")
		}
		return inOrder(e, []string{"cnli_" + a.lineID(n.Invoice, n.Line)[3:]}, a.p, "credit_note_line_item", a.url, func(e *enc, _ int) { a.creditLine(e, n) })
	}
	v := a.findInvoice(id)
	if v == nil || v.Created > a.t {
		return missing("invoice", id, "id")
	}
	ids := make([]string, len(v.Lines))
	for i := range v.Lines {
		ids[i] = a.lineID(v, i)
	}
	return inOrder(e, ids, a.p, "line_item", a.url, func(e *enc, i int) { a.line(e, v, i, a.want) })
}

func (a *ask) invoiceItems(e *enc) *failure {
	pending := a.p.one["pending"]
	l := shelf[*company.InvoiceItem]{
		all: a.c.InvoiceItems,
		key: func(x *company.InvoiceItem) (int64, company.Ref) { return x.Date, x.Ref },
		find: func(id string) (*company.InvoiceItem, bool) {
			x := a.aside(id)
			return x, x != nil
		},
		keep: func(x *company.InvoiceItem) bool {
			open := x.Invoice == nil || x.Invoice.Created > a.t
			switch {
			case x.Customer.Gone(a.t):
				return false
			case pending == "true" && !open, pending == "false" && open:
				return false
			case a.p.one["customer"] != "" && x.Customer.ID != a.p.one["customer"]:
				return false
			}
			id := a.p.one["invoice"]
			return id == "" || !open && x.Invoice.ID == id
		},
		write: func(e *enc, x *company.InvoiceItem) { a.invoiceItem(e, x, a.want) },
	}
	return l.serve(e, a.p, a.t, "invoiceitem", a.url)
}

func (a *ask) aside(id string) *company.InvoiceItem {
	s, r := a.findOwner(company.KindInvoiceItem, id)
	if s == nil || r.N() >= len(s.Pending) || s.Pending[r.N()].Date > a.t {
		return nil
	}
	return s.Pending[r.N()]
}

func (a *ask) creditNotes(e *enc) *failure {
	l := shelf[*company.CreditNote]{
		all:  a.c.CreditNotes,
		key:  func(x *company.CreditNote) (int64, company.Ref) { return x.Created, x.Ref },
		find: func(id string) (*company.CreditNote, bool) { x := a.note(id); return x, x != nil },
		keep: func(x *company.CreditNote) bool {
			return !x.Customer.Gone(a.t) && (a.p.one["customer"] == "" || x.Customer.ID == a.p.one["customer"]) && (a.p.one["invoice"] == "" || x.Invoice.ID == a.p.one["invoice"])
		},
		write: func(e *enc, x *company.CreditNote) { a.creditNote(e, x, a.want) },
	}
	return l.serve(e, a.p, a.t, "credit_note", a.url)
}

func (a *ask) note(id string) *company.CreditNote {
	s, r := a.findOwner(company.KindCreditNote, id)
	if s == nil {
		return nil
	}
	i := slices.IndexFunc(s.Credits, func(n *company.CreditNote) bool { return n.Ref == r && n.Created <= a.t })
	if i < 0 {
		return nil
	}
	return s.Credits[i]
}

// kept is for how many seconds events are listed.
const kept = 30 * 24 * 3600

func (s *Server) eventList(e *enc, a *ask) *failure {
	types := a.p.many["types"]
	if t := a.p.one["type"]; t != "" {
		types = append(types, t)
	}
	l := shelf[*company.Event]{
		all: s.c.Events,
		key: func(x *company.Event) (int64, company.Ref) { return x.At, x.Ref },
		find: func(id string) (*company.Event, bool) {
			r, ok := a.c.Find(company.KindEvent, id)
			if !ok {
				return nil, false
			}
			x := s.events[r]
			return x, x != nil
		},
		keep: func(x *company.Event) bool {
			return x.At > a.t-kept && !(x.Customer != nil && x.Customer.Gone(a.t)) && a.p.one["delivery_success"] != "false" && typed(x.Type, types) && !s.o.Faults.Late(uint64(x.Ref), x.At, a.t)
		},
		write: func(e *enc, x *company.Event) { a.event(e, x) },
	}
	if lo, _ := a.p.bounds("created"); lo < a.t-kept {
		if a.p.ranges["created"] == nil {
			a.p.ranges["created"] = map[string]int64{}
		}
		a.p.ranges["created"]["gte"] = a.t - kept + 1
		delete(a.p.ranges["created"], "gt")
	}
	return l.serve(e, a.p, a.t, "event", a.url)
}

func (a *ask) catalog(e *enc, name string) *failure {
	switch name {
	case "products":
		l := few(a.c.Catalog.Products, func(x *company.Product) (int64, string) { return x.Created, x.ID })
		ids := a.p.many["ids"]
		l.keep = func(x *company.Product) bool {
			return (len(ids) == 0 || slices.Contains(ids, x.ID)) && a.p.one["active"] != "false" &&
				a.p.one["shippable"] != "true" && a.p.one["url"] == ""
		}
		l.write = func(e *enc, x *company.Product) { a.product(e, x) }
		return l.serve(e, a.p, a.t, "product", a.url)
	case "prices":
		l := few(a.c.Catalog.Prices, func(x *company.Price) (int64, string) { return x.Created, x.ID })
		l.keep = a.wantedPrice
		l.write = func(e *enc, x *company.Price) { a.price(e, x, a.want) }
		return l.serve(e, a.p, a.t, "price", a.url)
	case "coupons":
		l := few(a.c.Catalog.Coupons, func(x *company.Coupon) (int64, string) { return x.Created, x.ID })
		l.keep = func(x *company.Coupon) bool { return x.Deleted == 0 || x.Deleted > a.t }
		l.write = func(e *enc, x *company.Coupon) { a.coupon(e, x, a.want) }
		return l.serve(e, a.p, a.t, "coupon", a.url)
	case "promotion_codes":
		return shelf[*company.Coupon]{}.serve(e, a.p, a.t, "promotion_code", a.url)
	}
	l := few(a.c.Catalog.Taxes, func(x *company.TaxRate) (int64, string) { return x.Created, x.ID })
	l.keep = func(x *company.TaxRate) bool {
		return a.p.one["active"] != "false" && (a.p.one["inclusive"] == "" || a.p.one["inclusive"] == map[bool]string{true: "true", false: "false"}[x.Inclusive])
	}
	l.write = func(e *enc, x *company.TaxRate) { a.tax(e, x) }
	return l.serve(e, a.p, a.t, "tax_rate", a.url)
}

func (a *ask) wantedPrice(x *company.Price) bool {
	active := x.Archived == 0 || x.Archived > a.t
	switch a.p.one["active"] {
	case "true":
		if !active {
			return false
		}
	case "false":
		if active {
			return false
		}
	}
	kind := "recurring"
	if x.OneTime {
		kind = "one_time"
	}
	has := func(name, value string) bool { return a.p.one[name] == "" || a.p.one[name] == value }
	return has("product", x.Product.ID) && has("currency", x.Currency) && has("type", kind) && len(a.p.many["lookup_keys"]) == 0
}

// few is a short shelf that is sorted, and searched by identifier, on the spot.
func few[T any](list []T, key func(T) (int64, string)) shelf[T] {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int {
		ta, _ := key(a)
		tb, _ := key(b)
		return int(ta - tb)
	})
	order := map[string]int{}
	for i, x := range list {
		_, id := key(x)
		order[id] = i
	}
	return shelf[T]{
		all: list,
		key: func(x T) (int64, company.Ref) { t, id := key(x); return t, company.Ref(order[id]) },
		find: func(id string) (T, bool) {
			i, ok := order[id]
			if !ok {
				var none T
				return none, false
			}
			return list[i], true
		},
	}
}
