// Package simulator puts a simulated company on the wire: it serves the
// company's Stripe account and its Chargebee site over HTTP and writes the
// files that a sync of it needs, its contracts among them, with the truth to
// compare the outcome with.
//
// The lives and the truth of those who pay through Stripe or by contract are in
// package company, those of the Chargebee site in package site; the APIs are in
// packages stripeapi and chargebeeapi. None of them knows anything of the
// product: this is the judge.
package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mrrsync/internal/simulator/chargebeeapi"
	"mrrsync/internal/simulator/stripeapi"
	"mrrsync/internal/simulator/wire"
)

// Options says which company to serve, and how.
type Options struct {
	Seed      uint64
	Customers int
	Months    int
	Catalogue int       // of the Chargebee site, 1 or 2; 0: 2
	Now       time.Time // the simulated present
	Start     time.Time // the founding; zero: the first day of the month Months-1 before yesterday's
	Listen    string    // host:port of Stripe's API; empty: 127.0.0.1:0. Chargebee's has the port after it, a free one when that is 0
	Out       string    // folder for the files; empty: none are written and any key is accepted
	NoTruth   bool      // leave out truth.csv, which is long for big companies
	Latency   time.Duration
	Rate      float64  // requests per second before an API answers 429; 0 without limit
	Faults    string   // as wire.ParseFaults reads it
	Denied    []string // streams that no key may read; of one provider alone behind its name: stripe:invoices
	Log       *slog.Logger
}

// Addresses is where the company can be reached.
type Addresses struct {
	Stripe    string `json:"stripe"`           // base URL
	Chargebee string `json:"chargebee"`        // base URL, without /api/v2
	Config    string `json:"config,omitempty"` // the file to sync with
}

// Company simulates the company that the options name: the one founded in Out,
// if there is one.
func (o Options) Company() (*Company, wire.Faults, error) {
	faults, err := wire.ParseFaults(o.Faults, o.Seed)
	if err == nil {
		o, err = o.founded()
	}
	if err != nil {
		return nil, faults, err
	}
	return New(Config{
		Seed: o.Seed, Customers: o.Customers, Months: o.Months, Now: o.Now, Start: o.Start, Catalogue: o.Catalogue,
		OldEvents: faults.OneIn[wire.OldEvents], Deleted: faults.OneIn[wire.Deleted], Vanishing: faults.OneIn[wire.Vanished],
	}), faults, nil
}

// Serve simulates a company and serves its providers, each on a port of its
// own, until ctx ends. It calls ready once the files are written and the
// addresses answer. It returns nil after a stop by ctx. Served into the same
// folder again with a later Now, the company is the same one further on: its
// founding is kept there.
func Serve(ctx context.Context, o Options, ready func(Addresses) error) error {
	c, faults, err := o.Company()
	if err != nil {
		return err
	}
	doors, err := listen(ctx, cmp.Or(o.Listen, "127.0.0.1:0"), 2)
	if err != nil {
		return err
	}
	defer closeAll(doors)
	at := Addresses{Stripe: address(doors[0]), Chargebee: address(doors[1])}
	var keys [2]string
	if o.Out != "" {
		keys = [...]string{Key(o.Seed), SiteKey(o.Seed)}
		if err := WriteFiles(o.Out, c, o.Now, at, !o.NoTruth); err != nil {
			return err
		}
		at.Config = o.Out + "/" + ConfigFile
	}
	return serve(ctx, doors, []http.Handler{
		stripeapi.New(c.Books, stripeapi.Options{Key: keys[0], Latency: o.Latency, Rate: o.Rate, Faults: faults, Denied: denied(o.Denied, "stripe"), Log: o.Log}),
		chargebeeapi.New(c.Site, chargebeeapi.Options{Key: keys[1], Latency: o.Latency, Rate: o.Rate, Faults: faults, Denied: denied(o.Denied, "chargebee"), Log: o.Log}),
	}, o.Log, func() error { return ready(at) })
}

// denied are the streams that are denied at a provider.
func denied(all []string, provider string) []string {
	var own []string
	for _, name := range all {
		if at, stream, named := strings.Cut(name, ":"); !named {
			own = append(own, name)
		} else if at == provider {
			own = append(own, stream)
		}
	}
	return own
}

// serve answers at each door with its handler until ctx ends.
func serve(ctx context.Context, doors []net.Listener, handlers []http.Handler, log *slog.Logger, ready func() error) error {
	failed := make(chan error, len(doors))
	var servers []*http.Server
	for i, door := range doors {
		s := &http.Server{Handler: handlers[i], ReadHeaderTimeout: 10 * time.Second}
		if log != nil {
			s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
		}
		servers = append(servers, s)
		go func() { failed <- s.Serve(door) }()
	}
	err := ready()
	if err == nil {
		select {
		case err = <-failed:
			err = fmt.Errorf("serve the simulated providers: %w", err)
		case <-ctx.Done():
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for _, s := range servers {
		if s.Shutdown(stop) != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// listen opens n doors on one host: the first at the address, the others on
// the ports after it, or on free ones when the address leaves the port open.
func listen(ctx context.Context, at string, n int) (doors []net.Listener, err error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, fmt.Errorf("listen for the simulated providers: %w", err)
	}
	for i := range n {
		if i > 0 && port != "0" {
			port = strconv.Itoa(doors[0].Addr().(*net.TCPAddr).Port + i)
		}
		door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			closeAll(doors)
			return nil, fmt.Errorf("listen for the simulated providers: %w", err)
		}
		doors = append(doors, door)
	}
	return doors, nil
}

// closeAll closes doors that may be closed already.
func closeAll(doors []net.Listener) {
	for _, door := range doors {
		_ = door.Close()
	}
}

func address(door net.Listener) string { return "http://" + door.Addr().String() }
