// Package progress shows on a terminal how long work gets on.
//
// Work is made of stages, several of which may run at once, each a line with
// what is done, how fast, how long it will take and what it waits for. A stage
// that ends leaves its line behind. When nobody watches, nothing is written:
// progress is for eyes, logs are for machines.
//
// Logs and progress share a stream, so a logger writes through Writer, which
// keeps the two from garbling each other.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"
)

// refresh is how often lines are drawn again.
const refresh = 100 * time.Millisecond

// Progress draws stages. Its methods and those of its stages may be called from
// several goroutines at once.
type Progress struct {
	out     io.Writer
	enabled bool
	width   func() int
	now     func() time.Time

	mu     sync.Mutex
	stages []*Stage
	note   string // a line below the stages
	until  time.Time
	drawn  int // lines on the screen below the cursor's resting place
	stop   chan struct{}
}

// Terminal says whether w is one.
func Terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// New draws on out when enabled. Close it before anything else writes to out.
func New(out io.Writer, enabled bool) *Progress {
	p := &Progress{out: out, enabled: enabled, now: time.Now, stop: make(chan struct{})}
	p.width = func() int {
		if f, ok := out.(*os.File); ok {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
				return w
			}
		}
		return 80
	}
	if enabled {
		go p.tick()
	}
	return p
}

func (p *Progress) tick() {
	t := time.NewTicker(refresh)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// Close ends the drawing. Stages that have not ended vanish.
func (p *Progress) Close() {
	if !p.enabled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stop:
		return
	default:
	}
	close(p.stop)
	p.clear()
	p.stages = nil
}

// Writer writes to the same stream between the lines.
func (p *Progress) Writer() io.Writer { return lineWriter{p} }

type lineWriter struct{ p *Progress }

func (w lineWriter) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.p.clear()
	n, err := w.p.out.Write(b)
	if len(w.p.stages) > 0 && w.p.enabled {
		w.p.draw()
	}
	return n, err
}

// Note shows a line below the stages for as long as what it tells of lasts: what
// all of them wait for.
func (p *Progress) Note(text string, lasts time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note, p.until = text, p.now().Add(lasts)
}

// Stage is one piece of work. A nil Stage swallows everything.
type Stage struct {
	p     *Progress
	name  string
	begun time.Time
	bytes bool

	total, count int64 // total 0: unknown
	note         string
	ended        bool
}

// Stage begins a piece of work of total units, 0 when that is not known.
func (p *Progress) Stage(name string, total int) *Stage {
	s := &Stage{p: p, name: name, begun: p.now(), total: int64(total)}
	if p.enabled {
		p.mu.Lock()
		p.stages = append(p.stages, s)
		p.mu.Unlock()
	}
	return s
}

// Bytes begins a piece of work that is counted in bytes.
func (p *Progress) Bytes(name string, total int64) *Stage {
	s := p.Stage(name, 0)
	s.update(func() { s.total, s.bytes = total, true })
	return s
}

// Add counts n more units as done.
func (s *Stage) Add(n int) { s.update(func() { s.count += int64(n) }) }

// Set says how many units are done.
func (s *Stage) Set(n int64) { s.update(func() { s.count = n }) }

// Total corrects how many units there are.
func (s *Stage) Total(n int) { s.update(func() { s.total = int64(n) }) }

// Note says what is going on or waited for; empty takes it away.
func (s *Stage) Note(text string) { s.update(func() { s.note = text }) }

// Done ends the stage and leaves a line that says what was done. It may be
// called again.
func (s *Stage) Done() {
	s.update(func() {
		if s.ended {
			return
		}
		s.ended = true
		if !s.p.enabled {
			return
		}
		s.p.clear()
		kept := s.p.stages[:0]
		for _, other := range s.p.stages {
			if other != s {
				kept = append(kept, other)
			}
		}
		s.p.stages = kept
		fmt.Fprintln(s.p.out, fit(s.summary(), s.p.width()))
		s.p.draw()
	})
}

