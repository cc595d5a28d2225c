package chdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// The C types behind these handles are opaque; they live in the engine's memory and never in Go's.
type (
	connPtr   uintptr // chdb_connection *: what chdb_connect returns and chdb_close_conn takes
	conn      uintptr // chdb_connection: what every statement takes
	result    uintptr // chdb_result *
	insertion uintptr // chdb_insert_stream
)

// A send is how a statement reaches the engine: connection, SQL, format, and the names and values of its parameters, each with its length. What
// they point at has been copied when it returns.
type send[H result | insertion] func(c conn, sql *byte, sqlLen uint, format *byte, formatLen uint, names **byte, nameLens *uint, values **byte, valueLens *uint, n uint) H

// library is one loaded libchdb, reduced to the calls this package makes. All of them take lengths, so that neither SQL nor values are cut at a NUL.
type library struct {
	path    string
	version string // of chDB, which is not the version of ClickHouse in it

	signalHandlersEnabled func(on int32)
	connect               func(argc int32, argv **byte) unsafe.Pointer
	closeConn             func(connPtr)
	versionText           func() string

	query             send[result]
	streamQuery       send[result]
	streamFetch       func(conn, result) result
	streamCancelQuery func(conn, result)
	resultBuffer      func(result) unsafe.Pointer
	resultLength      func(result) uint
	resultError       func(result) string
	resultRowsRead    func(result) uint64
	resultRowsWritten func(result) uint64
	destroyResult     func(result)

	insert        send[insertion]
	insertAppend  func(insertion, *byte, uint) int32
	insertDone    func(insertion) result
	insertCancel  func(insertion)
	insertError   func(insertion) string
	destroyInsert func(insertion)

	classify func(c conn, sql *byte, n uint, db *byte, dbLen uint, out *analysis) int32
}

// analysis mirrors chdb_query_analysis_v1: what the engine's own parser says about a text of SQL.
type analysis struct {
	size       uint32 // of this struct: set by the caller
	statements uint32
	_          uint32 // flags
	class      uint32
}

// The classes of a statement, as the engine reports them.
const (
	classReadOnly = 0 // SELECT, SHOW, DESCRIBE, EXPLAIN, EXISTS, CHECK
	classControl  = 3 // USE, SET, SYSTEM, ...: what changes the session
)

// loaded is the one libchdb of this process. It cannot be anything else than package state: a shared object is loaded into the process, its engine
// cannot be loaded a second time beside itself, and it is never unloaded (its threads run until the process ends).
var loaded struct {
	sync.Mutex
	lib *library
}

// loadLibrary loads libchdb from path, or returns the one this process has loaded already. A second path is refused unless it is the same file.
func loadLibrary(path string) (*library, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.lib != nil {
		if !sameFile(loaded.lib.path, path) {
			return nil, fmt.Errorf("load engine %s: this process already runs %s and can't load a second engine", path, loaded.lib.path)
		}
		return loaded.lib, nil
	}
	if err := checkWhole(path); err != nil {
		return nil, err
	}
	lib, err := bind(path)
	if err != nil {
		return nil, err
	}
	loaded.lib = lib
	return lib, nil
}

// bind opens the shared object and resolves every call. A missing symbol means another release of chDB than the one this package is written for.
func bind(path string) (*library, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("load engine: %w", err)
	}
	// RTLD_LOCAL: the engine exports its own C++ runtime, which must not stand in for another library's.
	h, err := purego.Dlopen(abs, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load engine %s: %w; %s names the libchdb %s to use instead", abs, err, EnvLibrary, Version)
	}
	lib := &library{path: abs}
	calls := []struct {
		name string
		fn   any
	}{
		{"chdb_set_signal_handlers_enabled", &lib.signalHandlersEnabled},
		{"chdb_connect", &lib.connect},
		{"chdb_close_conn", &lib.closeConn},
		{"chdb_version", &lib.versionText},
		{"chdb_query_with_params_n", &lib.query},
		{"chdb_stream_query_with_params_n", &lib.streamQuery},
		{"chdb_stream_fetch_result", &lib.streamFetch},
		{"chdb_stream_cancel_query", &lib.streamCancelQuery},
		{"chdb_result_buffer", &lib.resultBuffer},
		{"chdb_result_length", &lib.resultLength},
		{"chdb_result_error", &lib.resultError},
		{"chdb_result_storage_rows_read", &lib.resultRowsRead},
		{"chdb_result_rows_written", &lib.resultRowsWritten},
		{"chdb_destroy_query_result", &lib.destroyResult},
		{"chdb_stream_insert_with_params_n", &lib.insert},
		{"chdb_stream_append", &lib.insertAppend},
		{"chdb_stream_done", &lib.insertDone},
		{"chdb_stream_cancel_insert", &lib.insertCancel},
		{"chdb_stream_insert_error", &lib.insertError},
		{"chdb_destroy_insert_stream", &lib.destroyInsert},
		{"chdb_classify_query_n", &lib.classify},
	}
	var missing []error
	for _, c := range calls {
		sym, err := purego.Dlsym(h, c.name)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		purego.RegisterFunc(c.fn, sym)
	}
	if err := errors.Join(missing...); err != nil {
		return nil, fmt.Errorf("load engine %s: not the release this program needs (%s): %w", abs, Version, err)
	}
	lib.version = lib.versionText()
	// The engine's handlers for SIGSEGV and its like would take the place of the Go runtime's: a nil dereference that Go turns into a panic would hang the process.
	lib.signalHandlersEnabled(0)
	return lib, nil
}

// open makes a connection. The arguments are those of clickhouse-local, without the program's name. The engine gives no reason when it refuses.
func (l *library) open(args []string) (connPtr, conn, bool) {
	argv := []*byte{cBytes("mrrsync")}
	for _, a := range args {
		argv = append(argv, cBytes(a))
	}
	argv = append(argv, nil)
	p := l.connect(int32(len(argv)-1), unsafe.SliceData(argv))
	runtime.KeepAlive(argv)
	if p == nil {
		return 0, 0, false
	}
	c := *(*conn)(p)
	if c == 0 {
		return 0, 0, false
	}
	return connPtr(p), c, true
}

// bytesOf returns a view of the output in a result, which is gone with destroyResult: whoever keeps it copies it.
func (l *library) bytesOf(r result) []byte {
	n := l.resultLength(r)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(l.resultBuffer(r)), n)
}

// call sends a statement.
func (f send[H]) call(c conn, sql, format string, params map[string]string) H {
	var names, values []*byte
	var nameLens, valueLens []uint
	for name, value := range params {
		names, nameLens = append(names, cBytes(name)), append(nameLens, uint(len(name)))
		values, valueLens = append(values, cBytes(value)), append(valueLens, uint(len(value)))
	}
	h := f(c, cBytes(sql), uint(len(sql)), cBytes(format), uint(len(format)),
		unsafe.SliceData(names), unsafe.SliceData(nameLens), unsafe.SliceData(values), unsafe.SliceData(valueLens), uint(len(names)))
	runtime.KeepAlive(names)
	runtime.KeepAlive(values)
	return h
}

// cBytes copies a string for the engine, with a NUL after it. It is never nil, which the engine takes for an error, even where the length is zero.
func cBytes(s string) *byte {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return &b[0]
}

// sameFile tells whether two paths lead to one file.
func sameFile(a, b string) bool {
	ai, err := os.Stat(a)
	if err != nil {
		return false
	}
	bi, err := os.Stat(b)
	return err == nil && os.SameFile(ai, bi)
}
