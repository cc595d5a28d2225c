package bench

import "time"

// A Scenario is a fixed piece of work, so that two measurements of it compare.
type Scenario struct {
	Name    string
	Summary string
	// Customers of the company, two thirds of them on Stripe, the others on
	// Chargebee, with 24 months of history.
	Customers int
	Months    int
	// Latency delays every answer of the providers.
	Latency time.Duration
	// Rate is requests_per_second and Concurrency concurrency of both sources.
	Rate        float64
	Concurrency int
	// Source is the only one that is pulled; empty: all of them.
	Source string
	// Nights are the days after the first sync that are synced too.
	Nights int
	// Faults are the providers', as simulate has them, in every sync but the last.
	Faults string
	// Watched says after each sync what stays behind in this process and grows in
	// the warehouse.
	Watched bool
}

// unlimited is a rate that nothing reaches.
const unlimited = 100_000

// troubled are faults that a sync gets over: none of them may change a figure.
const troubled = "429=60,lock=80,500=80,html=80,reset=80,truncate=80,slow=300,empty-page=60,duplicate-page=60"

// Scenarios are all there are.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "smoke", Summary: "a small company, its first sync and a night: does the bench itself work?", Customers: 200, Months: 6, Rate: unlimited, Concurrency: 8, Nights: 1},
		{Name: "full", Summary: "both providers at no latency, then two nights", Customers: 20_000, Months: 24, Rate: unlimited, Concurrency: 8, Nights: 2},
		{Name: "fast-line", Summary: "Stripe at 100 ms latency, 100 requests a second", Customers: 20_000, Months: 24, Latency: 100 * time.Millisecond, Rate: 100, Concurrency: 24, Source: "main"},
		{Name: "slow-line", Summary: "Stripe at 100 ms latency, 25 requests a second", Customers: 20_000, Months: 24, Latency: 100 * time.Millisecond, Rate: 25, Concurrency: 8, Source: "main"},
		{Name: "large", Summary: "a company of some 100,000 subscriptions, then two nights", Customers: 95_000, Months: 24, Rate: unlimited, Concurrency: 8, Nights: 2},
		{Name: "soak", Summary: "a large company whose providers misbehave, then nights; what stays in memory and grows on disk", Customers: 200_000, Months: 24, Rate: unlimited, Concurrency: 8, Nights: 4, Faults: troubled, Watched: true},
	}
}
