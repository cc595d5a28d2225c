package chdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"sync"
	"time"
)

// closeLimit is how long Close waits when its context sets no deadline.
const closeLimit = 15 * time.Second

// A Config says what to open.
type Config struct {
	// Path is the folder of the warehouse, made if it is not there. Empty opens a warehouse that is gone after Close (in a temporary folder).
	Path string
	// Library is the path of libchdb. Empty finds it, or installs it (see Library).
	Library string
	// MaxConns bounds the statements that run at once. 0 is 8.
	MaxConns int
	// Settings apply to every statement. They stand over the package's own: session_timezone = UTC (so that a date means the same on every
	// machine), async_insert = 0 (so that an INSERT that was answered is in its table) and implicit_select = 0 (so that `1+1` is an error, as on a server).
	Settings map[string]string
	// Progress is told how the installation of the library gets on, in bytes; nil is silent.
	Progress func(done, total int64)
	// Logger is told what the installation does and waits for; nil drops it.
	Logger *slog.Logger
}

// A DB is an open warehouse folder. It is safe for concurrent use.
type DB struct {
	engine   *engine
	settings map[string]string
	max      int
	version  string // of ClickHouse
	timezone string
	slots    chan struct{} // one token per statement in progress

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// Open starts the engine on a folder, or joins the one that runs on it in this process. It answers ErrLocked when another process has the folder
// open and ErrBusyPath when this process has another one open.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	path := cfg.Library
	if path == "" {
		var err error
		if path, err = Library(ctx, Install{Progress: cfg.Progress, Logger: cfg.Logger}); err != nil {
			return nil, err
		}
	}
	lib, err := loadLibrary(path)
	if err != nil {
		return nil, err
	}
	db := &DB{max: cfg.MaxConns, settings: map[string]string{"session_timezone": "UTC", "async_insert": "0", "implicit_select": "0"}}
	if db.max <= 0 {
		db.max = 8
	}
	db.slots = make(chan struct{}, db.max)
	maps.Copy(db.settings, cfg.Settings)
	if db.engine, err = joinEngine(ctx, lib, cfg.Path); err != nil {
		return nil, fmt.Errorf("open warehouse %s: %w", cfg.Path, err)
	}
	if err := db.greet(ctx); err != nil {
		return nil, errors.Join(err, db.Close(context.WithoutCancel(ctx)))
	}
	return db, nil
}

// greet asks the engine for what the hello of ClickHouse's clients wants to know.
func (db *DB) greet(ctx context.Context) error {
	var out bytes.Buffer
	if _, err := db.Run(ctx, Statement{SQL: "SELECT version(), timezone()"}, &out); err != nil {
		return fmt.Errorf("open warehouse: %w", err)
	}
	db.version, db.timezone, _ = strings.Cut(strings.TrimSpace(out.String()), "\t")
	if tz := db.settings["session_timezone"]; tz != "" {
		db.timezone = tz
	}
	return nil
}

// EngineVersion returns the version of ClickHouse inside the engine, such as 26.7.2.1.
func (db *DB) EngineVersion() string { return db.version }

// Query runs one statement and writes its output to w in the format given, which a FORMAT clause in sql overrides. It is Run for the common case.
func (db *DB) Query(ctx context.Context, sql, format string, params map[string]string, w io.Writer) error {
	_, err := db.Run(ctx, Statement{SQL: sql, Format: format, Params: params}, w)
	return err
}

// Run executes one statement and writes its output to w, which may be nil where none is expected. The output of a SELECT is written as it comes, unless its format has a frame around all
// rows, such as JSON or Parquet: then the engine holds it whole. An answer of the engine that is not a result is an *Error; part of the result may
// have been written before it.
//
// The engine can't be interrupted. When ctx ends Run returns, once a Read or Write that it is in has returned, and uses neither w nor the body
// again, but the statement goes on to its next chunk, or to its end if it has no chunks, and holds its connection until then. An INSERT that was
// given up may have taken effect, in part or as a whole.
func (db *DB) Run(ctx context.Context, st Statement, w io.Writer) (Summary, error) {
	if w == nil {
		w = io.Discard
	}
	s, err := db.acquire(ctx)
	if err != nil {
		return Summary{}, err
	}
	settings := maps.Clone(db.settings)
	maps.Copy(settings, st.Settings)
	st.Settings = settings
	g := &gate{ctx: ctx, w: w, r: st.Body}
	if st.Body != nil {
		st.Body = readGate{g}
	}
	type outcome struct {
		sum Summary
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		// The engine keeps the state of a running statement in its thread.
		runtime.LockOSThread()
		sum, err := s.run(ctx, st, g)
		runtime.UnlockOSThread()
		db.release(s)
		done <- outcome{sum, err}
	}()
	select {
	case o := <-done:
		return o.sum, o.err
	case <-ctx.Done():
		g.close()
		return Summary{}, ctx.Err()
	}
}

// acquire waits for a free place and returns a connection for it.
func (db *DB) acquire(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case db.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for one of %d connections: %w", db.max, ctx.Err())
	}
	db.mu.Lock()
	closed := db.closed
	var s *session
	if n := len(db.idle); n > 0 {
		s, db.idle = db.idle[n-1], db.idle[:n-1]
	}
	db.mu.Unlock()
	var err error
	switch {
	case closed:
		err = ErrClosed
	case s == nil:
		s, err = db.engine.connect()
	}
	if err != nil {
		<-db.slots
		return nil, err
	}
	return s, nil
}

// release gives a connection back, or closes it if a statement has changed it for good.
func (db *DB) release(s *session) {
	if s.tainted {
		s.close()
	} else {
		db.mu.Lock()
		db.idle = append(db.idle, s)
		db.mu.Unlock()
	}
	<-db.slots
}

// Close waits for running statements, closes the connections and, with the last DB of the process on the folder, stops the engine and gives the
// folder free. It waits until ctx ends, at most 15 seconds when ctx sets no deadline, and then answers ErrHung: the process can go on to exit, as
// all that was acknowledged is on disk. Closing twice does nothing.
func (db *DB) Close(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, closeLimit)
		defer cancel()
	}
	db.mu.Lock()
	closed := db.closed
	db.closed = true
	db.mu.Unlock()
	if closed {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range db.max { // every place is free: no statement is in progress, and none will be
			db.slots <- struct{}{}
		}
		for _, s := range db.idle {
			s.close()
		}
		db.idle = nil
		db.engine.leave()
		for range db.max { // who still waits for a place learns that the DB is closed
			<-db.slots
		}
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close warehouse: %w", ErrHung)
	}
}

// A gate stands between a statement, which can't be stopped, and the caller's reader and writer, which must not be used once the caller has gone.
type gate struct {
	ctx context.Context
	mu  sync.Mutex
	w   io.Writer
	r   io.Reader
	off bool
}

// Write passes a chunk on to the caller's writer.
func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.off {
		return 0, g.ctx.Err()
	}
	return g.w.Write(p)
}

func (g *gate) close() {
	g.mu.Lock()
	g.off = true
	g.mu.Unlock()
}

// A readGate is the side of a gate that a body is read through.
type readGate struct{ g *gate }

// Read reads from the caller's body.
func (r readGate) Read(p []byte) (int, error) {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	if r.g.off {
		return 0, r.g.ctx.Err()
	}
	return r.g.r.Read(p)
}
