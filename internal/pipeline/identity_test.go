package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/lengthy"
	"mrrsync/warehouse"
)

// moves is what readers see of movements from a day on.
func (b *bench) moves(from string) string {
	b.Helper()
	var out strings.Builder
	sql := fmt.Sprintf("SELECT date, account_id, item_id, source, movement, amount, reason FROM mrr.mrr_movements WHERE date >= '%s' ORDER BY ALL", from)
	if err := b.w.Format(b.Context(), &out, sql, "TabSeparated"); err != nil {
		b.Fatal(err)
	}
	return out.String()
}

// TestMove lets a customer go from one source to another on one day. Known as
// one account it neither churns nor arrives, whichever way it is known, and
// whether all is derived or only what changed.
func TestMove(t *testing.T) {
	const transferred = "2026-03-10\tacme\ti_c01\tnew\texpansion\t100\ttransfer\n" +
		"2026-03-10\tacme\ti_c01\told\texpansion\t-100\ttransfer\n"
	for _, known := range []struct {
		by       string
		identity Identity
		account  string // in the customers' metadata
	}{
		{"file", Identity{Accounts: map[warehouse.CustomerKey]string{{Source: "old", CustomerID: "c01"}: "acme", {Source: "new", CustomerID: "c01"}: "acme"}}, ""},
		{"metadata", Identity{MetadataKey: "account"}, "acme"},
	} {
		t.Run(known.by, func(t *testing.T) {
			first := &shop{account: "o", changes: customers(5)}
			first.changes[1].Account = known.account
			second := &shop{account: "n"}
			b := newBench(t, map[string]*shop{"old": first, "new": second}, "old", "new")
			b.o.Identity = known.identity
			b.must(Done)(b.run())
			first.changes = append(first.changes, change{Customer: "c01", From: "2026-03-10", MRR: "0", Account: known.account})
			second.changes = append(second.changes, change{Customer: "c01", From: "2026-03-10", MRR: "100", Account: known.account})
			r := b.must(Done)(b.night())
			if r.Customers.Derived != 2 {
				t.Errorf("derived %d customers, want the two that are acme", r.Customers.Derived)
			}
			if got := b.moves("2026-03-10"); got != transferred {
				t.Errorf("move: %s", cmp.Diff(transferred, got))
			}
			b.must(Done)(b.run(func(o *Options) { o.Rebuild = true }))
			if got := b.moves("2026-03-10"); got != transferred {
				t.Errorf("move, derived from nothing: %s", cmp.Diff(transferred, got))
			}
			// A change of one member derives the other too, and changes nothing else.
			second.changes = append(second.changes, change{Customer: "c01", From: "2026-03-11", MRR: "120", Account: known.account})
			if r := b.must(Done)(b.night()); r.Customers.Derived != 2 {
				t.Errorf("derived %d customers, want 2", r.Customers.Derived)
			}
			want := transferred + "2026-03-11\tacme\ti_c01\tnew\texpansion\t20\tprice\n"
			if got := b.moves("2026-03-10"); got != want {
				t.Errorf("a night later: %s", cmp.Diff(want, got))
			}
		})
	}
}

