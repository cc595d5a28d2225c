package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"mrrsync/warehouse/chdb"
)

const (
	// slowClient is how long a client may take nothing of its answer.
	slowClient = 30 * time.Second
	// maxStatement bounds a reader's text, maxRows what a writer sends with it.
	maxStatement = 1 << 20
	maxRows      = 4 << 30
	// grace is how much longer than its limit a statement may take before we
	// stop waiting for the engine to end it.
	grace = 5 * time.Second
	// patience is how long a statement waits for its turn.
	patience = 20 * time.Second
)

var errTimeout = errors.New("the statement did not end within its limit")

// root is the path where ClickHouse answers.
func (s *Server) root(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/" && r.URL.Path != "/query":
		http.Error(w, "There is no handle "+r.URL.Path+". Use / or /ping for health checks. SQL goes to / with POST, or in the parameter query with GET.", http.StatusNotFound)
	case r.Method == http.MethodGet && !r.URL.Query().Has("query"), r.Method == http.MethodHead:
		s.ping(w, r)
	case r.Method == http.MethodGet || r.Method == http.MethodPost:
		s.query(w, r)
	default:
		w.Header().Set("Allow", "GET, POST, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

// ping says that somebody is here.
func (s *Server) ping(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-ClickHouse-Server-Display-Name", "mrrsync")
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	_, _ = io.WriteString(w, "Ok.\n")
}

// query answers one statement.
func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("query_id")
	if id == "" || len(id) > 200 || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }) {
		id = uuid.NewString()
	}
	a := s.newAnswer(w, r, id)
	who, err := s.answer(a, r)
	s.stats.query(who, a.elapsed(), err)
	if err != nil {
		level := s.log.Debug
		if statusOf(asError(err).Code) == http.StatusForbidden {
			level = s.log.Warn
		}
		level("query refused or failed", "query", id, "user", who.name, "remote", r.RemoteAddr, "error", firstLine(err.Error()))
	}
	if a.broken {
		panic(http.ErrAbortHandler) // how a handler breaks the connection
	}
}

// stopwatch starts one.
func (s *Server) stopwatch() func() time.Duration {
	begun := s.cfg.Now()
	return func() time.Duration { return s.cfg.Now().Sub(begun) }
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line[:min(len(line), 300)]
}

// answer runs the statement of a request and writes what comes of it; the error
// was answered, too.
func (s *Server) answer(a *answer, r *http.Request) (who user, err error) {
	who, _ = r.Context().Value(ownerKey{}).(user)
	if who.role == 0 {
		if who, err = s.authenticate(r); err != nil {
			a.refuse(err)
			return who, err
		}
	}
	if r.Method == http.MethodGet && who.role == Writer {
		who.role = Reader // as ClickHouse has it: a link must not write
	}
	if s.readers == nil {
		err = chdb.NewError(48, "NOT_IMPLEMENTED", "This warehouse is a ClickHouse server: connect to it directly")
		a.refuse(err)
		return who, err
	}
	if who.role == Reader { // a statement is short: who sends it drop by drop only keeps us busy
		_ = a.control.SetReadDeadline(time.Now().Add(slowClient)) //nolint:forbidigo // the connection's own clock
	}
	st, err := s.read(r, who)
	_ = a.control.SetReadDeadline(time.Time{})
	if err != nil {
		a.refuse(err)
		return who, err
	}
	if st.SQL == chdb.HelloSQL && r.URL.Query().Has("client_protocol_version") {
		return who, s.hello(a, r)
	}
	ctx, done, err := s.admit(r.Context(), who)
	if err != nil {
		a.refuse(err)
		return who, err
	}
	defer done()
	nothing, err := s.allow(ctx, who, &st)
	if err != nil || nothing {
		a.finish(chdb.Summary{}, err)
		return who, err
	}
	if err := a.compressed(r); err != nil {
		a.refuse(err)
		return who, err
	}
	sum, err := s.run(ctx, who, st, a)
	a.finish(sum, err)
	return who, err
}

