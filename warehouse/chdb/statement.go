package chdb

import (
	"encoding/binary"
	"io"
	"strings"
)

// A Statement is one SQL statement and everything it depends on. It runs as if in a session of its own: no SET, USE or temporary table of an
// earlier statement reaches it.
type Statement struct {
	// SQL is a single statement. A text of several is refused (code 62), as ClickHouse's HTTP interface does.
	SQL string
	// Format names the output format where SQL has no FORMAT clause. Empty is TabSeparated.
	Format string
	// Database is what unqualified names mean. Empty is `default`, which in this engine is an overlay of files: name your own.
	Database string
	// Params are the values of {name:Type} in SQL, in the escaped form of ClickHouse's `param_` (see EscapeParam): `\N` is NULL, `\\` a backslash.
	Params map[string]string
	// Settings apply to this statement alone, over Config.Settings. An unknown name or a bad value is an Error of the engine.
	Settings map[string]string
	// Body holds the rows of an INSERT, in the format that its FORMAT clause names (or else Format). It is read to its end, or until an
	// error, and not after Run has returned. With a nil Body the rows, if any, stand in SQL.
	Body io.Reader
}

// A Summary counts what a statement did, as the engine reports it.
type Summary struct {
	RowsRead    uint64 // from storage; 0 for streamed results
	RowsWritten uint64 // with those of materialized views
}

// EscapeParam writes a plain string in the form that Statement.Params wants.
func EscapeParam(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(s)
}

// A word is a bare word or a sign of SQL, outside of quotes, comments and brackets.
type word struct {
	text       string // in upper case
	start, end int    // half-open range of bytes
}

// words splits SQL into what stands outside of quotes, comments and brackets. It does not judge: the engine's parser does, this one only has to
// find the first keyword and the clauses at the end.
func words(sql string) []word {
	var out []word
	depth := 0
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case strings.HasPrefix(sql[i:], "--"), c == '#' && i+1 < len(sql) && (sql[i+1] == ' ' || sql[i+1] == '!'):
			i = skipPast(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = skipPast(sql, i+2, "*/")
		case c == '\'' || c == '"' || c == '`':
			end := skipQuoted(sql, i)
			if depth == 0 {
				out = append(out, word{text: string(c), start: i, end: end})
			}
			i = end
		case c == '(' || c == '[' || c == '{':
			if depth == 0 {
				out = append(out, word{text: string(c), start: i, end: i + 1})
			}
			depth++
			i++
		case c == ')' || c == ']' || c == '}':
			depth--
			i++
		case isWordByte(c):
			start := i
			for i < len(sql) && isWordByte(sql[i]) {
				i++
			}
			if depth == 0 {
				out = append(out, word{text: strings.ToUpper(sql[start:i]), start: start, end: i})
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
		default:
			if depth == 0 {
				out = append(out, word{text: string(c), start: i, end: i + 1})
			}
			i++
		}
	}
	return out
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// skipPast returns the place after the next mark, or the end.
func skipPast(sql string, from int, mark string) int {
	if n := strings.Index(sql[from:], mark); n >= 0 {
		return from + n + len(mark)
	}
	return len(sql)
}

// skipQuoted returns the place after the quote that opens at i. A doubled quote inside looks like two strings in a row, which comes to the same.
func skipQuoted(sql string, i int) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch sql[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(sql)
}

// verb returns the first word of the statement in upper case; "(" for a select in brackets.
func verb(ws []word) string {
	if len(ws) == 0 {
		return ""
	}
	return ws[0].text
}

// formatClause finds the FORMAT clause at the end of a statement: the format's name as written, and the range of the clause. ok is false without one.
func formatClause(sql string, ws []word) (name string, start, end int, ok bool) {
	for i := len(ws) - 2; i >= 0; i-- {
		if ws[i].text != "FORMAT" || !isWordByte(ws[i+1].text[0]) {
			continue
		}
		if i+2 < len(ws) && ws[i+2].text != "SETTINGS" && ws[i+2].text != ";" {
			continue
		}
		return sql[ws[i+1].start:ws[i+1].end], ws[i].start, ws[i+1].end, true
	}
	return "", 0, 0, false
}

// A head is what every chunk of a format begins with and only the first one may keep.
type head struct {
	lines  int
	quoted bool // a line break inside double quotes does not end a line
	lists  int  // of strings behind their number, in binary formats: the names of the columns, and their types
}

// chunkable returns the head of a format whose output may be cut into chunks and put together again. The engine encodes every chunk of a streamed
// result as a document of its own, so that a format with a frame around all rows (JSON, Pretty, Parquet) would come out as many documents: those
// are asked for whole.
func chunkable(format string) (head, bool) {
	switch strings.ToUpper(format) {
	case "NATIVE", "ROWBINARY", "MSGPACK", "TSV", "TABSEPARATED", "TSVRAW", "TABSEPARATEDRAW", "RAW", "CSV", "RAWBLOB", "SQLINSERT", "NULL",
		"JSONEACHROW", "JSONLINES", "NDJSON", "JSONCOMPACTEACHROW", "JSONSTRINGSEACHROW", "JSONCOMPACTSTRINGSEACHROW":
		return head{}, true
	case "TSVWITHNAMES", "TABSEPARATEDWITHNAMES", "JSONCOMPACTEACHROWWITHNAMES":
		return head{lines: 1}, true
	case "TSVWITHNAMESANDTYPES", "TABSEPARATEDWITHNAMESANDTYPES", "JSONCOMPACTEACHROWWITHNAMESANDTYPES":
		return head{lines: 2}, true
	case "CSVWITHNAMES":
		return head{lines: 1, quoted: true}, true
	case "CSVWITHNAMESANDTYPES":
		return head{lines: 2, quoted: true}, true
	case "ROWBINARYWITHNAMES":
		return head{lists: 1}, true
	case "ROWBINARYWITHNAMESANDTYPES":
		return head{lists: 2}, true
	}
	return head{}, false
}

// cut returns the chunk without its head.
func (h head) cut(chunk []byte) []byte {
	if h.lists > 0 {
		return h.cutLists(chunk)
	}
	inQuotes := false
	lines := h.lines
	for i, c := range chunk {
		switch {
		case lines == 0:
			return chunk[i:]
		case c == '"' && h.quoted:
			inQuotes = !inQuotes
		case c == '\n' && !inQuotes:
			lines--
		}
	}
	return chunk[len(chunk):]
}

// cutLists is cut for a head of lists: the number of columns once, then each list's strings behind their lengths.
func (h head) cutLists(chunk []byte) []byte {
	rest := chunk
	number := func() uint64 {
		n, size := binary.Uvarint(rest)
		rest = rest[max(size, 0):]
		return n
	}
	for n := number() * uint64(h.lists); n > 0 && len(rest) > 0; n-- {
		size := number()
		rest = rest[min(size, uint64(len(rest))):]
	}
	return rest
}

// FormatOf is the name of the output format that a FORMAT clause of sql asks for; empty: there is none.
func FormatOf(sql string) string {
	name, _, _, _ := formatClause(sql, words(sql))
	return name
}
