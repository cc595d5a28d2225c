package chdb

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Version is the release of the engine this package is written for and tested with.
const Version = "26.7.3-stable.1"

// EnvLibrary is the environment variable that names a libchdb to use in place of the one the program would install.
const EnvLibrary = "MRRSYNC_LIBCHDB"

// An enginePackage is the package of npm that holds libchdb for one platform. The sums stand here so that what is loaded into the process is what this
// release was tested with, whatever a registry or a mirror answers.
type enginePackage struct {
	name     string
	sum      string // SHA-512 of the packed file in base64, as npm writes it
	packed   int64  // bytes
	unpacked int64  // bytes of libchdb
}

// enginePackages are the platforms whose package has been seen and checked, by GOOS/GOARCH. Others have one too (see sister), whose sum is not
// known here: what can't be checked is not installed, and EnvLibrary names the library.
func enginePackages() map[string]enginePackage {
	return map[string]enginePackage{
		"linux/amd64": {
			name:     "@chdb/lib-linux-x64-gnu",
			sum:      "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
			packed:   177_817_999,
			unpacked: 566_330_096,
		},
	}
}

// sister names the package for a platform that enginePackages does not have, or is empty.
func sister(platform string) string {
	switch platform {
	case "linux/arm64":
		return "@chdb/lib-linux-arm64-gnu"
	case "darwin/arm64":
		return "@chdb/lib-darwin-arm64"
	case "darwin/amd64":
		return "@chdb/lib-darwin-x64"
	}
	return ""
}

// unknownPlatform says what to do where no package is pinned.
func unknownPlatform(platform string) error {
	const server = "let warehouse.dsn name a ClickHouse server"
	if name := sister(platform); name != "" {
		return fmt.Errorf("find engine: the package for %s is not pinned in this release; unpack what `npm pack %s@%s` fetches and set %s to the libchdb.so in it, or %s",
			platform, name, Version, EnvLibrary, server)
	}
	return fmt.Errorf("find engine: there is none for %s; %s", platform, server)
}

// An Install says how Library gets at a missing engine. The zero value is right for programs.
type Install struct {
	// Cache is the folder that keeps engines, one folder a version. Empty is mrrsync/chdb in the user's cache folder.
	Cache string
	// Progress is told how far the work is: bytes downloaded and then unpacked, of both together. Nil is silent.
	Progress func(done, total int64)
	// Logger is told what happens and what is waited for. Nil drops it.
	Logger *slog.Logger

	pkg *enginePackage // in place of the platform's own: tests
}

// Library returns the path of libchdb: the one EnvLibrary names, or the one in the cache, which is installed first when it is missing or damaged.
// The installation runs `npm pack`, compares the SHA-512 and moves the library into place at once; two processes may do it at the same time, the
// second one waits. It stops when ctx ends and leaves nothing behind.
func Library(ctx context.Context, in Install) (string, error) {
	if path := os.Getenv(EnvLibrary); path != "" {
		if err := checkWhole(path); err != nil {
			return "", fmt.Errorf("%w; correct %s or unset it to have the engine installed", err, EnvLibrary)
		}
		return path, nil
	}
	if in.Logger == nil {
		in.Logger = slog.New(slog.DiscardHandler)
	}
	if in.pkg == nil {
		platform := runtime.GOOS + "/" + runtime.GOARCH
		pkg, ok := enginePackages()[platform]
		if !ok {
			return "", unknownPlatform(platform)
		}
		in.pkg = &pkg
	}
	if in.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find engine: %w; set XDG_CACHE_HOME, or %s=/path/to/libchdb.so", err, EnvLibrary)
		}
		in.Cache = filepath.Join(dir, "mrrsync", "chdb")
	}
	if path := in.path(); in.present() {
		return path, nil
	}
	unlock, err := in.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	if in.present() { // installed while we waited
		return in.path(), nil
	}
	if err := in.install(ctx); err != nil {
		return "", fmt.Errorf("install engine %s %s: %w", in.pkg.name, Version, err)
	}
	return in.path(), nil
}

// path is where the library of this version stands once it is whole.
func (in Install) path() string { return filepath.Join(in.Cache, Version, "libchdb.so") }

// present tells whether the library is there with its full length. Its content was checked when it was put there, in one rename.
func (in Install) present() bool {
	info, err := os.Stat(in.path())
	if err != nil {
		return false
	}
	if info.Size() != in.pkg.unpacked {
		in.Logger.Warn("engine is damaged, installing it again", "path", in.path(), "bytes", info.Size(), "expected", in.pkg.unpacked)
		return false
	}
	return true
}

