package pipeline

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/warehouse"
)

// TestJointAccountsReadAlong reads joint accounts beside the others and apart from
// them, in parts of any size: what is derived is the same, everybody once.
func TestJointAccountsReadAlong(t *testing.T) {
	b := newBench(t, map[string]*shop{"old": {account: "o", changes: customers(12)}, "new": {account: "n", changes: customers(12)}}, "old", "new")
	accounts := map[warehouse.CustomerKey]string{}
	for i := range 6 { // c00 to c05 of both sources are one account each, and c06 and c07 of new belong to the first
		id := fmt.Sprintf("c%02d", i)
		accounts[warehouse.CustomerKey{Source: "old", CustomerID: id}] = "joint " + id
		accounts[warehouse.CustomerKey{Source: "new", CustomerID: id}] = "joint " + id
	}
	for _, id := range []string{"c06", "c07"} {
		accounts[warehouse.CustomerKey{Source: "new", CustomerID: id}] = "joint c00"
	}
	b.o.Identity.Accounts = accounts
	b.must(Done)(b.run())

	changed := map[string][]string{"old": {"c00", "c03", "c08", "c09"}, "new": {"c01", "c10"}}
	want := []string{
		"joint c00 new/c00 new/c06 new/c07 old/c00", "joint c01 new/c01 old/c01", "joint c03 new/c03 old/c03",
		"new/c10", "old/c08", "old/c09",
	}
	for _, room := range []int{0, 1, 3, objectsAtOnce} {
		e, err := ReadEvidence(t.Context(), b.w, b.o.Sources, b.o.Identity)
		if err != nil {
			t.Fatal(err)
		}
		e.room = room
		todo, err := e.resolve(t.Context(), maps.Clone(changed), maps.Clone(changed))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = all(t.Context(), e, todo, func(a account) string {
			text := a.name
			for _, c := range a.customers {
				text += " " + own(c.CustomerKey)
				if len(c.Objects) == 0 {
					text += " without objects"
				}
			}
			return text
		}, func(text string) error {
			if text[0] == ' ' {
				text = text[1:]
			}
			got = append(got, text)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("room for %d objects: %s", room, diff)
		}
	}
}

// TestWhoIsAskedForTheirAccount has customers change in what names them and in what
// does not: nobody's account is read but theirs who may have got another.
func TestWhoIsAskedForTheirAccount(t *testing.T) {
	s := &shop{account: "s", changes: customers(6)}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	b.o.Identity.MetadataKey = "account"
	b.must(Done)(b.run())
	base, _, err := b.w.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.changes = append(s.changes, change{Customer: "c01", From: "2026-03-10", MRR: "120", Account: "acme"}, change{Customer: "c09", From: "2026-03-10", MRR: "50"})
	b.must(Done)(b.night())
	after, _, err := b.w.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := b.w.Accounts(t.Context(), after)
	if diff := cmp.Diff(map[warehouse.CustomerKey]string{{Source: "main", CustomerID: "c01"}: "acme"}, accounts); err != nil || diff != "" {
		t.Errorf("accounts: %v %s", err, diff)
	}
	seals, err := b.w.Seals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"c00", "c01", "c02", "c09"}
	for _, c := range []struct {
		kinds []string
		want  []string
	}{
		{nil, []string{"c01", "c09"}},                    // anything names them: c01 has changed, c09 is new
		{[]string{"nothing of theirs"}, []string{"c09"}}, // the base does not know it, whatever has landed
	} {
		got, err := b.w.Renamable(t.Context(), base, "main", seals["main"].Run, ids, c.kinds)
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("kinds %v: %v %s", c.kinds, err, diff)
		}
	}
}

// TestRoom has the collector come less often while somebody derives, but where an
// operator has said how often.
func TestRoom(t *testing.T) {
	for _, c := range []struct{ was, while int }{{100, 200}, {50, 50}, {400, 400}, {-1, -1}} {
		before := debug.SetGCPercent(c.was)
		back := withRoom()
		while := debug.SetGCPercent(c.while)
		back()
		if after := debug.SetGCPercent(before); while != c.while || after != c.was {
			t.Errorf("from %d: %d while deriving, %d afterwards; want %d and %d again", c.was, while, after, c.while, c.was)
		}
	}
}