// TestJoin names one customer's account after another customer of the same
// source.
func TestJoin(t *testing.T) {
	s := &shop{account: "a", changes: append(customers(3), change{Customer: "c09", From: "2026-03-10", MRR: "50"})}
	b := newBench(t, map[string]*shop{"main": s}, "main")
	b.o.Identity.Accounts = map[warehouse.CustomerKey]string{{Source: "main", CustomerID: "c09"}: "main/c00"}
	b.must(Done)(b.night())
	want := "2026-03-10\tmain/c00\ti_c09\tmain\texpansion\t50\tnew\n"
	if got := b.moves("2026-03-10"); got != want {
		t.Error(cmp.Diff(want, got))
	}
	s.changes = append(s.changes, change{Customer: "c00", From: "2026-03-11", MRR: "0"})
	if r := b.must(Done)(b.night(func(o *Options) { o.Guards.AcceptChurn = true })); r.Customers.Derived != 2 {
		t.Errorf("derived %d customers, want 2", r.Customers.Derived)
	}
	want += "2026-03-11\tmain/c00\ti_c00\tmain\tcontraction\t-100\tcancel\n"
	if got := b.moves("2026-03-10"); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestReadIdentity(t *testing.T) {
	got, err := ReadIdentity(strings.NewReader("account,source,customer_id\nacme,main,cus_1\nacme,emea,7\n"), []string{"main", "emea"})
	want := map[warehouse.CustomerKey]string{{Source: "main", CustomerID: "cus_1"}: "acme", {Source: "emea", CustomerID: "7"}: "acme"}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
	_, err = ReadIdentity(strings.NewReader("source,customer_id,account\nmain,1,a\nmane,2,a\nmain,,a\nmain,1,b\n"), []string{"main"})
	for _, want := range []string{"line 3", "line 4", `line 5: customer 1 of source main has account "a" already`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

// TestReassigned changes the identity file. Those who belong to another account
// then are derived again, with all others of their accounts, and nobody else; and
// readers see what deriving everything shows.
func TestReassigned(t *testing.T) {
	for i, metadata := range []string{"account", ""} {
		if i%lengthy.Every(2) != 0 {
			continue // the file alone, which the other one has as well
		}
		t.Run("metadata "+metadata, func(t *testing.T) {
			s := &shop{account: "a", changes: customers(6)}
			s.changes[4].Account, s.changes[5].Account = "other", "other"
			b := newBench(t, map[string]*shop{"main": s}, "main")
			file := func(account string, ids ...string) func(*Options) {
				accounts := map[warehouse.CustomerKey]string{}
				for _, id := range ids {
					accounts[warehouse.CustomerKey{Source: "main", CustomerID: id}] = account
				}
				return func(o *Options) {
					o.Identity = Identity{MetadataKey: metadata, Accounts: accounts}
					o.Hash = Hash(o.Settings, o.Identity, o.Currency)
				}
			}
			b.must(Done)(b.run(file("acme", "c01", "c02")))
			now := file("acme", "c02", "c03", "nobody")
			r := b.must(Done)(b.night(now))
			if r.Customers.Derived != 3 || r.Customers.Reason != "changed" {
				t.Errorf("derived %d customers since %q, want c01 that left, c02 that stayed and c03 that came", r.Customers.Derived, r.Customers.Reason)
			}
			got := b.moves("2026-01-01")
			b.must(Done)(b.run(now, func(o *Options) { o.Rebuild = true }))
			if want := b.moves("2026-01-01"); got != want || !strings.Contains(want, "\tacme\ti_c03\t") || !strings.Contains(want, "\tmain/c01\ti_c01\t") {
				t.Error(cmp.Diff(want, got))
			}
			if r := b.must(Done)(b.night(now)); r.Customers.Derived != 0 {
				t.Errorf("derived %d customers although nothing had changed", r.Customers.Derived)
			}
			// The metadata count again of whom the file names no more.
			joined := b.must(Done)(b.night(file("acme", "c02", "c05")))
			left := b.must(Done)(b.night(file("acme", "c02")))
			want := map[string]int{"": 2, "account": 3}[metadata] // c04 and c05 are one by metadata
			if joined.Customers.Derived != want+1 || left.Customers.Derived != want {
				t.Errorf("derived %d and %d customers, want %d and %d", joined.Customers.Derived, left.Customers.Derived, want+1, want)
			}
			if r := b.must(Done)(b.night(file("acme"))); r.Customers.Derived != 1 {
				t.Errorf("derived %d customers, want c02, whom the file names no more", r.Customers.Derived)
			}
			got = b.moves("2026-01-01")
			b.must(Done)(b.run(file("acme"), func(o *Options) { o.Rebuild = true }))
			if want := b.moves("2026-01-01"); got != want {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
}
