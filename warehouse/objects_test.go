package warehouse

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mrrsync/connectors"
)

// TestObjectsAreReadAlike reads objects in the engine's form and through the driver,
// as from a server: they are the same, whatever is in them.
func TestObjectsAreReadAlike(t *testing.T) {
	w := fresh(t)
	run := start(t, w)
	hostile := []string{"it's", `a\b`, `a\'b`, "tab\tand\nline", "{ids:Array(String)}", "a`b\"c", "日本語", "[],()", "--"}
	var all []connectors.Object
	for i, customer := range hostile {
		for version := range int64(3) {
			o := object(customer, "kind "+customer, "id "+customer, version, fmt.Sprintf(`{"of":%d%s}`, version, strings.Repeat("1", i*100)))
			o.Deleted, o.Origin = version == 2, connectors.Origin(1+version)
			all = append(all, o)
		}
	}
	land(t, w, run.ID, append(all, object("nobody", "kind", "id", 1, ""))...)
	sql := "SELECT " + objectColumns + " FROM " + w.table("raw_objects") +
		" WHERE source = {source:String} AND run <= {run:UInt64} AND customer_id IN {ids:Array(String)} ORDER BY customer_id, id, version"
	args := []any{named("source", "main"), named("run", run.ID), named("ids", hostile)}
	read := func(objects iter.Seq2[storedObject, error]) []storedObject {
		var all []storedObject
		for o, err := range objects {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, o)
		}
		return all
	}
	for _, settings := range []map[string]any{nil, {"max_block_size": 2}} {
		engine, server := read(w.engineObjects(t.Context(), sql, settings, args)), read(w.serverObjects(t.Context(), sql, settings, args))
		if len(engine) != len(all) {
			t.Errorf("%d objects, want %d", len(engine), len(all))
		}
		if diff := cmp.Diff(server, engine, cmp.AllowUnexported(storedObject{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("settings %v: %s", settings, diff)
		}
	}
	t.Run("what goes wrong", func(t *testing.T) {
		for _, c := range []struct {
			sql  string
			args []any
			want string
		}{
			{"SELECT " + objectColumns + " FROM nowhere.raw_objects", nil, "nowhere"},
			{sql, []any{named("ids", []int{1})}, "ids is a []int"},
			{sql, []any{"main"}, "main is no named value"},
		} {
			var got error
			for _, err := range w.engineObjects(t.Context(), c.sql, nil, c.args) {
				got = err
			}
			if got == nil || !strings.Contains(got.Error(), c.want) {
				t.Errorf("%v, want an error that says %q", got, c.want)
			}
		}
	})
}
