package stripe

import (
	"fmt"
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
}

// Definition makes the connector known.
var Definition = connectors.Definition{
	Name:    "stripe",
	Summary: "A Stripe account (API 2023-10-16): subscriptions, schedules, invoices, and the event feed.",
	Keys: []connectors.Key{
		{Name: "api_key", Required: true, Summary: "a secret or restricted key that may read, as env:NAME or file:PATH"},
		{Name: "base_url", Default: "https://api.stripe.com", Summary: "another address, for a proxy or a simulator"},
		{Name: "requests_per_second", Default: "20", Summary: "for all workers together; slows down by itself on 429"},
		{Name: "concurrency", Default: "8", Summary: "requests under way at once"},
		{Name: "page_size", Default: "100", Summary: "objects asked for per request, 1 to 100"},
	},
	Open: Open,
}

// Open is the connector of one account. It asks for no secret and sends
// nothing until a method that does I/O is called.
func Open(o connectors.Options) (connectors.Connector, error) {
	s := settings{RequestsPerSecond: defaultRate, Concurrency: defaultConcurrency, PageSize: defaultPageSize}
	if o.Settings != nil {
		if err := o.Settings.Decode(&s); err != nil {
			return nil, err
		}
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("open source %s: %w", o.Source, err)
	}
	c := &connector{options: o, settings: s, listed: map[string]int64{}}
	c.client = sync.OnceValues(c.connect)
	return c, nil
}

func (s settings) validate() error {
	switch {
	case s.APIKey.IsZero():
		return fmt.Errorf("api_key is missing; write env:NAME or file:PATH")
	case s.RequestsPerSecond <= 0:
		return fmt.Errorf("requests_per_second is %v, want more than 0", s.RequestsPerSecond)
	case s.Concurrency < 1 || s.Concurrency > 100:
		return fmt.Errorf("concurrency is %d, want 1 to 100", s.Concurrency)
	case s.PageSize < 1 || s.PageSize > 100:
		return fmt.Errorf("page_size is %d, want 1 to 100", s.PageSize)
	}
	if s.BaseURL != "" {
		u, err := url.Parse(s.BaseURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("base_url %q is not an http(s) address", config.Redact(s.BaseURL))
		}
	}
	return nil
}