func (s *Stage) update(f func()) {
	if s == nil {
		return
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	f()
}

// clear takes the lines off the screen; the cursor rests where the first was.
func (p *Progress) clear() {
	if p.drawn > 0 {
		fmt.Fprintf(p.out, "\x1b[%dA\r\x1b[J", p.drawn)
		p.drawn = 0
	}
}

func (p *Progress) draw() {
	if len(p.stages) == 0 {
		return
	}
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r", p.drawn)
	}
	width, now := p.width(), p.now()
	lines := make([]string, 0, len(p.stages)+1)
	for _, s := range p.stages {
		lines = append(lines, s.line(now))
	}
	if p.note != "" && now.Before(p.until) {
		lines = append(lines, p.note)
	}
	for _, line := range lines {
		b.WriteString("\x1b[2K" + fit(line, width) + "\n")
	}
	b.WriteString("\x1b[J")
	p.drawn = len(lines)
	_, _ = io.WriteString(p.out, b.String())
}

// nameWidth aligns the figures of stages under each other.
const nameWidth = 26

// line is a stage in progress.
func (s *Stage) line(now time.Time) string {
	elapsed := now.Sub(s.begun)
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s ", nameWidth, s.name)
	switch {
	case s.total > 0:
		share := min(float64(s.count)/float64(s.total), 1)
		fmt.Fprintf(&b, "%s %3.0f %%  %s of %s", bar(share), 100*share, s.amount(s.count), s.amount(s.total))
	case s.count > 0:
		b.WriteString(s.amount(s.count))
	}
	if rate := s.rate(elapsed); rate != "" {
		b.WriteString("  " + rate)
	}
	if left, ok := s.left(elapsed); ok {
		b.WriteString("  " + clock(left) + " left")
	} else if elapsed >= time.Second {
		b.WriteString("  " + clock(elapsed))
	}
	if s.note != "" {
		b.WriteString("  (" + s.note + ")")
	}
	return b.String()
}

// summary is a stage that ended.
func (s *Stage) summary() string {
	elapsed := s.p.now().Sub(s.begun)
	if s.count == 0 {
		return fmt.Sprintf("%-*s %s", nameWidth, s.name, clock(elapsed))
	}
	text := fmt.Sprintf("%-*s %s in %s", nameWidth, s.name, s.amount(s.count), clock(elapsed))
	if rate := s.rate(elapsed); rate != "" {
		text += "  " + rate
	}
	return text
}

func (s *Stage) amount(n int64) string {
	if s.bytes {
		return humanize.Bytes(uint64(max(n, 0)))
	}
	return humanize.Comma(n)
}

// rate is the units a second, once there is enough to tell.
func (s *Stage) rate(elapsed time.Duration) string {
	if elapsed < 500*time.Millisecond || s.count == 0 {
		return ""
	}
	perSecond := float64(s.count) / elapsed.Seconds()
	if s.bytes {
		return humanize.Bytes(uint64(perSecond)) + "/s"
	}
	if perSecond < 10 {
		return fmt.Sprintf("%.1f/s", perSecond)
	}
	return humanize.Comma(int64(perSecond)) + "/s"
}

// left is how long the rest takes at the pace so far.
func (s *Stage) left(elapsed time.Duration) (time.Duration, bool) {
	if s.total <= 0 || s.count <= 0 || s.count >= s.total || elapsed < time.Second {
		return 0, false
	}
	return time.Duration(float64(elapsed) / float64(s.count) * float64(s.total-s.count)), true
}

func bar(share float64) string {
	const cells = 20
	full := int(share * cells)
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full)
}

// clock is a duration as people say it: 0.4s, 12s, 3m20s, 1h05m.
func clock(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

// fit cuts a line so that it never wraps: a wrapped line could not be taken
// back.
func fit(line string, width int) string {
	if utf8.RuneCountInString(line) < width {
		return line
	}
	runes := []rune(line)
	return string(runes[:max(width-2, 0)]) + "…"
}
