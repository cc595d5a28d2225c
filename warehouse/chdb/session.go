package chdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unsafe"
)

// chunkBytes is how much of an INSERT's body goes to the engine at once.
const chunkBytes = 1 << 20

// A session is one connection of the engine: one statement at a time, with its own settings and current database. It knows what it has changed
// about itself, so that the next statement starts from what it asked for and not from what the last one left.
type session struct {
	lib      *library
	ptr      connPtr
	conn     conn
	database string            // what USE was last given
	settings map[string]string // what SET was last given, by name
	tainted  bool              // something was changed that can't be undone: not for reuse
}

func (s *session) close() { s.lib.closeConn(s.ptr) }

// run executes one statement and writes its output to w. It looks at ctx between chunks only: what the engine has begun, it finishes.
func (s *session) run(ctx context.Context, st Statement, w io.Writer) (Summary, error) {
	ws := words(st.SQL)
	if len(ws) == 0 {
		return Summary{}, NewError(62, "SYNTAX_ERROR", "Empty query")
	}
	insertBody := st.Body != nil && verb(ws) == "INSERT"
	if st.Body != nil && !insertBody {
		return Summary{}, NewError(62, "SYNTAX_ERROR", "only an INSERT takes rows from a body")
	}
	if err := s.prepare(st); err != nil {
		return Summary{}, err
	}
	if insertBody {
		return s.insert(ctx, st, ws)
	}
	a := s.classify(st.SQL)
	if a.statements > 1 {
		return Summary{}, NewError(62, "SYNTAX_ERROR", "Multi-statements are not allowed: the text holds %d", a.statements)
	}
	if a.class == classControl {
		s.tainted = true
	}
	named, _, _, _ := formatClause(st.SQL, ws)
	format := cmp.Or(named, st.Format, "TabSeparated")
	head, cuts := chunkable(format)
	if selects := slices.Contains([]string{"SELECT", "WITH", "FROM", "("}, verb(ws)); a.class == classReadOnly && selects && cuts {
		return Summary{}, s.stream(ctx, st, format, head, w)
	}
	return s.whole(st, format, w)
}

