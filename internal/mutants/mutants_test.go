package mutants

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	mutations = flag.Bool("mutations", false, "break the laws for real and see the named tests go red; takes many minutes")
	update    = flag.Bool("update", false, "write the list into docs/testing.md")
)

// mutant is a place where a law stands in the code, and its opposite.
type mutant struct {
	law  string // of docs/testing.md: a number of the seven, or "MRR"
	name string // what the broken code does
	file string // from the root of the repository
	text string // what stands there, exactly once
	by   string // what stands there instead
	test string // package:Test, or package:Test/subtest
}

// root is the repository.
const root = "../.."

func (m *mutant) folder() string { folder, _, _ := strings.Cut(m.test, ":"); return folder }

func (m *mutant) testName() string { _, name, _ := strings.Cut(m.test, ":"); return name }

// pattern is what -run takes to mean the test alone.
func (m *mutant) pattern() string {
	parts := strings.Split(m.testName(), "/")
	for i := range parts {
		parts[i] = "^" + regexp.QuoteMeta(parts[i]) + "$"
	}
	return strings.Join(parts, "/")
}

// TestList holds the list against the code: what a mutant replaces is there, once;
// its test exists.
func TestList(t *testing.T) {
	known := map[string]bool{}
	laws := map[string]int{}
	for _, m := range all() {
		laws[m.law]++
		if known[m.name] {
			t.Errorf("two mutants are called %q", m.name)
		}
		known[m.name] = true
		source, err := os.ReadFile(filepath.Join(root, m.file))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := strings.Count(string(source), m.text); n != 1 {
			t.Errorf("%s: %s has %d times what is replaced, want it once:\n%s", m.name, m.file, n, m.text)
		}
		if m.text == m.by {
			t.Errorf("%s changes nothing", m.name)
		}
		name, _, _ := strings.Cut(m.testName(), "/")
		if !declared(t, m.folder(), name) {
			t.Errorf("%s: there is no %s in %s", m.name, name, m.folder())
		}
	}
	for _, l := range lawNames {
		if laws[l.law] < 2 {
			t.Errorf("law %s has %d mutants, want at least two", l.law, laws[l.law])
		}
		delete(laws, l.law)
	}
	if len(laws) > 0 {
		t.Errorf("laws that nobody wrote: %v", laws)
	}
}

// declared says whether a folder's tests declare a function.
func declared(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests: %v", folder, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(source, []byte("\nfunc "+name+"(t *testing.T)")) {
			return true
		}
	}
	return false
}

// TestPage holds docs/testing.md against the list.
func TestPage(t *testing.T) {
	const begin, end = "<!-- mutants, by go test ./internal/mutants -update -->\n", "<!-- end of mutants -->\n"
	file := filepath.Join(root, "docs/testing.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("docs/testing.md has no %q ... %q", begin, end)
	}
	want := head + begin + table() + end + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Error("docs/testing.md lists other mutants: go test ./internal/mutants -run TestPage -update")
	}
}

// table is the list as the page has it.
func table() string {
	var b strings.Builder
	b.WriteString("\n| law | broken on purpose | in | goes red |\n|---|---|---|---|\n")
	for _, l := range lawNames {
		title := l.title
		for _, m := range all() {
			if m.law != l.law {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | `%s` | `%s` in `%s` |\n", title, m.name, m.file, m.testName(), m.folder())
			title = ""
		}
	}
	b.WriteString("\n")
	return b.String()
}

// TestMutations breaks each place and expects the test to find it. Beforehand the
// tests must be green, or their red would mean nothing.
func TestMutations(t *testing.T) {
	if !*mutations {
		t.Skip("-mutations breaks every place of the list and runs its test: many minutes")
	}
	healthy := map[string]bool{}
	for _, m := range all() {
		t.Run(fmt.Sprintf("%s %s (%s)", m.law, m.name, path.Base(m.folder())), func(t *testing.T) {
			if !healthy[m.test] {
				if out, ok := m.run(t); !ok {
					t.Fatalf("%s is red already:\n%s", m.test, out)
				}
				healthy[m.test] = true
			}
			out, ok := m.run(t, "-overlay="+m.overlay(t))
			name, _, _ := strings.Cut(m.testName(), "/")
			switch {
			case ok:
				t.Errorf("survived: %s stays green", m.test)
			case !strings.Contains(out, "--- FAIL: "+name):
				t.Errorf("%s did not even run:\n%s", m.test, out)
			default:
				t.Logf("found by %s: %s", m.test, reason(out))
			}
		})
	}
}

// run runs the mutant's test and says whether it is green.
func (m *mutant) run(t *testing.T, flags ...string) (out string, ok bool) {
	t.Helper()
	args := append([]string{"test", "-count=1", "-vet=off", "-timeout=5m"}, flags...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, "-run", m.pattern(), "./"+m.folder())...)
	cmd.Dir = root
	text, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(text), "no tests to run") {
		t.Fatalf("%s runs nothing", m.pattern())
	}
	return string(text), err == nil
}

// overlay is the file that shows the compiler the broken place.
func (m *mutant) overlay(t *testing.T) string {
	t.Helper()
	place, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	broken, list := filepath.Join(folder, filepath.Base(place)), filepath.Join(folder, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{place: broken}})
	if err == nil {
		err = os.WriteFile(broken, []byte(strings.Replace(string(source), m.text, m.by, 1)), 0o600)
	}
	if err == nil {
		err = os.WriteFile(list, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reason is the first line of a failure that says something.
func reason(out string) string {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.Contains(line, "_test.go:") || strings.HasPrefix(line, "panic:") {
			return line
		}
	}
	return ""
}
