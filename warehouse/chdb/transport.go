package chdb

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// Options returns how clickhouse-go reaches this warehouse: pass them to clickhouse.Open or clickhouse.OpenDB, after adding Settings if need be.
// Leave Compression, Protocol and TransportFunc as they are. Closing the connection does not close the DB.
func Options(db *DB, database string) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:     clickhouse.HTTP,
		Addr:         []string{"chdb"}, // a name for error messages: nothing is dialled
		Auth:         clickhouse.Auth{Database: database},
		MaxOpenConns: db.max,
		// Each keeps the memory of the largest block that has gone through it, and another one is made in no time.
		MaxIdleConns: 1,
		DialTimeout:  time.Minute, // how long to wait for one of the MaxOpenConns
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) {
			return db.RoundTripper(), nil
		},
	}
}

// RoundTripper returns a transport that answers requests in the form of ClickHouse's HTTP interface from the engine in this process.
//
// The SQL comes in the body or in `query`, the rows of an INSERT in the body beside `query`; `database`, `default_format` and `param_*` are
// understood, what else is not of the protocol is a setting. An answer with status 500 carries X-ClickHouse-Exception-Code and the engine's text;
// an error after the first chunk of a result stands at the end of the body, framed by __exception__. Bodies are never compressed.
func (db *DB) RoundTripper() http.RoundTripper { return &transport{db: db} }

type transport struct{ db *DB }

// HelloSQL is what clickhouse-go asks first on every connection. DB.Hello is the answer.
const HelloSQL = "SELECT displayName(), version(), revision(), timezone()"

// DisplayName is how the engine calls itself in the hello of ClickHouse's clients.
const DisplayName = "chdb"

// protocolParams are the parameters of ClickHouse's HTTP interface that are not settings.
var protocolParams = []string{
	"query", "query_id", "database", "default_format", "client_protocol_version", "session_id", "session_timeout", "session_check",
	"user", "password", "quota_key", "role", "compress", "decompress", "network_compression_method", "network_zstd_compression_level",
	"wait_end_of_query", "buffer_size", "stacktrace", "close_session",
}

// RoundTrip runs the statement a request holds. It returns when the result begins, or as soon as the request's context ends.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body := req.Body
	if body == nil {
		body = http.NoBody
	}
	params := req.URL.Query()
	st, err := readStatement(req, params, body)
	if err != nil {
		_ = body.Close()
		if e := new(Error); errors.As(err, &e) {
			return failed(req, e), nil
		}
		return nil, err
	}
	if st.SQL == HelloSQL {
		_ = body.Close()
		return t.hello(req, params)
	}
	return t.db.answer(req, st, body)
}

// readStatement takes a request apart.
func readStatement(req *http.Request, params url.Values, body io.Reader) (Statement, error) {
	if params.Get("compress") == "1" || params.Get("decompress") == "1" || req.Header.Get("Content-Encoding") != "" {
		return Statement{}, NewError(48, "NOT_IMPLEMENTED", "The embedded engine takes no compressed bodies: leave Options.Compression unset")
	}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "multipart/") {
		return Statement{}, NewError(48, "NOT_IMPLEMENTED", "The embedded engine takes no external tables")
	}
	return ReadStatement(params, body)
}

// ReadStatement takes a request in the form of ClickHouse's HTTP interface apart: params are those of its URL, body is what is neither compressed
// nor a form. Unless the statement is an INSERT whose rows are in the body, the body is read to its end.
func ReadStatement(params url.Values, body io.Reader) (Statement, error) {
	st := Statement{
		SQL: params.Get("query"), Format: params.Get("default_format"), Database: params.Get("database"),
		Params: map[string]string{}, Settings: map[string]string{},
	}
	for name, values := range params {
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			st.Params[p] = values[len(values)-1]
		} else if !slices.Contains(protocolParams, name) {
			st.Settings[name] = values[len(values)-1]
		}
	}
	if ws := words(st.SQL); verb(ws) == "INSERT" {
		if _, _, _, ok := formatClause(st.SQL, ws); ok {
			st.Body = body
			return st, nil
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return Statement{}, fmt.Errorf("read statement: %w", err)
	}
	if st.SQL != "" && len(text) > 0 {
		st.SQL += "\n"
	}
	st.SQL += string(text)
	return st, nil
}

// hello answers the first query of a connection.
func (t *transport) hello(req *http.Request, params url.Values) (*http.Response, error) {
	block, err := t.db.Hello(params.Get("client_protocol_version"))
	if e := new(Error); errors.As(err, &e) {
		return failed(req, e), nil
	}
	if err != nil {
		return nil, err
	}
	res := t.db.response(req, http.StatusOK, io.NopCloser(bytes.NewReader(block)))
	res.ContentLength = int64(len(block)) // clickhouse-go takes 0 for no answer
	return res, nil
}

