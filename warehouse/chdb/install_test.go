package chdb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fakeNpm puts an npm into PATH, alone with the few programs it needs, that leaves a package with the library given, notes each call beside itself
// and runs the line of shell given first. It returns the package it stands for, and the file with the calls.
func fakeNpm(t *testing.T, library []byte, line string) (pkg enginePackage, calls string) {
	t.Helper()
	dir := t.TempDir()
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	tw := tar.NewWriter(zw)
	for name, content := range map[string][]byte{"package/package.json": []byte("{}"), "package/libchdb.so": library} {
		if err := tw.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(packed.Bytes())
	pkg = enginePackage{
		name: "@chdb/fake", sum: base64.StdEncoding.EncodeToString(sum[:]), packed: int64(packed.Len()), unpacked: int64(len(library)),
	}
	calls = filepath.Join(dir, "calls")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >>%q
for a in "$@"; do case "$a" in --pack-destination=*) out="${a#*=}";; esac; done
%s
/bin/cp %q "$out/fake.tgz"
`, calls, line, filepath.Join(dir, "package.tgz"))
	for name, content := range map[string][]byte{"npm": []byte(script), "package.tgz": packed.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv(EnvLibrary, "")
	return pkg, calls
}

// left returns the names of everything under a folder, but for locks.
func left(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".lock") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestLibraryIsInstalledOnce(t *testing.T) {
	library := bytes.Repeat([]byte("engine"), 1<<20)
	pkg, calls := fakeNpm(t, library, "")
	cache := filepath.Join(t.TempDir(), "deep", "cache")
	var last, total int64
	in := Install{Cache: cache, pkg: &pkg, Progress: func(d, of int64) {
		if d < last {
			t.Errorf("progress went back from %d to %d", last, d)
		}
		last, total = d, of
	}}
	for range 2 {
		path, err := Library(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, library) {
			t.Errorf("%s: %d bytes, %v", path, len(got), err)
		}
	}
	if last != total || total != pkg.packed+pkg.unpacked {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	if b, err := os.ReadFile(calls); err != nil || strings.Count(string(b), "\n") != 1 || !strings.Contains(string(b), "pack @chdb/fake@"+Version) {
		t.Errorf("npm was called with %q, %v", b, err)
	}
	if names := left(t, cache); len(names) != 1 {
		t.Errorf("the cache holds %v", names)
	}
}

func TestDamagedLibraryIsInstalledAgain(t *testing.T) {
	library := bytes.Repeat([]byte("engine"), 1<<10)
	pkg, _ := fakeNpm(t, library, "")
	in := Install{Cache: t.TempDir(), pkg: &pkg}
	path, err := Library(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(in.Cache, "install-of-a-killed-process"), 0o755); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	in.Logger = slog.New(slog.NewTextHandler(&log, nil))
	if path, err = Library(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != pkg.unpacked {
		t.Errorf("%v %v", info, err)
	}
	if !strings.Contains(log.String(), "damaged") {
		t.Errorf("the log does not say why: %s", &log)
	}
	if m, _ := filepath.Glob(filepath.Join(in.Cache, "install-*")); len(m) > 0 {
		t.Errorf("left behind: %v", m)
	}
}

func TestRefusedInstallations(t *testing.T) {
	library := []byte("engine")
	for _, c := range []struct {
		name  string
		line  string // of npm's shell
		spoil func(t *testing.T, pkg *enginePackage)
		says  []string
	}{
		{"wrong checksum", "", func(_ *testing.T, p *enginePackage) { p.sum = "AAAA" }, []string{"SHA-512", "AAAA", "registry"}},
		{"wrong length", "", func(_ *testing.T, p *enginePackage) { p.unpacked++ }, []string{"6 bytes, not 7"}},
		{"npm fails", "echo 'npm error code E404' >&2; exit 1", nil, []string{"npm pack", "E404", EnvLibrary}},
		{"npm leaves nothing", "exit 0", nil, []string{"0 packages"}},
		{"no npm", "", func(t *testing.T, _ *enginePackage) { t.Setenv("PATH", t.TempDir()) }, []string{"npm is not in PATH", "Node.js", EnvLibrary, "warehouse.dsn"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pkg, _ := fakeNpm(t, library, c.line)
			if c.spoil != nil {
				c.spoil(t, &pkg)
			}
			in := Install{Cache: t.TempDir(), pkg: &pkg}
			path, err := Library(t.Context(), in)
			if err == nil {
				t.Fatalf("installed %s", path)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if names := left(t, in.Cache); len(names) > 0 {
				t.Errorf("left behind: %v", names)
			}
		})
	}
}

func TestTwoInstallAtOnce(t *testing.T) {
	allWait := filepath.Join(t.TempDir(), "all-wait") // npm is at work until the others have said that they wait
	pkg, calls := fakeNpm(t, bytes.Repeat([]byte("engine"), 1<<10), "while [ ! -e "+allWait+" ]; do /bin/sleep 0.02; done")
	cache := t.TempDir()
	var waits atomic.Int32
	log := slog.New(onMessage{slog.DiscardHandler, func(text string) {
		if strings.HasPrefix(text, "waiting") && waits.Add(1) == 3 {
			if err := os.WriteFile(allWait, nil, 0o600); err != nil {
				t.Error(err)
			}
		}
	}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := Library(t.Context(), Install{Cache: cache, pkg: &pkg, Logger: log}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if b, err := os.ReadFile(calls); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("npm was called with %q, %v", b, err)
	}
	if waits.Load() != 3 {
		t.Errorf("%d said that they wait, want 3", waits.Load())
	}
}

// onMessage hands each message to a function.
type onMessage struct {
	slog.Handler
	f func(text string)
}

func (h onMessage) Enabled(context.Context, slog.Level) bool { return true }

func (h onMessage) Handle(_ context.Context, r slog.Record) error {
	h.f(r.Message)
	return nil
}

func TestInterruptedInstallation(t *testing.T) {
	pkg, calls := fakeNpm(t, []byte("engine"), "exec /bin/sleep 60")
	in := Install{Cache: t.TempDir(), pkg: &pkg}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(calls); err == nil { // npm is at work
				cancel()
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if _, err := Library(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if names := left(t, in.Cache); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestNpmGetsNoInput(t *testing.T) {
	pkg, _ := fakeNpm(t, []byte("engine"), `read answer && exit 1`)
	if _, err := Library(t.Context(), Install{Cache: t.TempDir(), pkg: &pkg}); err != nil {
		t.Error(err)
	}
}

func TestNamedLibrary(t *testing.T) {
	t.Setenv("PATH", "")
	missing := filepath.Join(t.TempDir(), "libchdb.so")
	t.Setenv(EnvLibrary, missing)
	if _, err := Library(t.Context(), Install{}); err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), EnvLibrary) {
		t.Errorf("missing: %v", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"text": 0, "cut": len(whole) / 2} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, append([]byte(nil), whole[:n]...), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv(EnvLibrary, file)
		if _, err := Library(t.Context(), Install{}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Open(t.Context(), Config{Library: file}); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	t.Setenv(EnvLibrary, exe)
	if got, err := Library(t.Context(), Install{}); err != nil || got != exe {
		t.Errorf("a whole object: %s, %v", got, err)
	}
}

func TestUnknownPlatform(t *testing.T) {
	for platform, says := range map[string]string{"darwin/arm64": "@chdb/lib-darwin-arm64@" + Version, "windows/amd64": "warehouse.dsn"} {
		if err := unknownPlatform(platform); !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", platform, err)
		}
	}
}
