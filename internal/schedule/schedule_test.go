package schedule

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// slots are the next n slots after an instant, in the zone's own time.
func slots(t testing.TB, expr, name, after string, n int) []string {
	t.Helper()
	c, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for range n {
		at = c.Next(at, zone(t, name))
		all = append(all, at.Format(time.RFC3339))
	}
	return all
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, expr, zone, after string
		want                    []string
	}{
		{"every night", "0 2 * * *", "UTC", "2026-03-01T02:00:00Z", []string{"2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z"}},
		{"later that day", "30 14 * * *", "UTC", "2026-03-01T02:00:59Z", []string{"2026-03-01T14:30:00Z"}},
		{"steps", "*/20 1-2 * * *", "UTC", "2026-03-01T01:30:00Z", []string{"2026-03-01T01:40:00Z", "2026-03-01T02:00:00Z", "2026-03-01T02:20:00Z", "2026-03-01T02:40:00Z", "2026-03-02T01:00:00Z"}},
		{"a step from a value", "50/5 0 * * *", "UTC", "2026-03-01T00:00:00Z", []string{"2026-03-01T00:50:00Z", "2026-03-01T00:55:00Z", "2026-03-02T00:50:00Z"}},
		{"lists and names", "0 2 * feb,mar mon,wed", "UTC", "2026-02-25T12:00:00Z", []string{"2026-03-02T02:00:00Z", "2026-03-04T02:00:00Z"}},
		{"either day", "0 2 13 * fri", "UTC", "2026-03-01T00:00:00Z", []string{"2026-03-06T02:00:00Z", "2026-03-13T02:00:00Z", "2026-03-20T02:00:00Z"}},
		{"both names of Sunday", "0 2 * * 7", "UTC", "2026-03-01T03:00:00Z", []string{"2026-03-08T02:00:00Z"}},
		{"the last day of some months", "0 2 31 * *", "UTC", "2026-01-31T03:00:00Z", []string{"2026-03-31T02:00:00Z", "2026-05-31T02:00:00Z"}},
		{"leap day", "0 2 29 2 *", "UTC", "2096-03-01T00:00:00Z", []string{"2104-02-29T02:00:00Z"}},
		{"over the year", "@monthly", "UTC", "2025-12-01T00:00:00Z", []string{"2026-01-01T00:00:00Z"}},
		{"in the zone", "0 2 * * *", "America/New_York", "2026-01-10T06:59:00Z", []string{"2026-01-10T02:00:00-05:00"}},
		{"skipped by the clock", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"}},
		{"shown twice", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}},
		{"every hour when the clock jumps", "0 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", []string{"2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"}},
		{"every hour when it goes back", "0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", []string{"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"}},
		{"no midnight", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", []string{"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"}},
		{"half an hour back", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z", []string{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, slots(t, c.expr, c.zone, c.after, len(c.want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, expr := range []string{
		"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *", "5-1 * * * *",
		"*/0 * * * *", "1/x * * * *", "1, * * * *", "-1 * * * *", "0 0 30 2 *", "@yearly2",
	} {
		if c, err := Parse(expr); err == nil {
			t.Errorf("%q is read as %+v", expr, c)
		}
	}
}

// night is a warehouse that remembers when its runs began.
type night struct {
	began []time.Time
	fail  func(n int) error // of the n-th attempt of all
	tries int
	took  time.Duration
}

func (n *night) loop(t testing.TB, expr string, z *time.Location) Loop {
	t.Helper()
	c, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return Loop{
		Cron: c, Zone: z, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Jitter: func() time.Duration { return 40 * time.Second },
		Last: func(context.Context) (time.Time, error) {
			if len(n.began) == 0 {
				return time.Time{}, nil
			}
			return n.began[len(n.began)-1], nil
		},
		Run: func(ctx context.Context, _ time.Time) error {
			n.tries++
			begun := time.Now()
			if n.fail != nil {
				if err := n.fail(n.tries); err != nil {
					return err
				}
			}
			if err := sleep(ctx, n.took); err != nil {
				return err // killed: it does not count
			}
			n.began = append(n.began, begun)
			return nil
		},
	}
}

// run runs a loop for a time and then ends it, as a restart does.
func (n *night) run(t testing.TB, l Loop, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := l.Do(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the loop ended with %v", err)
	}
}

// TestDayWithRestarts runs every hour of a day while the process is restarted
// again and again, also in the middle of runs: each hour is run once.
func TestDayWithRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &night{took: 7 * time.Minute, began: []time.Time{time.Now()}}
		end := time.Now().Add(24 * time.Hour)
		for i := 0; time.Now().Before(end); i++ {
			// 1 to 25 minutes up, 0 to 4 minutes down.
			n.run(t, n.loop(t, "@hourly", time.UTC), time.Duration(1+(i*7)%25)*time.Minute)
			time.Sleep(time.Duration(i%5) * time.Minute)
		}
		hours := map[int]int{}
		for _, at := range n.began[1:] {
			hours[int(at.Sub(n.began[0]).Hours())]++
		}
		for h := 1; h < 24; h++ {
			if hours[h] != 1 {
				t.Errorf("hour %d ran %d times: %v", h, hours[h], n.began)
			}
		}
	})
}

