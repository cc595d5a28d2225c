package chargebee

import (
	chargebee "github.com/chargebee/chargebee-go/v3"
	addonAction "github.com/chargebee/chargebee-go/v3/actions/addon"
	couponAction "github.com/chargebee/chargebee-go/v3/actions/coupon"
	creditNoteAction "github.com/chargebee/chargebee-go/v3/actions/creditnote"
	customerAction "github.com/chargebee/chargebee-go/v3/actions/customer"
	invoiceAction "github.com/chargebee/chargebee-go/v3/actions/invoice"
	itemAction "github.com/chargebee/chargebee-go/v3/actions/item"
	itemPriceAction "github.com/chargebee/chargebee-go/v3/actions/itemprice"
	planAction "github.com/chargebee/chargebee-go/v3/actions/plan"
	rampAction "github.com/chargebee/chargebee-go/v3/actions/ramp"
	subscriptionAction "github.com/chargebee/chargebee-go/v3/actions/subscription"
	"github.com/chargebee/chargebee-go/v3/filter"
	"github.com/chargebee/chargebee-go/v3/models/addon"
	"github.com/chargebee/chargebee-go/v3/models/coupon"
	"github.com/chargebee/chargebee-go/v3/models/creditnote"
	"github.com/chargebee/chargebee-go/v3/models/customer"
	"github.com/chargebee/chargebee-go/v3/models/invoice"
	"github.com/chargebee/chargebee-go/v3/models/item"
	"github.com/chargebee/chargebee-go/v3/models/itemprice"
	"github.com/chargebee/chargebee-go/v3/models/plan"
	"github.com/chargebee/chargebee-go/v3/models/ramp"
	"github.com/chargebee/chargebee-go/v3/models/subscription"

	"mrrsync/connectors"
)

// The kinds of objects, as Chargebee names them in "object". A watch is our
// own: the time during which every change of the site was visible as an event.
const (
	kindItem         = "item"
	kindItemPrice    = "item_price"
	kindPlan         = "plan"
	kindAddon        = "addon"
	kindCoupon       = "coupon"
	kindCustomer     = "customer"
	kindSubscription = "subscription"
	kindRamp         = "ramp"
	kindInvoice      = "invoice"
	kindCreditNote   = "credit_note"
	kindEvent        = "event"
	kindWatch        = connectors.KindWatch
)

// The streams that are not read as a plain list.
const (
	streamSubscriptions connectors.Stream = "subscriptions"
	streamRamps         connectors.Stream = "ramps"
	streamEvents        connectors.Stream = "events"
)

// version is a product catalogue. A site has one of them, and answers
// configuration_incompatible to the requests of the other.
type version uint8

const (
	anyCatalogue version = iota
	catalogueOne         // plans and addons
	catalogueTwo         // items and item prices
)

// query is what all lists are asked with.
type query struct {
	limit        int
	offset       string
	from, to     int64 // updated within [from, to], in seconds; to 0: whenever
	since, until int64 // made within [since, until], in seconds; until 0: whenever
	newest       bool  // the newest first; else the oldest
}

func (q query) limited() *int32 {
	n := int32(q.limit) //nolint:gosec // at most 100
	return &n
}

func (q query) updated() *filter.TimestampFilter {
	if q.to == 0 {
		return nil
	}
	return &filter.TimestampFilter{Between: []int64{q.from, q.to}}
}

// born is the filter by when an object was made.
func (q query) born() *filter.TimestampFilter {
	if q.until == 0 {
		return nil
	}
	return &filter.TimestampFilter{Between: []int64{q.since, q.until}}
}

// by sorts by when an object was made.
func (q query) by(birth string) *filter.SortFilter {
	if q.newest {
		return &filter.SortFilter{Desc: birth}
	}
	return ascending(birth)
}

// list is how a kind of object is listed and fetched. Lists are sorted by what
// never changes, so that a row updated while the list is read cannot push
// another over a page's edge.
type list struct {
	stream    connectors.Stream
	kind      string
	site      version // the catalogue that has this list
	catalogue bool    // belongs to everyone
	birth     string  // the member that says when an object was made, if the list can be cut by it
	list      func(query) chargebee.ListRequest
	one       func(id string) chargebee.Request
}

