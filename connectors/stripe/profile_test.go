package stripe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// told is profiles in short: "ana DE, 2026-03-01 bo DE".
func told(list []billing.Profile) string {
	var all []string
	for _, p := range list {
		s := strings.TrimSpace(p.Values["metadata.csm_owner"] + " " + p.Values["address.country"])
		if !p.From.IsZero() {
			s = moment(p.From) + " " + s
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func owned(owner, country string) string {
	return fmt.Sprintf(`{"id":"cus_1","object":"customer","created":%d,"metadata":{"csm_owner":%q},"address":{"country":%q}}`, on("2026-01-01"), owner, country)
}

func TestCustomerProfiles(t *testing.T) {
	foreign := func(o connectors.Object) connectors.Object {
		o.Payload = []byte(strings.Replace(string(o.Payload), `"2023-10-16"`, `"2019-05-16"`, 1))
		return o
	}
	cases := map[string]struct {
		seen []connectors.Object
		want string
	}{
		"one version": {[]connectors.Object{listed(owned("ana", "DE"), "2026-03-01")}, ""},
		"the same at another time": {
			[]connectors.Object{listed(owned("ana", "DE"), "2026-03-01"), listed(with(owned("ana", "DE"), `{"balance":5}`), "2026-03-05")}, "",
		},
		"nothing but our look dates it": {
			[]connectors.Object{listed(owned("ana", "DE"), "2026-03-01"), listed(owned("bo", "DE"), "2026-03-05")}, "ana DE, 2026-03-05 bo DE",
		},
		"an event dates it": {
			[]connectors.Object{
				listed(owned("ana", "DE"), "2026-03-01"), listed(owned("bo", "DE"), "2026-03-05"),
				happened("evt_1", "customer.updated", "2026-03-03T10:30", owned("bo", "DE"), `{"metadata":{"csm_owner":"ana"}}`),
			}, "ana DE, 2026-03-03T10:30 bo DE",
		},
		"a first sync after it": {
			[]connectors.Object{
				listed(owned("bo", "FR"), "2026-03-05"),
				happened("evt_2", "customer.updated", "2026-03-04", owned("bo", "FR"), `{"address":{"country":"DE"}}`),
				happened("evt_1", "customer.updated", "2026-03-03", owned("bo", "DE"), `{"metadata":{"csm_owner":null}}`),
			}, "DE, 2026-03-03 bo DE, 2026-03-04 bo FR",
		},
		"an event in another API version dates it": {
			[]connectors.Object{
				listed(owned("ana", "DE"), "2026-03-01"), listed(owned("bo", "DE"), "2026-03-05"),
				foreign(happened("evt_1", "customer.updated", "2026-03-03", owned("bo", "DE"), `{"metadata":{"csm_owner":"ana"}}`)),
				foreign(happened("evt_2", "customer.updated", "2026-03-04", owned("bo", "DE"), `{"discount":null}`)),
			}, "ana DE, 2026-03-03 bo DE",
		},
		"gone": {
			[]connectors.Object{
				listed(owned("ana", "DE"), "2026-03-01"), listed(owned("bo", "DE"), "2026-03-05"),
				listed(`{"id":"cus_1","object":"customer","deleted":true}`, "2026-03-07"),
			}, "ana DE, 2026-03-05 bo DE",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for i := range c.seen {
				c.seen[i].Deleted = strings.Contains(string(c.seen[i].Payload), `"deleted":true`)
			}
			record, rejects := translate(c.seen, catalogueOf())
			if got := told(record.Customer.Profiles); got != c.want || len(rejects) > 0 {
				t.Errorf("got  %s %v\nwant %s", got, rejects, c.want)
			}
		})
	}
}

// A change of metadata alone parts no terms, and says so only in the profiles.
func TestSubscriptionProfiles(t *testing.T) {
	ana, bo := active(`{"metadata":{"csm_owner":"ana"}}`), active(`{"metadata":{"csm_owner":"bo"}}`)
	record, _ := translate([]connectors.Object{
		listed(ana, "2026-03-01"), listed(bo, "2026-03-05"),
		happened("evt_1", "customer.subscription.updated", "2026-03-03", bo, `{"metadata":{"csm_owner":"ana"}}`),
		happened("evt_2", "customer.subscription.updated", "2026-02-03", ana, `{"current_period_end":5}`),
	}, catalogueOf())
	sub := record.Subscriptions[0]
	if got := told(sub.Profiles); got != "ana, 2026-03-03 bo" {
		t.Errorf("profiles %s", got)
	}
	if d := cmp.Diff([]string{"2026-02-03 .. active a x2 version"}, tell(sub.States)); len(sub.States) != 1 {
		t.Errorf("states (-want +got):\n%s", d)
	}
}

// The events worth keeping, and what of a customer lands with them.
func TestCustomerEventsLand(t *testing.T) {
	for before, want := range map[string]bool{
		`{"metadata":{"a":"b"}}`: true, `{"address":null}`: true, `{"discount":null}`: true, `{"name":"Ada"}`: true, `{"currency":"usd"}`: true,
		`{"balance":1}`: false, `{}`: false,
	} {
		o := happened("evt_1", "customer.updated", "2026-03-03", owned("bo", "DE"), before)
		e, err := inspectEvent(found{id: "evt_1", raw: o.Payload})
		if err != nil || e.evidence() != want {
			t.Errorf("%s: evidence %v (%v), want %v", before, e.evidence(), err, want)
		}
	}
	raw := happened("evt_1", "customer.updated", "2026-03-03", with(owned("bo", "DE"), `{"name":"Ada"}`), `{"name":"Eve","metadata":{"name":"kept"}}`).Payload
	payload, err := scrub(raw, kindCustomer, connectors.Privacy{})
	if s := string(payload); err != nil || strings.Contains(s, "Ada") || strings.Contains(s, "Eve") || !strings.Contains(s, "kept") {
		t.Errorf("a customer's names land with an event: %s (%v)", s, err)
	}
}
