package main

import (
	"cmp"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the pages of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if err == nil && strings.HasSuffix(path, ".md") {
			all = append(all, path)
		}
		return err
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	return all
}

// No page leads nowhere: what links name is there, down to the heading.
func TestDocsLinks(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, path := range documents(t) {
		for _, m := range links.FindAllStringSubmatch(prose(t, path), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			file, err := url.PathUnescape(file)
			if err != nil {
				t.Errorf("%s: link %s: %v", path, m[1], err)
				continue
			}
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: link %s leads nowhere", path, m[1])
				continue
			}
			if anchor != "" && !anchors(t, target)[anchor] {
				t.Errorf("%s: link %s: there is no such heading", path, m[1])
			}
		}
	}
}

// prose is a page without its code.
func prose(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]*`\\]?").ReplaceAllStringFunc(string(text), func(code string) string {
		if strings.HasSuffix(code, "]") {
			return "]" // a link whose text is code
		}
		return ""
	})
}

// anchors are the headings of a page as links name them.
func anchors(t *testing.T, path string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(string(text), "")
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.*?) *$`).FindAllStringSubmatch(page, -1) {
		name := strings.ToLower(regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(m[1], ""))
		all[strings.ReplaceAll(name, " ", "-")] = true
	}
	for _, m := range regexp.MustCompile(`<a (?:id|name)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		all[m[1]] = true
	}
	return all
}

// The examples of docs/mrr.md come to what the page says.
func TestDocsExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "mrr.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```csv\n")
	file, table, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page shows no contracts")
	}
	dir := t.TempDir()
	for name, content := range map[string]string{
		"contracts.csv": file,
		"mrrsync.yaml":  "version: 1\npublish: { max_churn_percent: 100 }\nsources: [{ name: book, connector: contracts, file: contracts.csv }]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mrrsync := func(args ...string) string {
		cmd := exec.Command("mrrsync", append(args, "--log-level", "warn")...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "MRRSYNC_VOLATILE=1", "MRRSYNC_NOW=2026-03-01T02:00:00Z")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("mrrsync %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	mrrsync("sync")
	is := map[string]string{}
	for line := range strings.SplitSeq(mrrsync("query", "--format", "TSV", "SELECT customer_id, date, sum(mrr) FROM mrr_daily GROUP BY ALL"), "\n") {
		if f := strings.Split(line, "\t"); len(f) == 3 {
			is[f[0]+" on "+f[1]] = f[2]
		}
	}
	rows := regexp.MustCompile(`(?m)^\| ([\w-]+) \| (\d{4}-\d\d-\d\d) \| ([\d.]+) \|`).FindAllStringSubmatch(table, -1)
	if len(rows) < 15 {
		t.Fatalf("%d examples", len(rows))
	}
	for _, row := range rows {
		key := row[1] + " on " + row[2]
		if got := cmp.Or(is[key], "0"); got != row[3] {
			t.Errorf("%s: MRR %s, the page says %s", key, got, row[3])
		}
	}
}
