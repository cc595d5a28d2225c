package chargebee

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

func told(list []billing.Profile) string {
	var all []string
	for _, p := range list {
		s := strings.TrimSpace(p.Values["metadata.owner"] + " " + p.Values["address.country"])
		if !p.From.IsZero() {
			s = p.From.Format(time.DateOnly) + " " + s
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestCustom(t *testing.T) {
	got := custom([]byte(`{"id":"x","cf_owner":"ana","cf_seats":5,"cf_tier":"gold","cf_gone":null,"meta_data":{"tier":"silver","deep":{"a":1}},"coupon":"c"}`))
	want := map[string]string{
		"cf_owner": "ana", "metadata.owner": "ana", "cf_seats": "5", "metadata.seats": "5",
		"cf_tier": "gold", "metadata.tier": "silver", // metadata has the name first
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Versions date themselves, in whatever order they come; what a version does
// not date, our look does.
func TestProfiles(t *testing.T) {
	c := &connector{options: connectors.Options{Source: "emea"}}
	var objects []connectors.Object
	put := func(kind, updated, text string) {
		o := connectors.Object{Kind: kind, ID: "x", CustomerID: "x", Version: 1, SeenAt: moment(t, "2026-06-01"), Payload: []byte(text)}
		if updated != "" {
			o.Version = moment(t, updated).UnixMilli()
			o.Payload = fmt.Appendf(nil, `{"updated_at":%d,"resource_version":%d,%s`, o.Version/1000, o.Version, text[1:])
		}
		objects = append(objects, o)
	}
	put(kindCustomer, "2026-05-01", `{"id":"x","created_at":5,"cf_owner":"chi","billing_address":{"country":"FR"}}`)
	put(kindCustomer, "2026-03-01", `{"id":"x","created_at":5,"meta_data":{"owner":"ana"}}`)
	put(kindCustomer, "2026-04-01", `{"id":"x","created_at":5,"meta_data":{"owner":"bo"},"billing_address":{"country":"FR"}}`)
	put(kindCustomer, "2026-04-05", `{"id":"x","created_at":5,"meta_data":{"owner":"bo"},"billing_address":{"country":"FR"},"vip":true}`)
	const sub = `{"id":"x","customer_id":"x","status":"active","currency_code":"USD","created_at":5`
	put(kindSubscription, "", sub+`}`)
	put(kindSubscription, "2026-06-02", sub+`,"cf_owner":"dan"}`)
	event := fmt.Sprintf(`{"id":"ev","event_type":"subscription_changed","api_version":"v2","occurred_at":%d,"content":{"subscription":%s,"resource_version":%d,"cf_owner":"eve"}}}`,
		moment(t, "2026-06-03").Unix(), sub, moment(t, "2026-06-03").UnixMilli())
	objects = append(objects, connectors.Object{Kind: kindEvent, ID: "ev", CustomerID: "x", Version: 1, SeenAt: moment(t, "2026-06-04"), Payload: []byte(event)})
	record, _ := c.Translate(objects, connectors.NewCatalog(nil))
	if got, want := told(record.Customer.Profiles), "ana, 2026-04-01 bo FR, 2026-05-01 chi FR"; got != want {
		t.Errorf("customer: %s, want %s", got, want)
	}
	if got, want := told(record.Subscriptions[0].Profiles), ", 2026-06-02 dan, 2026-06-03 eve"; got != want {
		t.Errorf("subscription: %s, want %s", got, want)
	}
}

// Events tell of what a customer was in between, on the first sync as on a
// later one.
func TestCustomerChangedLands(t *testing.T) {
	for _, later := range []bool{false, true} {
		site := newFakeSite(t, 2)
		site.fill(3)
		st := newStore()
		now := fakeNow
		if later {
			if err := st.pull(t, site.open(at(now), ""), nil); err != nil {
				t.Fatal(err)
			}
			now = now.AddDate(0, 0, 3)
		}
		row := site.rows[kindCustomer][0]
		for i, owner := range []string{"ana", "bo", "chi"} {
			when := now.Add(time.Duration(i-4) * time.Hour)
			row["cf_owner"], row["updated_at"], row["resource_version"] = owner, when.Unix(), when.UnixMilli()
			if i == 0 { // any event that shows the whole customer tells of it
				site.event("ev_"+owner, "subscription_renewed", when, kindSubscription, site.rows[kindSubscription][0])
			} else {
				site.event("ev_"+owner, "customer_changed", when, kindCustomer, row)
			}
			content := site.rows[kindEvent][len(site.rows[kindEvent])-1]["content"].(map[string]any)
			copied := map[string]any{}
			for k, v := range row {
				copied[k] = v
			}
			content[kindCustomer] = copied
		}
		c := site.open(at(now), "")
		if err := st.pull(t, c, nil); err != nil {
			t.Fatal(err)
		}
		var mine []connectors.Object
		for _, versions := range st.objects {
			for _, o := range versions {
				if o.CustomerID == row["id"] {
					mine = append(mine, o)
				}
			}
		}
		record, _ := c.Translate(mine, connectors.NewCatalog(nil))
		var owners []string
		for _, p := range record.Customer.Profiles {
			owners = append(owners, p.Values["metadata.owner"])
		}
		want := "ana bo chi"
		if later {
			want = " " + want // known since before
		}
		if got := strings.Join(owners, " "); got != want {
			t.Errorf("later %v: owners %q, want %q", later, got, want)
		}
	}
}

// What a subscription names is what lands: when an item is renamed and nothing
// else changes, those whose prices are of it are derived again.
func TestRefsAreWhatLands(t *testing.T) {
	for catalogue := 1; catalogue <= 2; catalogue++ {
		site := newFakeSite(t, catalogue)
		site.fill(1)
		site.rows[kindSubscription][0]["coupons"] = []map[string]any{{"coupon_id": "ten"}}
		ten := site.rows[kindCoupon][0]
		ten["apply_on"], ten["plan_constraint"] = "each_specified_item", "none" // it fits no item
		ten["item_constraints"] = []map[string]any{{"item_type": "plan", "constraint": "none"}}
		site.rows[kindInvoice], site.rows[kindEvent] = nil, nil // of another catalogue, and of before
		st := newStore()
		c := site.open(at(fakeNow), "")
		if err := st.pull(t, c, nil); err != nil {
			t.Fatal(err)
		}
		landed := map[string]bool{}
		var mine, shared []connectors.Object
		for _, versions := range st.objects {
			for _, o := range versions {
				if o.CustomerID == "" {
					landed[o.Kind+"/"+o.ID], shared = true, append(shared, o)
				} else {
					mine = append(mine, o)
				}
			}
		}
		record, _ := c.Translate(mine, connectors.NewCatalog(shared))
		policy, err := normalize.Preset("committed")
		if err != nil {
			t.Fatal(err)
		}
		r := normalize.Derive(normalize.Account{ID: "a", Records: []billing.Record{record}}, normalize.Settings{Policy: policy})
		want := map[int][]string{1: {"coupon/ten", "plan/silver"}, 2: {"coupon/ten", "item/pro", "item_price/pro-00"}}[catalogue]
		if d := cmp.Diff(want, r.Subscriptions[0].Refs); d != "" {
			t.Errorf("catalogue %d: refs (-want +got):\n%s", catalogue, d)
		}
		for _, ref := range r.Subscriptions[0].Refs {
			if !landed[ref] {
				t.Errorf("catalogue %d: nothing lands as %s", catalogue, ref)
			}
		}
	}
}
