package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mrrsync/warehouse"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mrrsync": main, "hold": hold, "disturbed": disturbed})
}

// TestScripts runs mrrsync as a user does: testdata/script holds the sessions.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// The engine's cache is the user's own: nothing is installed twice.
			for _, name := range []string{"MRRSYNC_LIBCHDB", "XDG_CACHE_HOME"} {
				if value := os.Getenv(name); value != "" {
					env.Setenv(name, value)
				}
			}
			if cache, err := os.UserCacheDir(); err == nil {
				env.Setenv("XDG_CACHE_HOME", cache)
			}
			env.Setenv("MRRSYNC_NOW", "2026-03-01T02:00:00Z")
			env.Setenv("MRRSYNC_VOLATILE", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "waitfor": waitFor},
	})
}

// code runs mrrsync and demands its exit code: `code 2 mrrsync check`.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [args...]")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = exitStatus(err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func exitStatus(err error) string {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return strconv.Itoa(e.ExitCode())
	}
	return err.Error()
}

// waitFor waits until something that runs in the background has written a file
// or listens on a socket:
// `waitfor sim/mrrsync.yaml`.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor file")
	}
	for range 600 {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && (info.Size() > 0 || info.Mode()&os.ModeSocket != 0) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s was not written within half a minute", args[0])
}

// hold begins a run in the warehouse of a folder, writes a file named held and keeps it
// running until it is interrupted: `exec hold warehouse &holder&`.
func hold() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	w, err := warehouse.Open(ctx, warehouse.Options{DSN: "chdb://" + os.Args[1], Database: "mrr", Now: time.Now})
	if err == nil {
		_, err = w.StartRun(ctx, warehouse.Run{Verb: "sync"})
	}
	if err == nil {
		err = os.WriteFile("held", []byte(os.Args[1]), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-ctx.Done()
	if err := w.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
