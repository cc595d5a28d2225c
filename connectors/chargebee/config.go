package chargebee

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"mrrsync/config"
	"mrrsync/connectors"
)

// Defaults of a source's keys. Test and Starter sites allow 150 requests a
// minute: two a second leave room for the site's own traffic.
const (
	defaultRate        = 2
	defaultConcurrency = 4
	defaultPageSize    = 100
)

// settings are the keys of a chargebee source.
type settings struct {
	Site              string        `yaml:"site"`
	APIKey            config.Secret `yaml:"api_key"`
	BaseURL           string        `yaml:"base_url"`
	RequestsPerSecond float64       `yaml:"requests_per_second"`
	Concurrency       int           `yaml:"concurrency"`
	PageSize          int           `yaml:"page_size"`
	SweepRequests     int           `yaml:"sweep_requests"`
}

// Definition makes the connector known.
var Definition = connectors.Definition{
	Name:    "chargebee",
	Summary: "A Chargebee site (API v2, Product Catalog 1.0 or 2.0): subscriptions, ramps, invoices, and the event feed.",
	Keys: []connectors.Key{
		{Name: "site", Required: true, Example: "acme", Summary: "the site's name, as in https://NAME.chargebee.com"},
		{Name: "api_key", Required: true, Example: "env:CHARGEBEE_API_KEY", Summary: "a read-only key of that site, as env:NAME or file:PATH"},
		{Name: "base_url", Default: "https://SITE.chargebee.com", Summary: "another address, for a proxy or a simulator"},
		{Name: "requests_per_second", Default: "2", Summary: "for all workers together; slows down by itself on 429"},
		{Name: "concurrency", Default: "4", Summary: "requests under way at once"},
		{Name: "page_size", Default: "100", Summary: "objects asked for per request, 1 to 100"},
		{Name: "sweep_requests", Default: "100", Summary: "requests a run spends on looking for open subscriptions that vanished without a word; 0: none"},
	},
	Open: Open,
}

// Open is the connector of one site. It asks for no secret and sends nothing
// until a method that does I/O is called.
func Open(o connectors.Options) (connectors.Connector, error) {
	s := settings{RequestsPerSecond: defaultRate, Concurrency: defaultConcurrency, PageSize: defaultPageSize, SweepRequests: connectors.SweepRequests}
	if o.Settings != nil {
		if err := o.Settings.Decode(&s); err != nil {
			return nil, err
		}
	}
	if err := s.validate(o); err != nil {
		return nil, err
	}
	c := &connector{options: o, settings: s, heard: newHearing()}
	c.client = sync.OnceValues(c.connect)
	return c, nil
}

var siteName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

// validate joins all that is wrong.
func (s settings) validate(o connectors.Options) error {
	var all []error
	wrong := func(key, format string, args ...any) { all = append(all, o.Problem(key, format, args...)) }
	switch {
	case s.Site == "":
		wrong("site", "it is missing; write the site's name, as in https://NAME.chargebee.com")
	case !siteName.MatchString(s.Site):
		wrong("site", "it is not a site's name; write only NAME of https://NAME.chargebee.com") // unquoted: a key may have been pasted there
	}
	if s.APIKey.IsZero() {
		wrong("api_key", "it is missing; write env:NAME or file:PATH")
	}
	if s.RequestsPerSecond <= 0 {
		wrong("requests_per_second", "it is %v, want more than 0", s.RequestsPerSecond)
	}
	if s.Concurrency < 1 || s.Concurrency > 100 {
		wrong("concurrency", "it is %d, want 1 to 100", s.Concurrency)
	}
	if s.PageSize < 1 || s.PageSize > 100 {
		wrong("page_size", "it is %d, want 1 to 100", s.PageSize)
	}
	if s.SweepRequests < 0 {
		wrong("sweep_requests", "it is %d, want 0 or more", s.SweepRequests)
	}
	if s.BaseURL != "" {
		if u, err := url.Parse(s.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			wrong("base_url", "%q is not an http(s) address", config.Redact(s.BaseURL))
		}
	}
	return errors.Join(all...)
}

// address is what the paths of requests are appended to.
func (s settings) address() string {
	base := s.BaseURL
	if base == "" {
		base = "https://" + s.Site + ".chargebee.com"
	}
	return strings.TrimRight(base, "/") + "/api/v2"
}

// mode is the mode of the site: Chargebee's test sites are named so.
func (s settings) mode() string {
	if strings.HasSuffix(s.Site, "-test") {
		return "test"
	}
	return "live"
}
