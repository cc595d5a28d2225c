// Package bench measures syncs of simulated companies: how long, how much CPU,
// how much memory. The providers are simulated by another process, so that what
// this one spends is the product's alone, the embedded engine's share included.
package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// Usage is what the process has used at a moment.
type Usage struct {
	At     time.Duration // since the meter was started
	CPU    time.Duration // user and system, since then
	Memory int           // resident, in bytes
}

// A Meter looks at the process while something runs.
type Meter struct {
	began   time.Time
	cpu     time.Duration
	samples []Usage
	stop    chan struct{}
	done    chan struct{}
}

// tick is how often a Meter looks.
const tick = 20 * time.Millisecond

// Start begins to measure.
func Start() *Meter {
	m := &Meter{began: time.Now(), cpu: spent(), stop: make(chan struct{}), done: make(chan struct{})} //nolint:forbidigo // a duration, not a date
	go func() {
		defer close(m.done)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for {
			m.samples = append(m.samples, m.look())
			select {
			case <-m.stop:
				m.samples = append(m.samples, m.look())
				return
			case <-ticker.C:
			}
		}
	}()
	return m
}

// Stop ends it.
func (m *Meter) Stop() {
	close(m.stop)
	<-m.done
}

func (m *Meter) look() Usage {
	return Usage{At: time.Since(m.began), CPU: spent() - m.cpu, Memory: resident()} //nolint:forbidigo // a duration, not a date
}

// Since is what was used from a moment to the end, with the most memory held
// meanwhile.
func (m *Meter) Since(from time.Duration) Usage {
	return m.Between(from, m.samples[len(m.samples)-1].At)
}

// Until is what was used up to a moment.
func (m *Meter) Until(to time.Duration) Usage { return m.Between(0, to) }

// Between is what was used between two moments.
func (m *Meter) Between(from, to time.Duration) Usage {
	var first, last Usage
	most := 0
	for _, u := range m.samples {
		if u.At <= from {
			first = u
		}
		if u.At >= from && u.At <= to {
			last, most = u, max(most, u.Memory)
		}
	}
	return Usage{At: to - from, CPU: last.CPU - first.CPU, Memory: most}
}

// spent is the process's user and system time.
func spent() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident is the memory that the process holds now; where the system does not
// tell that, the most it ever held.
func resident() int {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		var all, pages int
		if _, err := fmt.Fscan(bytes.NewReader(text), &all, &pages); err == nil {
			return pages * os.Getpagesize()
		}
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int(u.Maxrss)
	}
	return int(u.Maxrss) << 10
}
