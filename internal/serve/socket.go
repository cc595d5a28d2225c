package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// listenSocket listens on a Unix socket that nobody but its owner can open.
// Whoever calls it holds the lock of the warehouse folder, so that a socket that
// lies there is a dead process's.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	// The mode is narrow from the first moment on: the umask belongs to the
	// whole process, but files made meanwhile only get less than they asked for.
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on socket: %w", err), l.Close())
	}
	return l, nil
}
