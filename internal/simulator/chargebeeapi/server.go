// Package chargebeeapi serves a simulated site as Chargebee's API would, version
// 2, of either product catalogue: its lists and offsets, its filters, its errors,
// its ninety days of events. Objects are written straight from the site as of
// the present moment; nothing is stored, so the present can be any moment of the
// site's history and can move on between two requests.
//
// Three things are worth knowing, as they are easily taken for faults of the
// simulator. What the API does not know among a list's parameters, it ignores
// (Options.Strict refuses it instead). A list sorted by updated_at counts rows in
// its offsets, so that whatever changes meanwhile makes it lose others. And some
// whole numbers are written with a fraction of zero (Options.Plain: none).
package chargebeeapi

import (
	"cmp"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

// Options says how the API behaves. The zero value is a well-behaved one.
type Options struct {
	Key     string           // the API key it accepts; empty: any
	Site    string           // the site's name; empty: acme
	Clock   func() time.Time // the present; nil: the site's Now
	Latency time.Duration    // of every answer
	Rate    float64          // requests per second, counted by the minute, before it answers 429; 0 without limit
	Faults  wire.Faults
	Denied  []string // streams the key may not read: customers, invoices, events ...
	Strict  bool     // refuse parameters that the API would ignore
	Plain   bool     // no whole number is written as 10.0
	Batches bool     // refuse lists of ramps that do not name subscriptions
	Log     *slog.Logger
}

// Server is the API. It is an http.Handler that counts its Requests.
type Server struct {
	*wire.Front
	site   *site.Site
	o      Options
	orders *orders

	// What the lists are about, each by birth and identifier.
	customers     []*site.Customer
	subscriptions []*site.Subscription
	invoices      []*site.Invoice
	credits       []*site.CreditNote
	ramps         []*site.Ramp
	events        []*site.Event
	coupons       []*site.Coupon
	products      []*site.Product
	prices        []*site.Price
	redemptions   map[*site.Coupon][]int64 // when each was applied, in order

	mu      sync.Mutex
	ignored map[string]int
}

// New serves a site.
func New(x *site.Site, o Options) *Server {
	if o.Clock == nil {
		now := x.Config.Now
		o.Clock = func() time.Time { return now }
	}
	o.Site = cmp.Or(o.Site, "acme")
	s := &Server{site: x, o: o, orders: &orders{kept: map[string]order{}, ids: map[string]map[string]int{}}, ignored: map[string]int{}}
	s.customers = shelve(x.Customers, func(c *site.Customer) (int64, string) { return c.Created(), c.ID })
	s.subscriptions = shelve(x.Subscriptions, func(u *site.Subscription) (int64, string) { return u.Created, u.ID })
	s.invoices = shelve(x.Invoices, func(v *site.Invoice) (int64, string) { return v.Date, v.ID })
	s.credits = shelve(x.CreditNotes, func(c *site.CreditNote) (int64, string) { return c.Date, c.ID })
	s.ramps = shelve(x.Ramps, func(r *site.Ramp) (int64, string) { return r.Created, r.ID })
	s.events = shelve(x.Events, func(e *site.Event) (int64, string) { return e.At, e.ID })
	s.coupons = shelve(x.Catalog.Coupons, func(c *site.Coupon) (int64, string) { return c.Created, c.ID })
	s.products = shelve(x.Catalog.Products, func(p *site.Product) (int64, string) { return p.Created, p.ID })
	s.prices = shelve(x.Catalog.Prices, func(p *site.Price) (int64, string) { return p.Created, p.ID })
	s.redemptions = map[*site.Coupon][]int64{}
	for _, u := range s.subscriptions {
		for _, d := range u.Discounts {
			if d.Coupon != nil {
				s.redemptions[d.Coupon] = append(s.redemptions[d.Coupon], d.Created)
			}
		}
	}
	for _, list := range s.redemptions {
		slices.Sort(list)
	}
	s.Front = wire.NewFront(wire.Provider{
		Base: "/api/v2", Head: head, Admit: s.admit, Answer: s.respond, Refuse: refuse, Limiter: wire.NewMinute(o.Rate),
	}, wire.Options{Clock: o.Clock, Latency: o.Latency, Faults: o.Faults, Log: o.Log})
	return s
}

// shelve copies a list into the order in which it is listed.
func shelve[T any](list []T, key func(T) (int64, string)) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int {
		x, i := key(a)
		y, j := key(b)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(i, j))
	})
	return list
}

func head(h http.Header, request int64) {
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("Chargebee-Request-Id", "req_"+strconv.FormatInt(request+1_000_000_000, 36))
}

// admit reads basic authentication: the key is the user's name, the password
// is empty. The vendor's own client leaves the colon out.
func (s *Server) admit(r *http.Request) *wire.Refusal {
	coded, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Basic ")
	plain, err := base64.StdEncoding.DecodeString(coded)
	if !ok || err != nil || len(plain) == 0 {
		return unauthorized("api_authentication_wrong_format").refusal()
	}
	key, password, _ := strings.Cut(string(plain), ":")
	if key == "" || password != "" || s.o.Key != "" && key != s.o.Key {
		return unauthorized("api_authentication_invalid_key").refusal()
	}
	return nil
}

func (s *Server) respond(b []byte, r *http.Request, path []string, l wire.Luck) ([]byte, *wire.Refusal) {
	e := &enc{wire.JSON{B: b}}
	if f := s.answer(e, r, path, l); f != nil {
		return e.B, f.refusal()
	}
	return e.B, nil
}

// Ignored counts the parameters that were ignored since New: "customers
// updated_at[since]". Who asks for them believes to have a filter and has none.
func (s *Server) Ignored() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ignored)
}
