package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mrrsync/internal/lengthy"
)

// secrets are values that must never be seen, by the environment variable that
// holds them. One is such that it reads otherwise in a URL and in JSON.
var secrets = map[string]string{
	"STRIPE_KEY":    "sk_live_zqsecretStripe",
	"CHARGEBEE_KEY": "live_zqsecretChargebee",
	"BI_PASSWORD":   `zq"secret/reader 100%`,
	"ETL_PASSWORD":  "zqsecretWriter",
	"PRIVACY_KEY":   "zqsecretPrivacy",
	"WEBHOOK":       "http://127.0.0.1:9/hooks/zqsecretHook",
	"DSN":           "clickhouse://loader:zqsecretDSN@127.0.0.1:9/default",
}

// spellings are the forms in which a secret may show.
func spellings() []string {
	var all []string
	for _, s := range secrets {
		all = append(all, s, url.QueryEscape(s), url.PathEscape(s), strings.ReplaceAll(s, `"`, `\"`), base64.StdEncoding.EncodeToString([]byte(s)),
			base64.StdEncoding.EncodeToString([]byte(s+":")), base64.StdEncoding.EncodeToString([]byte("bi:"+s)), base64.StdEncoding.EncodeToString([]byte("etl:"+s)))
	}
	return append(all, "zqsecret", "zqsecretDSN", "zqsecretHook")
}

// echo answers every request by an error that repeats what it was sent, headers and
// all, as a careless proxy does.
func echo(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		user, password, _ := r.BasicAuth()
		fmt.Fprintf(w, `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: %s %s %s"},"message":"%s %s","api_error_code":"api_authentication_failed"}`,
			strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), user, password, user, r.Header.Get("Authorization"))
	}
}

// shelter is a folder with a configuration and everything that verbs said there.
type shelter struct {
	*testing.T
	folder string
	mu     sync.Mutex
	said   bytes.Buffer
}

func (s *shelter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(b)
}

func (s *shelter) config(text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, "mrrsync.yaml"), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *shelter) mrrsync(args ...string) int {
	fmt.Fprintf(s, "\n$ mrrsync %v\n", args)
	env := func(name string) string {
		switch name {
		case "MRRSYNC_NOW":
			return "2026-03-01T02:00:00Z"
		case "MRRSYNC_VOLATILE":
			return "1"
		}
		return secrets[name]
	}
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	return run(ctx, append(args, "--config", filepath.Join(s.folder, "mrrsync.yaml"), "--log-level", "debug"), nil, s, s, env)
}

// seek looks for secrets in all that was said and written.
func (s *shelter) seek() {
	s.Helper()
	s.mu.Lock()
	said := s.said.String()
	s.mu.Unlock()
	seen := map[string]bool{}
	for _, secret := range spellings() {
		if i := strings.Index(said, secret); i >= 0 && !seen[secret] {
			seen[secret] = true
			s.Errorf("%q was said:\n%s", secret, said[max(0, i-300):min(len(said), i+100)])
		}
		for _, file := range files(s.T, s.folder, secret) {
			s.Errorf("%q stands in %s", secret, file)
		}
	}
}

const sheltered = `version: 1
warehouse: { dsn: %s }
privacy: { emails: hash, names: hash, key: env:PRIVACY_KEY }
notify: { on: [failure, partial, stale], webhook: env:WEBHOOK }
reporting: { currency: "" }
sources:
  - { name: main, connector: stripe, api_key: env:STRIPE_KEY, base_url: "%[2]s" }
  - { name: emea, connector: chargebee, site: acme, api_key: env:CHARGEBEE_KEY, base_url: "%[2]s" }
  - { name: enterprise, connector: contracts, file: contracts.csv }
serve:
  listen: 127.0.0.1:0
  users:
    - { name: bi, password: env:BI_PASSWORD, role: reader }
    - { name: etl, password: env:ETL_PASSWORD, role: writer }
`

