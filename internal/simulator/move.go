package simulator

import (
	"cmp"
	"slices"
	"time"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/site"
)

// Place is a customer at one source.
type Place struct{ Source, Customer string }

// Move is one customer's change of provider. In the moment At it stops being
// paid for at From and is paid for at To: on that day nobody is lost or won.
type Move struct {
	Account  string // that both places belong to
	From, To Place
	At       time.Time
	Level    bool // at the same price
	// Tagged says that both customers' metadata name the account; if not,
	// only the identity file does.
	Tagged bool
}

// guests are the customers who are, were or will be paid for on the site for a
// part of their lives.
func guests(books *company.Company) []site.Guest {
	var list []site.Guest
	for s := range books.Stays() {
		g := site.Guest{
			Account: s.Account, Tagged: s.Tagged, Name: s.Name, Currency: s.Currency, Country: s.Country, Owner: s.Owner, Segment: s.Segment,
			Stays: []site.Stay{{From: time.Unix(s.From, 0).UTC(), Monthly: s.Monthly}},
		}
		if s.Until > 0 {
			g.Stays[0].Until = time.Unix(s.Until, 0).UTC()
		}
		list = append(list, g)
	}
	return list
}

// moves pairs the two places of every customer who moves, in order of time.
func moves(books *company.Company, there *site.Site) []Move {
	ids := map[string]string{}
	for _, cust := range there.Customers {
		if cust.Guest {
			ids[cust.Account] = cust.ID
		}
	}
	var list []Move
	for s := range books.Stays() {
		id, known := ids[s.Account]
		if !known {
			continue // from after the end of the history
		}
		m := Move{Account: s.Account, From: Place{s.Source, s.Customer}, To: Place{site.Source, id}, At: time.Unix(s.From, 0).UTC(), Level: s.Monthly > 0, Tagged: s.Tagged}
		if s.Comes {
			list = append(list, m)
		}
		if s.Until > 0 {
			m.From, m.To, m.At = m.To, m.From, time.Unix(s.Until, 0).UTC()
			m.Level = m.Level && !s.Comes // who comes back buys anew
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Move) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Account, b.Account)) })
	return list
}

// Moves are the changes of provider that have happened by now, in order of time.
func (c *Company) Moves(now time.Time) []Move {
	n, _ := slices.BinarySearchFunc(c.moves, now, func(m Move, t time.Time) int {
		if m.At.After(t) {
			return 1
		}
		return -1
	})
	return c.moves[:n]
}