// lock makes this process the only one that installs this version, waiting for another one if need be.
func (in Install) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(in.Cache, 0o755); err != nil {
		return nil, fmt.Errorf("make engine cache: %w; set XDG_CACHE_HOME to a folder that can be written, or %s=/path/to/libchdb.so", err, EnvLibrary)
	}
	f, err := os.OpenFile(filepath.Join(in.Cache, Version+".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock engine cache: %w", err)
	}
	for waited := false; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // closing gives the lock free
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = f.Close()
			return nil, fmt.Errorf("lock engine cache: %w", err)
		}
		if !waited {
			in.Logger.Info("waiting for another process that is installing the engine", "lock", f.Name())
			waited = true
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("wait for the process that is installing the engine: %w", ctx.Err())
		}
	}
}

// install fetches, checks and unpacks the package in a folder beside its destination, and moves the library there.
func (in Install) install(ctx context.Context) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("npm is not in PATH; install Node.js, or set %s=/path/to/libchdb.so (from %s %s), or let warehouse.dsn name a ClickHouse server",
			EnvLibrary, in.pkg.name, Version)
	}
	if old, err := filepath.Glob(filepath.Join(in.Cache, "install-*")); err == nil {
		for _, dir := range old { // left by a process that was killed: we hold the lock
			_ = os.RemoveAll(dir)
		}
	}
	tmp, err := os.MkdirTemp(in.Cache, "install-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	in.Logger.Info("installing the ClickHouse engine", "package", in.pkg.name+"@"+Version, "bytes", in.pkg.packed, "into", in.path())
	packed, err := in.download(ctx, npm, tmp)
	if err != nil {
		return err
	}
	lib := filepath.Join(tmp, "libchdb.so")
	if err := in.unpack(ctx, packed, lib); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(in.path()), 0o755); err != nil {
		return err
	}
	return os.Rename(lib, in.path())
}

// download has npm put the packed package into dir and returns its path once its sum is right. All npm writes, its cache and logs too, is in dir.
func (in Install) download(ctx context.Context, npm, dir string) (string, error) {
	watch, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		in.watch(watch, dir)
	}()
	out := filepath.Join(dir, "packed")
	if err := os.Mkdir(out, 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, npm, "pack", in.pkg.name+"@"+Version, "--pack-destination="+out, "--cache="+filepath.Join(dir, "cache"),
		"--logs-dir="+filepath.Join(dir, "logs"), "--ignore-scripts", "--update-notifier=false", "--audit=false", "--fund=false", "--loglevel=error")
	cmd.Dir = out // not in a project whose settings would apply
	cmd.WaitDelay = 5 * time.Second
	said, err := cmd.CombinedOutput()
	stop()
	<-watched
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("npm pack: %w: %s; check the network and npm's registry, or set %s=/path/to/libchdb.so", err, tail(said), EnvLibrary)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.tgz"))
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("npm pack left %d packages, not one: %s", len(files), tail(said))
	}
	return files[0], in.verify(files[0])
}

// verify compares a file's SHA-512 with the one pinned.
func (in Install) verify(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if sum := base64.StdEncoding.EncodeToString(h.Sum(nil)); sum != in.pkg.sum {
		return fmt.Errorf("the package is not the one this release was tested with: SHA-512 is %s, not %s; nothing was installed; check which registry npm uses (npm config get registry)",
			sum, in.pkg.sum)
	}
	return nil
}

// unpack writes the library out of the package.
func (in Install) unpack(ctx context.Context, packed, to string) error {
	f, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if err != nil {
			return fmt.Errorf("unpack: find libchdb.so: %w", err)
		}
		if h.Name == "package/libchdb.so" && h.Typeflag == tar.TypeReg {
			return in.write(ctx, tr, to)
		}
	}
}

// write copies the library to its file and makes sure that it is on the disk before it gets its name.
func (in Install) write(ctx context.Context, r io.Reader, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	var done int64
	buf := make([]byte, chunkBytes)
	for {
		n, err := r.Read(buf)
		if _, werr := f.Write(buf[:n]); werr != nil {
			err = werr
		}
		done += int64(n)
		in.progress(in.pkg.packed + done)
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			_ = f.Close()
			return fmt.Errorf("unpack libchdb.so: %w", err)
		}
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("unpack libchdb.so: %w", err)
	}
	if done != in.pkg.unpacked {
		return fmt.Errorf("unpack libchdb.so: %d bytes, not %d", done, in.pkg.unpacked)
	}
	return nil
}

// watch reports the download until ctx ends: npm says nothing, but the file it writes grows.
func (in Install) watch(ctx context.Context, dir string) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var largest int64
		// Files come and go under our hands: what can't be read is skipped.
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // see above
			}
			if info, err := d.Info(); err == nil {
				largest = max(largest, info.Size())
			}
			return nil
		})
		in.progress(min(largest, in.pkg.packed))
	}
}

func (in Install) progress(done int64) {
	if in.Progress != nil {
		in.Progress(done, in.pkg.packed+in.pkg.unpacked)
	}
}

// tail returns the end of what a program has said, in one line.
func tail(said []byte) string {
	s := strings.Join(strings.Fields(string(said)), " ")
	if len(s) > 300 {
		s = "..." + s[len(s)-300:]
	}
	return s
}
