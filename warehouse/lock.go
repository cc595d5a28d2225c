package warehouse

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrLocked says that another run, of this process or another one, holds the
// warehouse. Where it is known who, the error is a *LockedError.
var ErrLocked = errors.New("another run holds the warehouse: wait for it to end")

// LockedError is an ErrLocked that says who has the warehouse.
type LockedError struct{ Holder Holder }

func (e *LockedError) Error() string {
	return "another run holds the warehouse: " + e.Holder.String() + "; wait for it to end"
}

// Is makes it an ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Holder is the run that has a warehouse.
type Holder struct {
	Verb  string    `json:"verb"`
	Run   uint64    `json:"run,omitempty"` // 0: it has only just begun
	User  string    `json:"user"`
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`           // by the server's clock, UTC
	Until time.Time `json:"until,omitzero"`  // when it ends unless it is renewed; zero: with the process
	Fence uint64    `json:"fence,omitempty"` // grows from holder to holder
}

// String is who, since when and until when.
func (h Holder) String() string {
	var b strings.Builder
	b.WriteString(h.Verb)
	if h.Run != 0 {
		fmt.Fprintf(&b, " (run %d)", h.Run)
	}
	fmt.Fprintf(&b, " of %s on %s, process %d, since %s", h.User, h.Host, h.PID, h.Since.UTC().Format("2006-01-02 15:04:05 UTC"))
	if !h.Until.IsZero() {
		fmt.Fprintf(&b, ", until %s unless it renews its lease", h.Until.UTC().Format("15:04:05 UTC"))
	}
	return b.String()
}

// ourselves is this process as a Holder.
func ourselves(verb string, now time.Time) Holder {
	h := Holder{Verb: cmp.Or(verb, "run"), User: "unknown", Host: "unknown", PID: os.Getpid(), Since: now.UTC()}
	if u, err := user.Current(); err == nil {
		h.User = cmp.Or(u.Username, h.User)
	}
	if name, err := os.Hostname(); err == nil {
		h.Host = cmp.Or(name, h.Host)
	}
	return h
}

// lockName is the file whose lock is that of the runs on a folder. It also says
// who has it, for those who can't open the folder.
func lockName(folder, database string) string {
	return filepath.Join(folder, "run."+database+".lock")
}

// lockFolder takes the lock of an embedded warehouse's folder: it stands between
// processes, and between two Warehouses of one process, and falls with the
// process.
func lockFolder(name string, by Holder) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock warehouse: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, folderHolder(name)
		}
		return nil, fmt.Errorf("lock warehouse %s: %w", name, err)
	}
	text, err := json.Marshal(by)
	if err == nil {
		if err = file.Truncate(0); err == nil {
			_, err = file.WriteAt(text, 0)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock warehouse %s: %w", name, err), file.Close())
	}
	return file, nil
}

// folderHolder is ErrLocked, with whoever wrote himself into the lock file.
func folderHolder(name string) error {
	var h Holder
	text, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(text, &h) != nil {
		return ErrLocked
	}
	return &LockedError{h}
}

// folderFree says that nobody has the lock of a folder.
func folderFree(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil
}

// acquire takes the warehouse for a run, or is an ErrLocked.
func (w *Warehouse) acquire(ctx context.Context, verb string) error {
	l := newLease(w, verb)
	w.mu.Lock()
	held := w.lease
	if held == nil {
		w.lease = l
	}
	w.mu.Unlock()
	if held != nil {
		return &LockedError{held.who()}
	}
	err := l.take(ctx)
	if err != nil {
		w.drop()
	}
	return err
}

// giveBack ends the lease at once, so that nobody waits for it to run out.
func (w *Warehouse) giveBack(ctx context.Context) {
	if l := w.leased(); l != nil {
		l.release(ctx)
	}
	w.drop()
}

// drop ends a run without a word, as the death of its process would, and forgets
// what the run knew to be stored.
func (w *Warehouse) drop() {
	w.mu.Lock()
	l := w.lease
	w.lease = nil
	clear(w.landed)
	w.mu.Unlock()
	w.shown.forget()
	l.end()
}

// leased is the lease of the run in progress, or nil.
func (w *Warehouse) leased() *lease {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lease
}

// Holders are the runs that have the warehouse: none or one, and for an instant
// another that asks.
func (w *Warehouse) Holders(ctx context.Context) ([]Holder, error) {
	all, err := w.claims(ctx, "")
	if err != nil {
		return nil, err
	}
	var live []Holder
	for _, c := range all {
		if c.folder && w.dsn.folder != "" && folderFree(lockName(w.dsn.folder, w.schema.Database)) {
			continue // its process is gone
		}
		live = append(live, c.Holder)
	}
	return live, nil
}
