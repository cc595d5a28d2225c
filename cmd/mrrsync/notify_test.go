package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNotify(t *testing.T) {
	var events []string
	broken := false
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n notice
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil || n.Text == "" || n.Details == nil {
			t.Errorf("notice %+v: %v", n, err)
		}
		events = append(events, n.Event)
		if broken {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer hook.Close()
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mrrsync.yaml", `version: 1
reporting: { currency: "" }
sources: [ { name: enterprise, connector: contracts, file: contracts.csv } ]
notify: { webhook: env:HOOK, command: "echo \"$MRRSYNC_EVENT\" >> `+folder+`/told; cat > `+folder+`/notice" }
`)
	const secret = "/services/T0/s3cret"
	getenv := func(name string) string {
		return map[string]string{"HOOK": hook.URL + secret, "MRRSYNC_NOW": "2026-03-01T02:00:00Z"}[name]
	}
	mrrsync := func(want int, verb ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(t.Context(), append(verb, "--config", filepath.Join(folder, "mrrsync.yaml")), nil, &out, &out, getenv); code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s", verb, code, want, &out)
		}
		if strings.Contains(out.String(), secret) {
			t.Errorf("%v tells the webhook's address:\n%s", verb, &out)
		}
		return out.String()
	}
	mrrsync(exitPartial, "status")
	mrrsync(exitFailed, "sync")
	write("contracts.csv", "customer_id,subscription_id,item_id,plan,currency,amount,interval,start\na,s,i,p,USD,1,month,2026-01-01\na,s,j,p,USD,x,month,2026-01-01\n")
	broken = true
	if log := mrrsync(exitPartial, "sync"); !strings.Contains(log, "418") {
		t.Errorf("a webhook that refuses is not logged:\n%s", log)
	}
	write("contracts.csv", "customer_id,subscription_id,item_id,plan,currency,amount,interval,start\na,s,i,p,USD,1,month,2026-01-01\n")
	mrrsync(exitDone, "sync")
	want := "stale failure partial"
	if got := strings.Join(events, " "); got != want {
		t.Errorf("the webhook was told of %q, want %q", got, want)
	}
	told, err := os.ReadFile(filepath.Join(folder, "told"))
	if got := strings.Join(strings.Fields(string(told)), " "); err != nil || got != want {
		t.Errorf("the command was told of %q, want %q: %v", got, want, err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "notice")); err != nil || !json.Valid(text) {
		t.Errorf("the command's standard input is no JSON: %v", err)
	}
}
