package chargebee

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// holds says that the store has every object of the site.
func (s *fakeSite) landedIn(t *testing.T, st *store) {
	t.Helper()
	for kind, rows := range s.rows {
		for _, r := range rows {
			if kind == kindEvent {
				continue
			}
			if len(st.objects[kind+"/"+fmt.Sprint(r["id"])]) == 0 {
				t.Errorf("%s %v did not land", kind, r["id"])
			}
		}
	}
}

func TestPullBothCatalogues(t *testing.T) {
	for _, catalogue := range []int{1, 2} {
		t.Run(fmt.Sprint(catalogue), func(t *testing.T) {
			site := newFakeSite(t, catalogue)
			site.fill(47)
			c := site.open(at(fakeNow), "")
			account, err := c.Account(t.Context())
			if err != nil || account != "acme-test test" {
				t.Fatalf("account %q, %v", account, err)
			}
			st := newStore()
			if err := st.pull(t, c, nil); err != nil {
				t.Fatal(err)
			}
			site.landedIn(t, st)
			if n := st.ids(kindEvent); n != 1 {
				t.Errorf("%d events landed, want 1", n)
			}
			if n := st.ids(kindWatch); n != 1 {
				t.Errorf("%d watches landed, want 1", n)
			}
			for _, u := range site.requests {
				q := u.Query()
				if len(q["updated_at[between]"]) > 0 {
					t.Errorf("a first sync filters by updated_at: %s", u)
				}
				if q.Get("subscription_id") != "" {
					t.Errorf("the SDK's empty filter was sent: %s", u)
				}
			}
			other := map[int]string{1: "item_prices", 2: "plans"}[catalogue]
			if n := site.count(other); n > 1 {
				t.Errorf("%d requests for the other catalogue's %s", n, other)
			}
			if err := c.Check(t.Context()); err != nil {
				t.Errorf("check: %v", err)
			}
			for _, id := range []string{"cus_000", "cus_046"} {
				var all, shared []connectors.Object
				for _, versions := range st.objects {
					for _, o := range versions {
						if o.CustomerID == id {
							all = append(all, o)
						} else if o.CustomerID == "" {
							shared = append(shared, o)
						}
					}
				}
				record, rejects := c.Translate(all, connectors.NewCatalog(shared))
				if len(record.Subscriptions) != 1 || len(record.Subscriptions[0].States) != 1 || len(rejects) > 0 {
					t.Errorf("%s: %+v %+v", id, record.Subscriptions, rejects)
				}
				if record.Customer.Country != "DE" || record.Customer.Metadata["cf_csm"] != "Bo" || record.Customer.Metadata["metadata.tier"] != "gold" {
					t.Errorf("customer %+v", record.Customer)
				}
			}
		})
	}
}

func TestPersonalFieldsNeverLand(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(3)
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	for k, versions := range st.objects {
		for _, secret := range []string{"ann@acme.example", "boss@acme.example", "555", "VAT1", "1 Road", "Ann", `"Acme"`, "4242", "redemptions"} {
			if strings.Contains(string(versions[0].Payload), secret) {
				t.Errorf("%s holds %q: %s", k, secret, versions[0].Payload)
			}
		}
	}
	customer := string(st.objects["customer/cus_000"][0].Payload)
	if !strings.Contains(customer, `"company":"sha256:`) || !strings.Contains(customer, `"country":"DE"`) {
		t.Errorf("customer landed as %s", customer)
	}
}

