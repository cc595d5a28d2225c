package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"

	"mrrsync/internal/schedule"
)

// operations is the folder of examples that people copy to run us by.
var operations = filepath.Join("..", "..", "docs", "examples")

func operation(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(operations, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whatever a page or an example has mrrsync do, it can: verbs and flags are held
// against the real ones.
func TestDocsCommands(t *testing.T) {
	checked := 0
	for _, path := range append(documents(t), examplesOf(t)...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			for _, command := range commandsIn(line) {
				checked++
				if err := understood(command); err != nil {
					t.Errorf("%s:%d: %q: %v", path, n+1, strings.Join(command, " "), err)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("%d commands were found; the pattern has gone blind", checked)
	}
}

func examplesOf(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(operations, "*"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	return paths
}

// commandsIn finds calls of mrrsync in a line of a page, a shell script, a unit
// or a list of arguments.
func commandsIn(line string) [][]string {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(line), `args: ["`); ok { // of a container
		line = "`mrrsync " + rest
	}
	line = strings.NewReplacer(`", "`, " ", `["mrrsync`, "`mrrsync").Replace(line)
	var all [][]string
	for _, m := range regexp.MustCompile("(?:^|[`;&|(/'\"] ?|^ +|= ?|bin/)mrrsync ((?:--config \\S+ )?[a-z]+(?: [^`|;&#)<>]*)?)").FindAllStringSubmatch(line, -1) {
		all = append(all, strings.Fields(strings.NewReplacer(`"`, " ", "'", " ", "]", " ").Replace(m[1])))
	}
	return all
}

// understood holds the verb and the flags of a command against those there are.
func understood(command []string) error {
	root := rootCommand(newApp(nil, io.Discard, io.Discard, os.Getenv))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	if command[0] == "--config" {
		command = command[2:]
	}
	cmd, _, err := root.Find(command)
	if err != nil {
		return err
	}
	if cmd == root {
		return fmt.Errorf("no verb")
	}
	cmd.InitDefaultHelpFlag()
	for _, word := range command {
		name, isFlag := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(strings.TrimRight(name, ".,:*"), "=")
		if !isFlag || name == "" {
			continue
		}
		known := func(set *pflag.FlagSet) bool { return set.Lookup(name) != nil }
		if !known(cmd.Flags()) && !known(cmd.InheritedFlags()) {
			return fmt.Errorf("no flag --%s", name)
		}
	}
	return nil
}

func TestExampleCron(t *testing.T) {
	jobs := 0
	for line := range strings.SplitSeq(operation(t, "crontab"), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 7 || strings.HasPrefix(line, "#") {
			continue
		}
		jobs++
		if _, err := schedule.Parse(strings.Join(fields[:5], " ")); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if out, err := exec.Command("/bin/sh", "-nc", strings.Join(fields[6:], " ")).CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", line, err, out)
		}
	}
	if jobs != 2 {
		t.Errorf("%d jobs, want 2", jobs)
	}
}

// Each exit code is told to whom it concerns, and no other.
func TestExampleOnExit(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "curl"), []byte("#!/bin/sh\nfor last; do :; done\necho \"$last\"\n"), 0o755); err != nil { //nolint:gosec // a command
		t.Fatal(err)
	}
	for code, want := range map[int]string{exitDone: "", exitFailed: "pager", exitUsage: "pager", exitPartial: "ticket", exitLocked: "", 137: "pager"} {
		cmd := exec.Command("/bin/sh", filepath.Join(operations, "on-exit.sh"), fmt.Sprint(code))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "PAGER_URL=pager", "TICKET_URL=ticket")
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("exit code %d is told to %q, %v; want %q", code, got, err, want)
		}
	}
}

