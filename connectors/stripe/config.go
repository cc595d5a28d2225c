package stripe

import (
	"errors"
	"net/url"
	"sync"

	"mrrsync/config"
	"mrrsync/connectors"
)

// Defaults of a source's keys. Stripe allows 100 requests a second in live mode
// and 25 in test mode, per account and not per key: 20 leaves room for the
// account's own traffic.
const (
	defaultRate        = 20
	defaultConcurrency = 8
	defaultPageSize    = 100
)

// settings are the keys of a stripe source.
type settings struct {
	APIKey            config.Secret `yaml:"api_key"`
	BaseURL           string        `yaml:"base_url"`
	RequestsPerSecond float64       `yaml:"requests_per_second"`
	Concurrency       int           `yaml:"concurrency"`
	PageSize          int           `yaml:"page_size"`
	SweepRequests     int           `yaml:"sweep_requests"`
}

// Definition makes the connector known.
var Definition = connectors.Definition{
	Name:    "stripe",
	Summary: "A Stripe account (API 2023-10-16): subscriptions, schedules, invoices, and the event feed.",
	Keys: []connectors.Key{
		{Name: "api_key", Required: true, Example: "env:STRIPE_API_KEY", Summary: "a secret or restricted key that may read, as env:NAME or file:PATH"},
		{Name: "base_url", Default: "https://api.stripe.com", Summary: "another address, for a proxy or a simulator"},
		{Name: "requests_per_second", Default: "20", Summary: "for all workers together; slows down by itself on 429"},
		{Name: "concurrency", Default: "8", Summary: "requests under way at once"},
		{Name: "page_size", Default: "100", Summary: "objects asked for per request, 1 to 100"},
		{Name: "sweep_requests", Default: "100", Summary: "requests a run spends on looking for open subscriptions that vanished without a word; 0: none"},
	},
	Open: Open,
}

// Open is the connector of one account. It asks for no secret and sends
// nothing until a method that does I/O is called.
func Open(o connectors.Options) (connectors.Connector, error) {
	s := settings{RequestsPerSecond: defaultRate, Concurrency: defaultConcurrency, PageSize: defaultPageSize, SweepRequests: connectors.SweepRequests}
	if o.Settings != nil {
		if err := o.Settings.Decode(&s); err != nil {
			return nil, err
		}
	}
	if err := s.validate(o.Problem); err != nil {
		return nil, err
	}
	c := &connector{options: o, settings: s, listed: map[string]int64{}}
	c.client = sync.OnceValues(c.connect)
	return c, nil
}

func (s settings) validate(problem func(key, format string, args ...any) error) error {
	var all []error
	if s.APIKey.IsZero() {
		all = append(all, problem("api_key", "the key is missing; write env:NAME or file:PATH"))
	}
	if s.RequestsPerSecond <= 0 {
		all = append(all, problem("requests_per_second", "it is %v, want more than 0", s.RequestsPerSecond))
	}
	if s.Concurrency < 1 || s.Concurrency > 100 {
		all = append(all, problem("concurrency", "it is %d, want 1 to 100", s.Concurrency))
	}
	if s.PageSize < 1 || s.PageSize > 100 {
		all = append(all, problem("page_size", "it is %d, want 1 to 100", s.PageSize))
	}
	if s.SweepRequests < 0 {
		all = append(all, problem("sweep_requests", "it is %d, want 0 or more", s.SweepRequests))
	}
	if s.BaseURL != "" {
		u, err := url.Parse(s.BaseURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			all = append(all, problem("base_url", "it is not an http(s) address: %q", config.Redact(s.BaseURL)))
		}
	}
	return errors.Join(all...)
}