// TestSecretsStaySecret runs the verbs while keys are refused, hosts are down,
// the configuration is wrong and the process crashes, and seeks every secret in
// everything printed, logged, answered and written.
func TestSecretsStaySecret(t *testing.T) {
	lengthy.Test(t)
	s := &shelter{T: t, folder: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.folder, "contracts.csv"), []byte("customer_id,subscription_id,item_id,currency,amount,interval,start\nacme,s1,i1,USD,100,month,2026-01-01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused := httptest.NewServer(echo(http.StatusUnauthorized))
	defer refused.Close()
	everything := [][]string{
		{"check"},
		{"sync", "--json"},
		{"sync", "--log-format", "json"},
		{"plan"},
		{"rebuild"},
		{"status"},
		{"report", "waterfall", "--format", "html", "-o", filepath.Join(s.folder, "report.html")},
		{"explain", "acme"},
		{"reconcile"},
		{"compare", "committed", "stripe"},
		{"query", "SELECT * FROM runs FORMAT Vertical"},
		{"query", "SELECT nonsense"},
		{"load", "list"},
		{"schema", "check"},
		{"schema", "print"},
		{"connectors"},
		{"erase", "acme", "--yes"},
		{"version"},
	}
	s.config(fmt.Sprintf(sheltered, "chdb://./warehouse", refused.URL))
	codes := map[int]bool{}
	for _, args := range everything {
		codes[s.mrrsync(args...)] = true
	}
	if !codes[exitDone] || !codes[exitFailed] || !codes[exitPartial] {
		t.Errorf("exit codes %v: not every way to end was provoked", codes)
	}
	s.mode()
	s.crash()

	// Nobody there, and a warehouse whose password must not be told.
	s.config(fmt.Sprintf(sheltered, "env:DSN", "http://127.0.0.1:9"))
	for _, args := range [][]string{{"check"}, {"status"}, {"sync"}, {"query", "SELECT 1"}} {
		if code := s.mrrsync(args...); code == exitDone {
			t.Errorf("mrrsync %v works without a warehouse", args)
		}
	}
	// Secrets in the wrong place: typed in, misspelt, behind the wrong key.
	plain := fmt.Sprintf(sheltered, "chdb://./warehouse", "")
	for _, text := range []string{
		strings.Replace(plain, "env:STRIPE_KEY", secrets["STRIPE_KEY"], 1),
		strings.Replace(plain, "chdb://./warehouse", secrets["DSN"], 1),
		strings.Replace(plain, "chdb://./warehouse", "postgres://x:zqsecretDSN@h", 1),
		strings.Replace(plain, "env:WEBHOOK", secrets["WEBHOOK"], 1),
		strings.Replace(plain, "env:BI_PASSWORD", "zqsecretReader", 1),
		strings.Replace(plain, "site: acme", "site: live_zqsecretChargebee", 1),
		strings.Replace(plain, `base_url: ""`, `base_url: "http://zqsecret:zqsecret@127.0.0.1:9/"`, 1),
		strings.Replace(plain, "api_key: env:STRIPE_KEY", "api_keys: "+secrets["STRIPE_KEY"], 1),
	} {
		s.config(text)
		for _, verb := range []string{"check", "sync"} {
			if code := s.mrrsync(verb); code == exitDone {
				t.Errorf("%s passes with\n%s", verb, text)
			}
		}
		s.config("version: 1\n") // what its owner wrote into it is not ours to find
	}
	s.seek()
}

// mode demands that whatever holds figures is closed to others.
func (s *shelter) mode() {
	s.Helper()
	for _, name := range []string{"warehouse", "report.html"} {
		info, err := os.Stat(filepath.Join(s.folder, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			s.Errorf("%s: %v, %v", name, info, err)
		}
	}
	err := filepath.WalkDir(filepath.Join(s.folder, "warehouse"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".lock" {
			if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
				s.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
		return err
	})
	if err != nil {
		s.Error(err)
	}
}

// crash serves in a process of its own, asks what it refuses to whom, and has it
// die with all its stacks.
func (s *shelter) crash() {
	s.Helper()
	program, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.CommandContext(s.Context(), program)
	cmd.Args = []string{"mrrsync", "serve", "--config", filepath.Join(s.folder, "mrrsync.yaml"), "--log-level", "debug", "--no-progress"}
	cmd.Env = append(os.Environ(), "GOTRACEBACK=all", "MRRSYNC_VOLATILE=1")
	for name, value := range secrets {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var log locked
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	address := ""
	for range 600 {
		if found := regexp.MustCompile(`127\.0\.0\.1:[1-9]\d+`).FindString(log.String()); found != "" {
			address = "http://" + found
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if address == "" {
		s.Fatalf("it does not serve:\n%s", log.String())
	}
	for _, ask := range []struct{ user, path, body string }{
		{"bi", "/", "SELECT count() FROM mrr_daily"},
		{"bi", "/", "SELECT * FROM mrr_store.raw_objects"},
		{"bi", "/?max_memory_usage=x", "SELECT"},
		{"etl", "/", "SELECT throwIf(1, 'no')"},
		{"nobody", "/?password=zqsecretWriter&user=x", "SELECT 1"},
		{"", "/metrics", ""},
		{"", "/healthz", ""},
		{"bi", "/dashboard", ""},
		{"", "/dashboard", ""},
		{"bi", "/nowhere?password=zqsecretReader", ""},
	} {
		request, err := http.NewRequestWithContext(s.Context(), http.MethodPost, address+ask.path, strings.NewReader(ask.body))
		if err != nil {
			s.Fatal(err)
		}
		if ask.body == "" {
			request.Method = http.MethodGet
		}
		if ask.user != "" {
			request.SetBasicAuth(ask.user, map[string]string{"bi": secrets["BI_PASSWORD"], "etl": secrets["ETL_PASSWORD"]}[ask.user])
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			s.Fatal(err)
		}
		fmt.Fprintf(s, "\n%s is answered %s %v\n", ask.user, response.Status, response.Header)
		var body bytes.Buffer
		_, _ = body.ReadFrom(response.Body)
		_ = response.Body.Close()
		_, _ = s.Write(body.Bytes())
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		s.Fatal(err)
	}
	_ = cmd.Wait()
	if !strings.Contains(log.String(), "goroutine ") {
		s.Errorf("it died without its stacks:\n%s", log.String())
	}
	_, _ = s.Write([]byte(log.String()))
}

// locked is a buffer that may be read while it is written.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
