package bi

import (
	"bytes"
	"fmt"

	"github.com/goccy/go-yaml"
)

// A File is one asset: its path below warehouse/bi and its text.
type File struct {
	Path string
	Text []byte
}

// Assets makes everything that follows from the views and the questions.
func Assets() ([]File, error) {
	views, err := Definition()
	if err != nil {
		return nil, err
	}
	questions, err := Questions()
	if err != nil {
		return nil, err
	}
	board, err := grafana(views, questions)
	if err != nil {
		return nil, err
	}
	files := []File{{"grafana/mrr.json", board}}
	for _, make := range []func([]View, []Question) ([]File, error){metabaseFiles, rillFiles, dbtFiles} {
		more, err := make(views, questions)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	text, err := reference(views, questions)
	if err != nil {
		return nil, err
	}
	return append(files, File{"../../docs/views.md", text}), nil
}

// fields is a YAML mapping whose keys stay in their order.
type fields = yaml.MapSlice

// document is a YAML file: a line that says where it comes from, and the value.
func document(about string, v any) ([]byte, error) {
	text, err := yaml.MarshalWithOptions(v, yaml.Indent(2), yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	var b bytes.Buffer
	for _, line := range []string{about, "Made from the views' own comments by `go test ./warehouse/bi -update`: edit those, not this."} {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	b.Write(text)
	return b.Bytes(), nil
}
