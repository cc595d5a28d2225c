package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mrrsync/internal/lengthy"
	"mrrsync/internal/simulator"
)

// Values that stand in personal fields of a dressed provider: each holds what it
// is and whose.
const (
	aMail  = "zqmail"  // subject to privacy.emails
	aName  = "Zqname"  // subject to privacy.names
	aNever = "zqnever" // never lands
	aNote  = "zqnote"  // metadata: the account's owner's, lands as it is
)

// wearing are personal fields by the kind of object that has them, as both
// providers send them.
func wearing(kind, id string) map[string]any {
	mail, name := aMail+"."+id+"@example.org", aName+" "+id
	never := func(what string) string { return aNever + "-" + what + "-" + id }
	street := map[string]any{
		"line1": never("line1"), "line2": never("line2"), "line3": never("line3"), "city": never("city"), "postal_code": never("postal"), "zip": never("zip"),
		"state": never("state"), "first_name": name, "last_name": name, "company": name, "email": mail, "phone": never("phone"), "country": "DE",
	}
	card := map[string]any{"brand": never("brand"), "last4": never("last4"), "number": never("pan"), "iban": never("iban"), "name": name, "exp_year": json.Number("2031")}
	parcel := map[string]any{"name": name, "phone": never("phone"), "address": street}
	note := map[string]any{"note": aNote + " " + id, "zqkey": aNote}
	person := map[string]any{"first_name": name, "last_name": name, "email": mail, "phone": never("phone")}
	free := "for " + mail
	return map[string]map[string]any{
		"customer": {
			"email": mail, "name": name, "phone": never("phone"), "description": name, "shipping": parcel, "business_name": name, "individual_name": name,
			"sources": []any{card}, "default_card": nil, "tax_ids": []any{map[string]any{"value": never("vat")}},
			"first_name": name, "last_name": name, "company": name, "billing_address": street, "shipping_address": street, "contacts": []any{person},
			"card": card, "bank_account": card, "payment_method": card, "primary_payment_source_id": never("pm"), "backup_payment_source_id": never("pm"), "vat_number": never("vat"),
			"created_from_ip": never("ip"), "entity_identifiers": []any{map[string]any{"value": never("vat")}}, "notes": never("note"), "invoice_notes": never("note"),
			"comment": never("comment"), "cf_zq": aNote, "preferred_locales": []any{"de"},
		},
		"subscription": {
			"description": free, "cancellation_details": map[string]any{"comment": never("comment"), "reason": nil},
			"shipping_address": street, "po_number": never("po"), "invoice_notes": never("note"), "payment_source_id": never("pm"), "created_from_ip": never("ip"), "cf_zq": aNote,
			"default_source": nil, "cancel_comment": never("comment"),
		},
		"invoice": {
			"customer_name": name, "customer_email": mail, "customer_phone": never("phone"), "customer_address": street, "customer_shipping": parcel, "shipping_details": parcel,
			"customer_tax_ids": []any{map[string]any{"value": never("vat")}}, "footer": never("footer"), "description": free, "receipt_email": mail,
			"custom_fields":      []any{map[string]any{"name": "po", "value": never("po")}},
			"hosted_invoice_url": never("url"), "invoice_pdf": never("url"), "last_finalization_error": map[string]any{"message": never("error")},
			"billing_address": street, "shipping_address": street, "notes": []any{map[string]any{"note": never("note")}}, "vat_number": never("vat"), "po_number": never("po"),
			"linked_payments": []any{map[string]any{"txn_id": never("txn")}}, "line_item_addresses": []any{street}, "statement_descriptor": map[string]any{"descriptor": never("word")},
		},
		"credit_note":      {"memo": never("memo"), "pdf": never("url"), "customer_notes": never("note"), "billing_address": street, "linked_refunds": []any{map[string]any{"txn_id": never("txn")}}},
		"invoiceitem":      {"description": free},
		"billing_address":  street,
		"shipping_address": street,
		"metadata":         note,
	}[kind]
}

// dressed answers as a provider does, with the fields that wear brings in each of
// its objects.
func dressed(provider http.Handler, wear func(kind, id string) map[string]any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		provider.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			if text, err := json.Marshal(dress(v, wear)); err == nil {
				body = text
			}
		}
		maps.Copy(w.Header(), answer.Header())
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	})
}

func dress(v any, wear func(kind, id string) map[string]any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = dress(v[i], wear)
		}
	case map[string]any:
		for k := range v {
			v[k] = dress(v[k], wear)
		}
		kind, _ := v["object"].(string)
		id, _ := v["id"].(string)
		if kind == "event" {
			if data, ok := v["data"].(map[string]any); ok {
				if before, ok := data["previous_attributes"].(map[string]any); ok {
					of, _ := data["object"].(map[string]any)
					kind, _ := of["object"].(string)
					dressIn(before, wear(kind, "before"))
				}
			}
			return v
		}
		if id == "" && kind != "billing_address" && kind != "shipping_address" {
			return v
		}
		dressIn(v, wear(kind, id))
		for _, key := range []string{"metadata", "meta_data"} {
			if own, ok := v[key].(map[string]any); ok && (kind == "customer" || kind == "subscription") {
				dressIn(own, wear("metadata", id))
			}
		}
	}
	return v
}

