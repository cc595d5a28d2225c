package chargebee

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/conformance"
)

// The connector keeps its contract with a site of either catalogue, and with
// the site as it is the next night.
func TestConformance(t *testing.T) {
	for _, catalogue := range []int{1, 2} {
		t.Run(fmt.Sprint(catalogue), func(t *testing.T) {
			conformance.Run(t, onSite(t, catalogue, false))
		})
	}
}

// onSite is a site with more customers than one page holds. The next night one
// subscription was changed, one deleted, and a customer has come.
func onSite(t *testing.T, catalogue int, later bool) conformance.Subject {
	site := newFakeSite(t, catalogue)
	site.fill(25)
	now := fakeNow
	var changed []string
	if later {
		now = fakeNow.Add(24 * time.Hour)
		touch := func(kind string, i int, fields map[string]any) {
			r := site.rows[kind][i]
			r["updated_at"], r["resource_version"] = fakeNow.Unix()+3600, (fakeNow.Unix()+3600)*1000
			for k, v := range fields {
				r[k] = v
			}
			changed = append(changed, conformance.Name(kind, r["id"].(string)))
		}
		touch(kindSubscription, 3, map[string]any{"status": "cancelled", "cancelled_at": fakeNow.Unix() + 3600})
		touch(kindSubscription, 7, map[string]any{"deleted": true})
		site.add(kindCustomer, map[string]any{"id": "cus_new", "created_at": fakeNow.Unix() + 60, "updated_at": fakeNow.Unix() + 60, "deleted": false})
		changed = append(changed, conformance.Name(kindCustomer, "cus_new"))
	}
	holds := map[connectors.Stream][]string{}
	for path, kind := range paths {
		if kind == kindEvent {
			continue
		}
		names := []string{}
		for _, r := range site.rows[kind] {
			names = append(names, conformance.Name(kind, r["id"].(string)))
		}
		holds[connectors.Stream(path)] = names
	}
	refuse := func(status int, code string, only func(string) bool) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v2/"), "/")[0]
			if only(path) {
				site.fail(w, status, code, "", "No, says "+r.Header.Get("Authorization"))
				return
			}
			site.ServeHTTP(w, r)
		})
	}
	return conformance.Subject{
		Now: now,
		Open: func(o connectors.Options) (connectors.Connector, error) {
			section, err := config.ParseSection("mrrsync.yaml", []byte("site: acme-test\napi_key: env:KEY\npage_size: 10\n"), func(string) string { return "cb_key_1" })
			if err != nil {
				return nil, err
			}
			o.Settings = section
			return Definition.Open(o)
		},
		Holds:  holds,
		Feeds:  []connectors.Stream{streamEvents},
		Moving: []string{kindWatch},
		Personal: conformance.Personal{
			Emails: []string{"ann@acme.example"}, Names: []string{"Acme"}, Never: []string{"boss@acme.example", "VAT1", "1 Road"},
		},
		Later: func() (conformance.Subject, []string) {
			s := onSite(t, catalogue, true)
			return s, []string{
				conformance.Name(kindSubscription, "sub_cus_003"), conformance.Name(kindSubscription, "sub_cus_007"), conformance.Name(kindCustomer, "cus_new"),
			}
		},
		API: &conformance.API{
			Handler: site, Key: "cb_key_1",
			Denied: func(streams ...connectors.Stream) http.Handler {
				return refuse(403, "api_authorization_failed", func(path string) bool { return slices.Contains(streams, connectors.Stream(path)) })
			},
			Refused: refuse(401, "api_authentication_failed", func(string) bool { return true }),
		},
	}
}
