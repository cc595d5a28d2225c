package warehouse

import (
	"fmt"
	"syscall"
)

// leastRoom is how much must be free where an embedded warehouse lives before it
// is written to. What fails for want of room later changes nothing that readers
// see; but a disk filled to the last block is the one on which the engine may leave
// files of its own that are cut short.
const leastRoom = 64 << 20

// room refuses to begin on a disk that is all but full.
func (w *Warehouse) room() error {
	if w.dsn.folder == "" {
		return nil
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(w.dsn.folder, &disk); err != nil {
		return nil //nolint:nilerr // not every file system can say: writing will tell
	}
	if free := uint64(disk.Bavail) * uint64(disk.Bsize); free < leastRoom { //nolint:unconvert // their types differ between systems
		return fmt.Errorf("the disk of the warehouse %s has %d MiB left, and less than %d is too little to begin: make room and run again; nothing was changed",
			w.dsn.folder, free>>20, leastRoom>>20)
	}
	return nil
}
