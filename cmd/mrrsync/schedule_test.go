package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mrrsync/internal/lengthy"
	"mrrsync/internal/schedule"
)

// TestScheduledDay runs every hour's sync of a simulated day with the whole
// pipeline and the engine, while the process is restarted in between: the
// warehouse then tells of one sync per hour. How much memory the process has is
// told, never asserted.
func TestScheduledDay(t *testing.T) {
	lengthy.Test(t)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"mrrsync.yaml":  "version: 1\nsources:\n  - { name: enterprise, connector: contracts, file: contracts.csv }\n",
		"contracts.csv": "customer_id,subscription_id,item_id,plan,currency,amount,interval,start\nc,s,i,gold,USD,100,month,1999-11-05\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cron, err := schedule.Parse("@hourly")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(24*time.Hour - time.Minute)
		for up := 95 * time.Minute; time.Now().Before(end); up = (up*3 + 17*time.Minute) % (7 * time.Hour) {
			runFor(t, folder, cron, min(up, time.Until(end)))
			t.Logf("restart at %s, %d MB resident", time.Now().Format("15:04"), residentMB())
		}
		a := scheduledApp(t, folder)
		c, err := a.config()
		if err != nil {
			t.Fatal(err)
		}
		w, err := a.warehouse(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		err = errors.Join(w.Format(t.Context(), &b,
			"SELECT formatDateTime(started_at, '%H'), countIf(status = 'done') FROM runs WHERE verb = 'sync' GROUP BY 1 ORDER BY 1", "TSV"), w.Close())
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for h := range 24 {
			want += fmt.Sprintf("%02d\t1\n", h)
		}
		if b.String() != want {
			t.Errorf("syncs by hour:\n%swant\n%s", b.String(), want)
		}
	})
}

func scheduledApp(t *testing.T, folder string) *app {
	t.Helper()
	a := newApp(nil, io.Discard, io.Discard, func(name string) string { return map[string]string{"MRRSYNC_VOLATILE": "1"}[name] })
	a.flags.config, a.flags.logFormat, a.flags.logLevel = filepath.Join(folder, "mrrsync.yaml"), "text", "error"
	if err := a.begin(); err != nil {
		t.Fatal(err)
	}
	return a
}

// runFor is a process that lives for a time.
func runFor(t *testing.T, folder string, cron schedule.Cron, d time.Duration) {
	t.Helper()
	a := scheduledApp(t, folder)
	defer a.close()
	c, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	w, err := a.warehouse(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	err = w.Migrate(ctx)
	if err == nil {
		err = a.nightly(c, w, cron).Do(ctx)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the loop ended with %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// residentMB is the memory of this process, 0 where the system does not tell.
func residentMB() (mb int) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &mb); err == nil {
			return mb / 1024
		}
	}
	return 0
}
