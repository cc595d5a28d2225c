package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/internal/bench"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/simulator"
)

// benchOrder is what the flags of bench ask for.
type benchOrder struct {
	bench.Scenario
	dir     string
	profile string
	judge   bool
	seed    uint64
}

func benchCommand(a *app) *cobra.Command {
	var o benchOrder
	var customers, nights int
	var names []string
	var lines strings.Builder
	for _, s := range bench.Scenarios() {
		names = append(names, s.Name)
		fmt.Fprintf(&lines, "  %-10s %s: %s customers, %d months\n", s.Name, s.Summary, number(s.Customers), s.Months)
	}
	cmd := &cobra.Command{
		Use:    "bench SCENARIO",
		Hidden: true, // for who works on mrrsync
		Short:  "Measure syncs of a simulated company",
		Long: `Simulates a company in a process of its own, syncs it from nothing into the
embedded engine, then as many nights as the scenario has, and says how long each
part took, the CPU time and memory of this process alone, and whether every
item-day that can be proved equals the simulator's truth. MRRSYNC_VOLATILE=1
leaves out the waits for the disk.

` + lines.String(),
		Example: `  mrrsync bench smoke
  mrrsync bench full --profile /tmp/profile`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			i := slices.Index(names, args[0])
			if i < 0 {
				return usage("there is no scenario %q; there are %s", args[0], strings.Join(names, ", "))
			}
			o.Scenario = bench.Scenarios()[i]
			if customers > 0 {
				o.Customers = customers
			}
			if nights > 0 {
				o.Nights = nights
			}
			return a.bench(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&customers, "customers", 0, "size of the company (default the scenario's)")
	f.IntVar(&nights, "nights", 0, "syncs after the first one (default the scenario's)")
	f.StringVar(&o.dir, "dir", "", "work in a `FOLDER` and keep it (default a temporary one, removed afterwards)")
	f.StringVar(&o.profile, "profile", "", "write CPU profiles, one a sync, to `PREFIX`-0.pprof, PREFIX-1.pprof, ...")
	f.BoolVar(&o.judge, "judge", true, "compare the outcome with the simulator's truth")
	f.Uint64Var(&o.seed, "seed", 7, "which company")
	return cmd
}

// bench runs the scenario's syncs one after the other.
func (a *app) bench(ctx context.Context, o benchOrder) (err error) {
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "mrrsync-bench-"); err != nil {
			return fmt.Errorf("make folder for the bench: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	}
	if _, err := os.Stat(filepath.Join(o.dir, "warehouse")); err == nil {
		return usage("--dir %s: there is a warehouse in it already; name a new folder", o.dir)
	}
	a.flags.config = filepath.Join(o.dir, simulator.ConfigFile)
	start := a.now().UTC().Truncate(24 * time.Hour)
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "SYNC\tPART\tSECONDS\tCPU\tPEAK MiB\tOBJECTS\tPER SECOND\tREQUESTS\tPER 1,000\t")
	for night := range o.Nights + 1 {
		now := start.AddDate(0, 0, night).Add(2 * time.Hour)
		a.now = func() time.Time { return now }
		if err := a.benchSync(ctx, o, night, now, table); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil || !o.judge || o.Source != "" {
		return err
	}
	return a.benchJudge(ctx, o, a.now())
}

// benchSync is one sync of the company as it is at an instant.
func (a *app) benchSync(ctx context.Context, o benchOrder, night int, now time.Time, table *tabwriter.Writer) (err error) {
	if night == o.Nights {
		o.Faults = "" // what a fault held back comes with the last sync
	}
	stop, err := o.serve(ctx, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if o.profile != "" {
		end, err := profile(fmt.Sprintf("%s-%d.pprof", o.profile, night))
		if err != nil {
			return err
		}
		defer end()
	}
	c, err := a.config()
	if err != nil {
		return err
	}
	var names []string
	if o.Source != "" {
		names = append(names, o.Source)
	}
	options, err := a.options(c, order{verb: "bench"}, names)
	if err != nil {
		return err
	}
	meter := bench.Start()
	receipt, err := a.runIn(ctx, c, options)
	meter.Stop()
	if err == nil && receipt.Outcome != pipeline.Done {
		err = fmt.Errorf("the sync was %s", receipt.Outcome)
	}
	if err != nil {
		return err
	}
	label := "first"
	if night > 0 {
		label = "night " + strconv.Itoa(night)
	}
	tell(table, label, receipt, meter)
	if o.Watched {
		return a.benchWatch(ctx, c, label)
	}
	return nil
}

// benchWatch says what a sync leaves behind: in this process, of which a serve
// does one each night, and in the warehouse.
func (a *app) benchWatch(ctx context.Context, c *config.Config, label string) error {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	left := runtime.NumGoroutine()
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: %d goroutines and %d MiB of heap are left; the warehouse holds\n", label, left, m.HeapAlloc>>20)
	return errors.Join(w.Format(ctx, a.stdout, growthSQL, "PrettyCompactNoEscapes"), w.Close())
}

//go:embed growth.sql
var growthSQL string

// tell prints a sync's parts: what each source was pulled and landed in, all of
// them at the same time, and what came after the last byte.
func tell(table *tabwriter.Writer, label string, r pipeline.Receipt, meter *bench.Meter) {
	for _, s := range r.Sources {
		if s.Requests > 0 {
			fmt.Fprintf(table, "%s\tpull %s\t%.1f\t\t\t%s\t%s\t%s\t%.1f\t\n", label, s.Source, s.Seconds, number(s.Listed),
				number(int(float64(s.Listed)/s.Seconds)), number(s.Requests), float64(s.Requests)*1000/float64(max(s.Listed, 1)))
		}
	}
	part := func(name string, seconds float64, u bench.Usage, count string) {
		used := "\t"
		if u.At > 0 {
			used = fmt.Sprintf("%.1f\t%d", u.CPU.Seconds(), u.Memory>>20)
		}
		fmt.Fprintf(table, "%s\t%s\t%.1f\t%s\t%s\n", label, name, seconds, used, count)
	}
	took := r.Seconds
	after := took.Derive + took.Build + took.Publish
	whole := meter.Since(0)
	turn := whole.At - time.Duration(after*float64(time.Second))
	begun := turn - time.Duration(took.Pull*float64(time.Second))
	listed := 0
	for _, s := range r.Sources {
		listed += s.Listed
	}
	part("start", begun.Seconds(), meter.Until(begun), "\t\t\t\t")
	part("pull, land", took.Pull, meter.Between(begun, turn), fmt.Sprintf("%s\t%s\t\t\t", number(listed), number(int(float64(listed)/took.Pull))))
	built := meter.Since(turn)
	part("derive", took.Derive, bench.Usage{}, fmt.Sprintf("%s\t%s\t\t\t", number(r.Customers.Derived), number(int(float64(r.Customers.Derived)/took.Derive))))
	part("build, verify", took.Build, bench.Usage{}, "\t\t\t\t")
	part("publish", took.Publish, bench.Usage{}, "\t\t\t\t")
	part("last byte to published", after, built, "\t\t\t\t")
	part("whole", whole.At.Seconds(), whole, "\t\t\t\t")
}

// serve simulates the company in a process of its own until stop is called.
func (o benchOrder) serve(ctx context.Context, now time.Time) (stop func() error, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find our own program: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, "simulate", "--out", o.dir, "--now", now.Format(time.RFC3339), //nolint:gosec // ourselves
		"--seed", strconv.FormatUint(o.seed, 10), "--customers", strconv.Itoa(o.Customers), "--months", strconv.Itoa(o.Months),
		"--latency", o.Latency.String(), "--faults", o.Faults, "--no-truth")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start the simulated company: %w", err)
	}
	stop = func() error {
		cancel()
		_ = cmd.Wait() // it was told to stop
		return nil
	}
	var at simulator.Addresses
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &at)
	}
	if err == nil {
		err = o.pace(at.Config)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the simulated company: %w", err), stop())
	}
	return stop, nil
}

var paceKey = regexp.MustCompile(`( +)requests_per_second: .*`)

// pace sets the scenario's rate and concurrency in the configuration.
func (o benchOrder) pace(config string) error {
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	text = paceKey.ReplaceAll(text, fmt.Appendf(nil, "${1}requests_per_second: %g\n${1}concurrency: %d", o.Rate, o.Concurrency))
	return os.WriteFile(config, text, 0o600)
}

// profile writes a CPU profile until end is called.
func profile(path string) (end func(), err error) {
	f, err := os.Create(path) //nolint:gosec // the caller names it
	if err != nil {
		return nil, fmt.Errorf("write profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write profile: %w", err), f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

// benchJudge holds what was published against the truth.
func (a *app) benchJudge(ctx context.Context, o benchOrder, now time.Time) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return err
	}
	// The company as it was founded at the first sync, seen from the last one.
	finding, verdict, err := a.judge(ctx, w, simulator.Options{Seed: o.seed, Customers: o.Customers, Months: o.Months, Now: now, Out: o.dir})
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s\n", finding)
	return verdict
}