// Rows that changed are read again, deleted ones included; nothing else is.
func TestIncrement(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(47)
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	changed := fakeNow.Add(5 * time.Hour)
	for i, r := range site.rows[kindSubscription] {
		if i%10 == 0 {
			r["updated_at"], r["resource_version"] = changed.Unix(), changed.UnixMilli()
			r["status"] = "cancelled"
			r["cancelled_at"] = changed.Unix()
		}
	}
	site.rows[kindSubscription][20]["deleted"] = true
	site.requests = nil
	later := fakeNow.Add(24 * time.Hour)
	if err := st.pull(t, site.open(at(later), ""), nil); err != nil {
		t.Fatal(err)
	}
	twice := 0
	for k, versions := range st.objects {
		if strings.HasPrefix(k, "subscription/") && len(versions) == 2 {
			twice++
		}
	}
	if twice != 5 {
		t.Errorf("%d subscriptions have a second version, want 5", twice)
	}
	gone := st.objects["subscription/sub_cus_020"]
	if !gone[len(gone)-1].Deleted {
		t.Error("the deleted subscription did not land as deleted")
	}
	want := fmt.Sprintf(`["%d","%d"]`, fakeNow.Add(-lookBack).Unix(), later.Unix())
	for _, u := range site.requests {
		q := u.Query()
		if got := q.Get("updated_at[between]"); got != want && q.Get("occurred_at[between]") == "" && q.Get("limit") != "1" {
			t.Errorf("%s: updated_at between %s, want %s", u.Path, got, want)
		}
	}
	if n := len(site.requests); n > 12 {
		t.Errorf("a quiet night took %d requests", n)
	}
}

// From every cursor that a pull yields, another process goes on without losing
// anything.
func TestResumeFromEveryCursor(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(25)
	var saved []*store
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), func() { saved = append(saved, st.clone()) }); err != nil {
		t.Fatal(err)
	}
	if len(saved) < 15 {
		t.Fatalf("only %d cursors", len(saved))
	}
	for i, s := range saved {
		// Killed after page i; the next run comes a day later, when rows that the
		// first had read have changed.
		if err := s.pull(t, site.open(at(fakeNow.Add(24*time.Hour)), ""), nil); err != nil {
			t.Fatalf("resume from cursor %d: %v", i, err)
		}
		site.landedIn(t, s)
	}
}

// A listing that is resumed a day later ends with what changed meanwhile.
func TestResumedListingCatchesUp(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(25)
	c := site.open(at(fakeNow), "")
	st := newStore()
	for page, err := range c.Pull(t.Context(), streamSubscriptions, "") {
		if err != nil {
			t.Fatal(err)
		}
		st.land(page, streamSubscriptions)
		break
	}
	changed := fakeNow.Add(time.Hour)
	site.rows[kindSubscription][0]["updated_at"] = changed.Unix()
	site.rows[kindSubscription][0]["resource_version"] = changed.UnixMilli()
	site.rows[kindSubscription][0]["status"] = "cancelled"
	for page, err := range site.open(at(fakeNow.Add(24*time.Hour)), "").Pull(t.Context(), streamSubscriptions, st.cursors[streamSubscriptions]) {
		if err != nil {
			t.Fatal(err)
		}
		st.land(page, streamSubscriptions)
	}
	if n := len(st.objects["subscription/sub_cus_000"]); n != 2 {
		t.Errorf("the subscription that changed after its page has %d versions, want 2", n)
	}
}

// A site that has forgotten an offset (or was restored) is asked from the
// window's beginning.
func TestForgottenOffset(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(25)
	forgotten := false
	site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasSuffix(r.URL.Path, "/invoices") && r.URL.Query().Get("offset") != "" && !forgotten {
			forgotten = true
			site.fail(w, 400, "invalid_request", "offset", "The offset is not valid")
			return true
		}
		return false
	}
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	if !forgotten {
		t.Fatal("no offset was sent")
	}
	site.landedIn(t, st)
}