func ascending(by string) *filter.SortFilter { return &filter.SortFilter{Asc: by} }

// lists are what is read, in order: what others refer to comes first.
func lists() []list { return append(catalogueLists(), customerLists()...) }

func catalogueLists() []list {
	yes := true
	return []list{
		{
			stream: "items", kind: kindItem, site: catalogueTwo, catalogue: true, one: itemAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return itemAction.List(&item.ListRequestParams{Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), SortBy: ascending("id")})
			},
		},
		{
			stream: "item_prices", kind: kindItemPrice, site: catalogueTwo, catalogue: true, one: itemPriceAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return itemPriceAction.List(&itemprice.ListRequestParams{Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), SortBy: ascending("id")})
			},
		},
		{
			stream: "plans", kind: kindPlan, site: catalogueOne, catalogue: true, one: planAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return planAction.List(&plan.ListRequestParams{Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes})
			},
		},
		{
			stream: "addons", kind: kindAddon, site: catalogueOne, catalogue: true, one: addonAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return addonAction.List(&addon.ListRequestParams{Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes})
			},
		},
		{
			stream: "coupons", kind: kindCoupon, catalogue: true, one: couponAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return couponAction.List(&coupon.ListRequestParams{Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), SortBy: ascending("created_at")})
			},
		},
	}
}

func customerLists() []list {
	yes := true
	return []list{
		{
			stream: "customers", kind: kindCustomer, birth: "created_at", one: customerAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return customerAction.List(&customer.ListRequestParams{
					Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes,
					CreatedAt: q.born(), SortBy: q.by("created_at"),
				})
			},
		},
		{
			stream: streamSubscriptions, kind: kindSubscription, birth: "created_at", one: subscriptionAction.Retrieve,
			list: func(q query) chargebee.ListRequest {
				return subscriptionAction.List(&subscription.ListRequestParams{
					Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes,
					CreatedAt: q.born(), SortBy: q.by("created_at"),
				})
			},
		},
		{
			stream: streamRamps, kind: kindRamp, site: catalogueTwo, one: rampAction.Retrieve,
			list: func(q query) chargebee.ListRequest { return rampsOf(q, nil) },
		},
		{
			stream: "invoices", kind: kindInvoice, birth: "date",
			one: func(id string) chargebee.Request { return invoiceAction.Retrieve(id, nil) },
			list: func(q query) chargebee.ListRequest {
				return invoiceAction.List(&invoice.ListRequestParams{
					Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes,
					Date: q.born(), SortBy: q.by("date"),
				})
			},
		},
		{
			stream: "credit_notes", kind: kindCreditNote, birth: "date",
			one: func(id string) chargebee.Request { return creditNoteAction.Retrieve(id, nil) },
			list: func(q query) chargebee.ListRequest {
				return creditNoteAction.List(&creditnote.ListRequestParams{
					Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes,
					Date: q.born(), SortBy: q.by("date"),
				})
			},
		},
	}
}

// rampsOf asks for the ramps of some subscriptions, or of all. The SDK sends a
// missing subscription_id as the text "<nil>", which the API takes for an id.
func rampsOf(q query, subscriptions []string) chargebee.ListRequest {
	yes := true
	params := &ramp.ListRequestParams{
		Limit: q.limited(), Offset: q.offset, UpdatedAt: q.updated(), IncludeDeleted: &yes, SortBy: ascending("created_at"),
	}
	if len(subscriptions) > 0 {
		params.SubscriptionId = &filter.StringFilter{In: subscriptions}
	}
	r := rampAction.List(params)
	r.Params.Del("subscription_id")
	return r
}

// subscriptionsNamed asks for some subscriptions, gone ones included.
func subscriptionsNamed(q query, ids []string) chargebee.ListRequest {
	yes := true
	return subscriptionAction.List(&subscription.ListRequestParams{
		Limit: q.limited(), Offset: q.offset, IncludeDeleted: &yes, Id: &filter.StringFilter{In: ids}, SortBy: ascending("created_at"),
	})
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
