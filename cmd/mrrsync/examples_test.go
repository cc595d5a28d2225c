package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"mrrsync/internal/lengthy"
)

// Every command's help shows an example, and every example runs: in a folder as
// a user would have it, through the shell, against a warehouse with two loads.
func TestExamples(t *testing.T) {
	lengthy.Test(t)
	x := newExamples(t)
	x.sync("2026-04-01T02:00:00Z")
	stop := x.serving()
	x.sync("2026-04-02T02:00:00Z")
	x.loads = strings.Fields(x.ask("SELECT load_id FROM loads ORDER BY load_id DESC"))
	if len(x.loads) != 2 {
		t.Fatalf("loads %v; want two", x.loads)
	}
	type example struct{ of, line string }
	var all []example
	walk(rootCommand(newApp(nil, io.Discard, io.Discard, os.Getenv)), func(cmd *cobra.Command) {
		if !cmd.IsAvailableCommand() && cmd.HasParent() || cmd.Name() == "help" || cmd.HasParent() && cmd.Parent().Name() == "completion" {
			return
		}
		lines := exampleLines(cmd)
		if len(lines) == 0 {
			t.Errorf("%s: its help has no example", cmd.CommandPath())
		}
		for _, line := range lines {
			if !slices.ContainsFunc(all, func(e example) bool { return e.line == line }) {
				all = append(all, example{cmd.CommandPath(), line})
			}
		}
	})
	// What takes something away comes after what needs it, and what serves when
	// nothing else does.
	turn := map[string]int{"mrrsync load rollback": 1, "mrrsync load close": 2, "mrrsync load reopen": 3, "mrrsync load gc": 3, "mrrsync erase": 4, "mrrsync serve": 5}
	slices.SortStableFunc(all, func(x, y example) int { return cmp.Compare(turn[x.of], turn[y.of]) })
	for _, e := range all {
		if e.of == "mrrsync serve" && stop != nil {
			stop()
			stop = nil
		}
		x.run(e.of, e.line)
	}
}