// Answers that make no sense are asked for again; the SDK would panic on the
// second and lose the page on the first.
func TestFaults(t *testing.T) {
	send := func(status int, kind, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	faults := map[string]func(http.ResponseWriter){
		"429":           send(429, "application/json", `{"message":"limit","api_error_code":"api_request_limit_exceeded"}`),
		"200 no list":   send(200, "application/json", `{"message":"all is well"}`),
		"HTML 502":      send(502, "text/html", `<html>bad gateway</html>`),
		"HTML 200":      send(200, "text/html", `<html>maintenance</html>`),
		"truncated":     send(200, "application/json", `{"list":[{"customer":{"id":"cu`),
		"list is null":  send(200, "application/json", `{"list":null}`),
		"offset is odd": send(200, "application/json", `{"list":"none"}`),
	}
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newFakeSite(t, 2)
			site.fill(12)
			failed := false
			site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
				if strings.HasSuffix(r.URL.Path, "/customers") && !failed {
					failed = true
					faults[name](w)
					return true
				}
				return false
			}
			st := newStore()
			if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
				t.Fatal(err)
			}
			site.landedIn(t, st)
		})
	}
}

func TestHopelessAnswers(t *testing.T) {
	cases := map[string]struct{ body, want string }{
		"never a list":  {`{}`, "not a list"},
		"stuck":         {`{"list":[],"next_offset":"x"}`, "does not advance"},
		"row of others": {`{"list":[{"card":{}}]}`, "row 1 of a page of customers: the row has no customer"},
		"row without id": {
			`{"list":[{"customer":{"id":"cus_1"}},{"customer":{"company":"x"}}]}`, "row 2 of a page of customers (after cus_1): a customer without id",
		},
		"id is a number": {`{"list":[{"customer":{"id":5}}]}`, "row 1 of a page of customers"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newFakeSite(t, 2)
			site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
				if !strings.HasSuffix(r.URL.Path, "/customers") {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, c.body)
				return true
			}
			err := newStore().pull(t, site.open(at(fakeNow), ""), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "stream customers") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A row that is updated while an increment is paged falls out of its window and
// pulls another over the page's edge. The events tell, and it is fetched.
func TestRowLostWhilePaging(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(30)
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	night := fakeNow.Add(24 * time.Hour)
	for i, r := range site.rows[kindSubscription] {
		when := fakeNow.Add(time.Duration(i+1) * time.Minute)
		r["updated_at"], r["resource_version"] = when.Unix(), when.UnixMilli()
		site.event(fmt.Sprintf("ev_n%d", i), "subscription_changed", when, kindSubscription, r)
	}
	lost := "sub_cus_015"
	site.before = func(path string, q url.Values) {
		if path == "subscriptions" && q.Get("offset") != "" && lost != "" { // it is not on the list for a while
			for i, r := range site.rows[kindSubscription] {
				if r["id"] == lost {
					hidden := r
					site.rows[kindSubscription] = slices.Delete(site.rows[kindSubscription], i, i+1)
					site.before = func(path string, _ url.Values) {
						if path == "events" {
							site.rows[kindSubscription] = append(site.rows[kindSubscription], hidden)
							site.before = nil
						}
					}
					return
				}
			}
		}
	}
	if err := st.pull(t, site.open(at(night), ""), nil); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		id := fmt.Sprintf("sub_cus_%03d", i)
		if n := len(st.objects["subscription/"+id]); n != 2 {
			t.Errorf("%s has %d versions, want 2", id, n)
		}
	}
	if n := site.count("/subscriptions/" + lost); n != 1 {
		t.Errorf("the lost subscription was fetched %d times, want 1", n)
	}
	fetched := 0
	for _, u := range site.requests {
		if strings.Contains(u.Path, "/subscriptions/") {
			fetched++
		}
	}
	if fetched != 1 {
		t.Errorf("%d subscriptions were fetched, want only the lost one", fetched)
	}
}

// What an event names and nothing shows any more is gone.
func TestGoneObject(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(2)
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	gone := site.rows[kindInvoice][0]
	site.rows[kindInvoice] = site.rows[kindInvoice][1:]
	site.event("ev_gone", "invoice_deleted", fakeNow.Add(time.Hour), kindInvoice, gone)
	if err := st.pull(t, site.open(at(fakeNow.Add(24*time.Hour)), ""), nil); err != nil {
		t.Fatal(err)
	}
	versions := st.objects["invoice/inv_cus_000"]
	last := versions[len(versions)-1]
	if !last.Deleted || last.CustomerID != "cus_000" || last.Version <= versions[0].Version {
		t.Errorf("the invoice landed as %+v %s", last, last.Payload)
	}
}

// Sites that refuse to list ramps as a whole are asked along the subscriptions.
func TestRampsBySubscription(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(45)
	site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasSuffix(r.URL.Path, "/ramps") && r.URL.Query().Get("subscription_id[in]") == "" {
			site.fail(w, 400, "invalid_request", "subscription_id", "subscription_id : is mandatory")
			return true
		}
		return false
	}
	c := site.open(at(fakeNow), "")
	if err := c.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	told := listens(c)
	st := newStore()
	if err := st.pull(t, c, nil); err != nil {
		t.Fatal(err)
	}
	if got := told.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "draft=12 failed=0") {
		t.Errorf("told: %s", got)
	}
	site.landedIn(t, st)
	if got := st.objects["ramp/ramp_cus_004"][0].CustomerID; got != "cus_004" {
		t.Errorf("the ramp belongs to %q", got)
	}
}

