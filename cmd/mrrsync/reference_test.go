package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mrrsync/config"
	"mrrsync/normalize"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

// docs/configuration.md is made of the code; run with -update after a change.
// No key may be without a meaning.
func TestConfigurationReference(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Made from the code by ` + "`go test ./cmd/mrrsync -run Reference -update`" + `: edit config/reference.go, normalize/reference.go and the connectors' Keys, not this. -->

One file, ` + "`mrrsync.yaml`" + ` or what ` + "`--config`" + ` names. ` + "`mrrsync init`" + ` writes one with comments, ` + "`mrrsync check`" + ` tries it. It is strict:
an unknown or misspelt key is an error that names its line. Paths are relative to the file.

Secrets are references, never values: ` + "`env:NAME`" + ` is an environment variable, ` + "`file:PATH`" + ` a file that holds nothing else. They are looked up
when they are used, so that a rotated one needs no restart.

## Keys
`)
	keys(t, &b, config.Reference())
	b.WriteString("\n## Sources\n\nEach entry of `sources` has a `name` (`a-z`, `0-9`, `_` and `-`; it appears as `source` in every row, and its history hangs on it: don't rename\nit), a `connector`, and that connector's own keys.\n")
	for _, d := range definitions() {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| key | default | meaning |\n|---|---|---|\n", d.Name, sentence(d.Summary))
		for _, k := range d.Keys {
			value := "required, such as `" + k.Example + "`"
			if !k.Required {
				value = "`" + k.Default + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, value, sentence(k.Summary))
		}
	}
	preset, err := normalize.Preset("committed")
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n## Policy\n\nThe defaults are those of the preset `committed`; [what the others set](faq.md#presets). Every load carries the hash of its policy.\n")
	keys(t, &b, config.Document(preset, normalize.Meanings()))

	path := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil { //nolint:gosec // a page
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Error("docs/configuration.md is not what the code says: run go test ./cmd/mrrsync -run Reference -update")
	}
}

func keys(t *testing.T, b *strings.Builder, all []config.Key) {
	t.Helper()
	b.WriteString("\n| key | default | meaning |\n|---|---|---|\n")
	for _, k := range all {
		meaning := k.Meaning
		if strings.HasSuffix(k.Path, ".to") {
			meaning = "Its end."
		}
		if meaning == "" {
			t.Errorf("key %s has no meaning", k.Path)
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", k.Path, value, meaning)
	}
}

// sentence begins with a capital and ends with a period.
func sentence(s string) string {
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
