package chargebeeapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/simulator/site"
	"mrrsync/internal/simulator/wire"
)

func TestErrors(t *testing.T) {
	h := New(handmade(12, site.Items), Options{Key: "right", Denied: []string{"invoices"}})
	lenient := New(handmade(12, site.Plans), Options{Key: "right", Strict: true, Batches: true})
	for _, c := range []struct {
		name, path, user, password string
		h                          http.Handler
		status                     int
		code, param                string
	}{
		{"no key", "customers", "", "", h, 401, "api_authentication_failed", ""},
		{"wrong key", "customers", "wrong", "", h, 401, "api_authentication_failed", ""},
		{"a password", "customers", "right", "x", h, 401, "api_authentication_failed", ""},
		{"no permission", "invoices", "right", "", h, 403, "api_authorization_failed", ""},
		{"no permission for one", "invoices/1", "right", "", h, 403, "api_authorization_failed", ""},
		{"plans in catalogue 2.0", "plans", "right", "", h, 400, "configuration_incompatible", ""},
		{"one addon in catalogue 2.0", "addons/x", "right", "", h, 400, "configuration_incompatible", ""},
		{"items in catalogue 1.0", "items", "right", "", lenient, 400, "configuration_incompatible", ""},
		{"item prices in catalogue 1.0", "item_prices", "right", "", lenient, 400, "configuration_incompatible", ""},
		{"ramps in catalogue 1.0", "ramps", "right", "", lenient, 400, "configuration_incompatible", ""},
		{"limit too high", "customers?limit=101", "right", "", h, 400, "param_wrong_value", "limit"},
		{"limit too low", "customers?limit=0", "right", "", h, 400, "param_wrong_value", "limit"},
		{"limit no number", "customers?limit=ten", "right", "", h, 400, "param_wrong_value", "limit"},
		{"an offset of nobody", "customers?offset=abc", "right", "", h, 400, "param_wrong_value", "offset"},
		{"an order that is not offered", "customers?sort_by[asc]=company", "right", "", h, 400, "param_wrong_value", "sort_by[asc]"},
		{"an operator that is not offered", "customers?updated_at[gte]=1", "right", "", h, 400, "param_wrong_value", "updated_at[gte]"},
		{"no moment", "customers?updated_at[after]=yesterday", "right", "", h, 400, "param_wrong_value", "updated_at[after]"},
		{"no list", "subscriptions?id[in]=a,b", "right", "", h, 400, "param_wrong_value", "id[in]"},
		{"half a range", "customers?updated_at[between]=[5]", "right", "", h, 400, "param_wrong_value", "updated_at[between]"},
		{"no truth value", "customers?include_deleted=yes", "right", "", h, 400, "param_wrong_value", "include_deleted"},
		{"ramps by status of no subscription", "ramps?status[is]=succeeded", "right", "", h, 400, "param_wrong_value", "subscription_id"},
		{"deleted ramps by status", "ramps?status[is]=succeeded&include_deleted=true&subscription_id[is]=a", "right", "", h, 400, "param_wrong_value", "status"},
		{"unknown, strictly", "customers?bogus=1", "right", "", lenient, 400, "param_wrong_value", "bogus"},
		{"missing", "customers/nobody", "right", "", h, 404, "resource_not_found", ""},
		{"deleted", "customers/cust009", "right", "", h, 404, "resource_not_found", ""},
		{"no such place", "charges", "right", "", h, 404, "resource_not_found", ""},
		{"no such part", "subscriptions/sub001/nothing", "right", "", h, 404, "resource_not_found", ""},
		{"nothing scheduled", "subscriptions/sub001/retrieve_with_scheduled_changes", "right", "", h, 400, "invalid_state_for_request", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v2/"+c.path, nil)
		if c.user != "" {
			r.SetBasicAuth(c.user, c.password)
		}
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		var v struct {
			Message, Param string
			Code           string `json:"api_error_code"`
			Status         int    `json:"http_status_code"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, w.Body)
		}
		if w.Code != c.status || v.Status != c.status || v.Code != c.code || v.Param != c.param || v.Message == "" {
			t.Errorf("%s: %d %+v", c.name, w.Code, v)
		}
	}
}

func TestListing(t *testing.T) {
	x := handmade(60, site.Items)
	h := New(x, Options{})
	all := ids(t, dump(t, h, "subscription", "subscriptions?limit=100&include_deleted=true"))
	if len(all) != 60 || all[0] != "sub000" || all[3] != "sub003" || all[4] != "sub004" {
		t.Fatalf("%d subscriptions, %v", len(all), all[:5])
	}
	if p := fetch(t, h, "subscriptions"); len(p.List) != 10 || p.Next == "" || p.List[0]["customer"] == nil {
		t.Errorf("a page without a limit: %d subscriptions, next %q", len(p.List), p.Next)
	}
	if n := len(dump(t, h, "subscription", "subscriptions?limit=100")); n != 54 {
		t.Errorf("%d subscriptions that are not deleted, want 54", n)
	}
	if got := ids(t, dump(t, h, "subscription", "subscriptions?limit=7&include_deleted=true")); !slices.Equal(got, all) {
		t.Error("pages of seven and of a hundred do not list the same")
	}
	down := ids(t, dump(t, h, "subscription", "subscriptions?limit=7&include_deleted=true&sort_by[desc]=created_at"))
	slices.Reverse(down)
	if !slices.Equal(down, all) {
		t.Error("latest first is not the reverse of earliest first")
	}
	for _, by := range []string{"sort_by[asc]=updated_at", "sort_by[desc]=updated_at"} {
		got := ids(t, dump(t, h, "subscription", "subscriptions?limit=7&include_deleted=true&"+by))
		slices.Sort(got)
		if !slices.Equal(got, all) {
			t.Errorf("%s lists %d", by, len(got))
		}
	}
	// An offset goes on after a restart, of the same site further on.
	p := fetch(t, h, "subscriptions?limit=7&include_deleted=true")
	again := New(handmade(60, site.Items), Options{Clock: func() time.Time { return founded.AddDate(0, 0, 45) }})
	q := fetch(t, again, "subscriptions?limit=7&include_deleted=true&offset="+url.QueryEscape(p.Next))
	var first struct{ ID string }
	if err := json.Unmarshal(q.List[0]["subscription"], &first); err != nil || first.ID != "sub007" {
		t.Errorf("after a restart the second page begins with %q, %v", first.ID, err)
	}
	if got := h.Requests()["GET /api/v2/subscriptions"]; got == 0 {
		t.Errorf("counted %v", h.Requests())
	}
}

func TestFilters(t *testing.T) {
	x := handmade(60, site.Items)
	h := New(x, Options{Strict: true})
	for _, c := range []struct {
		path string
		want int
	}{
		{"subscriptions?status[is]=active", 54},
		{"subscriptions?status[is_not]=active", 0},
		{`subscriptions?status[in]=["active","paused"]`, 54},
		{`subscriptions?status[in]=[active,paused]`, 54},
		{`subscriptions?status[not_in]=["active"]`, 0},
		{`subscriptions?id[in]=["sub001","sub002","sub008"]`, 2},
		{`subscriptions?id[in]=["sub001","sub002","sub008"]&include_deleted=true`, 3},
		{"subscriptions?id[starts_with]=sub00", 9},
		{"subscriptions?customer_id[is]=cust011", 1},
		{"subscriptions?item_price_id[is]=pro-USD", 54},
		{"subscriptions?item_id[is]=seat", 0},
		{"subscriptions?cancelled_at[is_present]=true", 0},
		{"subscriptions?cancelled_at[is_present]=false", 54},
		{"subscriptions?has_scheduled_changes[is]=false", 54},
		{fmt.Sprintf("subscriptions?created_at[after]=%d", day(1)), 54 - 23}, // the 25th was created on the stroke
		{fmt.Sprintf("subscriptions?created_at[before]=%d&include_deleted=true", day(1)), 25},
		{fmt.Sprintf("subscriptions?created_at[on]=%d&include_deleted=true", day(1)+5000), 23},
		{fmt.Sprintf("subscriptions?created_at[between]=[%d,%d]", day(0), day(0)), 1},
		{fmt.Sprintf(`subscriptions?created_at[between]=["%d","%d"]`, day(0), day(0)+3600), 2},
		{"subscriptions?updated_at[after]=0&include_deleted=true", 60 - 9 + 1}, // one of the nine undated ones got a date when it was deleted
		{"subscriptions?updated_at[after]=0", 54 - 8},
		{fmt.Sprintf("subscriptions?updated_at[after]=%d&include_deleted=true", day(28)), 6},
		{"invoices?total[gte]=5000", 60},
		{"invoices?total[gt]=5000", 0},
		{"invoices?total[between]=[1,6000]&recurring[is]=true&price_type[is]=tax_exclusive", 60},
		{"invoices?subscription_id[is]=sub008", 1},
		{"invoices?status[is]=paid&dunning_status[is_present]=false", 60},
		{fmt.Sprintf("events?occurred_at[after]=%d&event_type[in]=[\"subscription_created\"]", day(2)), 10},
		{"events?event_type[is_not]=subscription_created", 0},
		{fmt.Sprintf("events?start_time=%d&end_time=%d", day(1), day(1)+7200), 2},
		{"item_prices?item_type[is]=addon", 1},
		{"item_prices?status[is]=archived", 1},
		{fmt.Sprintf("items?updated_at[after]=%d", day(19)), 1},
		{"items?name[is]=Chair", 1},
		{"customers?company[starts_with]=S%C3%B6hne&limit=100", 54},
		{"ramps?subscription_id[is]=sub004", 1},
		{`ramps?subscription_id[in]=["sub004","sub008"]&status[is]=succeeded`, 2},
		{"ramps", 15},
	} {
		name, _, _ := strings.Cut(c.path, "?")
		path := c.path
		if !strings.Contains(path, "?") {
			path += "?limit=9"
		} else if !strings.Contains(path, "limit=") {
			path += "&limit=9"
		}
		if got := len(dump(t, h, endpoints[name].object, path)); got != c.want {
			t.Errorf("%s: %d objects, want %d", c.path, got, c.want)
		}
	}
}

// A filter that the API does not know is no filter: it is ignored, and counted.
func TestIgnored(t *testing.T) {
	h := New(handmade(12, site.Items), Options{})
	for _, q := range []string{"status=cancelled", "status[in][0]=cancelled", "state[is]=cancelled"} {
		if n := len(dump(t, h, "subscription", "subscriptions?limit=100&"+q)); n != 11 {
			t.Errorf("%s filters: %d subscriptions, want 11", q, n)
		}
	}
	if got := h.Ignored(); len(got) != 3 || got["subscriptions status[in][0]"] != 1 {
		t.Errorf("ignored %v", got)
	}
}

// Rows that change while a list by updated_at is read make it lose others; in
// the order of creation none is lost.
func TestMovingRows(t *testing.T) {
	now := founded.AddDate(0, 0, 30)
	x := handmade(60, site.Items)
	h := New(x, Options{Clock: func() time.Time { return now }})
	read := func(by string) int {
		now = founded.AddDate(0, 0, 30)
		seen := map[string]bool{}
		offset := ""
		for {
			p := fetch(t, h, "subscriptions?limit=10&include_deleted=true&sort_by[asc]="+by+offset)
			for _, o := range p.List {
				var s struct{ ID string }
				if err := json.Unmarshal(o["subscription"], &s); err != nil {
					t.Fatal(err)
				}
				seen[s.ID] = true
			}
			if p.Next == "" {
				return len(seen)
			}
			offset = "&offset=" + url.QueryEscape(p.Next)
			now = time.Unix(day(40)+25, 0) // half of them were cancelled meanwhile
		}
	}
	if n := read("created_at"); n != 60 {
		t.Errorf("in the order of creation %d of 60 are seen", n)
	}
	if n := read("updated_at"); n == 60 {
		t.Error("in the order of changes all 60 are seen, though half of them moved")
	}
}

func TestSingle(t *testing.T) {
	x := handmade(12, site.Items)
	x.Subscriptions[1].Versions[0].Changes = x.Subscriptions[1].Versions[1].At
	h := New(x, Options{})
	for path, want := range map[string]string{
		"customers/cust001": `"customer":{"id":"cust001"`, "subscriptions/sub001": `"subscription":{"id":"sub001"`, "invoices/3": `"invoice":{"id":"3"`,
		"items/pro": `"item":{"id":"pro"`, "item_prices/pro-USD": `"item_price":{"id":"pro-USD"`, "item_families/main": `"item_family":{"id":"main"`,
		"events/ev001": `"event":{"id":"ev001"`, "ramps/ramp004": `"ramp":{"id":"ramp004"`,
		"subscriptions/sub001/retrieve_with_scheduled_changes": `"status":"cancelled"`,
		"configurations": `"product_catalog_version":"v2"`,
	} {
		if code, _, body := get(t, h, path); code != 200 || !strings.Contains(string(body), want) || !json.Valid(body) {
			t.Errorf("%s: %d %.200s", path, code, body)
		}
	}
	if n := h.Requests()["GET /api/v2/customers/:id"]; n != 1 {
		t.Errorf("counted %v", h.Requests())
	}
	if _, _, body := get(t, New(handmade(1, site.Plans), Options{}), "configurations"); !strings.Contains(string(body), `"product_catalog_version":"v1"`) {
		t.Errorf("configurations of catalogue 1.0: %s", body)
	}
}

func TestRate(t *testing.T) {
	h := New(handmade(3, site.Items), Options{Rate: 0.1}) // six a minute
	for range 6 {
		if code, _, _ := get(t, h, "customers"); code != 200 {
			t.Fatalf("refused within the limit: %d", code)
		}
	}
	code, head, body := get(t, h, "customers")
	if code != 429 || head.Get("Retry-After") == "" || !strings.Contains(string(body), "api_request_limit_exceeded") {
		t.Errorf("beyond the limit: %d, Retry-After %q, %s", code, head.Get("Retry-After"), body)
	}
}

func TestEvents(t *testing.T) {
	now := founded.AddDate(0, 0, 30)
	x := handmade(60, site.Items)
	faults, err := wire.ParseFaults("late-events=1", 5)
	if err != nil {
		t.Fatal(err)
	}
	h := New(x, Options{Clock: func() time.Time { return now }, Faults: faults})
	if n := len(dump(t, h, "event", "events?limit=100")); n != 60 {
		t.Errorf("%d events, want 60", n)
	}
	now = time.Unix(day(0)+90*86_400+3600*10, 0)
	if n := len(dump(t, h, "event", "events?limit=100")); n != 60-11 {
		t.Errorf("%d events after ninety days and ten hours, want 49", n)
	}
	now = time.Unix(x.Events[30].At, 0)
	if n := len(dump(t, h, "event", "events?limit=100")); n != 30 {
		t.Errorf("%d events in the second of the last, which comes late; want 30", n)
	}
}

// A filter by updated_at picks the same rows, whether few or most of them pass,
// in either direction and page by page.
func TestChangedRows(t *testing.T) {
	x := town(2, 120, site.Items)
	h := New(x, Options{})
	for _, c := range []struct{ object, path, by string }{
		{"subscription", "subscriptions?include_deleted=true", "created_at"}, {"invoice", "invoices?include_deleted=true", "date"},
	} {
		all := dump(t, h, c.object, c.path+"&limit=100")
		for _, days := range []int{1, 5, 40, 400} {
			lo := x.Config.Now.AddDate(0, 0, -days).Unix()
			hi := lo + 20*86_400
			var want []string
			for _, raw := range all {
				var o struct {
					ID      string
					Updated int64 `json:"updated_at"`
				}
				if err := json.Unmarshal(raw, &o); err != nil {
					t.Fatal(err)
				}
				if o.Updated >= lo && o.Updated <= hi {
					want = append(want, o.ID)
				}
			}
			query := fmt.Sprintf("%s&limit=7&updated_at[between]=[%d,%d]&sort_by", c.path, lo, hi)
			up := ids(t, dump(t, h, c.object, query+"[asc]="+c.by))
			down := ids(t, dump(t, h, c.object, query+"[desc]="+c.by))
			slices.Reverse(down)
			if !slices.Equal(up, want) || !slices.Equal(down, want) {
				t.Errorf("%s changed in twenty days %d days ago: %d up and %d down, want %d", c.object, days, len(up), len(down), len(want))
			}
		}
	}
}

func TestParts(t *testing.T) {
	h := New(town(1, 300, site.Items), Options{Plain: true})
	contracts, discounts := 0, 0
	for _, raw := range dump(t, h, "subscription", "subscriptions?limit=100") {
		id := ids(t, []json.RawMessage{raw})[0]
		if top(raw, "contract_term") != nil {
			contracts++
			p := fetch(t, h, "subscriptions/"+id+"/contract_terms")
			if len(p.List) != 1 || string(p.List[0]["contract_term"]) != string(top(raw, "contract_term")) {
				t.Errorf("contract terms of %s: %v", id, p.List)
			}
		}
		if list := top(raw, "discounts"); list != nil {
			discounts++
			p := fetch(t, h, "subscriptions/"+id+"/discounts")
			if len(p.List) == 0 || !strings.HasPrefix(string(list[1:]), string(p.List[0]["discount"])) {
				t.Errorf("discounts of %s: %v", id, p.List)
			}
		}
	}
	if contracts == 0 || discounts == 0 {
		t.Errorf("%d contracts and %d subscriptions with discounts: want some of each", contracts, discounts)
	}
}
