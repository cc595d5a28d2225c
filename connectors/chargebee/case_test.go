package chargebee

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

// TestCases runs testdata/*.txtar. Each case is what a site answered, row by
// row as its lists and its event feed show it, and what a person wants of that.
//
// A row is {"KIND": {...}} with "seen", the moment at which it was asked for,
// and "deleted" where fetching it found nothing any more. Instants may be
// written @2026-01-31 or @2026-01-31T12:00. The wants are those of package
// wants, and
//
//	provider says 40.00                    the provider's own figure
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(archive.Files)%2 != 0 {
			t.Fatalf("%s: want site and want for every case", file)
		}
		for i := 0; i < len(archive.Files); i += 2 {
			site, want := archive.Files[i], archive.Files[i+1]
			name, _ := strings.CutSuffix(site.Name, " site")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				if want.Name != name+" want" {
					t.Fatalf("case %q: its sections are %q and %q", name, site.Name, want.Name)
				}
				c := &connector{options: connectors.Options{Source: "emea", Privacy: connectors.Privacy{Names: connectors.Keep}}}
				objects := rows(t, c, string(site.Data))
				r := judge(t, c, objects)
				var others []string
				for _, line := range strings.Split(string(want.Data), "\n") {
					mine, err := r.check(line)
					if err != nil {
						t.Errorf("%s: %v", line, err)
					}
					if !mine {
						others = append(others, line)
					}
				}
				for _, err := range wants.Check(r.Result, strings.Join(others, "\n")) {
					t.Error(err)
				}
				anyOrder(t, c, objects)
			})
		}
	}
}

var instant = regexp.MustCompile(`@(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d)?)?`)

// rows reads a site's answers.
func rows(t *testing.T, c *connector, text string) []connectors.Object {
	t.Helper()
	text = instant.ReplaceAllStringFunc(text, func(s string) string { return fmt.Sprint(moment(t, s[1:]).Unix()) })
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	decoder := json.NewDecoder(strings.NewReader(strings.Join(lines, "\n")))
	var objects []connectors.Object
	for {
		var text json.RawMessage
		if err := decoder.Decode(&text); err == io.EOF {
			return objects
		} else if err != nil {
			t.Fatal(err)
		}
		var r row
		if err := r.Read(text); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, landed(t, c, r))
	}
}

// landed is one row as the connector lands it.
func landed(t *testing.T, c *connector, r row) connectors.Object {
	t.Helper()
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if raw, ok := r["seen"]; ok {
		var s rawjson.Stamp
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		at = s.Time()
		delete(r, "seen")
	}
	if raw, ok := r[kindWatch]; ok {
		var w struct{ From, To rawjson.Stamp }
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		payload, _ := json.Marshal(connectors.Watch{From: w.From.Time(), To: w.To.Time()})
		return connectors.Object{Kind: kindWatch, ID: w.From.Time().String(), Version: int64(w.To), SeenAt: at, Payload: payload}
	}
	if raw, ok := r[kindEvent]; ok {
		f := &feed{c: c, at: &position{}, since: 1 << 60}
		objects, err := f.take([]row{{kindEvent: raw}}, at)
		if err != nil || len(objects) != 1 {
			t.Fatalf("event does not land: %v %v", objects, err)
		}
		return objects[0]
	}
	for kind := range r {
		l, ok := listOf(kind)
		if !ok {
			t.Fatalf("unknown kind %q", kind)
		}
		o, h, err := c.object(l, r, "row", connectors.Listed, at)
		if err != nil {
			t.Fatal(err)
		}
		if l.kind == kindRamp {
			o.CustomerID = "cus_1"
		}
		if h.Deleted && h.CustomerID == "" && !l.catalogue && l.kind != kindCustomer {
			o.CustomerID = "cus_1" // as the event said that named it
		}
		return o
	}
	t.Fatal("an empty row")
	return connectors.Object{}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no instant", s)
	return time.Time{}
}

// verdict is what follows from the facts.
type verdict struct {
	record []billing.Record
	normalize.Result
}

// judge derives all customers as one account.
func judge(t *testing.T, c *connector, objects []connectors.Object) verdict {
	t.Helper()
	policy, err := normalize.Preset("")
	if err != nil {
		t.Fatal(err)
	}
	var v verdict
	by, catalogue := shelve(objects)
	account := normalize.Account{ID: "acme"}
	var rejects []connectors.Reject
	for _, id := range slices.Sorted(maps.Keys(by)) {
		record, bad := c.Translate(by[id], connectors.NewCatalog(catalogue))
		account.Records = append(account.Records, record)
		rejects = append(rejects, bad...)
		ordered(t, record)
	}
	v.record = account.Records
	v.Result = normalize.Derive(account, normalize.Settings{Policy: policy})
	v.Rejects = append(v.Rejects, rejects...)
	return v
}

func shelve(objects []connectors.Object) (by map[string][]connectors.Object, catalogue []connectors.Object) {
	by = map[string][]connectors.Object{}
	for _, o := range objects {
		if o.CustomerID == "" {
			catalogue = append(catalogue, o)
			continue
		}
		by[o.CustomerID] = append(by[o.CustomerID], o)
	}
	return by, catalogue
}

// ordered holds a record to what its types promise.
func ordered(t *testing.T, r billing.Record) {
	t.Helper()
	for _, s := range r.Subscriptions {
		for i := 1; i < len(s.States); i++ {
			a, b := s.States[i-1], s.States[i]
			if a.Until.IsZero() || a.Until.After(b.From) {
				t.Errorf("%s: state %d [%s, %s) overlaps the next from %s", s.ID, i-1, a.From, a.Until, b.From)
			}
		}
		for i := 1; i < len(s.Phases); i++ {
			if s.Phases[i].From.Before(s.Phases[i-1].From) {
				t.Errorf("%s: phases are out of order", s.ID)
			}
		}
	}
}

// anyOrder says that the order in which objects come makes no difference.
func anyOrder(t *testing.T, c *connector, objects []connectors.Object) {
	t.Helper()
	by, catalogue := shelve(objects)
	for id, list := range by {
		want, _ := c.Translate(list, connectors.NewCatalog(catalogue))
		mixed := slices.Clone(list)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		got, _ := c.Translate(mixed, connectors.NewCatalog(catalogue))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("customer %s in another order (-want +got):\n%s", id, diff)
		}
	}
}

// check holds what is of Chargebee alone against a want, and leaves the others.
func (v verdict) check(want string) (mine bool, err error) {
	w := strings.Fields(want)
	if len(w) != 3 || w[0] != "provider" || w[1] != "says" {
		return false, nil
	}
	for _, r := range v.record {
		for _, s := range r.Subscriptions {
			if s.ProviderMRR != nil && s.ProviderMRR.Equal(decimal.RequireFromString(w[2])) {
				return true, nil
			}
		}
	}
	return true, errors.New("no subscription says so")
}

var quiet = slog.New(slog.DiscardHandler)