func dressIn(v, fields map[string]any) {
	for k, f := range fields {
		if f == nil || k == "description" && v[k] != nil && v["lines"] == nil && v["line_items"] == nil && v["items"] == nil && v["email"] == nil {
			continue // Stripe's own words decide what a line is
		}
		v[k] = f
	}
}

// dress puts the town's providers behind handlers that dress their answers, and
// its contracts into a file with personal columns.
func (s *town) dress(wear func(kind, id string) map[string]any, privacy string) {
	s.Helper()
	chargebees := func(kind, id string) map[string]any {
		fields := wear(kind, id)
		delete(fields, "name") // of a plan; a customer has a first and a last one
		if kind == "customer" {
			delete(fields, "description")
		}
		return fields
	}
	for at, h := range map[*string]http.Handler{&s.at.Stripe: dressed(s.api, wear), &s.at.Chargebee: dressed(s.site, chargebees)} {
		server := httptest.NewServer(h)
		s.Cleanup(server.Close)
		*at = server.URL
	}
	if err := simulator.WriteFiles(s.folder, s.company, s.now(), s.at, false); err != nil {
		s.Fatal(err)
	}
	s.edit(simulator.ConfigFile, "segments:\n", "privacy: "+privacy+"\nsegments:\n")
	path := filepath.Join(s.folder, simulator.ContractsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := range lines {
		id, _, _ := strings.Cut(lines[i], ",")
		lines[i] += fmt.Sprintf(",%[1]s %[3]s,%[2]s.%[3]s@example.org,%[4]s-phone-%[3]s,%[4]s-street-%[3]s,%[4]s-iban-%[3]s,%[5]s", aName, aMail, id, aNever, aNote)
	}
	lines[0], _, _ = strings.Cut(lines[0], ","+aName)
	lines[0] += ",customer_name,contact_email,phone,street_address,iban,remark"
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.Fatal(err)
	}
}

// edit replaces a text of a file in the folder.
func (s *town) edit(name, old, by string) {
	s.Helper()
	path := filepath.Join(s.folder, name)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		s.Fatalf("%s: no %q, %v", name, old, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, by, 1)), 0o600); err != nil {
		s.Fatal(err)
	}
}

// legible makes the schema and has the engine store texts as they are, so that
// whatever stands in a file of the warehouse can be read there.
func (s *town) legible() {
	s.Helper()
	s.mrrsync(exitDone, "schema", "apply")
	w := s.open()
	defer w.Close()
	for _, f := range s.table(`SELECT table, name, type FROM system.columns WHERE database = 'mrr_store' AND type LIKE '%String%'`) {
		if err := w.Conn().Exec(s.Context(), "ALTER TABLE mrr_store."+f[0]+" MODIFY COLUMN "+f[1]+" CODEC(NONE)"); err != nil {
			s.Fatal(err)
		}
	}
}

