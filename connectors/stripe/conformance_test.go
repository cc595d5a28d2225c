package stripe_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/conformance"
	"mrrsync/connectors/stripe"
	"mrrsync/internal/simulator/company"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/internal/simulator/wire"
)

const goodKey = "sk_test_conformance4eC39HqLyjWDarjtT1"

// The connector keeps its contract with a simulated account.
func TestConformance(t *testing.T) {
	co := company.New(company.Config{Seed: 11, Customers: 30, Months: 8, Now: present, Until: present.AddDate(0, 0, 10)})
	conformance.Run(t, simulated(t, co, present))
}

// simulated is a company's account at a moment.
func simulated(t *testing.T, co *company.Company, now time.Time) conformance.Subject {
	api := func(o stripeapi.Options) http.Handler {
		o.Clock = func() time.Time { return now }
		return stripeapi.New(co, o)
	}
	good := api(stripeapi.Options{Key: goodKey})
	s := subject(good, now)
	s.API.Denied = func(streams ...connectors.Stream) http.Handler {
		var names []string
		for _, stream := range streams {
			names = append(names, string(stream))
		}
		return api(stripeapi.Options{Key: goodKey, Denied: names})
	}
	s.API.Refused = api(stripeapi.Options{Key: "sk_test_another"})
	s.API.Faulty = func() http.Handler { return api(stripeapi.Options{Key: goodKey, Faults: faulty(t)}) }
	s.Holds = listed(t, good)
	first := co.Customers[0]
	s.Personal = conformance.Personal{Emails: []string{first.Email}, Names: []string{first.Name}}
	s.Later = func() (conformance.Subject, []string) {
		at := now.AddDate(0, 0, 3)
		later := simulated(t, co, at)
		return later, happened(co, now, at, later)
	}
	return s
}

// faulty are the account's own faults while it stands still; what it does as
// time passes is tried over nights.
func faulty(t *testing.T) wire.Faults {
	t.Helper()
	faults, err := wire.ParseFaults("all", 3)
	if err != nil {
		t.Fatal(err)
	}
	for kind, often := range faults.OneIn {
		faults.OneIn[kind] = min(often, 12)
	}
	delete(faults.OneIn, wire.Mutate)
	return faults
}

// subject is what all subjects of this connector have in common.
func subject(api http.Handler, now time.Time) conformance.Subject {
	return conformance.Subject{
		Open: func(o connectors.Options) (connectors.Connector, error) {
			keys := "api_key: env:KEY\nbase_url: http://stripe.test\npage_size: 20\nconcurrency: 3\n"
			section, err := config.ParseSection("test.yaml", []byte(keys), func(string) string { return goodKey })
			if err != nil {
				return nil, err
			}
			o.Settings = section
			return stripe.Definition.Open(o)
		},
		Now:    now,
		Feeds:  []connectors.Stream{"events"},
		Moving: []string{"watch"},
		API:    &conformance.API{Handler: api, Key: goodKey},
	}
}

// listed asks the API for all it lists, in the plainest way there is.
func listed(t *testing.T, api http.Handler) map[connectors.Stream][]string {
	t.Helper()
	holds := map[connectors.Stream][]string{}
	for _, stream := range []connectors.Stream{
		"products", "prices", "coupons", "tax_rates", "customers", "subscriptions", "subscription_schedules", "invoices", "credit_notes", "invoiceitems",
	} {
		query := url.Values{"limit": {"100"}}
		switch stream {
		case "subscriptions":
			query.Set("status", "all")
		case "invoiceitems":
			query.Set("pending", "true")
		}
		holds[stream] = nil
		for more := true; more; {
			r := httptest.NewRequest(http.MethodGet, "/v1/"+string(stream)+"?"+query.Encode(), nil)
			r.Header.Set("Authorization", "Bearer "+goodKey)
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			var page struct {
				Data    []struct{ ID, Object string }
				HasMore bool `json:"has_more"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
				t.Fatalf("list %s: %d %v", stream, w.Code, err)
			}
			for _, o := range page.Data {
				holds[stream] = append(holds[stream], conformance.Name(o.Object, o.ID))
				query.Set("starting_after", o.ID)
			}
			more = page.HasMore
		}
	}
	return holds
}

// happened names what the company made between two moments, as far as the API
// still lists it.
func happened(co *company.Company, from, until time.Time, later conformance.Subject) []string {
	within := func(at int64) bool { return at > from.Unix() && at <= until.Unix() }
	held := map[string]bool{}
	for _, names := range later.Holds {
		for _, name := range names {
			held[name] = true
		}
	}
	var changed []string
	add := func(kind, id string) {
		if name := conformance.Name(kind, id); held[name] {
			changed = append(changed, name)
		}
	}
	for _, c := range co.Customers {
		if within(c.Created) {
			add("customer", c.ID)
		}
		if within(c.Deleted) && c.Created < from.Unix() {
			changed = append(changed, conformance.Name("customer", c.ID))
		}
	}
	for _, s := range co.Subscriptions {
		if within(s.Created) {
			add("subscription", co.ID(company.KindSubscription, s.Ref))
		}
	}
	for _, i := range co.Invoices {
		if within(i.Created) {
			add("invoice", co.ID(company.KindInvoice, i.Ref))
		}
	}
	return changed
}
