package tally_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mrrsync/connectors/conformance"
)

var update = flag.Bool("update", false, "write the code into the guide anew")

const root = "../../.."

// Code in the guide stands below a comment that says which file it is, and
// which declarations of it; all of it when none is named.
var shown = regexp.MustCompile("(?s)<!-- code: (\\S+)((?: \\w+)*) -->\n```go\n(.*?)```\n")

// The guide's code is the code that is compiled and passes the suite.
func TestGuideShowsTheCode(t *testing.T) {
	path := filepath.Join(root, "docs", "connectors.md")
	guide, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	fresh := shown.ReplaceAllStringFunc(string(guide), func(block string) string {
		blocks++
		m := shown.FindStringSubmatch(block)
		code, err := excerpt(m[1], strings.Fields(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		if code != m[3] && !*update {
			t.Errorf("the guide shows %s%s as it is no longer; run: go test ./connectors/conformance/tally -update", m[1], m[2])
		}
		return fmt.Sprintf("<!-- code: %s%s -->\n```go\n%s```\n", m[1], m[2], code)
	})
	if n := strings.Count(string(guide), "```go\n"); n != blocks || n < 4 {
		t.Errorf("%d blocks of Go, %d of them from files", n, blocks)
	}
	for _, promise := range conformance.Promises() {
		if !strings.Contains(string(guide), "| "+promise+" |") {
			t.Errorf("the guide does not explain %q", promise)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(fresh), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// excerpt is a file, or the named declarations of it with their comments.
func excerpt(path string, names []string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil || len(names) == 0 {
		return string(text), err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	var out []string
	for _, name := range names {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE || g.Specs[0].(*ast.TypeSpec).Name.Name != name {
				continue
			}
			from := g.Pos()
			if g.Doc != nil {
				from = g.Doc.Pos()
			}
			out = append(out, string(text[fset.Position(from).Offset:fset.Position(g.End()).Offset])+"\n")
		}
	}
	if len(out) != len(names) {
		return "", fmt.Errorf("%s declares %d of %v", path, len(out), names)
	}
	return strings.Join(out, "\n"), nil
}
