package stripe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// on is a day's midnight, or an instant, in seconds since 1970.
func on(s string) int64 {
	layout := time.DateOnly
	if len(s) > len(layout) {
		layout = "2006-01-02T15:04"
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

// with is a JSON object with some members replaced or added.
func with(object, changes string) string {
	out, err := previous([]byte(object), []byte(changes))
	if err != nil {
		panic(err)
	}
	return string(out)
}

const (
	priceA = `{"id":"a","object":"price","currency":"usd","unit_amount":1000,"recurring":{"interval":"month","interval_count":1,"usage_type":"licensed"}}`
	priceB = `{"id":"b","object":"price","currency":"usd","unit_amount":2000,"recurring":{"interval":"month","interval_count":1,"usage_type":"licensed"}}`
	tiered = `{"id":"t","object":"price","currency":"usd","unit_amount":null,"billing_scheme":"tiered","tiers_mode":"graduated","recurring":{"interval":"month","interval_count":1}}`
)

func item(id, price string, quantity int) string {
	return fmt.Sprintf(`{"id":%q,"object":"subscription_item","created":%d,"quantity":%d,"price":%s,"discounts":[],"tax_rates":[]}`, id, on("2026-01-01"), quantity, price)
}

func items(list ...string) string {
	return `{"object":"list","has_more":false,"data":[` + strings.Join(list, ",") + `]}`
}

// active is a subscription since January of one item at ten dollars, twice.
func active(changes string) string {
	base := fmt.Sprintf(`{"id":"sub_1","object":"subscription","customer":"cus_1","status":"active","currency":"usd","created":%d,"start_date":%d,
		"ended_at":null,"canceled_at":null,"cancel_at":null,"cancel_at_period_end":false,"current_period_end":%d,"trial_start":null,"trial_end":null,
		"discount":null,"discounts":[],"pause_collection":null,"default_tax_rates":[],"metadata":{},"items":%s}`,
		on("2026-01-01"), on("2026-01-01"), on("2026-04-01"), items(item("si_1", priceA, 2)))
	return with(base, changes)
}

// listed is a version as a list or a fetch showed it.
func listed(json, at string) connectors.Object {
	return stored(rawjson.Text(rawjson.Member([]byte(json), "object")), "cus_1", json, on(at))
}

// events count up so that each has an id of its own.
func happened(id, typ, at, object, before string) connectors.Object {
	if before != "" {
		before = `,"previous_attributes":` + before
	}
	json := fmt.Sprintf(`{"id":%q,"object":"event","type":%q,"created":%d,"api_version":"2023-10-16","data":{"object":%s%s}}`, id, typ, on(at), object, before)
	return stored(kindEvent, "cus_1", json, on(at))
}

func watching(from, to string) connectors.Object {
	return stored(kindWatch, "", fmt.Sprintf(`{"id":%q,"from":"%sT00:00:00Z","to":"%sT00:00:00Z"}`, from, from, to), on(to))
}

func catalogueOf(extra ...connectors.Object) []connectors.Object {
	return append([]connectors.Object{stored(kindPrice, "", priceA, 1), stored(kindPrice, "", priceB, 1)}, extra...)
}

func translate(objects, catalogue []connectors.Object) (billing.Record, []connectors.Reject) {
	c := &connector{options: connectors.Options{Source: "main"}}
	return c.Translate(objects, connectors.NewCatalog(catalogue))
}

var evidenceNames = map[billing.EvidenceKind]string{
	billing.EvidenceVersion: "version", billing.EvidenceObserved: "observed", billing.EvidenceHeld: "held",
}

func moment(t time.Time) string {
	switch {
	case t.IsZero():
		return "?"
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04")
}

// tell writes states as lines that people can read.
func tell(states []billing.State) []string {
	statuses := map[billing.Status]string{
		billing.StatusActive: "active", billing.StatusPastDue: "past_due", billing.StatusTrialing: "trialing", billing.StatusIncomplete: "incomplete",
		billing.StatusUnpaid: "unpaid", billing.StatusPaused: "paused", billing.StatusCanceled: "canceled",
	}
	var lines []string
	for _, s := range states {
		line := moment(s.From) + " to " + moment(s.Until) + " " + evidenceNames[s.Evidence] + " " + statuses[s.Terms.Status]
		if s.Terms.Pause.Behavior != billing.PauseNone {
			line += " paused to " + moment(s.Terms.Pause.ResumesAt)
		}
		if !s.Terms.CancelAt.IsZero() {
			line += " ends " + moment(s.Terms.CancelAt)
		}
		for _, i := range s.Terms.Items {
			line += fmt.Sprintf(", %s %sx%s", i.ID, i.Price.ID, i.Quantity)
			for _, d := range i.Discounts {
				line += " less " + d.CouponID
			}
		}
		for _, d := range s.Terms.Discounts {
			line += ", less " + d.CouponID
		}
		lines = append(lines, line)
	}
	return lines
}

const coupon = `{"id":"HALF","object":"coupon","percent_off":50,"amount_off":null,"duration":"repeating","duration_in_months":3}`

func discount(id, coupon, from, to string) string {
	end := "null"
	if to != "" {
		end = fmt.Sprint(on(to))
	}
	return fmt.Sprintf(`{"id":%q,"object":"discount","coupon":%s,"customer":"cus_1","subscription":"sub_1","start":%d,"end":%s}`, id, coupon, on(from), end)
}

func TestHistories(t *testing.T) {
	march := watching("2026-03-01", "2026-03-31")
	up := happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{"items":`+items(item("si_1", priceA, 5))+`}`), `{"items":{"data":[`+item("si_1", priceA, 2)+`]},"quantity":2}`)
	five := active(`{"items":` + items(item("si_1", priceA, 5)) + `}`)
	late := happened("evt_1", "customer.subscription.updated", "2026-05-20", five, `{"items":{"data":[`+item("si_1", priceA, 3)+`]},"quantity":3}`)
	old := func(o connectors.Object) connectors.Object {
		o.Payload = []byte(strings.Replace(string(o.Payload), "2023-10-16", "2020-08-27", 1))
		return o
	}
	gone := listed(`{"id":"sub_1","object":"subscription","customer":"cus_1","deleted":true}`, "2026-03-20")
	gone.Deleted = true
	for _, c := range []struct {
		name    string
		objects []connectors.Object
		watches []connectors.Object
		more    []connectors.Object // of the catalogue
		want    []string
		rejects []string
	}{
		{
			name:    "a subscription without an event was as it is since the watch began",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax2"},
		},
		{
			name:    "without a watch nobody knows since when",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-31")},
			want:    []string{"? to ? version active, si_1 ax2"},
		},
		{
			name:    "a subscription made during the watch",
			objects: []connectors.Object{happened("evt_0", "customer.subscription.created", "2026-03-05", active(`{"created":1772668800}`), ""), listed(active(`{"created":1772668800}`), "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-05 to ? version active, si_1 ax2"},
		},
		{
			name:    "an event tells what was before it",
			objects: []connectors.Object{up, listed(five, "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-10 version active, si_1 ax2", "2026-03-10 to ? version active, si_1 ax5"},
		},
		{
			name:    "an event rendered in another API version dates the change, the version gives the terms",
			objects: []connectors.Object{old(up), listed(five, "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-10 to ? version active, si_1 ax5"},
		},
		{
			name: "an event whose items have more pages dates the change",
			objects: []connectors.Object{
				happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{"items":{"has_more":true}}`), `{"quantity":2}`), listed(five, "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-10 to ? version active, si_1 ax5"},
		},
		{
			name:    "two versions and no event: the change is dated by our look",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-11"), listed(five, "2026-03-21")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-21 version active, si_1 ax2", "2026-03-21 to ? observed active, si_1 ax5"},
		},
		{
			name:    "the event that was late dates it after all",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-05"), listed(five, "2026-03-21"), up},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-10 version active, si_1 ax2", "2026-03-10 to ? version active, si_1 ax5"},
		},
		{
			name:    "behind a gap a change holds since the gap ended",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-31"), listed(five, "2026-06-10")},
			watches: []connectors.Object{march, watching("2026-05-11", "2026-06-10")},
			want:    []string{"2026-03-01 to 2026-03-31 version active, si_1 ax2", "2026-05-11 to ? observed active, si_1 ax5"},
		},
		{
			name:    "behind a gap an event that does not tell what was before it leaves the gap open",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-31"), old(late), listed(five, "2026-06-10")},
			watches: []connectors.Object{march, watching("2026-05-11", "2026-06-10")},
			want:    []string{"2026-03-01 to 2026-03-31 version active, si_1 ax2", "2026-05-20 to ? version active, si_1 ax5"},
		},
		{
			name:    "and one that tells it closes the gap's end",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-31"), late, listed(five, "2026-06-10")},
			watches: []connectors.Object{march, watching("2026-05-11", "2026-06-10")},
			want: []string{
				"2026-03-01 to 2026-03-31 version active, si_1 ax2", "2026-05-11 to 2026-05-20 version active, si_1 ax3",
				"2026-05-20 to ? version active, si_1 ax5",
			},
		},
		{
			name: "a deletion behind a gap leaves it open too",
			objects: []connectors.Object{
				listed(active(`{}`), "2026-03-31"),
				happened("evt_1", "customer.subscription.deleted", "2026-05-20", active(`{"status":"canceled","ended_at":1779235200,"canceled_at":1770000000}`), ""),
			},
			watches: []connectors.Object{march, watching("2026-05-11", "2026-06-10")},
			want:    []string{"2026-03-01 to 2026-03-31 version active, si_1 ax2", "2026-05-20 to ? version canceled ends 2026-05-20, si_1 ax2"},
		},
		{
			name:    "a renewal changes nothing",
			objects: []connectors.Object{happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{}`), `{"current_period_end":1,"latest_invoice":"in_0"}`), listed(active(`{}`), "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax2"},
		},
		{
			name: "a pause that ends at its date ends without an event",
			objects: []connectors.Object{
				happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{"pause_collection":{"behavior":"void","resumes_at":1773532800}}`), `{"pause_collection":null}`),
				listed(active(`{}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-10 version active, si_1 ax2", "2026-03-10 to ? version active paused to 2026-03-15, si_1 ax2"},
		},
		{
			name: "past due, unpaid and back",
			objects: []connectors.Object{
				happened("evt_1", "customer.subscription.updated", "2026-03-05", active(`{"status":"past_due"}`), `{"status":"active"}`),
				happened("evt_2", "customer.subscription.updated", "2026-03-12", active(`{"status":"unpaid"}`), `{"status":"past_due"}`),
				happened("evt_3", "customer.subscription.updated", "2026-03-20", active(`{}`), `{"status":"unpaid"}`),
				listed(active(`{}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want: []string{
				"2026-03-01 to 2026-03-05 version active, si_1 ax2", "2026-03-05 to 2026-03-12 version past_due, si_1 ax2",
				"2026-03-12 to 2026-03-20 version unpaid, si_1 ax2", "2026-03-20 to ? version active, si_1 ax2",
			},
		},
		{
			name: "cancel at period end set and unset",
			objects: []connectors.Object{
				happened("evt_1", "customer.subscription.updated", "2026-03-05", active(`{"cancel_at_period_end":true,"cancel_at":1775001600}`), `{"cancel_at_period_end":false,"cancel_at":null}`),
				happened("evt_2", "customer.subscription.updated", "2026-03-12", active(`{}`), `{"cancel_at_period_end":true,"cancel_at":1775001600}`),
				listed(active(`{}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want: []string{
				"2026-03-01 to 2026-03-05 version active, si_1 ax2", "2026-03-05 to 2026-03-12 version active ends 2026-04-01, si_1 ax2",
				"2026-03-12 to ? version active, si_1 ax2",
			},
		},
		{
			name: "a deletion does not tell what was before it",
			objects: []connectors.Object{
				happened("evt_1", "customer.subscription.deleted", "2026-03-12", active(`{"status":"canceled","ended_at":1773273600,"canceled_at":1770000000}`), ""),
				listed(active(`{"status":"canceled","ended_at":1773273600,"canceled_at":1770000000}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-12 to ? version canceled ends 2026-03-12, si_1 ax2"},
		},
		{
			name:    "a pending update is not in force",
			objects: []connectors.Object{happened("evt_1", "customer.subscription.updated", "2026-03-12", active(`{"pending_update":{"subscription_items":[]}}`), `{"pending_update":null}`), listed(active(`{"pending_update":{"subscription_items":[]}}`), "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax2"},
		},
		{
			name: "an item swapped in the same second, up and down on one day",
			objects: []connectors.Object{
				// The ids are in the wrong order: only the chain tells which came first.
				happened("evt_2", "customer.subscription.updated", "2026-03-10", active(`{"items":`+items(item("si_2", priceB, 1))+`}`), `{"items":{"data":[`+item("si_1", priceA, 2)+`]}}`),
				happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{"items":`+items(item("si_2", priceB, 7))+`}`), `{"items":{"data":[`+item("si_2", priceB, 1)+`]}}`),
				happened("evt_0", "customer.subscription.updated", "2026-03-10T15:00", active(`{"items":`+items(item("si_2", priceB, 1))+`}`), `{"items":{"data":[`+item("si_2", priceB, 7)+`]}}`),
				listed(active(`{"items":`+items(item("si_2", priceB, 1))+`}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want: []string{
				"2026-03-01 to 2026-03-10 version active, si_1 ax2", "2026-03-10 to 2026-03-10T15:00 version active, si_2 bx7",
				"2026-03-10T15:00 to ? version active, si_2 bx1",
			},
		},
		{
			name:    "an unknown status is rejected and the last one held",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-11"), listed(active(`{"status":"dormant"}`), "2026-03-21")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-21 version active, si_1 ax2", "2026-03-21 to ? held active, si_1 ax2"},
			rejects: []string{"subscription sub_1 status_unknown"},
		},
		{
			name:    "an unknown status at first sight is rejected and makes no state",
			objects: []connectors.Object{listed(active(`{"status":"dormant"}`), "2026-03-21")},
			watches: []connectors.Object{march},
			rejects: []string{"subscription sub_1 status_unknown"},
		},
		{
			name:    "an item that cannot be read is held, the others go on",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-11"), listed(active(`{"items":`+items(item("si_1", tiered, 2), item("si_2", priceB, 1))+`}`), "2026-03-21")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-21 version active, si_1 ax2", "2026-03-21 to ? held active, si_1 ax2, si_2 bx1"},
			rejects: []string{"price t tiers_missing"},
		},
		{
			name:    "quantity 0 is a quantity",
			objects: []connectors.Object{listed(active(`{"items":`+items(item("si_1", priceA, 0))+`}`), "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax0"},
		},
		{
			name:    "a bare discount id is rejected, never 0 %",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-11"), listed(active(`{"discounts":["di_9"]}`), "2026-03-21")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-21 version active, si_1 ax2", "2026-03-21 to ? held active, si_1 ax2"},
			rejects: []string{"discount di_9 discount_bare"},
		},
		{
			name: "an event's bare discount ids are what other objects show them to be",
			objects: []connectors.Object{
				happened("evt_1", "customer.subscription.updated", "2026-03-10", active(`{"discounts":["di_1"]}`), `{"discounts":[]}`),
				listed(active(`{"discounts":[`+discount("di_1", coupon, "2026-03-10", "2026-06-10")+`]}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to 2026-03-10 version active, si_1 ax2", "2026-03-10 to ? version active, si_1 ax2, less HALF"},
		},
		{
			name: "a repeating discount runs out without an event",
			objects: []connectors.Object{
				listed(active(`{"discounts":[`+discount("di_1", coupon, "2026-01-01", "2026-03-15")+`]}`), "2026-03-11"),
				listed(active(`{}`), "2026-03-31"),
			},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax2, less HALF"},
		},
		{
			name: "the older single discount",
			objects: []connectors.Object{
				listed(active(`{"discounts":[],"discount":`+discount("di_1", coupon, "2026-01-01", "2026-12-15")+`}`), "2026-03-11"),
			},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax2, less HALF"},
		},
		{
			name:    "deleted without a word",
			objects: []connectors.Object{listed(active(`{}`), "2026-03-11"), gone},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 ax2"},
		},
		{
			name:    "a legacy item with a plan and no price",
			objects: []connectors.Object{listed(active(`{"items":`+items(with(item("si_1", "null", 3), `{"price":null,"plan":{"id":"gold","currency":"usd","amount":4900,"interval":"month","interval_count":1}}`))+`}`), "2026-03-31")},
			watches: []connectors.Object{march},
			want:    []string{"2026-03-01 to ? version active, si_1 goldx3"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for turn := range 5 { // the order of what is stored does not matter
				objects := slices.Clone(c.objects)
				if turn > 0 {
					rand.New(rand.NewPCG(uint64(turn), 1)).Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] }) //nolint:gosec // a test's order
				}
				r, rejects := translate(objects, catalogueOf(append(c.watches, c.more...)...))
				if len(r.Subscriptions) != 1 {
					t.Fatalf("%d subscriptions", len(r.Subscriptions))
				}
				if d := cmp.Diff(c.want, tell(r.Subscriptions[0].States)); d != "" {
					t.Fatalf("turn %d: %s", turn, d)
				}
				var got []string
				for _, bad := range rejects {
					got = append(got, bad.Kind+" "+bad.ID+" "+bad.Code)
					if bad.Detail == "" || bad.Source != "main" || bad.CustomerID != "cus_1" {
						t.Errorf("a reject that says too little: %+v", bad)
					}
				}
				if d := cmp.Diff(c.rejects, got); d != "" {
					t.Fatalf("rejects: %s", d)
				}
			}
		})
	}
}
