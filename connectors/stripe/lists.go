package stripe

import (
	stripe "github.com/stripe/stripe-go/v76"

	"mrrsync/connectors"
)

// The kinds of objects, as Stripe names them in "object". A watch is our own:
// the time during which every change of the account was visible as an event.
const (
	kindCustomer     = "customer"
	kindProduct      = "product"
	kindPrice        = "price"
	kindPlan         = "plan"
	kindCoupon       = "coupon"
	kindTaxRate      = "tax_rate"
	kindSubscription = "subscription"
	kindSchedule     = "subscription_schedule"
	kindInvoice      = "invoice"
	kindCreditNote   = "credit_note"
	kindInvoiceItem  = "invoiceitem"
	kindDiscount     = "discount"
	kindEvent        = "event"
	kindWatch        = connectors.KindWatch
)

// list is how a kind of object is listed and fetched.
type list struct {
	stream     connectors.Stream
	kind       string
	path       string // of the list; one object is at path/id
	permission string // what the dashboard calls the permission
	catalogue  bool   // belongs to everyone
	// expand are the fields to ask for beyond the default, as seen from one
	// object. On a list they stand behind "data.": at most four levels in all,
	// or Stripe refuses the request.
	expand []string
	// params are the list's parameters with the given common ones. Lists are
	// filtered by creation time alone: it never changes, so that a list read in
	// ranges neither loses nor repeats an object.
	params func(p stripe.ListParams, created *stripe.RangeQueryParams, expand []*string) any
	// part is the embedded list that may hold only its first page.
	part *part
}

// part is a list embedded in an object: a subscription's items, an invoice's
// lines.
type part struct {
	member string
	path   func(id string) string
	params func(id string, p stripe.ListParams) any
}

// streamEvents is the change feed, read last.
const streamEvents connectors.Stream = "events"

// lists are what is read, in order: what others refer to comes first.
func lists() []list {
	return []list{
		{
			stream: "products", kind: kindProduct, path: "/v1/products", permission: "Products: Read", catalogue: true,
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, _ []*string) any {
				return &stripe.ProductListParams{ListParams: p, CreatedRange: r}
			},
		},
		{
			stream: "prices", kind: kindPrice, path: "/v1/prices", permission: "Prices: Read", catalogue: true,
			expand: []string{"tiers", "currency_options"},
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, x []*string) any {
				return &stripe.PriceListParams{ListParams: p, CreatedRange: r, Expand: x}
			},
		},
		{
			stream: "coupons", kind: kindCoupon, path: "/v1/coupons", permission: "Coupons: Read", catalogue: true,
			expand: []string{"applies_to", "currency_options"},
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, x []*string) any {
				return &stripe.CouponListParams{ListParams: p, CreatedRange: r, Expand: x}
			},
		},
		{
			stream: "tax_rates", kind: kindTaxRate, path: "/v1/tax_rates", permission: "Tax Rates: Read", catalogue: true,
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, _ []*string) any {
				return &stripe.TaxRateListParams{ListParams: p, CreatedRange: r}
			},
		},
		{
			stream: "customers", kind: kindCustomer, path: "/v1/customers", permission: "Customers: Read",
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, _ []*string) any {
				return &stripe.CustomerListParams{ListParams: p, CreatedRange: r}
			},
		},
		{
			stream: "subscriptions", kind: kindSubscription, path: "/v1/subscriptions", permission: "Subscriptions: Read",
			expand: []string{"discounts", "discounts.coupon.applies_to", "items.data.discounts"},
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, x []*string) any {
				// Without a status Stripe hides what was canceled.
				return &stripe.SubscriptionListParams{ListParams: p, CreatedRange: r, Expand: x, Status: stripe.String("all")}
			},
			part: &part{
				member: "items",
				path:   func(string) string { return "/v1/subscription_items" },
				params: func(id string, p stripe.ListParams) any {
					return &stripe.SubscriptionItemListParams{ListParams: p, Subscription: stripe.String(id), Expand: pointers("data.discounts")}
				},
			},
		},
		{
			stream: "subscription_schedules", kind: kindSchedule, path: "/v1/subscription_schedules", permission: "Subscriptions: Read",
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, _ []*string) any {
				return &stripe.SubscriptionScheduleListParams{ListParams: p, CreatedRange: r}
			},
		},
		{
			stream: "invoices", kind: kindInvoice, path: "/v1/invoices", permission: "Invoices: Read",
			expand: []string{"discounts", "discounts.coupon.applies_to", "lines.data.discounts"},
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, x []*string) any {
				return &stripe.InvoiceListParams{ListParams: p, CreatedRange: r, Expand: x}
			},
			part: &part{
				member: "lines",
				path:   func(id string) string { return "/v1/invoices/" + id + "/lines" },
				params: func(_ string, p stripe.ListParams) any {
					return &stripe.InvoiceListLinesParams{ListParams: p, Expand: pointers("data.discounts")}
				},
			},
		},
		{
			stream: "credit_notes", kind: kindCreditNote, path: "/v1/credit_notes", permission: "Credit notes: Read",
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, _ []*string) any {
				return &stripe.CreditNoteListParams{ListParams: p, CreatedRange: r}
			},
			part: &part{
				member: "lines",
				path:   func(id string) string { return "/v1/credit_notes/" + id + "/lines" },
				params: func(_ string, p stripe.ListParams) any {
					return &stripe.CreditNoteListLinesParams{ListParams: p}
				},
			},
		},
		{
			stream: "invoiceitems", kind: kindInvoiceItem, path: "/v1/invoiceitems", permission: "Invoices: Read",
			expand: []string{"discounts"},
			params: func(p stripe.ListParams, r *stripe.RangeQueryParams, x []*string) any {
				// What an invoice has taken up stands on that invoice's lines.
				return &stripe.InvoiceItemListParams{ListParams: p, CreatedRange: r, Expand: x, Pending: stripe.Bool(true)}
			},
		},
	}
}

// pages is the common part of a list's parameters.
func pages(limit int, after string) stripe.ListParams {
	p := stripe.ListParams{Limit: stripe.Int64(int64(limit))}
	if after != "" {
		p.StartingAfter = stripe.String(after)
	}
	return p
}

// expansions are the fields to expand on a list.
func (l list) expansions() []*string {
	var all []*string
	for _, x := range l.expand {
		all = append(all, stripe.String("data."+x))
	}
	return all
}

// one are the parameters to fetch a single object of the list with.
func (l list) one() any {
	if len(l.expand) == 0 {
		return nil
	}
	return &single{Expand: pointers(l.expand...)}
}

// single are the parameters that every fetch by id shares.
type single struct {
	Expand []*string `form:"expand"`
}

func pointers(s ...string) []*string {
	p := make([]*string, len(s))
	for i := range s {
		p[i] = &s[i]
	}
	return p
}

// listOf is the list that a kind of object stands on.
func listOf(kind string) (list, bool) {
	for _, l := range lists() {
		if l.kind == kind {
			return l, true
		}
	}
	return list{}, false
}
