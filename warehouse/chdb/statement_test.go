package chdb

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormatClause(t *testing.T) {
	for _, c := range []struct{ sql, name, rest string }{
		{"INSERT INTO t (a, b) FORMAT Native", "Native", "INSERT INTO t (a, b) "},
		{"insert into t format\n csv ; ", "csv", "insert into t  ; "},
		{"INSERT INTO t FORMAT CSV SETTINGS max_threads = 1", "CSV", "INSERT INTO t  SETTINGS max_threads = 1"},
		{"INSERT INTO t SETTINGS format_csv_delimiter = ';' FORMAT CSV -- the end", "CSV", "INSERT INTO t SETTINGS format_csv_delimiter = ';'  -- the end"},
		{"SELECT 1", "", ""},
		{"SELECT 'FORMAT CSV'", "", ""},
		{"SELECT 1 -- FORMAT CSV", "", ""},
		{"SELECT 1 /* FORMAT CSV */", "", ""},
		{"SELECT * FROM (SELECT 1 FORMAT CSV)", "", ""},
		{"SELECT `FORMAT` FROM t", "", ""},
		{"SELECT format AS x FROM t", "", ""},
		{"SELECT format('{}', 1)", "", ""},
		{`SELECT 'it\'s FORMAT CSV`, "", ""},
		{"", "", ""},
	} {
		name, start, end, ok := formatClause(c.sql, words(c.sql))
		if name != c.name || ok != (c.name != "") {
			t.Errorf("%q: format %q, %v", c.sql, name, ok)
		}
		if rest := c.sql[:start] + c.sql[end:]; ok && rest != c.rest {
			t.Errorf("%q: rest %q, want %q", c.sql, rest, c.rest)
		}
	}
}

func TestVerb(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1": "SELECT", " \n-- a\n/* b */ select 1": "SELECT", "(SELECT 1)": "(", "": "", "# c\nINSERT INTO t": "INSERT", "with 1 as x select x": "WITH",
	} {
		if got := verb(words(sql)); got != want {
			t.Errorf("%q: %q, want %q", sql, got, want)
		}
	}
}

func TestWordsReadAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sql := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"'", "\"", "`", "\\", "(", ")", "--", "/*", "*/", "\n", " ", "a", "FORMAT", "#", ";", "é", "\x00"})).Draw(t, "sql"), "")
		last := 0
		for _, w := range words(sql) {
			if w.start < last || w.end <= w.start || w.end > len(sql) {
				t.Fatalf("%q: %+v after %d", sql, w, last)
			}
			last = w.end
		}
		_, start, end, _ := formatClause(sql, words(sql))
		if start < 0 || end < start || end > len(sql) {
			t.Fatalf("%q: clause %d..%d", sql, start, end)
		}
	})
}

func TestHeadIsCut(t *testing.T) {
	for _, c := range []struct{ format, chunk, want string }{
		{"TSV", "1\n", "1\n"},
		{"TSVWithNames", "a\tb\n1\t2\n", "1\t2\n"},
		{"TSVWithNames", "5\"\n1\n2\n", "1\n2\n"},
		{"TabSeparatedWithNamesAndTypes", "a\nb\n1\n", "1\n"},
		{"CSVWithNames", "\"a\n\"\"b\"\n1\n", "1\n"},
		{"JSONCompactEachRowWithNames", "[\"\\\"\"]\n[1]\n", "[1]\n"},
		{"CSVWithNames", "a\n", ""},
		{"CSVWithNames", "a", ""},
		{"CSVWithNames", "", ""},
		{"RowBinaryWithNames", "\x02\x01a\x02bc\x07", "\x07"},
		{"RowBinaryWithNamesAndTypes", "\x01\x01a\x05UInt8\x07", "\x07"},
		{"RowBinaryWithNamesAndTypes", "\x01\x01a\x05UI", ""},
		{"RowBinaryWithNamesAndTypes", "", ""},
	} {
		h, ok := chunkable(c.format)
		if got := string(h.cut([]byte(c.chunk))); got != c.want || !ok {
			t.Errorf("%s %q: %q, want %q", c.format, c.chunk, got, c.want)
		}
	}
}
