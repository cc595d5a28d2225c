package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"mrrsync/config"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/plain"
	"mrrsync/warehouse"
)

// The exit codes, a promise to whoever schedules us.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2 // wrong usage or configuration
	exitPartial = 3 // published, but a source failed, too much was rejected or the run could not be recorded; or stale
	exitLocked  = 4 // another run holds the warehouse
)

// exit is an error with an exit code of its own. Without an inner error
// everything was said already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// usage is an error about how mrrsync was called.
func usage(format string, args ...any) error {
	return exit{exitUsage, fmt.Errorf(format, args...)}
}

// run is the program: everything it touches comes in as a value. The answer is
// the process's exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	return newApp(stdin, stdout, stderr, getenv).run(ctx, args)
}

// run runs the verb that the arguments name.
func (a *app) run(ctx context.Context, args []string) int {
	root := rootCommand(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	a.close()
	if err == nil {
		return exitDone
	}
	code := exitCode(err, a.begun)
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(a.stderr, "mrrsync: interrupted")
	case !silent(err):
		fmt.Fprintf(a.stderr, "mrrsync: %s\n", plain.Lines(strings.TrimPrefix(err.Error(), "error: ")))
	}
	if code == exitUsage && !a.begun {
		fmt.Fprintln(a.stderr, "Run `mrrsync help` or `mrrsync VERB --help` for usage.")
	}
	return code
}

// exitCode says how an error is told to a scheduler. What goes wrong before a
// verb has begun is about the command line.
func exitCode(err error, begun bool) int {
	var e exit
	var problem *config.Problem
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return e.code
	case !begun, errors.As(err, &problem), errors.Is(err, pipeline.ErrUsage):
		return exitUsage
	case errors.Is(err, warehouse.ErrLocked):
		return exitLocked
	default:
		return exitFailed
	}
}

// silent says that whoever made the error has told of it already.
func silent(err error) bool {
	var e exit
	return errors.As(err, &e) && e.err == nil
}