// read takes a request apart.
func (s *Server) read(r *http.Request, who user) (chdb.Statement, error) {
	body, err := plainBody(r)
	if err != nil {
		return chdb.Statement{}, err
	}
	limit := int64(maxStatement)
	if who.role > Reader {
		limit = maxRows
	}
	params := r.URL.Query()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if params, err = form(r, params); err != nil {
			return chdb.Statement{}, err
		}
		body = strings.NewReader("")
	}
	bounded := &bound{r: body, left: limit}
	if r.Method == http.MethodGet {
		bounded.r = strings.NewReader("")
	}
	st, err := chdb.ReadStatement(params, bounded)
	if err != nil {
		if e := new(chdb.Error); errors.As(err, &e) {
			return st, e
		}
		return st, unreadable(err)
	}
	st.Format = cmp.Or(r.Header.Get("X-ClickHouse-Format"), st.Format)
	if st.Format == "" {
		st.Format = "TabSeparated"
	}
	st.Database = cmp.Or(st.Database, r.Header.Get("X-ClickHouse-Database"))
	if st.Database == "" || st.Database == "default" {
		st.Database = s.cfg.Database
	}
	return st, nil
}

// form reads a multipart form: parameters may come in one, tables may not.
func form(r *http.Request, params url.Values) (url.Values, error) {
	if err := r.ParseMultipartForm(maxStatement); err != nil {
		return nil, chdb.NewError(36, "BAD_ARGUMENTS", "The form can't be read: %s", err)
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	if len(r.MultipartForm.File) > 0 {
		return nil, chdb.NewError(48, "NOT_IMPLEMENTED", "External tables are not supported here")
	}
	for name, values := range r.MultipartForm.Value {
		params[name] = values
	}
	return params, nil
}

// bound is a reader that fails where it would go on beyond its limit.
type bound struct {
	r    io.Reader
	left int64
}

func (b *bound) Read(p []byte) (int, error) {
	if b.left <= 0 {
		n, err := b.r.Read(make([]byte, 1))
		if n > 0 {
			return 0, chdb.NewError(62, "SYNTAX_ERROR", "Max query size exceeded: the body is too long")
		}
		return 0, err
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// admit waits for the turn of a reader's statement. Those of a sync wait for
// nobody.
func (s *Server) admit(ctx context.Context, who user) (context.Context, func(), error) {
	if who.role != Reader {
		return ctx, func() {}, nil
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case s.turns <- struct{}{}:
	case <-wait.C:
		return nil, nil, chdb.NewError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries. Maximum: %d", cap(s.turns))
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	cancel := func() {}
	if n := s.cfg.Limits.Seconds; n > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, time.Duration(n)*time.Second+grace, errTimeout)
	}
	return ctx, func() { cancel(); <-s.turns }, nil
}

// allow judges a statement and gives it what it runs under. nothing says that
// it need not run.
func (s *Server) allow(ctx context.Context, who user, st *chdb.Statement) (nothing bool, err error) {
	if who.role == owner {
		return false, nil
	}
	if strings.TrimSpace(st.SQL) == "" {
		return false, chdb.NewError(62, "SYNTAX_ERROR", "Empty query")
	}
	if s.guard.foreign[st.Database] && !(who.role == Writer && st.Database == s.cfg.Database+"_store") {
		return false, chdb.NewError(497, "ACCESS_DENIED", "%s: Not enough privileges: the database %s is not available here", who.name, st.Database)
	}
	if st.Settings, err = s.settings(who, st.Settings); err != nil {
		return false, err
	}
	v, err := s.guard.vet(ctx, who, *st)
	if err != nil {
		return false, timedOut(ctx, err)
	}
	if format := cmp.Or(chdb.FormatOf(st.SQL), st.Format); !formats[strings.ToLower(format)] && st.Body == nil {
		return false, chdb.NewError(73, "UNKNOWN_FORMAT", "Unknown format %s", format)
	}
	if who.role == Reader {
		st.SQL = changeable(st.SQL)
	}
	return v.nothing, nil
}

// run runs a statement that was allowed.
func (s *Server) run(ctx context.Context, who user, st chdb.Statement, a *answer) (chdb.Summary, error) {
	db := s.readers
	if who.role != Reader {
		db = s.writers
	}
	a.format(cmp.Or(chdb.FormatOf(st.SQL), st.Format))
	sum, err := db.Run(ctx, st, a)
	return sum, timedOut(ctx, err)
}

// timedOut gives an error that is only the end of a context its cause.
func timedOut(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w", context.Cause(ctx))
	}
	return err
}

// hello answers what clickhouse-go asks first.
func (s *Server) hello(a *answer, r *http.Request) error {
	block, err := s.readers.Hello(r.URL.Query().Get("client_protocol_version"))
	if err == nil {
		err = a.compressed(r)
	}
	if err == nil {
		a.format("Native")
		_, err = a.Write(block)
	}
	a.finish(chdb.Summary{}, err)
	return err
}
