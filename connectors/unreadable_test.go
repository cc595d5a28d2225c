package connectors_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

func TestRejects(t *testing.T) {
	r := connectors.Rejects{Source: "main"}
	if r.List() != nil {
		t.Error("nothing is wrong, and yet there are rejects")
	}
	sub := connectors.Object{Kind: "subscription", ID: "sub_1", CustomerID: "cus_1", Version: 7}
	r.Add(sub, connectors.NewUnreadable("price", "p", "tiers_missing", "%d tiers", 0))
	r.Add(sub, connectors.NewUnreadable("", "", "malformed", "it cannot be read"))
	r.Add(sub, connectors.NewUnreadable("price", "p", "tiers_missing", "once more"))
	r.Add(sub, connectors.NewUnreadable("price", "p", "currency_unknown", "of another kind"))
	of := func(kind, id, code, detail string) connectors.Reject {
		return connectors.Reject{Source: "main", CustomerID: "cus_1", Kind: kind, ID: id, Code: code, Detail: detail, Object: billing.Ref{Kind: "subscription", ID: "sub_1", Version: 7}}
	}
	want := []connectors.Reject{
		of("price", "p", "currency_unknown", "of another kind"), of("price", "p", "tiers_missing", "0 tiers"), of("subscription", "sub_1", "malformed", "it cannot be read"),
	}
	if d := cmp.Diff(want, r.List()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
