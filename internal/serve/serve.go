// Package serve lets BI tools read an embedded warehouse as if it were a
// ClickHouse server.
//
// It answers ClickHouse's HTTP interface: whatever speaks it (JDBC, clickhouse-go,
// the JavaScript and Python clients, Grafana, Metabase, Superset, curl) connects
// with its ClickHouse driver. Reads go on while a sync publishes in the same
// process, and each answer is of one load.
//
// The engine knows no users, so this package is the gate. A reader's statement
// runs in a session that is readonly for the engine, with limits on time, memory
// and rows; before that a guard judges what it reaches, on the text that the
// engine's own parser wrote of it. Writers are judged by longer lists. Whoever
// comes through the socket in the warehouse folder is its owner and is not
// judged: file permissions have let them in.
//
// Beside queries there are /ping, /replicas_status, /dashboard for people,
// /healthz (is it fresh?) and /metrics for Prometheus. Sessions (session_id) and external tables are not
// there: every statement stands alone.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"mrrsync/warehouse/chdb"
)

// Config says what to serve, where and to whom.
type Config struct {
	// Folder is the warehouse's folder. The process may have it open already:
	// the engine is shared. Empty: there is no embedded engine, and queries are
	// refused with the advice to go to the server itself.
	Folder string
	// Library is the path of the engine's library; empty finds it.
	Library string
	// Database holds the views. It is what `default` means, too.
	Database string
	// Listen is HOST:PORT. Without Users the host must be a loopback address.
	Listen string
	// Users may come over the network. Without any, everybody on this machine
	// is a reader called default, without password.
	Users []User
	// Cert and Key are files of a certificate; both or neither.
	Cert, Key string
	Limits    Limits
	// Socket says to let the owner in through the folder's Unix socket.
	Socket bool
	// Health tells how current the warehouse is, for /healthz and /metrics.
	Health func(context.Context) (Health, error)
	// Dashboard answers what is asked below /dashboard by whoever may read; nil:
	// there is none.
	Dashboard http.Handler
	// Now is the clock that statements are timed with.
	Now    func() time.Time
	Logger *slog.Logger
}

// Server serves one warehouse.
type Server struct {
	cfg     Config
	log     *slog.Logger
	guard   *guard
	readers *chdb.DB // nil without an embedded engine
	writers *chdb.DB
	turns   chan struct{} // one token per statement in progress
	stats   *stats

	listener net.Listener
	socket   net.Listener
}

// New opens what a Server needs and listens; Serve answers. Close it if Serve
// is not called.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		return nil, errors.New("serve: no clock given")
	}
	if cfg.Limits.Queries <= 0 {
		cfg.Limits.Queries = 8
	}
	s := &Server{cfg: cfg, log: cfg.Logger, turns: make(chan struct{}, cfg.Limits.Queries), stats: newStats()}
	if err := cfg.Guarded(); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Guarded is an error when strangers would be let in.
func (c Config) Guarded() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %q: want HOST:PORT such as 127.0.0.1:8123", c.Listen)
	}
	if len(c.Users) == 0 && !local(host) {
		return fmt.Errorf("listen on %s: without users anybody there could read the warehouse; configure serve.users, or listen on 127.0.0.1", c.Listen)
	}
	return nil
}

func (s *Server) open(ctx context.Context) error {
	var err error
	if s.cfg.Folder != "" {
		// Connections of their own for readers, so that they never take a sync's.
		// One more than there are turns: the guard asks while a statement waits.
		if s.readers, err = chdb.Open(ctx, chdb.Config{Path: s.cfg.Folder, Library: s.cfg.Library, MaxConns: 2 * s.cfg.Limits.Queries}); err != nil {
			return err
		}
		if s.writers, err = chdb.Open(ctx, chdb.Config{Path: s.cfg.Folder, Library: s.cfg.Library, MaxConns: 16}); err != nil {
			return err
		}
		if s.guard, err = newGuard(ctx, s.readers, s.cfg.Database); err != nil {
			return err
		}
	}
	var lc net.ListenConfig
	if s.listener, err = lc.Listen(ctx, "tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.cfg.Cert != "" {
		if _, err := tls.LoadX509KeyPair(s.cfg.Cert, s.cfg.Key); err != nil {
			return fmt.Errorf("read serve.tls: %w", err)
		}
		// Read anew at every connection: a renewed certificate counts at once.
		s.listener = tls.NewListener(s.listener, &tls.Config{
			MinVersion: tls.VersionTLS12,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
				pair, err := tls.LoadX509KeyPair(s.cfg.Cert, s.cfg.Key)
				return &pair, err
			},
		})
	}
	if s.cfg.Socket {
		if s.socket, err = chdb.Listen(ctx, s.cfg.Folder); err != nil {
			return err
		}
	}
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// ownerKey marks requests that came through the socket.
type ownerKey struct{}

// Serve answers until ctx ends, then lets statements in progress end, for at
// most stopping, and closes everything.
func (s *Server) Serve(ctx context.Context, stopping time.Duration) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.root)
	mux.HandleFunc("GET /ping", s.ping)
	mux.HandleFunc("GET /replicas_status", s.ping)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /dashboard", s.dashboard)
	mux.HandleFunc("GET /dashboard/", s.dashboard)
	server := func(base context.Context) *http.Server {
		return &http.Server{
			Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 1 << 20,
			BaseContext: func(net.Listener) context.Context { return base },
			ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		}
	}
	base := context.WithoutCancel(ctx)
	network, local := server(base), server(context.WithValue(base, ownerKey{}, user{"owner", owner}))
	var g errgroup.Group
	run := func(h *http.Server, l net.Listener) {
		if l == nil {
			return
		}
		g.Go(func() error {
			if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	run(network, s.listener)
	run(local, s.socket)
	failed := make(chan error, 1)
	go func() { failed <- g.Wait() }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	end, cancel := context.WithTimeout(base, stopping)
	defer cancel()
	for _, h := range []*http.Server{network, local} {
		if stopErr := h.Shutdown(end); stopErr != nil {
			s.log.Warn("statements were still running and were cut off", "waited", stopping)
			_ = h.Close()
		}
	}
	return errors.Join(err, s.Close())
}

// Close gives everything back.
func (s *Server) Close() error {
	var errs []error
	for _, l := range []net.Listener{s.listener, s.socket} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	for _, db := range []*chdb.DB{s.readers, s.writers} {
		if db != nil {
			err := db.Close(context.Background())
			if errors.Is(err, chdb.ErrHung) {
				s.log.Warn("a statement was still running when the server stopped: it ends with the process")
				err = nil
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
