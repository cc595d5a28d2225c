package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mrrsync/internal/lengthy"
)

// ledger is a folder with a contracts file and a warehouse, of which every verb
// runs in a process of its own.
type ledger struct {
	*testing.T
	folder string
}

const ledgerConfig = `version: 1
sources:
  - { name: enterprise, connector: contracts, file: contracts.csv }
`

const ledgerContracts = `customer_id,subscription_id,item_id,plan,currency,amount,interval,start
c,s,i,gold,USD,100,month,2026-01-01
d,t,j,gold,USD,70,month,2026-02-01
`

// verb runs a verb on a day, disturbed or not.
func (o ledger) verb(day string, d trouble, args ...string) (stdout string, stderr string, code int) {
	o.Helper()
	program, err := os.Executable()
	if err != nil {
		o.Fatal(err)
	}
	var out, log bytes.Buffer
	cmd := exec.CommandContext(o.Context(), program)
	cmd.Args, cmd.Dir, cmd.Stdout, cmd.Stderr = append([]string{"mrrsync"}, args...), o.folder, &out, &log
	cmd.Env = append(os.Environ(), "MRRSYNC_VOLATILE=1", "MRRSYNC_NOW="+day+"T03:00:00Z")
	if d.kind != "" {
		cmd.Args[0] = "disturbed"
		cmd.Env = append(cmd.Env, disturb+"="+d.written())
	}
	err = cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		o.Fatal(err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

// done runs a verb that must end well.
func (o ledger) done(day string, args ...string) string {
	o.Helper()
	out, log, code := o.verb(day, trouble{}, args...)
	if code != exitDone {
		o.Fatalf("mrrsync %v: exit code %d\n%s%s", args, code, out, log)
	}
	return out
}

// days are what readers see.
func (o ledger) days() string {
	o.Helper()
	return o.done("2026-03-09", "query", "SELECT date, sum(mrr), count() FROM mrr_daily GROUP BY date ORDER BY date")
}

// mounted is a small disk of the test's own.
func mounted(t *testing.T) ledger {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=140m"); err != nil {
		t.Skipf("a small disk takes a mount, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	o := ledger{t, folder}
	for name, text := range map[string]string{"mrrsync.yaml": ledgerConfig, "contracts.csv": ledgerContracts} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// ballast fills the disk of a folder to the last block.
func ballast(folder string) error {
	f, err := os.OpenFile(filepath.Join(folder, ballastFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 16
		} else if err != nil {
			return err
		}
	}
	return nil
}

const ballastFile = "ballast"

// TestDiskFull lets the disk fill up to the last block while a sync lands what it
// read, builds, publishes and records itself. Readers keep what they had until it is published; with room again the next
// sync is right. Who comes while it is full is told so and touches nothing.
func TestDiskFull(t *testing.T) {
	o := mounted(t)
	o.done("2026-03-01", "sync")
	before := o.days()
	if err := os.WriteFile(filepath.Join(o.folder, "contracts.csv"), []byte(ledgerContracts+"e,u,k,gold,USD,7,month,2026-02-20\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"insert into raw_objects", "expand daily", "insert into manifest"} {
		_, log, code := o.verb("2026-03-02", trouble{kind: fill, at: at, n: 1}, "sync")
		if code != exitFailed || !strings.Contains(strings.ToLower(log), "space") {
			t.Errorf("full before %q: exit code %d\n%s", at, code, log)
		}
		if _, log, code = o.verb("2026-03-02", trouble{}, "sync"); code != exitFailed || !strings.Contains(log, "make room") {
			t.Errorf("still full after %q: exit code %d\n%s", at, code, log)
		}
		if now := o.days(); now != before {
			t.Errorf("full before %q, readers see\n%s, before\n%s", at, now, before)
		}
		if err := os.Remove(filepath.Join(o.folder, ballastFile)); err != nil {
			t.Fatal(err)
		}
	}
	o.done("2026-03-02", "sync", "--accept-restatement")
	if now := o.days(); !strings.Contains(now, "2026-03-01\t177\t3") {
		t.Errorf("with room again: %s", now)
	}
	// What is published already is told so, though the run's own record finds no room.
	out, log, code := o.verb("2026-03-03", trouble{kind: fill, at: "insert into run_sources", n: 1}, "sync")
	if code != exitPartial || !strings.Contains(out, "published load") || !strings.Contains(log, "is published, but its run could not be recorded") {
		t.Errorf("full before the record: exit code %d\n%s%s", code, out, log)
	}
	if now := o.days(); !strings.Contains(now, "2026-03-02\t177\t3") {
		t.Errorf("full before the record: %s", now)
	}
}

// TestReadOnlyDisk tells that the warehouse cannot be written.
func TestReadOnlyDisk(t *testing.T) {
	o := mounted(t)
	o.done("2026-03-01", "sync")
	if err := syscall.Mount("", o.folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("remount: %v", err)
	}
	for _, verb := range []string{"sync", "status"} {
		if _, log, code := o.verb("2026-03-02", trouble{}, verb); code != exitFailed || !strings.Contains(log, "read-only") || !strings.Contains(log, "warehouse") {
			t.Errorf("%s: exit code %d\n%s", verb, code, log)
		}
	}
}

// TestCopyOfARunningWarehouse copies the folder in the middle of a sync. The copy
// opens and shows one whole load.
func TestCopyOfARunningWarehouse(t *testing.T) {
	lengthy.Test(t)
	o := ledger{t, t.TempDir()}
	for name, text := range map[string]string{"mrrsync.yaml": ledgerConfig, "contracts.csv": ledgerContracts} {
		if err := os.WriteFile(filepath.Join(o.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.done("2026-03-01", "sync")
	before := o.days()
	for i, at := range []string{"expand daily", "insert into runs"} {
		n := 1
		if at == "insert into runs" {
			n = 2 // when it is over
		}
		day := []string{"2026-03-02", "2026-03-03"}[i]
		if _, log, code := o.verb(day, trouble{kind: copied, at: at, n: n}, "sync"); code != exitDone {
			t.Fatalf("exit code %d\n%s", code, log)
		}
		replica := ledger{t, filepath.Join(o.folder, "copy")}
		after := o.days()
		if now := replica.days(); now != before && now != after {
			t.Errorf("copied before %q, the copy shows neither load:\n%s", at, now)
		}
		replica.done(day, "sync") // and it can be gone on with
		if now := replica.days(); now != after {
			t.Errorf("copied before %q and synced, the copy shows\n%s, not\n%s", at, now, after)
		}
		if err := os.RemoveAll(replica.folder); err != nil {
			t.Fatal(err)
		}
		before = after
	}
}

// copyFolder copies what is in a folder into its folder copy. Files that go
// meanwhile are left out, as who copies a folder in use will find.
func copyFolder(folder string) error {
	to := filepath.Join(folder, "copy")
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case path == to:
			return fs.SkipDir
		}
		rest, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		into := filepath.Join(to, rest)
		if d.IsDir() {
			return os.MkdirAll(into, 0o700)
		}
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(strings.Replace(target, folder, to, 1), into)
		}
		from, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) || !d.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		defer from.Close()
		f, err := os.Create(into)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, from)
		return errors.Join(err, f.Close())
	})
}

// strikes are what a disturbed process does to itself.
func (d trouble) strikes(ctx context.Context, folder string) func() {
	return map[string]func(){
		kill: func() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			<-context.Background().Done()
		},
		sigterm: func() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
			<-ctx.Done() // the signal takes its time to arrive
		},
		fill:   func() { told(ballast(folder)) },
		copied: func() { told(copyFolder(folder)) },
	}[d.kind]
}