// Hello is the answer to HelloSQL: one Native block in the revision of the protocol that the client announced. It tells the client to use
// revision 0 from then on, which is what the engine emits.
func (db *DB) Hello(revision string) ([]byte, error) {
	announced, err := strconv.ParseUint(revision, 10, 64)
	if err != nil {
		return nil, NewError(36, "BAD_ARGUMENTS", "client_protocol_version is not a number: %q", revision)
	}
	var block proto.Block
	for _, c := range []struct{ name, typ string }{{"displayName()", "String"}, {"version()", "String"}, {"revision()", "UInt32"}, {"timezone()", "String"}} {
		if err := block.AddColumn(c.name, column.Type(c.typ)); err != nil {
			return nil, fmt.Errorf("answer hello: %w", err)
		}
	}
	if err := block.Append(DisplayName, db.version, uint32(0), db.timezone); err != nil {
		return nil, fmt.Errorf("answer hello: %w", err)
	}
	var buf chproto.Buffer
	if err := block.Encode(&buf, announced); err != nil {
		return nil, fmt.Errorf("answer hello: %w", err)
	}
	return buf.Buf, nil
}

// answer runs a statement and makes a response of it.
func (db *DB) answer(req *http.Request, st Statement, body io.ReadCloser) (*http.Response, error) {
	ctx := req.Context()
	pr, pw := io.Pipe()
	out := &output{pipe: pw, started: make(chan struct{}), tag: rand.Text()[:16]}
	// A blocked reader or writer of the caller's must not keep Run from returning.
	stop := context.AfterFunc(ctx, func() {
		_ = body.Close()
		_ = pw.CloseWithError(ctx.Err())
	})
	type outcome struct {
		sum Summary
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		sum, err := db.Run(ctx, st, out)
		_ = body.Close()
		out.finish(err)
		stop()
		done <- outcome{sum, err}
	}()
	select {
	case <-out.started:
		return db.streaming(req, out, pr), nil
	case o := <-done:
		return db.finished(req, out, pr, o.sum, o.err)
	}
}

// finished makes the response to a statement that ended before its result was looked at.
func (db *DB) finished(req *http.Request, out *output, pr *io.PipeReader, sum Summary, err error) (*http.Response, error) {
	if out.begun() { // it ended between two chunks while we looked elsewhere: the pipe tells the rest
		return db.streaming(req, out, pr), nil
	}
	if e := new(Error); errors.As(err, &e) {
		return failed(req, e), nil
	}
	if err != nil {
		return nil, err
	}
	res := db.response(req, http.StatusOK, http.NoBody)
	text, err := json.Marshal(map[string]string{"read_rows": strconv.FormatUint(sum.RowsRead, 10), "written_rows": strconv.FormatUint(sum.RowsWritten, 10)})
	if err == nil {
		res.Header.Set("X-ClickHouse-Summary", string(text))
	}
	return res, nil
}

// streaming makes the response to a statement whose result has begun.
func (db *DB) streaming(req *http.Request, out *output, pr *io.PipeReader) *http.Response {
	res := db.response(req, http.StatusOK, pr)
	res.ContentLength = -1
	res.Header.Set("X-ClickHouse-Exception-Tag", out.tag)
	return res
}

// response makes a response with what all have in common.
func (db *DB) response(req *http.Request, status int, body io.ReadCloser) *http.Response {
	res := &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: body, Request: req,
	}
	res.Header.Set("X-ClickHouse-Server-Display-Name", DisplayName)
	res.Header.Set("X-ClickHouse-Timezone", db.timezone)
	if id := req.URL.Query().Get("query_id"); id != "" {
		res.Header.Set("X-ClickHouse-Query-Id", id)
	}
	return res
}

// failed makes the response to a statement that the engine, or this package in its place, has refused.
func failed(req *http.Request, e *Error) *http.Response {
	text := e.Message + "\n"
	h := http.Header{}
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	return &http.Response{
		Status: "500 Internal Server Error", StatusCode: http.StatusInternalServerError,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Request: req,
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}
}

// output is the body of a response while it is being written. It says when the first chunk comes.
type output struct {
	pipe    *io.PipeWriter
	tag     string // marks an exception of this answer, which no data can forge
	started chan struct{}
	once    sync.Once
}

// Write passes a chunk to whoever reads the response.
func (o *output) Write(p []byte) (int, error) {
	o.once.Do(func() { close(o.started) })
	return o.pipe.Write(p)
}

func (o *output) begun() bool {
	select {
	case <-o.started:
		return true
	default:
		return false
	}
}

// finish ends the body. What the engine says after the result has begun is appended in the frame that ClickHouse's clients look for.
func (o *output) finish(err error) {
	e := new(Error)
	if o.begun() && errors.As(err, &e) {
		_, _ = fmt.Fprintf(o.pipe, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", o.tag, e.Message, len(e.Message)+1, o.tag)
		err = nil
	}
	_ = o.pipe.CloseWithError(err)
}