// files are the files below a folder that hold a text.
func files(t *testing.T, folder, text string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		held, err := os.ReadFile(path)
		if bytes.Contains(held, []byte(text)) {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wrote runs verbs that print and write, and answers everything they said.
func (s *town) wrote() string {
	s.Helper()
	var all strings.Builder
	for _, args := range [][]string{
		{"status"},
		{"report", "customers", "--format", "csv"},
		{"report", "customers", "--format", "html"},
		{"query", "SELECT * FROM runs"},
		{"query", "SELECT * FROM rejects"},
		{"load", "list"},
	} {
		all.WriteString(s.mrrsync(exitDone, args...))
	}
	return all.String()
}

// TestPersonalFields syncs a company whose every personal field holds a value
// that can be sought, under each treatment, and seeks it in every file of the
// warehouse and in everything printed.
func TestPersonalFields(t *testing.T) {
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		privacy, lands, stays string
		brief                 bool
	}{
		{"{ emails: hash, names: keep, key: file:stripe.key }", aName, "sha256:", false},
		{"{ emails: drop, names: drop }", "", aNote, true},
	} {
		t.Run(c.privacy, func(t *testing.T) {
			if !c.brief {
				lengthy.Test(t)
			}
			s := newTown(t, simulator.Config{Seed: 11, Customers: 9, Months: 2, Now: now, Until: now.AddDate(0, 0, 1)})
			s.dress(wearing, c.privacy)
			s.legible()
			said := s.mrrsync(exitDone, "sync", "--json") + s.wrote()
			for _, value := range []string{aMail, aName, aNever} {
				found := files(t, filepath.Join(s.folder, "warehouse"), value)
				if lands := strings.Contains(c.lands, value); lands != (len(found) > 0) || !lands && strings.Contains(said, value) {
					t.Errorf("%q landed in %d files, was printed: %t; want it to land: %t", value, len(found), strings.Contains(said, value), lands)
					if !lands {
						t.Log(s.table("SELECT DISTINCT source, kind, extract(payload, '.{60}" + value + ".{30}') FROM mrr_store.raw_objects WHERE position(payload, '" + value + "') > 0 LIMIT 20"))
					}
				}
			}
			if len(files(t, filepath.Join(s.folder, "warehouse"), c.stays)) == 0 {
				t.Errorf("%q did not land: the search finds nothing at all", c.stays)
			}
		})
	}
}

// TestEraseTown erases a customer of each source. No file tells of them, what
// providers send again brings nothing back, and not a figure changes: neither at
// once, nor after a rebuild, nor in closed months.
func TestEraseTown(t *testing.T) {
	lengthy.Test(t)
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	s := newTown(t, simulator.Config{Seed: 12, Customers: 8, Months: 3, Now: now, Until: now.AddDate(0, 0, 3)})
	s.dress(wearing, "{ emails: keep, names: keep }")
	s.legible()
	s.mrrsync(exitDone, "sync")
	s.mrrsync(exitDone, "load", "close", "2026-01", "--note", "reported")
	erased := s.table(`SELECT source, argMax(customer_id, (versions, customer_id)) FROM (
		SELECT source, customer_id, count() AS versions FROM mrr_store.raw_objects WHERE customer_id != '' GROUP BY ALL) GROUP BY source ORDER BY source`)
	if len(erased) != 3 {
		t.Fatalf("customers %v", erased)
	}
	traces := func(id string) []string {
		return files(t, filepath.Join(s.folder, "warehouse"), aName+" "+id)
	}
	for _, f := range erased {
		if len(traces(f[1])) == 0 {
			t.Fatalf("%v left no trace that could be erased", f)
		}
	}
	facts := s.facts()
	s.mrrsync(exitUsage, "erase", erased[0][1]) // asks, and there is no terminal
	if diff := cmp.Diff(facts, s.facts()); diff != "" {
		t.Fatalf("to be asked changes figures (-before +after):\n%s", diff)
	}
	for _, f := range erased {
		s.mrrsync(exitDone, "erase", f[0]+"/"+f[1], "--yes")
	}
	holds := func(when string) {
		t.Helper()
		for _, f := range erased {
			if at := traces(f[1]); len(at) > 0 {
				t.Errorf("%s %v is still told by %v", when, f, at)
			}
			for _, value := range []string{aMail + "." + f[1], aNote + " " + f[1]} {
				if at := files(t, filepath.Join(s.folder, "warehouse"), value); len(at) > 0 {
					t.Errorf("%s %q of %v is still in %v", when, value, f, at)
				}
			}
		}
	}
	holds("erased,")
	if diff := cmp.Diff(facts, s.facts()); diff != "" {
		t.Errorf("erasing changed figures (-before +after):\n%s", diff)
	}
	s.mrrsync(exitDone, "rebuild")
	if diff := cmp.Diff(facts, s.facts()); diff != "" {
		t.Errorf("a rebuild from what was left changed figures (-before +after):\n%s", diff)
	}
	s.mrrsync(exitDone, "sync", "--full")
	holds("listed again,")
	if diff := cmp.Diff(facts, s.facts()); diff != "" {
		t.Errorf("a full sync changed figures (-before +after):\n%s", diff)
	}
	s.present.Store(now.AddDate(0, 0, 2).Unix())
	s.mrrsync(exitDone, "sync")
	holds("two nights later,")
	if n := s.table("SELECT count() FROM mrr.customers WHERE name LIKE '" + aName + "%'")[0][0]; n == "0" {
		t.Error("the other customers lost their names, too")
	}
	if list := s.mrrsync(exitDone, "erase", "--list"); strings.Count(list, " done ") != 3 {
		t.Errorf("the list of erasures says\n%s", list)
	}
}

// facts are the rows of every view that holds figures.
func (s *town) facts() map[string]string {
	s.Helper()
	w := s.open()
	defer w.Close()
	all := map[string]string{}
	others := []string{
		"customers", "subscriptions", "rejects", "restatements", "closings", // of people and what was said of them
		"runs", "loads", "freshness", "completeness", "completeness_slices", "field_fill", // of runs
	}
	for _, f := range s.table("SELECT name FROM system.tables WHERE database = 'mrr'") {
		if slices.Contains(others, f[0]) {
			continue
		}
		var out strings.Builder
		if err := w.Format(s.Context(), &out, "SELECT * FROM "+f[0]+" ORDER BY ALL", "TabSeparated"); err != nil {
			s.Fatal(err)
		}
		all[f[0]] = out.String()
	}
	if len(all) < 15 {
		s.Fatalf("only %d views of figures", len(all))
	}
	return all
}
