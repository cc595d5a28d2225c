package contracts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

const header = "customer_id,subscription_id,item_id,plan,currency,amount,interval,interval_count,quantity,start,end,trial_end,kind"

// file is a contracts file in a folder of its own, read at moments that go on
// by a day each.
type file struct {
	t    *testing.T
	path string
	zone *time.Location
	keep connectors.Privacy
	now  time.Time
	raw  []connectors.Object // everything landed
	at   connectors.Cursor
}

func newFile(t *testing.T, text string) *file {
	t.Helper()
	f := &file{
		t: t, path: filepath.Join(t.TempDir(), "contracts.csv"), zone: time.UTC,
		keep: connectors.Privacy{Emails: connectors.Drop, Names: connectors.Keep},
		now:  time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC),
	}
	f.write(text)
	return f
}

func (f *file) write(text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *file) open() connectors.Connector {
	f.t.Helper()
	section, err := config.ParseSection("mrrsync.yaml", []byte("file: contracts.csv\n"), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := Definition.Open(connectors.Options{
		Source: "enterprise", Settings: section, Folder: filepath.Dir(f.path), Privacy: f.keep, Zone: f.zone,
		Now: func() time.Time { return f.now },
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// pull reads the file as a nightly run does and lands what differs. It returns
// the objects that the pull brought.
func (f *file) pull() ([]connectors.Object, error) {
	f.t.Helper()
	var brought []connectors.Object
	next := f.at
	for page, err := range f.open().Pull(context.Background(), Stream, f.at) {
		if err != nil {
			return brought, err
		}
		brought = append(brought, page.Objects...)
		next = page.Cursor
	}
	f.at = next
	for _, o := range brought {
		if last := f.newest(o.Kind, o.ID); last == nil || last.Deleted != o.Deleted || string(last.Payload) != string(o.Payload) {
			f.raw = append(f.raw, o)
		}
	}
	f.now = f.now.AddDate(0, 0, 1)
	return brought, nil
}

func (f *file) newest(kind, id string) *connectors.Object {
	var last *connectors.Object
	for i := range f.raw {
		if o := &f.raw[i]; o.Kind == kind && o.ID == id && (last == nil || o.Version >= last.Version) {
			last = o
		}
	}
	return last
}

func (f *file) mustPull() []connectors.Object {
	f.t.Helper()
	brought, err := f.pull()
	if err != nil {
		f.t.Fatal(err)
	}
	return brought
}

func (f *file) translate(customer string) (billing.Record, []connectors.Reject) {
	f.t.Helper()
	var own, shared []connectors.Object
	for _, o := range f.raw {
		switch o.CustomerID {
		case customer:
			own = append(own, o)
		case "":
			shared = append(shared, o)
		}
	}
	return f.open().Translate(own, connectors.NewCatalog(shared))
}

// told is a record as short lines: per subscription its states, per state the
// days in the file's zone, the status and the items.
func (f *file) told(r billing.Record) string {
	var b strings.Builder
	day := func(t time.Time) string {
		if t.IsZero() {
			return "open"
		}
		return billing.DateOf(t, f.zone).String()
	}
	evidence := map[billing.EvidenceKind]string{billing.EvidenceContract: "contract", billing.EvidenceHeld: "held"}
	status := map[billing.Status]string{billing.StatusActive: "active", billing.StatusTrialing: "trialing", billing.StatusCanceled: "none"}
	for _, s := range r.Subscriptions {
		fmt.Fprintf(&b, "%s %s %s..%s\n", s.ID, s.Currency, day(s.Start), day(s.Ended))
		for _, st := range s.States {
			fmt.Fprintf(&b, "  %s..%s %s %s", day(st.From), day(st.Until), evidence[st.Evidence], status[st.Terms.Status])
			for _, i := range st.Terms.Items {
				fmt.Fprintf(&b, " %s=%sx%s/%d%s", i.ID, i.Price.Unit, i.Quantity, i.Price.Interval.Count, string("?dwmyt"[i.Price.Interval.Unit]))
				if !i.TrialEnd.IsZero() {
					fmt.Fprintf(&b, " paid %s", day(i.TrialEnd))
				}
				if i.Commitment != nil {
					fmt.Fprintf(&b, " commits %s", i.Commitment)
				}
				if i.TermFrom != billing.NoDate {
					fmt.Fprintf(&b, " term %s..%s", i.TermFrom, i.TermUntil)
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func reasons(rejects []connectors.Reject) string {
	var b strings.Builder
	for _, r := range rejects {
		fmt.Fprintf(&b, "%s: %s\n", r.Code, r.Detail)
	}
	return b.String()
}

func TestTranslate(t *testing.T) {
	cases := map[string]struct{ zone, rows, want, rejects string }{
		"open monthly contract": {"UTC", "c,s,i,gold,usd,100,Month,,3,2026-01-01,,,\n", `
s USD 2026-01-01..open
  2026-01-01..open contract active i=100x3/1m
`, ""},
		"the last day is covered, by local dates": {"America/New_York", "c,s,i,gold,EUR,1200.50,year,1,1,2026-03-08,2026-11-01,,recurring\n", `
s EUR 2026-03-08..2026-11-02
  2026-03-08..2026-11-02 contract active i=1200.5x1/1y
`, ""},
		"a ramp of three years": {"UTC", `c,s,i,gold,USD,6000,month,,,2028-01-01,2028-12-31,,
c,s,i,gold,USD,4000,month,,,2026-01-01,2026-12-31,,
c,s,i,gold,USD,5000,month,,,2027-01-01,2027-12-31,,
`, `
s USD 2026-01-01..2029-01-01
  2026-01-01..2027-01-01 contract active i=4000x1/1m
  2027-01-01..2028-01-01 contract active i=5000x1/1m
  2028-01-01..2029-01-01 contract active i=6000x1/1m
`, ""},
		"a term is spread over its own row": {"UTC", "c,s,i,gold,USD,180000,term,,,2026-01-01,2028-12-31,,\n", `
s USD 2026-01-01..2029-01-01
  2026-01-01..2029-01-01 contract active i=180000x1/1t term 2026-01-01..2029-01-01
`, ""},
		"items that begin and end apart, and a gap": {"UTC", `c,s,a,base,USD,10,month,,,2026-01-01,2026-03-31,,
c,s,b,seats,USD,2,month,,5,2026-02-01,2026-02-28,,
c,s,a,base,USD,12,month,,,2026-06-01,,,
`, `
s USD 2026-01-01..open
  2026-01-01..2026-02-01 contract active a=10x1/1m
  2026-02-01..2026-03-01 contract active a=10x1/1m b=2x5/1m
  2026-03-01..2026-04-01 contract active a=10x1/1m
  2026-04-01..2026-06-01 contract none
  2026-06-01..open contract active a=12x1/1m
`, ""},
		"a trial's end is the first paid day": {"UTC", `c,s,a,base,USD,10,month,,,2026-01-01,,2026-01-15,
`, `
s USD 2026-01-01..open
  2026-01-01..2026-01-15 contract trialing a=10x1/1m paid 2026-01-15
  2026-01-15..open contract active a=10x1/1m
`, ""},
		"one item on trial beside a paid one": {"UTC", `c,s,a,base,USD,10,month,,,2026-01-01,,,
c,s,b,extra,USD,5,month,,,2026-01-01,,2026-02-01,
`, `
s USD 2026-01-01..open
  2026-01-01..2026-02-01 contract active a=10x1/1m b=5x1/1m paid 2026-02-01
  2026-02-01..open contract active a=10x1/1m b=5x1/1m
`, ""},
		"usage, its commitment and a fee": {"UTC", `c,s,fee,setup,USD,999,,,,2026-01-01,,,one_time
c,s,min,api,USD,500,month,3,2,2026-01-01,,,usage_commitment
c,s,use,api,USD,,month,,,2026-01-01,,,usage
`, `
s USD 2026-01-01..open
  2026-01-01..open contract active fee=999x1/0? min=500x2/3m commits 1000 use=0x1/1m
`, ""},
		"the end of all calendars is open": {"UTC", "c,s,i,gold,USD,1,day,,,2026-01-01,9999-12-31,,\n", `
s USD 2026-01-01..open
  2026-01-01..open contract active i=1x1/1d
`, ""},
		"two subscriptions": {"UTC", "c,t,i,gold,USD,1,day,,,2026-01-01,,,\nc,s,i,gold,USD,1,week,2,,2026-01-01,,,\n", `
s USD 2026-01-01..open
  2026-01-01..open contract active i=1x1/2w
t USD 2026-01-01..open
  2026-01-01..open contract active i=1x1/1d
`, ""},

		"every fault of a row, with its line": {"UTC", "c,s,ok,p,USD,1,month,,,2026-01-01,,,\nc,s,i,p,USX,-5,monthly,0,many,2026-13-01,2026-02-30,soon,free\n", `
s USD 2026-01-01..open
  2026-01-01..open contract active ok=1x1/1m
`, `bad_date: contracts.csv:3: end "2026-02-30" is not a date; write it as 2026-03-31 (subscription s, item i)
bad_date: contracts.csv:3: start "2026-13-01" is not a date; write it as 2026-03-31 (subscription s, item i)
bad_date: contracts.csv:3: trial_end "soon" is not a date; write it as 2026-03-31 (subscription s, item i)
bad_interval_count: contracts.csv:3: interval_count "0" is not a whole number from 1 (subscription s, item i)
bad_quantity: contracts.csv:3: quantity "many" is not a plain number; write 1200.50, without currency sign, thousands separator or exponent (subscription s, item i)
negative_amount: contracts.csv:3: amount -5 is negative; a contract's price can't be, end or change the row that it takes from instead (subscription s, item i)
unknown_currency: contracts.csv:3: currency "USX" is not a code of ISO 4217 such as USD (subscription s, item i)
unknown_interval: contracts.csv:3: interval "monthly" is not one of day, week, month, year, term (subscription s, item i)
unknown_kind: contracts.csv:3: kind "free" is not one of recurring, one_time, usage_commitment, usage (subscription s, item i)
`},
		"a term without an end": {"UTC", "c,s,i,p,USD,9,term,,,2026-01-01,,,\n", "", `term_without_end: contracts.csv:2: interval term needs an end: the amount is for the whole of start..end (subscription s, item i)
`},
		"overlapping rows take their item with them": {"UTC", `c,s,i,p,USD,9,month,,,2026-01-01,2026-06-30,,
c,s,i,p,USD,9,month,,,2026-07-01,2026-12-31,,
c,s,i,p,USD,9,month,,,2026-12-31,,,
`, "", `overlap: contracts.csv:4: 2026-12-31 to open overlaps line 3 (2026-07-01 to 2026-12-31) of the same item (subscription s, item i)
`},
		"nonsense in order": {"UTC", `c,s,a,p,USD,9,month,,,2026-02-01,2026-01-31,,
c,s,b,p,USD,1e9,month,,,2026-01-01,,,
c,s,d,p,USD,"1,000",month,,,2026-01-01,,,
c,s,e,p,USD,9,month,,,2026-01-01,2026-03-31,2026-04-02,
c,s,f,p,,,month,,,,,,
`, "", `end_before_start: contracts.csv:2: end 2026-01-31 lies before start 2026-02-01 (subscription s, item a)
bad_amount: contracts.csv:3: amount "1e9" is not a plain number; write 1200.50, without currency sign, thousands separator or exponent (subscription s, item b)
bad_amount: contracts.csv:4: amount "1,000" is not a plain number; write 1200.50, without currency sign, thousands separator or exponent (subscription s, item d)
bad_trial_end: contracts.csv:5: trial_end 2026-04-02, the first paid day, lies outside of start..end (subscription s, item e)
missing_value: contracts.csv:6: amount is empty (subscription s, item f)
missing_value: contracts.csv:6: currency is empty (subscription s, item f)
missing_value: contracts.csv:6: start is empty (subscription s, item f)
`},
		"ids are a customer's own": {"UTC", "c,s,i,p,USD,9,month,,,2026-01-01,,,\nother,s,i,p,USD,9,month,,,2026-05-01,,,\n", `
s USD 2026-01-01..open
  2026-01-01..open contract active i=9x1/1m
`, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFile(t, header+"\n"+c.rows)
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			f.zone = zone
			f.mustPull()
			record, rejects := f.translate("c")
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), f.told(record)); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.rejects, reasons(rejects)); diff != "" {
				t.Errorf("rejects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstantsAreLocalMidnights(t *testing.T) {
	f := newFile(t, header+"\nc,s,i,p,USD,1,month,,,2026-03-29,2026-10-25,,\n")
	f.zone, _ = time.LoadLocation("Europe/Berlin")
	f.mustPull()
	record, _ := f.translate("c")
	s := record.Subscriptions[0]
	got := s.Start.Format(time.RFC3339) + " " + s.Ended.Format(time.RFC3339)
	if want := "2026-03-28T23:00:00Z 2026-10-25T23:00:00Z"; got != want {
		t.Errorf("covers %s, want %s", got, want)
	}
}

func TestPullLandsOnlyWhatChanged(t *testing.T) {
	f := newFile(t, header+"\na,s1,i,p,USD,1,month,,,2026-01-01,,,\nb,s2,i,p,USD,1,month,,,2026-01-01,,,\n")
	if n := len(f.mustPull()); n != 3 {
		t.Fatalf("first pull brought %d objects, want two customers and the book", n)
	}
	if n := len(f.mustPull()); n != 0 || len(f.raw) != 3 {
		t.Errorf("a pull of the same file brought %d objects", n)
	}
	// A customer on top moves every line and changes nobody else.
	f.write(header + "\nnew,s0,i,p,USD,1,month,,,2026-01-01,,,\na,s1,i,p,USD,1,month,,,2026-01-01,,,\nb,s2,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.mustPull()
	var landed []string
	for _, o := range f.raw[3:] {
		landed = append(landed, o.Kind+" "+o.ID)
	}
	if diff := cmp.Diff([]string{"contract new", "contract_book file"}, landed); diff != "" {
		t.Errorf("landed (-want +got):\n%s", diff)
	}
}

func TestVersionsGrowUnderAStoppedClock(t *testing.T) {
	f := newFile(t, header+"\nc,s,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.mustPull()
	f.now = f.now.AddDate(-1, 0, 0)
	f.write(header + "\nc,s,i,p,USD,2,month,,,2026-01-01,,,\n")
	f.mustPull()
	record, _ := f.translate("c")
	if got := record.Subscriptions[0].States[0].Terms.Items[0].Price.Unit.String(); got != "2" {
		t.Errorf("after a correction read with an earlier clock the price is %s, want 2", got)
	}
}

func TestRowsThatVanish(t *testing.T) {
	both := header + "\na,s1,i,p,USD,1,month,,,2026-01-01,,,\nb,s2,i,p,USD,1,month,,,2026-01-01,,,\n"
	one := header + "\na,s1,i,p,USD,1,month,,,2026-01-01,,,\n"
	f := newFile(t, both)
	f.mustPull()
	f.write(one)
	var deleted []string
	for _, o := range f.mustPull() {
		if o.Deleted {
			deleted = append(deleted, o.ID)
		}
	}
	if !slices.Equal(deleted, []string{"b"}) {
		t.Errorf("deleted are %v, want b", deleted)
	}
	record, rejects := f.translate("b")
	if !record.Customer.Deleted || len(record.Subscriptions) != 0 || len(rejects) != 0 {
		t.Errorf("a vanished customer is %+v, %v", record, rejects)
	}
	f.write(both)
	f.mustPull()
	if record, _ := f.translate("b"); record.Customer.Deleted || len(record.Subscriptions) != 1 {
		t.Errorf("a customer that came back is %+v", record)
	}
}

func TestRestartListsEverythingAndWhoIsGone(t *testing.T) {
	f := newFile(t, header+"\na,s1,i,p,USD,1,month,,,2026-01-01,,,\nb,s2,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.mustPull()
	f.write(header + "\na,s1,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.at = f.open().(connectors.Restarter).Restart(Stream, f.at)
	var got []string
	for _, o := range f.mustPull() {
		got = append(got, fmt.Sprintf("%s %s %t", o.Kind, o.ID, o.Deleted))
	}
	if diff := cmp.Diff([]string{"contract a false", "contract b true", "contract_book file false"}, got); diff != "" {
		t.Errorf("a full listing brought (-want +got):\n%s", diff)
	}
	for _, broken := range []connectors.Cursor{"", "{"} {
		if again := f.open().(connectors.Restarter).Restart(Stream, broken); again != "" {
			t.Errorf("Restart(%q) = %q, want the beginning", broken, again)
		}
	}
}

// A cursor that was lost knows no names; the book does.
func TestRowsThatVanishWithTheCursor(t *testing.T) {
	f := newFile(t, header+"\na,s1,i,p,USD,1,month,,,2026-01-01,,,\nb,s2,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.mustPull()
	f.write(header + "\na,s1,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.at = ""
	f.mustPull()
	if record, _ := f.translate("b"); !record.Customer.Deleted || len(record.Subscriptions) != 0 {
		t.Errorf("a vanished customer is %+v", record)
	}
}

func TestHeld(t *testing.T) {
	f := newFile(t, header+"\nc,s,i,p,USD,100,month,,,2026-01-01,,,\nc,s,j,p,USD,7,month,,,2026-01-01,,,\n")
	f.mustPull()
	f.write(header + "\nc,s,i,p,USD,oops,month,,,2026-01-01,,,\nc,s,j,p,USD,8,month,,,2026-01-01,,,\n")
	f.mustPull()
	record, rejects := f.translate("c")
	want := `s USD 2026-01-01..open
  2026-01-01..open held active i=100x1/1m j=8x1/1m
`
	if diff := cmp.Diff(want, f.told(record)); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if len(rejects) != 1 || rejects[0].Code != "bad_amount" || rejects[0].Object != f.newest(kindContract, "c").Ref() {
		t.Errorf("rejects are %+v", rejects)
	}
	// Held is what was last understood, and no older truth than a deletion.
	f.write(header + "\nd,t,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.mustPull()
	f.write(header + "\nc,s,i,p,USD,oops,month,,,2026-01-01,,,\n")
	f.mustPull()
	if record, rejects := f.translate("c"); len(record.Subscriptions) != 0 || len(rejects) != 1 {
		t.Errorf("after a deletion: %s, rejects %v", f.told(record), rejects)
	}
}

func TestTranslateIgnoresOrder(t *testing.T) {
	f := newFile(t, header+"\nc,s,i,p,USD,100,month,,,2026-01-01,,,\nc,s,j,p,USD,1,month,,,2026-01-01,,,\n")
	f.mustPull()
	f.write(header + "\nc,s,j,p,USD,1,month,,,2026-01-01,,,\nc,s,i,p,USD,x,month,,,2026-01-01,,,\n")
	f.mustPull()
	want, wantRejects := f.translate("c")
	slices.Reverse(f.raw)
	got, gotRejects := f.translate("c")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order of versions matters (-one +other):\n%s", diff)
	}
	if diff := cmp.Diff(wantRejects, gotRejects); diff != "" {
		t.Errorf("the order of versions matters to rejects (-one +other):\n%s", diff)
	}
}

func TestBrokenFiles(t *testing.T) {
	good := "c,s,i,p,USD,1,month,,,2026-01-01,,,\n"
	cases := map[string]struct{ text, want string }{
		"empty":            {"", "contracts.csv:1: is empty; the first line names the columns: customer_id,"},
		"misspelt column":  {strings.Replace(header, "quantity", "quanity", 1) + "\n" + good, `contracts.csv:1: column "quanity" looks like "quantity" misspelt`},
		"missing column":   {"customer_id,subscription_id,item_id,currency,interval,start\n", `contracts.csv:1: column "amount" is missing`},
		"column twice":     {header + ",kind\n", `contracts.csv:1: column "kind" is there twice`},
		"nameless column":  {header + ",\n", "contracts.csv:1: column 14 has no name"},
		"semicolons":       {strings.ReplaceAll(header, ",", ";") + "\n", "contracts.csv:1: columns are not separated by commas"},
		"too few fields":   {header + "\n" + good + "c,s,i,p,USD,1\n", "contracts.csv:3: has 6 fields where the first line names 13 columns; is the line cut off?"},
		"too many fields":  {header + "\nc,s,i,p,USD,1,000,month,,,2026-01-01,,,\n", "contracts.csv:2: has 14 fields"},
		"stray quote":      {header + "\n" + good + "c,s,i,\"p,USD,1,month,,,2026-01-01,,,\n" + good, `contracts.csv:`},
		"nobody's row":     {header + "\n,s,i,p,USD,1,month,,,2026-01-01,,,\n", "contracts.csv:2: customer_id is empty"},
		"UTF-16":           {"\xff\xfec\x00", "contracts.csv:1: is UTF-16; save it as UTF-8"},
		"Latin-1":          {header + "\n" + good + "M\xfcller,s,i,p,USD,1,month,,,2026-01-01,,,\n", "contracts.csv:3: is not UTF-8"},
		"all broken lines": {header + "\nc\n" + good + "d\n", "contracts.csv:4: has 1 fields"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFile(t, c.text)
			brought, err := f.pull()
			if err == nil || !strings.Contains(err.Error(), c.want) || len(brought) != 0 {
				t.Errorf("pull brought %d objects and %v, want the error %q", len(brought), err, c.want)
			}
			if check := f.open().Check(context.Background()); check == nil || check.Error() != err.Error() {
				t.Errorf("Check says %v, Pull says %v", check, err)
			}
		})
	}
}

func TestSpreadsheetHabits(t *testing.T) {
	f := newFile(t, "\xef\xbb\xbf"+strings.ToUpper(header)+",CSM_Owner\r\nc,s,i,\"Gold, yearly\", usd ,100,MONTH,,,2026-01-01,,,,Ada\r\n,,,,,,,,,,,,,\r\n\r\n")
	f.mustPull()
	record, rejects := f.translate("c")
	want := "s USD 2026-01-01..open\n  2026-01-01..open contract active i=100x1/1m\n"
	if got := f.told(record); got != want || len(rejects) != 0 {
		t.Errorf("record is %s, rejects %v", got, rejects)
	}
	if got := record.Subscriptions[0].States[0].Terms.Items[0].Price.Name; got != "Gold, yearly" {
		t.Errorf("plan is %q", got)
	}
	if got := record.Subscriptions[0].Metadata["metadata.csm_owner"]; got != "Ada" {
		t.Errorf("metadata is %v", record.Subscriptions[0].Metadata)
	}
}

func TestPersonalColumns(t *testing.T) {
	f := newFile(t, header+",customer_name,email,phone,country,tier\nc,s,i,p,USD,1,month,,,2026-01-01,,,,Acme,a@b.example,123,DE,gold\n")
	f.mustPull()
	for _, o := range f.raw {
		if text := string(o.Payload); strings.Contains(text, "a@b") || strings.Contains(text, "123") {
			t.Errorf("landed %s", text)
		}
	}
	record, _ := f.translate("c")
	want := billing.Customer{
		ID: "c", Name: "Acme", Currency: "USD", Country: "DE", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Metadata: map[string]string{
			"metadata.customer_name": "Acme", "metadata.country": "DE", "address.country": "DE", "metadata.tier": "gold",
		},
		Object: f.newest(kindContract, "c").Ref(),
	}
	if diff := cmp.Diff(want, record.Customer); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
}

func TestCheckNamesRowsToBeRejected(t *testing.T) {
	f := newFile(t, header+"\nc,s,i,p,USD,1,month,,,2026-01-01,,,\n")
	if err := f.open().Check(context.Background()); err != nil {
		t.Errorf("Check of a good file = %v", err)
	}
	var rows strings.Builder
	for i := range 30 {
		fmt.Fprintf(&rows, "c%d,s%d,i,p,XXX,1,month,,,2026-01-01,,,\n", i, i)
	}
	f.write(header + "\n" + rows.String())
	err := f.open().Check(context.Background())
	if err == nil || !strings.Contains(err.Error(), `contracts.csv:2: currency "XXX"`) || strings.Count(err.Error(), "\n") != 20 {
		t.Errorf("Check = %v", err)
	}
}

func TestMissingFile(t *testing.T) {
	f := newFile(t, "")
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if _, err := f.pull(); err == nil || !strings.Contains(err.Error(), f.path+" does not exist") {
		t.Errorf("pull of a missing file = %v", err)
	}
}

func TestOpenRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                         "mrrsync.yaml: file: is missing; name the CSV file of contracts",
		"fiel: x":                    `mrrsync.yaml:1:1: fiel: unknown key; did you mean "file"?`,
		"file: x\nconcurrency: 8":    "mrrsync.yaml:2:1: concurrency: unknown key; known here: file",
		"file: [contracts.csv, two]": "mrrsync.yaml:1:1: file: want a single value here",
	} {
		section, err := config.ParseSection("mrrsync.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Definition.Open(connectors.Options{Settings: section}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestPullStops(t *testing.T) {
	f := newFile(t, header+"\nc,s,i,p,USD,1,month,,,2026-01-01,,,\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for page, err := range f.open().Pull(ctx, Stream, "") {
		if !errors.Is(err, context.Canceled) || len(page.Objects) != 0 {
			t.Errorf("pull after the end = %d objects, %v", len(page.Objects), err)
		}
	}
	for _, err := range f.open().Pull(context.Background(), "invoices", "") {
		if err == nil {
			t.Error("pulled a stream that is not there")
		}
	}
	for _, err := range f.open().Pull(context.Background(), Stream, "{") {
		if err == nil || !strings.Contains(err.Error(), "--full") {
			t.Errorf("pull from a broken cursor = %v", err)
		}
	}
}

// Every page but the last carries the old cursor, so that a run that ends
// between them starts over.
func TestPagesResume(t *testing.T) {
	var rows strings.Builder
	for i := range 2*pageSize + 10 {
		fmt.Fprintf(&rows, "c%05d,s%05d,i,p,USD,1,month,,,2026-01-01,,,\n", i, i)
	}
	f := newFile(t, header+"\n"+rows.String())
	var cursors []connectors.Cursor
	seen := 0
	for page, err := range f.open().Pull(context.Background(), Stream, "") {
		if err != nil {
			t.Fatal(err)
		}
		cursors = append(cursors, page.Cursor)
		seen += len(page.Objects)
		if page.Total != 2*pageSize+11 {
			t.Errorf("total is %d", page.Total)
		}
	}
	if len(cursors) != 3 || cursors[0] != "" || cursors[1] != "" || cursors[2] == "" || seen != 2*pageSize+11 {
		t.Errorf("%d objects, cursors empty: %t %t %t", seen, cursors[0] == "", cursors[1] == "", cursors[2] == "")
	}
}

func FuzzFile(f *testing.F) {
	f.Add(header + "\nc,s,i,p,USD,1,month,,,2026-01-01,,,\n")
	f.Add(header + "\nc,s,i,p,USD,1,term,,,2026-01-01,2028-12-31,2026-02-01,usage_commitment\nc,s,i,p,EUR,1,term,,,2026-01-01,2028-12-31,,\n")
	f.Add("a;b\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		file := newFile(t, text)
		brought, err := file.pull()
		if err != nil {
			if len(brought) > 0 {
				t.Fatalf("objects and an error: %v", err)
			}
			return
		}
		for _, o := range brought {
			record, _ := file.translate(o.ID)
			for _, s := range record.Subscriptions {
				if len(s.States) == 0 {
					t.Fatal("a subscription without states")
				}
				for i, st := range s.States {
					if !st.Until.IsZero() && !st.From.Before(st.Until) || i > 0 && !s.States[i-1].Until.Equal(st.From) {
						t.Fatalf("states are not in order: %v", s.States)
					}
				}
			}
		}
	})
}
