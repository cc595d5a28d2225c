package lengthy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestContinuousIntegration: each lengthy test is played there, and what is named
// there is one.
func TestContinuousIntegration(t *testing.T) {
	const root = "../.."
	want := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := "./" + filepath.ToSlash(rel)
		want[pkg] = append(want[pkg], lengthy(t, path)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(want, func(_ string, names []string) bool { return len(names) == 0 })
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t.*go test .* (\./\S+) -long -run '([^']*)'$`).FindAllStringSubmatch(string(script), -1) {
		got[m[1]] = append(got[m[1]], strings.Split(m[2], "|")...)
	}
	for _, all := range []map[string][]string{want, got} {
		for _, names := range all {
			slices.Sort(names)
		}
	}
	if len(want) == 0 {
		t.Error("no test is lengthy")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lengthy tests (-in the packages +in .ci/run):\n%s", diff)
	}
}

// TestRaces: what is named there for the race detector are tests of the package.
func TestRaces(t *testing.T) {
	const root = "../.."
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile(`(?m)^\t+race (\./\S+) -run '([^']*)'(?: &&)?$`).FindAllStringSubmatch(string(script), -1)
	if len(steps) == 0 {
		t.Error("no package has tests for the race detector")
	}
	for _, step := range steps {
		files, err := filepath.Glob(filepath.Join(root, step[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var tests strings.Builder
		for _, path := range files {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(source), -1) {
				tests.WriteString(m[1] + "\n")
			}
		}
		for name := range strings.SplitSeq(step[2], "|") {
			if !regexp.MustCompile("(?m)" + name).MatchString(tests.String()) {
				t.Errorf("%s has no test called like %q", step[1], name)
			}
		}
	}
}

// lengthy are the tests of a file that say so, themselves or in a part of theirs.
func lengthy(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Test" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "lengthy" && !slices.Contains(names, f.Name.Name) {
					names = append(names, f.Name.Name)
				}
			}
			return true
		})
	}
	return names
}
