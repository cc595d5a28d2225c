package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/simulator"
)

// A longer proof of TestChaos, and one of its runs again:
//
//	go test ./cmd/mrrsync -run TestChaos -timeout 2h -chaos 300
//	go test ./cmd/mrrsync -run TestChaos -chaos 1 -chaos-seed 17 -v
var (
	chaosRuns = flag.Int("chaos", 1, "how many runs TestChaos makes")
	chaosSeed = flag.Uint64("chaos-seed", 1, "the seed of TestChaos's first run; the next ones follow")
)

// TestChaos lets companies be synced over nights on which everything goes wrong:
// providers misbehave, the process is killed between two requests or statements,
// or stopped, or finds the disk full. After each sync readers must see the load
// before or one that equals the truth; in the end, undisturbed, all of it equals
// the truth. A seed says everything of a run: who fails prints it, and the
// command that repeats it.
func TestChaos(t *testing.T) {
	var sum tally
	for n := range uint64(*chaosRuns) {
		seed := *chaosSeed + n
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			o := drawOrdeal(seed)
			defer func() {
				if t.Failed() {
					t.Logf("%s\nrun it again: go test ./cmd/mrrsync -run TestChaos -chaos 1 -chaos-seed %d -v", o, seed)
				}
			}()
			sum.add(o.endure(t))
		})
	}
	t.Log(sum.String())
	if *chaosRuns > 2 && (sum.ended["killed"]+sum.ended["dead"] == 0 || len(sum.faults) < 5 || sum.item == 0) {
		t.Errorf("nothing much happened: the test proves nothing: %s", &sum)
	}
}

// ordeal is what a seed makes of one run.
type ordeal struct {
	seed        uint64
	founded     simulator.Config
	concurrency int
	pageSize    int
	ahead       time.Duration // of the providers' clocks before ours
	nights      []ordealNight
}

// ordealNight is one night of an ordeal: disturbed syncs, then perhaps one with
// the provider's faults alone.
type ordealNight struct {
	gap     int    // days since the night before
	faults  string // as simulator.Options has them
	denied  string // a stream that the key may not read this night
	torn    bool   // the contracts file is no table this night
	trouble []trouble
	resumed bool // who was disturbed tries again the same night
}

// String is the ordeal for who looks into a failure.
func (o ordeal) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: catalogue %d, %d customers, %d months until %s, concurrency %d, pages of %d, the providers' clocks %s ahead",
		o.seed, o.founded.Catalogue, o.founded.Customers, o.founded.Months, o.founded.Now.Format(time.DateTime), o.concurrency, o.pageSize, o.ahead)
	for i, n := range o.nights {
		fmt.Fprintf(&b, "\nnight %d, %d days on: faults %q denied %q torn %t trouble %v resumed %t", i+1, n.gap, n.faults, n.denied, n.torn, n.trouble, n.resumed)
	}
	return b.String()
}

// drawOrdeal draws everything that a run is made of.
func drawOrdeal(seed uint64) ordeal {
	dice := rand.New(rand.NewPCG(seed, 0xc4a05))
	one := func(of int) bool { return dice.IntN(of) == 0 }
	first := time.Date(2026, 3, 1+dice.IntN(28), 1+dice.IntN(4), dice.IntN(60), dice.IntN(60), 0, time.UTC)
	o := ordeal{
		seed: seed, concurrency: 1 + dice.IntN(6), pageSize: []int{3, 10, 25, 100}[dice.IntN(4)],
		founded: simulator.Config{
			Seed: seed, Catalogue: 1 + dice.IntN(2), Customers: 12 + dice.IntN(24), Months: 3 + dice.IntN(5), Now: first,
			OldEvents: 2 + dice.IntN(8), Deleted: 8 + dice.IntN(20),
		},
	}
	if !one(3) {
		o.ahead = time.Duration(dice.IntN(1200)-600) * time.Second
	}
	days := 0
	for range 2 + dice.IntN(2) {
		n := ordealNight{gap: 1 + dice.IntN(3), resumed: !one(3), faults: drawFaults(dice)}
		switch {
		case one(12):
			n.gap = 31 + dice.IntN(3)
		case one(8):
			n.denied = []string{"invoices", "subscriptions", "events", "customers", "coupons"}[dice.IntN(5)]
		case one(10):
			n.torn = true
		}
		for !one(2) && len(n.trouble) < 3 {
			n.trouble = append(n.trouble, drawTrouble(dice))
		}
		days += n.gap
		o.nights = append(o.nights, n)
	}
	o.nights[0].gap = 0
	o.founded.Until = first.AddDate(0, 0, days+3)
	return o
}

