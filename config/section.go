package config

import (
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// Section is a part of the configuration that this package does not read: its
// owner decodes it into a struct of its own, as strictly as the rest is read.
// An absent Section decodes into whatever the struct already holds.
type Section struct {
	source  *source
	at      place
	entries []entry
	present bool
}

// ParseSection reads a section from text that stands alone. File is what
// messages call it, its folder what relative paths in it are relative to.
func ParseSection(file string, text []byte, getenv func(string) string) (Section, error) {
	body, anchors, problem := parse(file, text)
	if problem != nil {
		return Section{}, problem
	}
	src := &source{file: file, folder: filepath.Dir(file), getenv: getenv, anchors: anchors}
	d := &decoder{source: src}
	var s Section
	d.value(body, reflect.ValueOf(&s).Elem(), place{file: file})
	return s, d.err()
}

// Decode fills the struct that into points to: a key belongs to the field whose
// tag is `yaml:"key"`. Unknown keys and unreadable values are *Problems, all of
// them joined. Fields whose key is absent keep what they hold, so that a
// default is set before.
func (s Section) Decode(into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("decode section: want a pointer, got %T", into)
	}
	if !s.present {
		return nil
	}
	d := &decoder{source: s.source}
	d.value(s.node(), v.Elem(), s.at)
	return d.err()
}

// node is the section's entries as a mapping again.
func (s Section) node() ast.Node {
	m := &ast.MappingNode{BaseNode: &ast.BaseNode{}}
	for _, e := range s.entries {
		m.Values = append(m.Values, &ast.MappingValueNode{BaseNode: &ast.BaseNode{}, Key: e.key, Value: e.value})
	}
	return m
}

// Folder is what relative paths of the section are relative to.
func (s Section) Folder() string {
	if s.source == nil {
		return ""
	}
	return s.source.folder
}

// Problem is an error at a key of the section, for what its owner finds wrong
// with a value that could be read.
func (s Section) Problem(key, format string, args ...any) error {
	for _, e := range s.entries {
		if e.name == key {
			return e.at.problem(format, args...)
		}
	}
	return s.at.key(key).problem(format, args...)
}

func (s *Section) decode(d *decoder, node ast.Node, at place) {
	entries, ok := d.entries(node, at)
	*s = Section{source: d.source, at: at, entries: entries, present: ok}
}
