package chargebee_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/chargebee"
	"mrrsync/connectors/conformance"
	"mrrsync/internal/simulator/chargebeeapi"
	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

// The connector keeps its contract with a simulated site of either catalogue,
// and with one that lists ramps by subscription only.
func TestSiteConformance(t *testing.T) {
	for _, c := range []struct {
		name      string
		catalogue site.Catalogue
		batches   bool
	}{
		{"catalogue 1", site.Plans, false},
		{"catalogue 2", site.Items, false},
		{"ramps by subscription", site.Items, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)
			x := site.New(site.Config{Seed: 11, Catalogue: c.catalogue, Customers: 10, Months: 5, Now: now, Until: now.AddDate(0, 0, 10)})
			conformance.Run(t, onSimulated(t, x, now, c.batches))
		})
	}
}

// faulty are the site's own faults while it stands still; what it does as time
// passes is tried over nights.
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

// onSimulated is a simulated site at a moment.
func onSimulated(t *testing.T, x *site.Site, now time.Time, batches bool) conformance.Subject {
	t.Helper()
	faults := faulty(t)
	api := func(o chargebeeapi.Options) *chargebeeapi.Server {
		o.Clock, o.Batches = func() time.Time { return now }, batches
		if o.Key == "" {
			o.Key = goodKey
		}
		// In what words an event speaks is part of what the site holds.
		if o.Faults.OneIn == nil {
			o.Faults = wire.Faults{Seed: faults.Seed, OneIn: map[wire.Fault]int{wire.OldEvents: faults.OneIn[wire.OldEvents]}}
		}
		return chargebeeapi.New(x, o)
	}
	good := api(chargebeeapi.Options{})
	t.Cleanup(func() { ignoresNothing(t, good) })
	s := conformance.Subject{
		Open: func(o connectors.Options) (connectors.Connector, error) {
			const keys = "site: acme-test\napi_key: env:KEY\nbase_url: http://chargebee.test\nrequests_per_second: 1000\npage_size: 10\n"
			section, err := config.ParseSection("test.yaml", []byte(keys), func(string) string { return goodKey })
			if err != nil {
				return nil, err
			}
			o.Settings = section
			return chargebee.Definition.Open(o)
		},
		Now:    now,
		Holds:  held(t, x, good),
		Feeds:  []connectors.Stream{"events"},
		Moving: []string{connectors.KindWatch},
		API: &conformance.API{
			Handler: good, Key: goodKey,
			Refused: api(chargebeeapi.Options{Key: "live_another"}),
			Faulty:  func() http.Handler { return api(chargebeeapi.Options{Faults: faults}) },
			Denied: func(streams ...connectors.Stream) http.Handler {
				var names []string
				for _, stream := range streams {
					names = append(names, string(stream))
				}
				return api(chargebeeapi.Options{Denied: names})
			},
		},
	}
	first := x.Customers[slices.IndexFunc(x.Customers, func(c *site.Customer) bool { return !strings.ContainsAny(c.Name, `"&<`) })]
	s.Personal = conformance.Personal{Emails: []string{first.At(now.Unix()).Email}, Names: []string{first.Name}}
	s.Later = func() (conformance.Subject, []string) {
		at := now.AddDate(0, 0, 3)
		later := onSimulated(t, x, at, batches)
		return later, happened(x, now, at)
	}
	return s
}

// held asks the API for all it lists, in the plainest way there is.
func held(t *testing.T, x *site.Site, api http.Handler) map[connectors.Stream][]string {
	t.Helper()
	kinds := map[string]string{
		"items": "item", "item_prices": "item_price", "plans": "plan", "addons": "addon", "coupons": "coupon", "customers": "customer",
		"subscriptions": "subscription", "ramps": "ramp", "invoices": "invoice", "credit_notes": "credit_note",
	}
	holds := map[connectors.Stream][]string{}
	for stream, kind := range kinds {
		holds[connectors.Stream(stream)] = nil
		query := url.Values{"limit": {"100"}}
		if stream == "ramps" {
			var ids []string
			for _, u := range x.Subscriptions {
				ids = append(ids, u.ID)
			}
			list, err := json.Marshal(ids)
			if err != nil {
				t.Fatal(err)
			}
			query.Set("subscription_id[in]", string(list))
		}
		for more := true; more; {
			r := httptest.NewRequest(http.MethodGet, "/api/v2/"+stream+"?"+query.Encode(), nil)
			r.SetBasicAuth(goodKey, "")
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			var page struct {
				List []map[string]struct{ ID string }
				Next string `json:"next_offset"`
				Code string `json:"api_error_code"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Fatalf("list %s: %d %v", stream, w.Code, err)
			}
			if page.Code == "configuration_incompatible" {
				break // of the other catalogue
			}
			if w.Code != http.StatusOK {
				t.Fatalf("list %s: %d %s", stream, w.Code, w.Body)
			}
			for _, row := range page.List {
				holds[connectors.Stream(stream)] = append(holds[connectors.Stream(stream)], conformance.Name(kind, row[kind].ID))
			}
			query.Set("offset", page.Next)
			more = page.Next != ""
		}
	}
	return holds
}

// happened names what came, changed or went between two moments.
func happened(x *site.Site, from, until time.Time) []string {
	within := func(at int64) bool { return at > from.Unix() && at <= until.Unix() }
	changed := map[string]bool{}
	for _, c := range x.Customers {
		for _, v := range c.Versions {
			if within(v.At) {
				changed[conformance.Name("customer", c.ID)] = true
			}
		}
	}
	for _, u := range x.Subscriptions {
		for _, v := range u.Versions {
			if within(v.At) {
				changed[conformance.Name("subscription", u.ID)] = true
			}
		}
	}
	for _, i := range x.Invoices {
		if within(i.Date) {
			changed[conformance.Name("invoice", i.ID)] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}
