package chdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockName is the file in a warehouse folder that the process which has it open holds a lock on.
const lockName = "mrrsync.lock"

// An engine is the running ClickHouse of this process: one folder, any number of connections.
type engine struct {
	lib    *library
	folder string
	given  string   // the folder as Open was given it, made absolute; empty for one that is removed at the end
	lock   *os.File // nil for a temporary folder
	keeper *session // an idle connection: the engine would stop with its last one, and starting it over and over is costly and not quite safe
	users  int      // DBs that share it
}

// running is the engine of this process, or nil. Like the library it is one per process by its nature: libchdb keeps its state in globals and
// serves one folder at a time. The turn is held while it starts or stops.
var running = struct {
	turn chan struct{}
	now  *engine
}{turn: make(chan struct{}, 1)}

// takeTurn makes the caller the only one that starts or stops an engine.
func takeTurn(ctx context.Context) (give func(), err error) {
	limit := time.NewTimer(closeLimit)
	defer limit.Stop()
	select {
	case running.turn <- struct{}{}:
		return func() { <-running.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-limit.C:
		return nil, fmt.Errorf("%w; start the program again", ErrHung)
	}
}

// joinEngine starts the engine on a folder, or joins the one that runs on it. An empty path is a temporary folder.
func joinEngine(ctx context.Context, lib *library, path string) (*engine, error) {
	give, err := takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	if path != "" {
		if path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	if e := running.now; e != nil {
		if e.given != path {
			return nil, fmt.Errorf("%w: %s", ErrBusyPath, e.folder)
		}
		e.users++
		return e, nil
	}
	e := &engine{lib: lib, given: path, folder: path, users: 1}
	if err := e.claim(); err != nil {
		return nil, err
	}
	if e.keeper, err = e.connect(); err != nil {
		if heldByEngine(e.folder) {
			err = ErrLocked
		}
		return nil, errors.Join(err, e.giveUp())
	}
	running.now = e
	return e, nil
}

// connect opens one more connection. The engine gives no reason when it refuses.
func (e *engine) connect() (*session, error) {
	// On a terminal the engine would write its log into the program's own words,
	// among it a complaint about threads that it did not start.
	p, c, ok := e.lib.open([]string{"--path=" + e.folder, "--logger.console=0"})
	if !ok {
		return nil, errors.New("the engine refused to start and wrote its reason to standard error; the folder may be damaged, not writable or of a newer engine")
	}
	return &session{lib: e.lib, ptr: p, conn: c, database: "default", settings: map[string]string{}}, nil
}

// leave takes one DB off the engine and stops it with the last one.
func (e *engine) leave() {
	running.turn <- struct{}{}
	defer func() { <-running.turn }()
	if e.users--; e.users > 0 {
		return
	}
	e.keeper.close()
	_ = e.giveUp() // the folder is ours no more: there is nobody left to whom it matters
	running.now = nil
}

// claim makes the folder and locks it for this process. The lock ends with the process, however it ends.
func (e *engine) claim() error {
	if e.given == "" {
		var err error
		e.folder, err = os.MkdirTemp("", "mrrsync-")
		return err
	}
	if err := os.MkdirAll(e.folder, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	// The engine makes its files for everybody to read: who may is up to the folder.
	// Once it holds a warehouse its owner may have opened it on purpose.
	if _, err := os.Stat(filepath.Join(e.folder, lockName)); errors.Is(err, fs.ErrNotExist) {
		if err := os.Chmod(e.folder, 0o700); err != nil {
			return fmt.Errorf("close folder to others: %w", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(e.folder, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lock folder: %w", err)
		}
		if pid, err := io.ReadAll(io.LimitReader(f, 32)); err == nil && len(pid) > 0 {
			return fmt.Errorf("%w (%s)", ErrLocked, bytes.TrimSpace(pid))
		}
		return ErrLocked
	}
	// The number is for the message above and nothing else: the lock is what counts.
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "process %d\n", os.Getpid())
	}
	e.lock = f
	return nil
}

// giveUp undoes claim.
func (e *engine) giveUp() error {
	if e.given == "" {
		return os.RemoveAll(e.folder)
	}
	return e.lock.Close()
}

// heldByEngine tells whether a program that is not ours, such as Python with chDB, holds the engine's own lock on the folder.
func heldByEngine(folder string) bool {
	f, err := os.Open(filepath.Join(folder, "status"))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
