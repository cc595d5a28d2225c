package site

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"mrrsync/internal/simulator/dice"
	"mrrsync/internal/simulator/reckon"
)

// The first number of a stream's path after the seed says what it is for.
const (
	forArrival uint64 = iota + 1001
	forCustomer
	forPlan
	forAction
	forPayment
	forUsage
	forEvent
	forIDs
	forLines
	forGuest
	forVanishing
)

// The indexes of customers: own ones from 0, the new customers of transferred
// subscriptions and of guests at these bits and above. The site itself has one too.
const (
	heirs  = 1 << 29
	seller = 1 << 34
	guests = 1 << 35
)

// New simulates a site.
func New(cfg Config) *Site {
	if cfg.Catalogue == 0 {
		cfg.Catalogue = Items
	}
	cfg.Months = max(cfg.Months, 1)
	if cfg.Start.IsZero() {
		y, m, _ := cfg.Now.UTC().AddDate(0, 0, -1).Date()
		cfg.Start = time.Date(y, m-time.Month(cfg.Months-1), 1, 0, 0, 0, 0, time.UTC)
	}
	if tomorrow := cfg.Now.Add(24 * time.Hour); cfg.Until.Before(tomorrow) {
		cfg.Until = tomorrow
	}
	s := &Site{
		Config: cfg, start: cfg.Start.Unix(), until: cfg.Until.Unix(), first: cfg.Now.Unix() - Window - reckon.Hour,
		customers: map[string]*Customer{}, subscriptions: map[string]*Subscription{},
	}
	s.Catalog = newCatalog(cfg.Catalogue, s.start)
	s.catalogEvents()
	span := reckon.MonthsLater(s.start, cfg.Months) - s.start
	for i := 0; ; i++ {
		at, more := s.arrival(i, span)
		if !more {
			break
		}
		if at < s.until {
			s.live(i, at)
		}
	}
	for _, g := range cfg.Guests {
		s.host(g)
	}
	s.collect()
	return s
}

// arrival is when own customer i comes; more is false once nobody can come
// before the end. A fifth of them come in the first tenth of the time.
func (s *Site) arrival(i int, span int64) (at int64, more bool) {
	n := int64(max(s.Config.Customers, 0))
	if n == 0 {
		return 0, false
	}
	low := s.start + shape(int64(i), n, span)
	if low >= s.until {
		return 0, false
	}
	high := s.start + shape(int64(i)+1, n, span)
	return low + dice.Roll(s.Config.Seed, forArrival, uint64(i)).Int64N(max(high-low, 1)), true
}

// shape maps the i-th of n customers to a part of the span, and those beyond n
// to the time after it.
func shape(i, n, span int64) int64 {
	if i*5 <= n {
		return span * i / (2 * n)
	}
	return span/10 + span*9*(5*i-n)/(40*n)
}

// id writes an identifier that looks like Chargebee's.
func (s *Site) id(prefix string, what uint64, r Ref) string {
	b := make([]byte, 0, 16)
	b = append(b, prefix...)
	return string(dice.Base62(b, dice.Mix(uint64(r)^dice.Hash(s.Config.Seed, forIDs, what))))
}

func (s *Site) emit(e *Event) {
	if e.At < s.first || e.At > s.until {
		return
	}
	e.ID = s.id("ev_", forEvent, e.Ref)
	s.Events = append(s.Events, e)
}

// add takes a new customer in.
func (s *Site) add(c *Customer) {
	s.Customers = append(s.Customers, c)
	s.customers[c.ID] = c
}

// collect puts all that happened in order of time and numbers the documents.
func (s *Site) collect() {
	for _, c := range s.Customers {
		for _, b := range c.Subscriptions {
			s.Subscriptions = append(s.Subscriptions, b)
			s.subscriptions[b.ID] = b
			s.Invoices = append(s.Invoices, b.Invoices...)
			s.CreditNotes = append(s.CreditNotes, b.Credits...)
			s.Ramps = append(s.Ramps, b.Ramps...)
		}
	}
	byTime(s.Customers, func(x *Customer) (int64, Ref) { return x.Created(), x.Ref })
	byTime(s.Subscriptions, func(x *Subscription) (int64, Ref) { return x.Created, x.Ref })
	byTime(s.Invoices, func(x *Invoice) (int64, Ref) { return x.Date, x.Ref })
	byTime(s.CreditNotes, func(x *CreditNote) (int64, Ref) { return x.Date, x.Ref })
	byTime(s.Ramps, func(x *Ramp) (int64, Ref) { return x.Created, x.Ref })
	byTime(s.Events, func(x *Event) (int64, Ref) { return x.At, x.Ref })
	for i, v := range s.Invoices {
		v.Number, v.ID = i+1, strconv.Itoa(i+1)
	}
	for i, c := range s.CreditNotes {
		c.Number, c.ID = i+1, "CN-"+strconv.Itoa(i+1)
	}
}

func byTime[T any](list []T, key func(T) (int64, Ref)) {
	sort.Slice(list, func(i, j int) bool {
		ti, ri := key(list[i])
		tj, rj := key(list[j])
		return ti < tj || ti == tj && ri < rj
	})
}

// Invoice finds an invoice by its identifier, nil when there is none.
func (s *Site) Invoice(id string) *Invoice {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(s.Invoices) || s.Invoices[n-1].ID != id {
		return nil
	}
	return s.Invoices[n-1]
}

// CreditNote finds a credit note by its identifier, nil when there is none.
func (s *Site) CreditNote(id string) *CreditNote {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "CN-"))
	if err != nil || n < 1 || n > len(s.CreditNotes) || s.CreditNotes[n-1].ID != id {
		return nil
	}
	return s.CreditNotes[n-1]
}

func (s *Site) catalogEvents() {
	n := 0
	tell := func(t int64, kind string, fill func(*Event)) {
		n++
		if t == 0 {
			return
		}
		e := &Event{Ref: ref(seller, 0, n), At: t, Type: kind, Source: "admin_console"}
		fill(e)
		s.emit(e)
	}
	item, price := "item", "item_price"
	for _, p := range s.Catalog.Products {
		if s.Config.Catalogue == Plans {
			n++
			continue
		}
		tell(p.Created, item+"_created", func(e *Event) { e.Product = p })
		tell(p.Renamed, item+"_updated", func(e *Event) { e.Product = p })
	}
	for _, p := range s.Catalog.Prices {
		if s.Config.Catalogue == Plans {
			price = "addon"
			if p.Product.Kind == Plan {
				price = "plan"
			}
		}
		tell(p.Created, price+"_created", func(e *Event) { e.Price = p })
		tell(p.Archived, price+"_updated", func(e *Event) { e.Price = p })
	}
	for _, x := range s.Catalog.Coupons {
		tell(x.Created, "coupon_created", func(e *Event) { e.Coupon = x })
		tell(x.Archived, "coupon_updated", func(e *Event) { e.Coupon = x })
	}
}