func TestRampsOfAll(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(45)
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	if got := st.objects["ramp/ramp_cus_004"][0].CustomerID; got != "cus_004" {
		t.Errorf("the ramp belongs to %q", got)
	}
}

// listens keeps what a connector logs.
func listens(c connectors.Connector) *bytes.Buffer {
	var told bytes.Buffer
	c.(*connector).options.Logger = slog.New(slog.NewTextHandler(&told, nil))
	return &told
}

// A site may have thousands of ramps that change nothing: those of all pages are one
// line of the log, and those of the next pull another.
func TestIdleRampsAreToldOnce(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(45)
	site.rows[kindRamp][7]["status"] = rampFailed
	site.rows[kindRamp][8]["status"] = "succeeded"
	c := site.open(at(fakeNow), "")
	told := listens(c)
	for range 2 {
		if err := newStore().pull(t, c, nil); err != nil {
			t.Fatal(err)
		}
		if got := told.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "draft=10 failed=1 one=ramp_cus_044") {
			t.Errorf("told: %s", got)
		}
		told.Reset()
	}
	for _, ramp := range site.rows[kindRamp] {
		ramp["status"] = "succeeded"
	}
	if err := newStore().pull(t, c, nil); err != nil || told.Len() > 0 {
		t.Errorf("of ramps that count is told: %s %v", told, err)
	}
}

func TestWithoutRamps(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(5)
	site.rows[kindRamp] = nil
	site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasSuffix(r.URL.Path, "/ramps") {
			site.fail(w, 400, "invalid_request", "", "Subscription ramps is not enabled for your site")
			return true
		}
		return false
	}
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	site.landedIn(t, st)
}

// A coupon that the catalogue's list leaves out is fetched when a subscription
// names it.
func TestReferences(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(5)
	site.add(kindCoupon, map[string]any{"id": "old", "discount_type": "percentage", "discount_percentage": 5, "duration_type": "forever", "created_at": 4, "deleted": true})
	for _, r := range site.rows[kindSubscription] {
		r["coupons"] = []map[string]any{{"coupon_id": "old"}, {"coupon_id": "never"}}
	}
	st := newStore()
	if err := st.pull(t, site.open(at(fakeNow), ""), nil); err != nil {
		t.Fatal(err)
	}
	if len(st.objects["coupon/old"]) != 1 || st.objects["coupon/old"][0].Deleted {
		t.Errorf("the deleted coupon landed as %+v", st.objects["coupon/old"])
	}
	if n := site.count("/coupons/old") + site.count("/coupons/never"); n != 2 {
		t.Errorf("%d requests for two coupons", n)
	}
}

