package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mrrsync/internal/simulator"
	"mrrsync/internal/simulator/wire"
)

func simulateCommand(a *app) *cobra.Command {
	var o simulator.Options
	var now string
	cmd := &cobra.Command{
		Use:     "simulate",
		GroupID: groupDevelop,
		Short:   "Serve a simulated company through Stripe's and Chargebee's wire APIs",
		Long: `Serves the Stripe account and the Chargebee site of a simulated company: the same
seed is the same company, and a later --now the same company further on. Two
thirds of its customers pay through Stripe, one third through Chargebee, the
biggest by contract; some move from one to another. With --out DIR it also writes
a configuration ready to sync, the keys, contracts.csv, rates.csv, identity.csv
(who is whom) and truth.csv, the MRR of every item and day against which a sync
can be judged.

Prints one line of JSON with the base URLs when it is ready, and stops on SIGTERM
or SIGINT. Stripe's API has the port of --listen, Chargebee's the port after it;
with port 0 both have free ones. Faults, latency and rate reach both. Faults are
all, or a list of names each with an optional =N, one request in N: 429, lock,
500, html, reset, truncate, slow, empty-page, duplicate-page, mutate,
late-events, old-events, denied, deleted.`,
		Example: `  mrrsync simulate --seed 7 --customers 500 --catalog 1 --out /tmp/sim
  mrrsync simulate --faults 429=20,truncate,html=100 --latency 100ms --rate 25`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simulate(cmd.Context(), o, now) },
	}
	f := cmd.Flags()
	f.Uint64Var(&o.Seed, "seed", 1, "which company")
	f.IntVar(&o.Customers, "customers", 200, "how many customers it ever had, contracts besides")
	f.IntVar(&o.Months, "months", 24, "how many months it has existed")
	f.IntVar(&o.Catalogue, "catalog", 2, "product catalogue of the Chargebee site, 1 or 2")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`ADDRESS` to listen on; port 0 picks free ones")
	f.StringVar(&now, "now", "", "the simulated present, a `DATE` or an RFC 3339 instant (default the present)")
	f.DurationVar(&o.Latency, "latency", 0, "delay every answer by a `DURATION`")
	f.Float64Var(&o.Rate, "rate", 0, "answer 429 above this many requests per second; 0 never")
	f.StringVar(&o.Faults, "faults", "", "faults to inject, a `SPEC`")
	f.StringSliceVar(&o.Denied, "deny", nil, "refuse these `STREAMS`, as a key without the permission is: customers,stripe:invoices,...")
	f.StringVar(&o.Out, "out", "", "write configuration, inputs and truth into a `DIR`")
	f.BoolVar(&o.NoTruth, "no-truth", false, "leave out truth.csv, which is long for big companies")
	return cmd
}

func (a *app) simulate(ctx context.Context, o simulator.Options, now string) error {
	if o.Customers < 1 || o.Months < 1 {
		return usage("--customers and --months are at least 1")
	}
	if o.Catalogue != 1 && o.Catalogue != 2 {
		return usage("--catalog is 1 or 2")
	}
	for _, name := range o.Denied {
		if at, _, named := strings.Cut(name, ":"); named && at != "stripe" && at != "chargebee" {
			return usage("--deny %s: want STREAM, stripe:STREAM or chargebee:STREAM", name)
		}
	}
	if o.Rate < 0 || o.Latency < 0 {
		return usage("--rate and --latency are not negative")
	}
	if _, err := wire.ParseFaults(o.Faults, o.Seed); err != nil {
		return usage("--faults: %w", err)
	}
	var err error
	if o.Now, err = a.present(now); err != nil {
		return err
	}
	o.Log = a.log
	return simulator.Serve(ctx, o, func(at simulator.Addresses) error {
		line, err := json.Marshal(at)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s\n", line)
		return err
	})
}

// present is the instant that a flag names: a day's beginning in UTC, or an
// instant; empty: the clock's.
func (a *app) present(text string) (time.Time, error) {
	if text == "" {
		return a.now(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("--now %q: want a date such as 2026-03-01 or an instant such as 2026-03-01T02:00:00Z", text)
}