// drawFaults picks about half of the faults, each more or less often.
func drawFaults(dice *rand.Rand) string {
	var all []string
	for _, f := range []struct {
		name          string
		often, seldom int
	}{
		{"429", 8, 60},
		{"storm", 60, 300},
		{"lock", 15, 80},
		{"500", 12, 80},
		{"html", 15, 80},
		{"reset", 12, 80},
		{"truncate", 10, 80},
		{"slow", 60, 200},
		{"empty-page", 10, 60},
		{"duplicate-page", 10, 60},
		{"mutate", 3, 20},
		{"late-events", 2, 5},
	} {
		if often := f.often + dice.IntN(f.seldom-f.often); dice.IntN(2) == 0 {
			all = append(all, fmt.Sprintf("%s=%d", f.name, often))
		}
	}
	if dice.IntN(8) == 0 {
		all = append(all, fmt.Sprintf("denied=%d", 30+dice.IntN(100)))
	}
	return strings.Join(all, ",")
}

// The kinds of trouble.
const (
	kill = "kill" // the process, with the signal that cannot be caught
	die  = "die"  // within this process: no statement and no request gets through any more
	stop = "stop" // as SIGTERM does
	down = "down" // the provider is gone from there on, or no statement succeeds

	sigterm = "term"   // the process gets SIGTERM
	fill    = "fill"   // the disk, to the last block
	copied  = "copied" // the warehouse's folder is, and the sync goes on
)

// trouble strikes one sync at a boundary: before or after the n-th request to a
// source, or before the n-th statement that writes.
type trouble struct {
	kind  string
	at    string // a source, or "sql"
	n     int
	after bool // the answer came
}

func (d trouble) String() string {
	side := "before"
	if d.after {
		side = "after"
	}
	return fmt.Sprintf("%s %s %s %d", d.kind, side, d.at, d.n)
}

func drawTrouble(dice *rand.Rand) trouble {
	d := trouble{kind: []string{kill, die, die, die, stop, down}[dice.IntN(6)], at: []string{"main", "emea", "sql", "sql", "sql"}[dice.IntN(5)], after: dice.IntN(2) == 0}
	// Most nights have few boundaries, the first one has many.
	if d.at == "sql" {
		d.after, d.n = false, 1+dice.IntN([]int{10, 30, 60, 140}[dice.IntN(4)])
	} else {
		d.n = 1 + dice.IntN([]int{4, 10, 20, 60}[dice.IntN(4)])
	}
	return d
}

// tally counts what runs went through.
type tally struct {
	runs, nights, item int
	ended              map[string]int // syncs, by how they ended
	faults             map[string]int // requests struck
	provable, guessed  int
}

func (s *tally) add(t tally) {
	s.runs, s.nights, s.item, s.provable, s.guessed = s.runs+t.runs, s.nights+t.nights, s.item+t.item, s.provable+t.provable, s.guessed+t.guessed
	s.ended, s.faults = sums(s.ended, t.ended), sums(s.faults, t.faults)
}

func sums(a, b map[string]int) map[string]int {
	if a == nil {
		a = map[string]int{}
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}

func (s *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs of %d nights in all; item-days held against the truth %d, in the end %d, all of them provable but %d\nsyncs:", s.runs, s.nights, s.item, s.provable+s.guessed, s.guessed)
	for _, k := range slices.Sorted(maps.Keys(s.ended)) {
		fmt.Fprintf(&b, " %d %s", s.ended[k], k)
	}
	b.WriteString("\nrequests struck:")
	for _, k := range slices.Sorted(maps.Keys(s.faults)) {
		fmt.Fprintf(&b, " %s %d", k, s.faults[k])
	}
	return b.String()
}