func TestDenied(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(2)
	c := site.open(at(fakeNow), "")
	site.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.HasSuffix(r.URL.Path, "/invoices") || strings.HasSuffix(r.URL.Path, "/credit_notes") {
			site.fail(w, 403, "api_authorization_failed", "", "The key has no permission")
			return true
		}
		return false
	}
	err := c.Check(t.Context())
	if err == nil || !errors.Is(err, connectors.ErrDenied) || !strings.Contains(err.Error(), "stream invoices") || !strings.Contains(err.Error(), "stream credit_notes") {
		t.Errorf("check: %v", err)
	}
	if err := newStore().pull(t, c, nil); !errors.Is(err, connectors.ErrDenied) {
		t.Errorf("pull: %v", err)
	}
	site.answer = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		site.fail(w, 401, "api_authentication_failed", "", "Sorry, authentication failed. The key cb_key_1 is invalid.")
		return true
	}
	err = site.open(at(fakeNow), "").Check(t.Context())
	if !errors.Is(err, connectors.ErrDenied) || strings.Count(err.Error(), "api_key") != 1 || strings.Contains(err.Error(), "cb_key_1") {
		t.Errorf("check with a wrong key: %v", err)
	}
	site.answer = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		site.fail(w, 404, "site_not_found", "", "Site not found")
		return true
	}
	if err = site.open(at(fakeNow), "").Check(t.Context()); err == nil || !strings.Contains(err.Error(), `no site "acme-test"`) {
		t.Errorf("check of a site that is not there: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	site := newFakeSite(t, 2)
	site.fill(60)
	before := runtime.NumGoroutine()
	for _, stream := range site.open(at(fakeNow), "").Streams() {
		ctx, cancel := context.WithCancel(t.Context())
		c := site.open(at(fakeNow), "")
		var last error
		for _, err := range c.Pull(ctx, stream, "") {
			cancel()
			last = err
		}
		cancel()
		if stream == streamSubscriptions && !errors.Is(last, context.Canceled) {
			t.Errorf("stream %s went on after its context ended: %v", stream, last)
		}
		for range c.Pull(t.Context(), stream, "") {
			break // a consumer that wants no more
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before+2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestCursors(t *testing.T) {
	site := newFakeSite(t, 2)
	c := site.open(at(fakeNow), "")
	for _, bad := range []connectors.Cursor{"{", `{"v":9}`, `{"v":1,"open":true,"from":5,"upper":1}`, "null5"} {
		for _, err := range c.Pull(t.Context(), "customers", bad) {
			if err == nil || !strings.Contains(err.Error(), "read cursor") {
				t.Errorf("cursor %q: %v", bad, err)
			}
		}
	}
	for _, err := range c.Pull(t.Context(), "nonsense", "") {
		if err == nil {
			t.Error("an unknown stream was read")
		}
	}
}

func TestConfiguration(t *testing.T) {
	cases := map[string]string{
		"api_key: env:KEY": "site: it is missing",
		"site: https://acme.chargebee.com\napi_key: env:KEY": "mrrsync.yaml:1:1: site:",
		"site: acme": "api_key: it is missing",
		"site: acme\napi_key: env:KEY\npage_size: 101":          "page_size: it is 101",
		"site: acme\napi_key: env:KEY\nconcurrency: 0":          "concurrency: it is 0",
		"site: acme\napi_key: env:KEY\nrequests_per_second: -1": "requests_per_second: it is -1",
		"site: acme\napi_key: env:KEY\nbase_url: localhost":     "base_url",
		"site: acme\napi_key: env:KEY\nsitte: x":                "sitte",
	}
	for text, want := range cases {
		section, err := config.ParseSection("mrrsync.yaml", []byte(text), func(string) string { return "k" })
		if err == nil {
			_, err = Open(connectors.Options{Source: "emea", Settings: section, Now: time.Now})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if got := (settings{Site: "acme"}).address(); got != "https://acme.chargebee.com/api/v2" {
		t.Errorf("address %q", got)
	}
}
