package contracts

import (
	"strings"
	"testing"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// The extra columns hold during their row's own days.
func TestProfiles(t *testing.T) {
	told := func(list []billing.Profile) string {
		var all []string
		for _, p := range list {
			s := p.Values["metadata.csm"] + " " + p.Values["address.country"]
			if !p.From.IsZero() {
				s = p.From.Format(time.DateOnly) + " " + s
			}
			all = append(all, strings.Join(strings.Fields(s), " "))
		}
		return strings.Join(all, ", ")
	}
	cases := map[string]struct{ rows, subscription, customer string }{
		"one value": {`
c,s,i,p,USD,100,month,1,,2026-01-01,2026-12-31,,,ana,DE
c,s,i,p,USD,200,month,1,,2027-01-01,,,,ana,DE`, "", ""},
		"a ramp with another owner": {`
c,s,i,p,USD,100,month,1,,2026-01-01,2026-12-31,,,ana,DE
c,s,i,p,USD,200,month,1,,2027-01-01,,,,bo,DE`, "ana, 2027-01-01 bo", "ana DE, 2027-01-01 bo DE"},
		"a gap carries the last": {`
c,s,i,p,USD,100,month,1,,2026-01-01,2026-03-31,,,ana,DE
c,s,i,p,USD,100,month,1,,2026-06-01,2026-08-31,,,ana,DE`, "", ""},
		"the one that began last goes before": {`
c,s,i,p,USD,100,month,1,,2026-01-01,2026-12-31,,,ana,DE
c,s,j,p,USD,100,month,1,,2026-03-01,2026-05-31,,,bo,`, "ana, 2026-03-01 bo, 2026-06-01 ana", "ana DE, 2026-03-01 bo DE, 2026-06-01 ana DE"},
		"an owner who is not followed": {`
c,s,i,p,USD,100,month,1,,2026-01-01,2026-03-31,,,ana,DE
c,s,i,p,USD,100,month,1,,2026-04-01,,,,,DE`, "ana, 2026-04-01", "ana DE, 2026-04-01 DE"},
		"two subscriptions": {`
c,s,i,p,USD,100,month,1,,2026-01-01,,,,ana,DE
c,u,j,p,USD,100,month,1,,2026-02-01,,,,bo,FR`, "", "ana DE, 2026-02-01 bo FR"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFile(t, header+",csm,country"+c.rows+"\n")
			objects, err := f.pull()
			if err != nil {
				t.Fatal(err)
			}
			record, rejects := f.open().Translate(objects, connectors.NewCatalog(nil))
			if len(rejects) > 0 || len(record.Subscriptions) == 0 {
				t.Fatalf("rejects %v", rejects)
			}
			sub := record.Subscriptions[0].Profiles
			for i := range sub { // the owner alone
				delete(sub[i].Values, "address.country")
			}
			if got := told(sub); got != c.subscription {
				t.Errorf("subscription: %s, want %s", got, c.subscription)
			}
			if got := told(record.Customer.Profiles); got != c.customer {
				t.Errorf("customer: %s, want %s", got, c.customer)
			}
		})
	}
}
