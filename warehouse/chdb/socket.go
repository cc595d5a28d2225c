package chdb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// socketName is the file in a warehouse folder through which the process that has it open lets others of its user in.
const socketName = "serve.sock"

// maxSocketPath is how long the name of a socket may be, everywhere.
const maxSocketPath = 100

// Listen listens on the socket of a warehouse folder. Nobody but the owner of the process can connect to it. The caller must have the folder open:
// then a socket that lies there is a dead process's.
func Listen(ctx context.Context, folder string) (net.Listener, error) {
	path := filepath.Join(folder, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	short, done, err := shortPath(folder)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	defer done()
	// The mode is narrow from the first moment on. The umask belongs to the whole process, but files made meanwhile only get less than they asked for.
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", short)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // by its short name, which may be gone by then
	}
	return &socket{l, path}, nil
}

// socket removes its file when it is closed.
type socket struct {
	net.Listener
	path string
}

// Close stops listening and removes the file.
func (s *socket) Close() error {
	err := s.Listener.Close()
	if err == nil {
		_ = os.Remove(s.path) // one that stays is replaced by the next process
	}
	return err
}

// shortPath is a name of the folder's socket that is short enough for the system.
func shortPath(folder string) (path string, done func(), err error) {
	path = filepath.Join(folder, socketName)
	if len(path) <= maxSocketPath || runtime.GOOS != "linux" {
		return path, func() {}, nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), socketName), func() { _ = f.Close() }, nil
}

// Dial reaches the process that has a warehouse folder open, through its socket. It answers an error when nobody listens there. The transport is
// for OptionsOver; it is the process's own user who comes in, with all rights.
func Dial(ctx context.Context, folder string) (*http.Transport, error) {
	t := &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			path, done, err := shortPath(folder)
			if err != nil {
				return nil, err
			}
			defer done()
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://chdb/ping", nil)
	if err != nil {
		return nil, fmt.Errorf("connect to the process that has the warehouse open: %w", err)
	}
	res, err := t.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("connect to the process that has the warehouse open: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("connect to the process that has the warehouse open: it answered %s", res.Status)
	}
	return t, nil
}

// OptionsOver is Options for a warehouse that another process has open.
func OptionsOver(t *http.Transport, database string) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:     clickhouse.HTTP,
		Addr:         []string{"chdb"},
		Auth:         clickhouse.Auth{Database: database},
		MaxOpenConns: 8,
		MaxIdleConns: 8,
		DialTimeout:  time.Minute,
		ReadTimeout:  24 * time.Hour, // a statement that derives a whole company answers at its end
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) {
			return t, nil
		},
	}
}
