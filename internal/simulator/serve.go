// Package simulator puts a simulated company on the wire: it serves the
// company's Stripe account over HTTP and writes the files that a sync of it
// needs, with the truth to compare the outcome with.
//
// The company itself, its lives and its truth, is in package company; the API
// is in package stripeapi. None of them knows anything of the product: this is
// the judge.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

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
	Listen    string    // host:port; empty: 127.0.0.1:0
	Out       string    // folder for the files; empty: none are written and any sk_ or rk_ key is accepted
	NoTruth   bool      // leave out truth.csv, which is long for big companies
	Latency   time.Duration
	Rate      float64 // requests per second before the API answers 429; 0 without limit
	Faults    string  // as wire.ParseFaults reads it
	Denied    []string
	Log       *slog.Logger
}

// Addresses is where the company can be reached.
type Addresses struct {
	Stripe string `json:"stripe"`           // base URL
	Config string `json:"config,omitempty"` // the file to sync with
}

// Company simulates the company that the options name.
func (o Options) Company() (*Company, wire.Faults, error) {
	faults, err := wire.ParseFaults(o.Faults, o.Seed)
	if err != nil {
		return nil, faults, err
	}
	return New(Config{
		Seed: o.Seed, Customers: o.Customers, Months: o.Months, Now: o.Now, Start: o.Start, Catalogue: o.Catalogue,
		OldEvents: faults.OneIn[wire.OldEvents], Deleted: faults.OneIn[wire.Deleted],
	}), faults, nil
}

// Serve simulates a company and serves it until ctx ends. It calls ready once
// the files are written and the address answers. It returns nil after a stop
// by ctx. Served into the same folder again with a later Now, the company is
// the same one further on: its founding is kept there.
func Serve(ctx context.Context, o Options, ready func(Addresses) error) error {
	o, err := o.founded()
	if err != nil {
		return err
	}
	c, faults, err := o.Company()
	if err != nil {
		return err
	}
	listen := o.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for the simulated providers: %w", err)
	}
	defer l.Close() //nolint:errcheck // closing twice is harmless: Shutdown closes it too
	at := Addresses{Stripe: "http://" + l.Addr().String()}
	api := stripeapi.Options{Latency: o.Latency, Rate: o.Rate, Faults: faults, Denied: o.Denied, Log: o.Log}
	if o.Out != "" {
		api.Key = Key(o.Seed)
		if err := WriteFiles(o.Out, c, o.Now, at, !o.NoTruth); err != nil {
			return err
		}
		at.Config = o.Out + "/" + ConfigFile
	}
	srv := &http.Server{Handler: stripeapi.New(c.Books, api), ReadHeaderTimeout: 10 * time.Second}
	if o.Log != nil {
		srv.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	if err := ready(at); err != nil {
		return errors.Join(err, srv.Close())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve the simulated providers: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if srv.Shutdown(stop) != nil {
		return srv.Close()
	}
	return nil
}