// exampleLines are the commands of an example, without what explains them.
func exampleLines(cmd *cobra.Command) []string {
	var lines []string
	for line := range strings.SplitSeq(cmd.Example, "\n") {
		line, _, _ = strings.Cut(line, "   #")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// examples is where examples run.
type examples struct {
	t     *testing.T
	dir   string
	env   []string
	loads []string // the newest first
	fresh int
}

func newExamples(t *testing.T) *examples {
	x := &examples{t: t, dir: t.TempDir()}
	contract := "customer_id,subscription_id,item_id,plan,currency,amount,interval,start\n"
	for name, text := range map[string]string{
		"mrrsync.yaml": `version: 1
warehouse: { keep_loads: 50 }
segments: { csm: metadata.csm }
publish: { max_restated_percent: 100, max_churn_percent: 100 }
serve: { listen: "127.0.0.1:0" }
sources:
  - { name: main, connector: contracts, file: main.csv }
  - { name: emea, connector: contracts, file: emea.csv }
  - { name: enterprise, connector: contracts, file: enterprise.csv }
`,
		"server.yaml":           "version: 1\nwarehouse: { dsn: \"https://ch.example:8443\" }\n",
		"main.csv":              contract + "cus_NffrFeUfNV2Hib,sub_1MowQVLkdIwHu7ix,si_1,pro,USD,100,month,2026-01-01\n",
		"emea.csv":              contract + "acme-42,b-1,b-1-1,pro,EUR,90,month,2026-02-01\n",
		"enterprise.csv":        contract + "acme,a-1,a-1-1,platform,USD,12000,year,2026-01-15\n",
		"rates.csv":             "date,currency,rate\n2026-01-01,EUR,1.1\n",
		"question.sql":          "SELECT count() FROM mrr_daily",
		"bin/page-someone":      "#!/bin/sh\nexit 0\n",
		"bin/clickhouse-client": "#!/bin/sh\ngrep -q 'CREATE'\n",
	} {
		path := filepath.Join(x.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if name == "mrrsync.yaml" {
			text += "reporting: { currency: USD, fx: { file: rates.csv } }\n"
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil { //nolint:gosec // some are commands
			t.Fatal(err)
		}
	}
	x.env = append(os.Environ(), "MRRSYNC_VOLATILE=1", "PATH="+filepath.Join(x.dir, "bin")+":"+os.Getenv("PATH"))
	return x
}

// clock is the present that examples run at; serve refuses one that is held.
func clock(now string) string { return "MRRSYNC_NOW=" + now }

const examplesNow = "2026-04-02T03:00:00Z"

func (x *examples) sync(now string) {
	x.t.Helper()
	if out, err := x.shell(context.Background(), x.dir, "mrrsync sync", clock(now)).CombinedOutput(); err != nil {
		x.t.Fatalf("sync: %v\n%s", err, out)
	}
}

func (x *examples) ask(sql string) string {
	x.t.Helper()
	cmd := x.shell(context.Background(), x.dir, "mrrsync query --format TSV -", clock(examplesNow))
	cmd.Stdin = strings.NewReader(sql)
	out, err := cmd.Output()
	if err != nil {
		x.t.Fatalf("query: %v", err)
	}
	return string(out)
}

func (x *examples) shell(ctx context.Context, dir, line string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-ec", line)
	cmd.Dir, cmd.Env = dir, append(slices.Clone(x.env), env...)
	return cmd
}

// run runs one example and demands that it ends well.
func (x *examples) run(of, line string) {
	x.t.Helper()
	line = x.here(line)
	dir := x.dir
	now := clock(examplesNow)
	switch {
	case strings.HasPrefix(line, "curl "):
		return // asked of the serve before it
	case strings.HasPrefix(line, "mrrsync serve"), strings.HasPrefix(line, "mrrsync simulate"):
		if strings.Contains(line, "serve") {
			now = "MRRSYNC_NOW="
		}
		x.stand(of, line, now)
		return
	case strings.Contains(line, "mrrsync init"), strings.Contains(line, "demo"):
		x.fresh++
		dir = filepath.Join(x.dir, fmt.Sprint("fresh", x.fresh))
		if err := os.Mkdir(dir, 0o755); err != nil {
			x.t.Fatal(err)
		}
	}
	out, err := x.shell(x.t.Context(), dir, line, now, "STRIPE_API_KEY=").CombinedOutput()
	if err != nil && !(strings.Contains(line, "mrrsync init && mrrsync check") && bytes.Contains(out, []byte("export it where mrrsync runs"))) {
		x.t.Errorf("%s: example %q: %v\n%s", of, line, err, out)
	}
}

// here puts the names of this folder into an example: its loads, free ports, and
// a company that is there quickly.
func (x *examples) here(line string) string {
	line = regexp.MustCompile(`\b1772330400000014\b`).ReplaceAllString(line, x.loads[0])
	line = regexp.MustCompile(`\b1772244000000009\b`).ReplaceAllString(line, x.loads[1])
	line = strings.Replace(line, "--listen 127.0.0.1:8123", "--listen 127.0.0.1:0", 1)
	command, comment, _ := strings.Cut(line, " # ")
	switch {
	case strings.HasPrefix(line, "mrrsync demo"):
		command += " --customers 10 --months 2"
	case strings.HasPrefix(line, "mrrsync erase cus_"): // there is no terminal to ask on
		command += " --yes"
	case strings.HasPrefix(line, "mrrsync simulate"):
		command += " --customers 10 --months 2 --out " + x.t.TempDir()
	default:
		return line
	}
	return command + " # " + comment
}

// stand starts what runs until it is told to stop, waits for its first words,
// asks a server what the next example asks, and ends it.
func (x *examples) stand(of, line, env string) {
	x.t.Helper()
	cmd := x.shell(x.t.Context(), x.dir, "exec "+line, env)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		x.t.Fatal(err)
	}
	first, readErr := bufio.NewReader(out).ReadString('\n')
	if readErr != nil {
		x.t.Errorf("%s: example %q said nothing: %v\n%s", of, line, readErr, &said)
	}
	if _, at, ok := strings.Cut(first, " at "); ok && strings.Contains(line, "serve") {
		x.curl(strings.TrimSpace(at))
	}
	if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
		x.t.Errorf("%s: example %q: %v\n%s", of, line, err, &said)
	}
}

// curl asks a server what serve's example has curl ask.
func (x *examples) curl(at string) {
	x.t.Helper()
	for _, line := range exampleLines(serveCommand(newApp(nil, io.Discard, io.Discard, os.Getenv))) {
		url, ok := strings.CutPrefix(line, "curl ")
		if !ok {
			continue
		}
		url = strings.Replace(strings.Trim(url, "'"), "http://127.0.0.1:8123", at, 1)
		resp, err := http.Get(url) //nolint:gosec // of this test's own server
		if err != nil {
			x.t.Errorf("%s: %v", line, err)
			continue
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || len(text) == 0 {
			x.t.Errorf("%s: %s, %v: %s", line, resp.Status, err, text)
		}
		if err := resp.Body.Close(); err != nil {
			x.t.Error(err)
		}
	}
}

// serving keeps the warehouse open, so that examples need not open it.
func (x *examples) serving() (stop func()) {
	x.t.Helper()
	cmd := x.shell(x.t.Context(), x.dir, "exec mrrsync serve --allow-fixed-now", clock(examplesNow))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		x.t.Fatalf("serve: %v", err)
	}
	return func() {
		if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
			x.t.Errorf("serve: %v", err)
		}
	}
}