// TestNights runs a month of nights in a zone where clocks change.
func TestNights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := zone(t, "Europe/Berlin")
		time.Sleep(time.Until(time.Date(2000, 3, 20, 12, 0, 0, 0, z)))
		n := &night{took: time.Hour, began: []time.Time{time.Now()}}
		n.run(t, n.loop(t, "30 2 * * *", z), 14*24*time.Hour)
		var got []string
		for _, at := range n.began[1:] {
			got = append(got, at.In(z).Format("01-02 15:04:05"))
		}
		var want []string
		for d := 21; d <= 34; d++ {
			at := time.Date(2000, 3, d, 2, 30, 40, 0, time.UTC)
			if d == 26 { // the clock went from 2 to 3
				at = time.Date(2000, 3, d, 3, 0, 40, 0, time.UTC)
			}
			want = append(want, at.Format("01-02 15:04:05"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &night{began: []time.Time{time.Now()}}
		time.Sleep(10*24*time.Hour + 5*time.Hour) // ten nights down
		n.run(t, n.loop(t, "0 2 * * *", time.UTC), time.Hour)
		if len(n.began) != 2 {
			t.Errorf("%d runs made up for ten nights, want one: %v", len(n.began)-1, n.began)
		}
		empty := &night{}
		empty.run(t, empty.loop(t, "0 2 * * *", time.UTC), time.Hour)
		if len(empty.began) != 1 {
			t.Errorf("an empty warehouse was read %d times in the first hour", len(empty.began))
		}
	})
}

func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &night{began: []time.Time{time.Now()}, fail: func(n int) error {
			if n == 1 || n == 2 {
				return errors.New("provider is down")
			}
			return nil
		}}
		n.run(t, n.loop(t, "0 2 * * *", time.UTC), 24*time.Hour)
		if n.tries != 3 || len(n.began) != 2 {
			t.Errorf("%d attempts, %d runs", n.tries, len(n.began)-1)
		}
		hopeless := &night{began: []time.Time{time.Now()}, fail: func(int) error { return errors.New("wrong key") }}
		hopeless.run(t, hopeless.loop(t, "0 2 * * *", time.UTC), 3*24*time.Hour)
		if hopeless.tries != 3*attempts {
			t.Errorf("%d attempts in three nights", hopeless.tries)
		}
	})
}

// TestBusy is a sync that was begun by hand shortly before: the scheduled one
// waits for it and then need not run.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &night{began: []time.Time{time.Now()}}
		l := n.loop(t, "0 2 * * *", time.UTC)
		byHand := time.Date(2000, 1, 1, 2, 0, 10, 0, time.UTC)
		inner := l.Run
		l.Run = func(ctx context.Context, slot time.Time) error {
			switch now := time.Now(); {
			case now.Before(byHand.Add(30 * time.Minute)):
				return ErrBusy
			case !slices.Contains(n.began, byHand) && now.Day() == 1:
				n.began = append(n.began, byHand) // it has ended
				return ErrBusy
			}
			return inner(ctx, slot)
		}
		n.run(t, l, 24*time.Hour)
		if len(n.began) != 2 || n.tries != 0 {
			t.Errorf("%d attempts beside the one by hand: %v", n.tries, n.began)
		}
	})
}
