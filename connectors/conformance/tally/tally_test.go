package tally_test

import (
	"net/http"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/conformance"
	"mrrsync/connectors/conformance/tally"
	"mrrsync/connectors/conformance/tally/standin"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, subject(time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)))
}

const key = "tk_0f31c9f0c0ffee"

// subject is the simulated account at a moment, and a week later.
func subject(now time.Time) conformance.Subject {
	account := standin.Account{Now: now, Key: key}
	holds := map[connectors.Stream][]string{}
	for _, r := range account.Customers() {
		if !r.Deleted {
			holds["customers"] = append(holds["customers"], conformance.Name("customer", r.ID))
		}
	}
	for _, r := range account.Subscriptions() {
		holds["subscriptions"] = append(holds["subscriptions"], conformance.Name("subscription", r.ID))
	}
	return conformance.Subject{
		Open: func(o connectors.Options) (connectors.Connector, error) {
			keys := "api_key: env:KEY\npage_size: 25\n"
			section, err := config.ParseSection("test.yaml", []byte(keys), func(string) string { return key })
			if err != nil {
				return nil, err
			}
			o.Settings = section
			return tally.Definition.Open(o)
		},
		Now:   now,
		Holds: holds,
		Personal: conformance.Personal{
			Emails: []string{"c003@example.com"}, Names: []string{"Customer Number 3"}, Never: []string{"+49 30 000003"},
		},
		Later: func() (conformance.Subject, []string) {
			var changed []string
			later := standin.Account{Now: now.AddDate(0, 0, 2), Key: key}
			for _, r := range later.Customers() {
				if r.Changed.After(now) {
					changed = append(changed, conformance.Name("customer", r.ID))
				}
			}
			for _, r := range later.Subscriptions() {
				if r.Changed.After(now) {
					changed = append(changed, conformance.Name("subscription", r.ID))
				}
			}
			return subject(later.Now), changed
		},
		API: &conformance.API{
			Handler: account,
			Key:     key,
			Denied: func(streams ...connectors.Stream) http.Handler {
				denied := account
				for _, s := range streams {
					denied.Denied = append(denied.Denied, string(s))
				}
				return denied
			},
			Refused: standin.Account{Now: now, Key: "another"},
		},
	}
}
