package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mrrsync/internal/report"
)

// output is what --format and --out of an answering verb say.
type output struct{ format, file string }

// flags defines both. The formats are those that the verb has; when, if given,
// says with what they mean something.
func (o *output) flags(f *pflag.FlagSet, when string, formats ...string) {
	f.StringVar(&o.format, "format", formats[0], when+"`"+strings.Join(formats, "|")+"`")
	f.StringVarP(&o.file, "out", "o", "", when+"write to `FILE` instead of standard output")
}

// pick is the one of two ways of writing that --format names.
func pick[F any](o output, table, json F) (F, error) {
	switch o.format {
	case "table":
		return table, nil
	case "json":
		return json, nil
	}
	return table, usage("--format %q: want table or json", o.format)
}

// writer is how a table is written in a format.
func (a *app) writer(o output) (func(*report.Table, io.Writer) error, error) {
	switch o.format {
	case "table":
		t := a.look(o.file)
		return func(x *report.Table, w io.Writer) error { return x.Text(w, t) }, nil
	case "csv":
		return (*report.Table).CSV, nil
	case "json":
		return (*report.Table).JSON, nil
	case "html":
		return (*report.Table).HTML, nil
	case "svg":
		return (*report.Table).SVG, nil
	}
	return nil, usage("--format %q: want table, csv, json, html or svg", o.format)
}

// look is how standard output shows texts: as wide as the terminal, with emphasis
// unless NO_COLOR is set; plainly in a pipe or a file.
func (a *app) look(file string) report.Terminal {
	var t report.Terminal
	if f, ok := a.stdout.(*os.File); ok && file == "" && term.IsTerminal(int(f.Fd())) {
		t.Color = a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			t.Width = width
		}
	}
	return t
}

// save writes to a file, which is there whole or not at all, or to standard output. A new file
// is its owner's alone, since it holds figures; one that was there keeps its mode.
func (a *app) save(file string, write func(io.Writer) error) error {
	if file == "" || file == "-" {
		return write(a.stdout)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	mode := fs.FileMode(0o600)
	if was, err := os.Stat(file); err == nil {
		mode = was.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		// The temporary file's name would say nothing to anybody.
		return fmt.Errorf("write %s: folder %s: %w", file, filepath.Dir(file), errors.Unwrap(err))
	}
	_, err = b.WriteTo(temp)
	err = errors.Join(err, temp.Chmod(mode), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", file, err), os.Remove(temp.Name()))
	}
	return nil
}