func TestExampleUnits(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	dir := t.TempDir()
	args := []string{"verify", "--man=no"}
	for _, name := range []string{"mrrsync.service", "mrrsync.timer", "mrrsync-alert.service", "mrrsync-serve.service"} {
		// Where nothing is installed the program is another one.
		text := strings.ReplaceAll(operation(t, name), "/usr/local/bin/mrrsync", "/bin/true")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestExamplePython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 here")
	}
	for _, name := range []string{"airflow_dag.py", "dagster_job.py"} {
		if out, err := exec.Command(python, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", filepath.Join(operations, name)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// The CronJob has the shape that Kubernetes wants, and the configuration in it
// can be read.
func TestExampleKubernetes(t *testing.T) {
	var objects []map[string]any
	for part := range strings.SplitSeq(operation(t, "kubernetes.yaml"), "\n---\n") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(part), &object); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	at := func(v any, path ...any) any {
		for _, key := range path {
			switch into := v.(type) {
			case map[string]any:
				v = into[fmt.Sprint(key)]
			case []any:
				v = into[key.(int)]
			default:
				return nil
			}
		}
		return v
	}
	if len(objects) != 2 || at(objects[0], "kind") != "ConfigMap" || at(objects[1], "kind") != "CronJob" || at(objects[1], "apiVersion") != "batch/v1" {
		t.Fatalf("objects are %v", objects)
	}
	job := at(objects[1], "spec", "jobTemplate", "spec")
	if at(objects[1], "spec", "concurrencyPolicy") != "Forbid" || at(job, "template", "spec", "restartPolicy") != "Never" {
		t.Error("two jobs may run at once, or one pod again and again")
	}
	cron, _ := at(objects[1], "spec", "schedule").(string)
	if _, err := schedule.Parse(cron); err != nil {
		t.Error(err)
	}
	if codes := fmt.Sprint(at(job, "podFailurePolicy", "rules", 0, "onExitCodes", "values")); codes != fmt.Sprint([]int{exitUsage, exitPartial}) {
		t.Errorf("not tried again after %s", codes)
	}
	text, _ := at(objects[0], "data", "mrrsync.yaml").(string)
	a := newApp(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "https://ch.example" })
	a.flags.config = filepath.Join(t.TempDir(), "mrrsync.yaml")
	if err := os.WriteFile(a.flags.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := a.config()
	if err == nil {
		_, err = a.options(c, order{verb: "sync"}, nil)
	}
	if err != nil {
		t.Error(err)
	}
}

// Alerts speak of metrics that there are.
func TestExampleAlerts(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert  string            `yaml:"alert"`
				Expr   string            `yaml:"expr"`
				For    string            `yaml:"for"`
				Labels map[string]string `yaml:"labels"`
				Notes  map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.UnmarshalWithOptions(text, &rules, yaml.Strict()); err != nil || len(rules.Groups) != 1 {
		t.Fatalf("%d groups, %v", len(rules.Groups), err)
	}
	var source []byte
	for _, path := range []string{filepath.Join("..", "..", "internal", "serve", "metrics.go"), "serve.go"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	for _, r := range rules.Groups[0].Rules {
		if r.Alert == "" || r.For == "" || r.Labels["severity"] == "" || r.Notes["summary"] == "" {
			t.Errorf("alert %+v is not whole", r)
		}
		for _, m := range regexp.MustCompile(`mrrsync_(\w+)`).FindAllStringSubmatch(r.Expr, -1) {
			if !strings.Contains(string(source), `"`+m[1]+`"`) {
				t.Errorf("alert %s: there is no metric %s", r.Alert, m[0])
			}
		}
	}
}

// The image is built in stages that exist, and ends at the program.
func TestExampleDockerfile(t *testing.T) {
	text := strings.ReplaceAll(operation(t, "Dockerfile"), "\\\n", " ")
	instructions := []string{"FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "VOLUME", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
	var stages, seen []string
	for line := range strings.SplitSeq(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		seen = append(seen, fields[0])
		if !slices.Contains(instructions, fields[0]) {
			t.Errorf("%q is no instruction", line)
		}
		if fields[0] == "FROM" && len(fields) == 4 && fields[2] == "AS" {
			stages = append(stages, fields[3])
		}
		if from, ok := strings.CutPrefix(fields[min(1, len(fields)-1)], "--from="); ok && !slices.Contains(stages, from) {
			t.Errorf("%q: there is no stage %s before", line, from)
		}
		if fields[0] == "RUN" {
			if out, err := exec.Command("/bin/sh", "-nc", strings.TrimPrefix(line, "RUN ")).CombinedOutput(); err != nil {
				t.Errorf("%q: %v: %s", line, err, out)
			}
		}
	}
	if len(stages) != 2 || seen[0] != "FROM" || !strings.Contains(text, `ENTRYPOINT ["mrrsync"]`) || !strings.Contains(text, `CMD ["sync"`) {
		t.Errorf("stages %v, instructions %v", stages, seen)
	}
}