// prepare gives the connection the statement's database and settings, and takes back those of the statement before it.
func (s *session) prepare(st Statement) error {
	if database := cmp.Or(st.Database, "default"); database != s.database {
		if err := s.exec("USE " + quote(database, '`')); err != nil {
			return err
		}
		s.database = database
	}
	var set []string
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		if _, keep := st.Settings[name]; !keep {
			set = append(set, name+" = DEFAULT")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(st.Settings)) {
		if !settingName.MatchString(name) {
			return NewError(115, "UNKNOWN_SETTING", "Setting %q is not a name", name)
		}
		if old, ok := s.settings[name]; !ok || old != st.Settings[name] {
			set = append(set, name+" = "+quote(st.Settings[name], '\''))
		}
	}
	if len(set) == 0 {
		return nil
	}
	if v := st.Settings["readonly"]; v != "" && v != "0" {
		s.tainted = true // from here on the engine lets nothing be set on this connection
	}
	if err := s.exec("SET " + strings.Join(set, ", ")); err != nil {
		s.tainted = true
		return err
	}
	s.settings = maps.Clone(st.Settings)
	return nil
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// quote writes a value or an identifier in the quotes given, as ClickHouse reads them.
func quote(s string, mark byte) string {
	r := strings.NewReplacer(`\`, `\\`, string(mark), `\`+string(mark))
	return string(mark) + r.Replace(s) + string(mark)
}

// exec runs a statement without output.
func (s *session) exec(sql string) error {
	_, err := s.whole(Statement{SQL: sql}, "Null", io.Discard)
	return err
}

// classify asks the engine's parser what a text would do. The zero class with no statements means that it can't be read.
func (s *session) classify(sql string) analysis {
	a := analysis{size: uint32(unsafe.Sizeof(analysis{}))}
	s.lib.classify(s.conn, cBytes(sql), uint(len(sql)), nil, 0, &a)
	return a
}

// whole runs a statement and writes its output once it is complete: for statements without much output and for formats that can't be cut.
func (s *session) whole(st Statement, format string, w io.Writer) (Summary, error) {
	r := s.lib.query.call(s.conn, st.SQL, format, st.Params)
	defer s.lib.destroyResult(r)
	if err := s.resultErr(r); err != nil {
		return Summary{}, err
	}
	if out := s.lib.bytesOf(r); len(out) > 0 {
		if _, err := w.Write(out); err != nil {
			return Summary{}, fmt.Errorf("write result: %w", err)
		}
	}
	return Summary{RowsRead: s.lib.resultRowsRead(r), RowsWritten: s.lib.resultRowsWritten(r)}, nil
}

// stream runs a SELECT and writes its output chunk by chunk.
func (s *session) stream(ctx context.Context, st Statement, format string, head head, w io.Writer) error {
	h := s.lib.streamQuery.call(s.conn, st.SQL, format, st.Params)
	defer s.lib.destroyResult(h)
	if err := s.resultErr(h); err != nil {
		return err
	}
	for first := true; ; first = false {
		if err := ctx.Err(); err != nil {
			s.lib.streamCancelQuery(s.conn, h)
			return err
		}
		done, err := s.fetch(h, head, first, w)
		if done || err != nil {
			return err
		}
	}
}

// fetch writes the next chunk of a streamed result. An Error has ended the stream by itself; any other error cancels it.
func (s *session) fetch(h result, head head, first bool, w io.Writer) (done bool, err error) {
	r := s.lib.streamFetch(s.conn, h)
	defer s.lib.destroyResult(r)
	if err := s.resultErr(r); err != nil {
		return false, err
	}
	chunk := s.lib.bytesOf(r)
	if len(chunk) == 0 {
		return true, nil
	}
	if !first {
		chunk = head.cut(chunk)
	}
	if _, err := w.Write(chunk); err != nil {
		s.lib.streamCancelQuery(s.conn, h)
		return false, fmt.Errorf("write result: %w", err)
	}
	return false, nil
}

// insert sends the body of an INSERT to the engine. When the body ends in an error nothing more is committed; parts the engine had
// written before stay, as they do in ClickHouse.
func (s *session) insert(ctx context.Context, st Statement, ws []word) (Summary, error) {
	named, start, end, _ := formatClause(st.SQL, ws)
	format := cmp.Or(named, st.Format, "TabSeparated")
	sql := strings.TrimRight(st.SQL[:start]+st.SQL[end:], "; \t\r\n") // without its FORMAT clause
	h := s.lib.insert.call(s.conn, sql, format, st.Params)
	defer s.lib.destroyInsert(h)
	if text := s.lib.insertError(h); text != "" {
		return Summary{}, engineError(text)
	}
	sent, err := s.appendBody(ctx, h, st.Body)
	if err != nil {
		return Summary{}, err
	}
	if sent == 0 && strings.EqualFold(format, "Native") {
		// clickhouse-go sends nothing, and no error, when it can't encode a batch: such an INSERT must not succeed.
		s.lib.insertCancel(h)
		return Summary{}, NewError(108, "NO_DATA_TO_INSERT", "The INSERT came without a block of rows: the client could not encode them")
	}
	r := s.lib.insertDone(h)
	defer s.lib.destroyResult(r)
	if err := s.resultErr(r); err != nil {
		return Summary{}, err
	}
	return Summary{RowsRead: s.lib.resultRowsRead(r), RowsWritten: s.lib.resultRowsWritten(r)}, nil
}

// appendBody hands a body over in chunks and counts its bytes. The engine makes us wait when it falls behind.
func (s *session) appendBody(ctx context.Context, h insertion, body io.Reader) (sent int64, err error) {
	buf := make([]byte, chunkBytes)
	for {
		n, err := io.ReadFull(body, buf)
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			s.lib.insertCancel(h)
			return sent, fmt.Errorf("read rows to insert: %w", err)
		}
		if n > 0 && s.lib.insertAppend(h, &buf[0], uint(n)) != 0 {
			return sent, engineError(s.lib.insertError(h))
		}
		sent += int64(n)
		if last {
			return sent, nil
		}
	}
}

// resultErr returns the Error a result carries, or nil.
func (s *session) resultErr(r result) error {
	if text := s.lib.resultError(r); text != "" {
		return engineError(text)
	}
	return nil
}
