package simulator

import (
	"iter"
	"time"

	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/site"
)

// Config names a company over all of its billing providers.
type Config struct {
	Seed      uint64
	Customers int       // that have arrived by the end of Months, in Stripe and Chargebee together
	Months    int       // calendar months of history, the present one included
	Now       time.Time // the first moment one may look at
	Start     time.Time // the founding; zero: the first day of the month Months-1 before yesterday's
	Until     time.Time // the last moment one may look at; at least a day after Now
	Catalogue int       // of the Chargebee site, 1 or 2; 0: 2
	OldEvents int       // one event in so many speaks another API version; 0: as usual
	Deleted   int       // one customer in so many is deleted some day; 0: as usual
	Vanishing int       // one customer in so many vanishes some day without a word; 0: none
}

// moving is one customer in how many moves between providers.
const moving = 25

// Company is a simulated company that bills through three providers: a Stripe
// account (`main`), a Chargebee site (`emea`) and a contracts file
// (`enterprise`). Some customers move from one to another.
type Company struct {
	Config Config
	Books  *company.Company // the Stripe account and the contracts
	Site   *site.Site       // the Chargebee site
	moves  []Move
}

// New simulates a company. Of its customers two thirds live on Stripe and one
// third on the Chargebee site; contracts come on top.
func New(cfg Config) *Company {
	if cfg.Catalogue == 0 {
		cfg.Catalogue = 2
	}
	there := cfg.Customers / 3
	books := company.New(company.Config{
		Seed: cfg.Seed, Customers: cfg.Customers - there, Months: cfg.Months, Now: cfg.Now, Start: cfg.Start, Until: cfg.Until,
		OldEvents: cfg.OldEvents, Deleted: cfg.Deleted, Vanishing: cfg.Vanishing, Moves: moving,
	})
	c := &Company{Config: cfg, Books: books, Site: site.New(site.Config{
		Seed: cfg.Seed, Catalogue: site.Catalogue(cfg.Catalogue), Customers: there, Months: cfg.Months, Now: cfg.Now,
		Start: books.Start(), Until: books.Config.Until, Guests: guests(books), Vanishing: cfg.Vanishing,
	})}
	c.moves = moves(books, c.Site)
	return c
}

// Start is the founding of the company.
func (c *Company) Start() time.Time { return c.Books.Start() }

// Truth is the truth about all items of all providers, as company.Truth has it.
func (c *Company) Truth(now time.Time, zone *time.Location) iter.Seq[company.Row] {
	return func(yield func(company.Row) bool) {
		for _, truth := range []iter.Seq[company.Row]{c.Books.Truth(now, zone), c.Site.Truth(now, zone)} {
			for row := range truth {
				if !yield(row) {
					return
				}
			}
		}
	}
}
