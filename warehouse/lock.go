package warehouse

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// runLock lets one run write at a time. In an embedded warehouse it is a lock
// on a file of the folder, so that it also stands between two Warehouses of one
// process, and falls with the process.
type runLock struct{ file *os.File }

// acquire takes the lock or answers ErrLocked. On a server it stands between
// the runs of this Warehouse alone.
func (w *Warehouse) acquire() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lock != nil {
		return ErrLocked
	}
	lock := &runLock{}
	if w.dsn.folder != "" {
		name := filepath.Join(w.dsn.folder, "run."+w.schema.Database+".lock")
		file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("lock warehouse: %w", err)
		}
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = file.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return ErrLocked
			}
			return fmt.Errorf("lock warehouse %s: %w", name, err)
		}
		lock.file = file
	}
	w.lock = lock
	return nil
}

// drop gives the lock back, and forgets what the run knew to be stored.
func (w *Warehouse) drop() {
	w.mu.Lock()
	lock := w.lock
	w.lock = nil
	clear(w.landed)
	w.mu.Unlock()
	lock.release()
}

// release closes the file and with it the lock; a nil lock is none.
func (l *runLock) release() {
	if l != nil && l.file != nil {
		_ = l.file.Close()
	}
}
