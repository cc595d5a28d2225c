package progress

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// watched is a Progress whose clock the test moves and which draws only when
// told to.
func watched() (*Progress, *strings.Builder, *time.Time) {
	var out strings.Builder
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	p := New(&out, false)
	p.enabled = true
	p.now = func() time.Time { return now }
	return p, &out, &now
}

func TestLine(t *testing.T) {
	p, _, now := watched()
	known := p.Stage("pull main invoices", 1000)
	unknown := p.Stage("derive", 0)
	download := p.Bytes("engine", 178_000_000)
	*now = now.Add(10 * time.Second)
	known.Add(250)
	known.Note("waiting 2s: 429")
	unknown.Add(12345)
	download.Set(89_000_000)
	cases := []struct {
		s    *Stage
		want string
	}{
		{known, "pull main invoices         █████░░░░░░░░░░░░░░░  25 %  250 of 1,000  25/s  30s left  (waiting 2s: 429)"},
		{unknown, "derive                     12,345  1,234/s  10s"},
		{download, "engine                     ██████████░░░░░░░░░░  50 %  89 MB of 178 MB  8.9 MB/s  10s left"},
	}
	for _, c := range cases {
		if got := c.s.line(*now); got != c.want {
			t.Errorf("line is\n%q, want\n%q", got, c.want)
		}
	}
	known.Total(100)
	if got := known.line(*now); !strings.Contains(got, "100 %") {
		t.Errorf("more than the total shows as %q", got)
	}
}

func TestEndedStagesLeaveALine(t *testing.T) {
	p, out, now := watched()
	a, b := p.Stage("a", 0), p.Stage("b", 0)
	p.draw()
	*now = now.Add(2 * time.Second)
	a.Add(10)
	a.Done()
	a.Done()
	b.Done()
	want := "a                          10 in 2.0s  5.0/s\n"
	if got := out.String(); strings.Count(got, want) != 1 || !strings.HasSuffix(got, "b                          2.0s\n") {
		t.Errorf("screen is %q", got)
	}
}

func TestLogsStandBetweenLines(t *testing.T) {
	p, out, _ := watched()
	p.Stage("a", 0)
	p.draw()
	out.Reset()
	if _, err := p.Writer().Write([]byte("level=INFO\n")); err != nil {
		t.Fatal(err)
	}
	// One line up, everything below away, the log's line, the stage again.
	if got := out.String(); !strings.HasPrefix(got, "\x1b[1A\r\x1b[Jlevel=INFO\n\x1b[2Ka ") {
		t.Errorf("wrote %q", got)
	}
}

func TestNoteLastsAsLongAsItIsTrue(t *testing.T) {
	p, out, now := watched()
	p.Stage("a", 0)
	p.Note("main: asked to wait 2s", 2*time.Second)
	p.draw()
	if !strings.HasSuffix(out.String(), "main: asked to wait 2s\n\x1b[J") || p.drawn != 2 {
		t.Errorf("wrote %q", out.String())
	}
	out.Reset()
	*now = now.Add(3 * time.Second)
	p.draw()
	if strings.Contains(out.String(), "wait") || p.drawn != 1 {
		t.Errorf("later wrote %q", out.String())
	}
}

func TestNobodyWatches(t *testing.T) {
	var out strings.Builder
	p := New(&out, false)
	s := p.Stage("a", 10)
	s.Add(5)
	s.Done()
	var none *Stage
	none.Add(1)
	none.Done()
	if _, err := p.Writer().Write([]byte("log\n")); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if out.String() != "log\n" {
		t.Errorf("wrote %q, want the log alone", out.String())
	}
}

func TestLinesNeverWrap(t *testing.T) {
	for _, width := range []int{1, 2, 10, 79, 80} {
		if got := []rune(fit(strings.Repeat("ä", 80), width)); len(got) >= max(width, 2) {
			t.Errorf("%d columns got %d characters", width, len(got))
		}
	}
	if got := fit("short", 80); got != "short" {
		t.Errorf("fit changed %q", got)
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0.4s", 12 * time.Second: "12s",
		200 * time.Second: "3m20s", 65 * time.Minute: "1h05m",
	} {
		if got := clock(d); got != want {
			t.Errorf("%d reads %s, want %s", d, got, want)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	var out strings.Builder
	p := New(&out, true)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s := p.Stage("work", 100)
			for range 100 {
				s.Add(1)
			}
			_, _ = p.Writer().Write([]byte("log\n"))
			s.Done()
		})
	}
	all.Wait()
	p.Close()
	p.Close()
	if got := strings.Count(out.String(), "100 in "); got != 8 {
		t.Errorf("%d stages left a line, want 8", got)
	}
}
