package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Secret is a reference to a secret: env:NAME or file:PATH. It does not hold
// the secret, so that nothing that prints, logs or encodes a configuration can
// give it away; Value looks it up at the moment of use, so that a rotated file
// is read anew.
type Secret struct {
	ref    string
	at     place
	folder string
	getenv func(string) string
}

// secretPrefixes are the ways to refer to a secret.
const (
	fromEnv  = "env:"
	fromFile = "file:"
)

// maxSecret bounds a secret's file: a longer one is the wrong file.
const maxSecret = 64 << 10

// IsZero says that no secret was configured.
func (s Secret) IsZero() bool { return s.ref == "" }

// Value looks the secret up. An environment variable that is unset or empty, a
// file that cannot be read or is empty: a *Problem that names the key.
func (s Secret) Value() (string, error) {
	if name, ok := strings.CutPrefix(s.ref, fromEnv); ok {
		value := ""
		if s.getenv != nil {
			value = strings.TrimSpace(s.getenv(name))
		}
		if value == "" {
			return "", s.at.problem("environment variable %s is not set; export it where mrrsync runs, or refer to a file with file:PATH", name)
		}
		return value, nil
	}
	if name, ok := strings.CutPrefix(s.ref, fromFile); ok {
		return s.read(name)
	}
	return "", s.at.problem("no secret is configured; write env:NAME or file:PATH")
}

func (s Secret) read(name string) (string, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.folder, path)
	}
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", s.at.problem("file %s does not exist; paths are relative to the configuration file", path)
		}
		return "", s.at.problem("cannot read the secret: %v", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch value := strings.TrimSpace(string(b)); {
	case err != nil:
		return "", s.at.problem("cannot read the secret: %v", err)
	case len(b) > maxSecret:
		return "", s.at.problem("file %s is too long to be a secret", path)
	case value == "":
		return "", s.at.problem("file %s is empty", path)
	default:
		return value, nil
	}
}

func (s *Secret) decode(d *decoder, node ast.Node, at place) {
	text, ok := scalarText(node)
	if !ok {
		d.add(at.problem("want env:NAME or file:PATH"))
		return
	}
	secret, problem := parseSecret(text, at, d.folder, d.getenv)
	d.add(problem)
	*s = secret
}

// parseSecret reads a reference. A value that is not one is taken for the
// secret itself and is not repeated in the message.
func parseSecret(text string, at place, folder string, getenv func(string) string) (Secret, *Problem) {
	s := Secret{ref: text, at: at, folder: folder, getenv: getenv}
	name, env := strings.CutPrefix(text, fromEnv)
	path, file := strings.CutPrefix(text, fromFile)
	switch {
	case text == "":
		return s, nil
	case !env && !file:
		return Secret{}, at.problem("a secret must not stand in the configuration; put it into an environment variable and write env:NAME, or into a file and write file:PATH (and replace the secret if this file was shared)")
	case env && !isEnvName(name):
		return Secret{}, at.problem("what follows env: is not the name of an environment variable")
	case file && path == "":
		return Secret{}, at.problem("file: needs a path")
	}
	return s, nil
}

func isEnvName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// String is the reference, never the secret.
func (s Secret) String() string {
	if s.ref == "" {
		return "[no secret]"
	}
	return "[secret " + s.ref + "]"
}

// Format prints as String under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString prints as String.
func (s Secret) GoString() string { return s.String() }

// MarshalText encodes as String, in JSON too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue logs as String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
