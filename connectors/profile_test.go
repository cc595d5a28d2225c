package connectors_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// seen is one glimpse in short: when, what, and with an event what was before.
type seen struct {
	at            float64 // seconds
	event         bool
	before, after string // owner; "?" cannot be read
}

func TestProfiles(t *testing.T) {
	cases := map[string]struct {
		seen []seen
		want []seen
	}{
		"nothing seen":     {},
		"nothing changed":  {seen: []seen{{at: 1, after: "ana"}, {at: 9, after: "ana"}}},
		"two versions":     {seen: []seen{{at: 9, after: "bo"}, {at: 1, after: "ana"}}, want: []seen{{after: "ana"}, {at: 9, after: "bo"}}},
		"an event dates":   {seen: []seen{{at: 9, after: "bo"}, {at: 1, after: "ana"}, {at: 5, event: true, before: "ana", after: "bo"}}, want: []seen{{after: "ana"}, {at: 5, after: "bo"}}},
		"an event alone":   {seen: []seen{{at: 5, event: true, before: "ana", after: "bo"}}, want: []seen{{after: "ana"}, {at: 5, after: "bo"}}},
		"a late first one": {seen: []seen{{at: 5, event: true, after: "bo"}}, want: []seen{{}, {at: 5, after: "bo"}}},
		"an event between unknown changes": {
			seen: []seen{{at: 1, after: "ana"}, {at: 5, event: true, before: "chi", after: "bo"}},
			want: []seen{{after: "ana"}, {at: 5, after: "bo"}},
		},
		"a chain in one second": {
			seen: []seen{{at: 1, after: "ana"}, {at: 5, event: true, before: "chi", after: "bo"}, {at: 5, event: true, before: "ana", after: "chi"}},
			want: []seen{{after: "ana"}, {at: 5, after: "bo"}},
		},
		"a version read just before its event": {
			seen: []seen{{at: 1, after: "ana"}, {at: 5.4, after: "ana"}, {at: 5, event: true, before: "ana", after: "bo"}},
			want: []seen{{after: "ana"}, {at: 5, after: "bo"}},
		},
		"an event that cannot be read dates what is seen later": {
			seen: []seen{{at: 1, after: "ana"}, {at: 5, after: "?"}, {at: 9, after: "bo"}},
			want: []seen{{after: "ana"}, {at: 5, after: "bo"}},
		},
		"there and back": {
			seen: []seen{{at: 1, after: "ana"}, {at: 5, event: true, before: "ana", after: "bo"}, {at: 5, event: true, before: "bo", after: "ana"}},
		},
	}
	values := func(owner string) map[string]string {
		switch owner {
		case "?":
			return nil
		case "":
			return map[string]string{}
		}
		return map[string]string{"metadata.csm_owner": owner}
	}
	at := func(s float64) time.Time {
		return time.Unix(1_700_000_000, 0).UTC().Add(time.Duration(s * float64(time.Second)))
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var in []connectors.Glimpse
			for _, s := range c.seen {
				g := connectors.Glimpse{At: at(s.at), Values: values(s.after)}
				if s.event {
					g.Before = values(s.before)
				}
				in = append(in, g)
			}
			var want []billing.Profile
			for i, s := range c.want {
				p := billing.Profile{Values: values(s.after)}
				if i > 0 {
					p.From = at(s.at)
				}
				want = append(want, p)
			}
			if d := cmp.Diff(want, connectors.Profiles(in)); d != "" {
				t.Errorf("profiles (-want +got):\n%s", d)
			}
		})
	}
}
