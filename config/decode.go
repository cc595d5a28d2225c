package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// source is a parsed file and what its secrets need to be looked up.
type source struct {
	file    string // as the user named it
	folder  string
	getenv  func(string) string
	anchors map[string]ast.Node
	places  map[string]place // of every key that was read, when not nil
}

// decoder fills Go values from nodes and collects what is wrong on the way, so
// that one run names every problem. It is strict: a key that no field claims is
// a problem.
type decoder struct {
	*source
	problems []*Problem
	depth    int
}

// maxDepth bounds nesting, and with it aliases that contain themselves.
const maxDepth = 32

// fromNode is implemented by types of this package that keep more than a value.
type fromNode interface {
	decode(d *decoder, node ast.Node, at place)
}

// fromFunc is the usual interface of types that choose their own shape.
type fromFunc interface {
	UnmarshalYAML(decode func(any) error) error
}

// hint says what people have done where the parser says what it had expected.
func hint(message string) string {
	if strings.Contains(message, "not allowed in this context") || strings.Contains(message, "non-map value") {
		return "; look at the indentation: what belongs together stands in one column, and each source begins with - below `sources:`, before the next key"
	}
	return ""
}

func parse(file string, text []byte) (ast.Node, map[string]ast.Node, *Problem) {
	at := place{file: file}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		var located yaml.Error
		if errors.As(err, &located) {
			if t := located.GetToken(); t != nil && t.Position != nil {
				at.line, at.col = t.Position.Line, t.Position.Column
			}
			return nil, nil, at.problem("not valid YAML: %s%s", located.GetMessage(), hint(located.GetMessage()))
		}
		return nil, nil, at.problem("not valid YAML")
	}
	if len(doc.Docs) > 1 {
		return nil, nil, at.problem("more than one YAML document; keep one")
	}
	if len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return nil, nil, at.problem("is empty; `mrrsync init` writes a starter")
	}
	anchors := anchorNodes{}
	ast.Walk(anchors, doc.Docs[0].Body)
	return doc.Docs[0].Body, anchors, nil
}

// anchorNodes collects the nodes that aliases may stand for.
type anchorNodes map[string]ast.Node

// Visit implements ast.Visitor.
func (a anchorNodes) Visit(n ast.Node) ast.Visitor {
	if anchor, ok := n.(*ast.AnchorNode); ok && anchor.Name != nil {
		a[anchor.Name.GetToken().Value] = anchor.Value
	}
	return a
}

func (d *decoder) add(p *Problem) {
	if p != nil {
		d.problems = append(d.problems, p)
	}
}

// err joins what was found, in the order of the file.
func (d *decoder) err() error {
	order(d.problems)
	errs := make([]error, len(d.problems))
	for i, p := range d.problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

func (at place) of(t *token.Token) place {
	if t != nil && t.Position != nil {
		at.line, at.col = t.Position.Line, t.Position.Column
	}
	return at
}

// resolve follows anchors and aliases to the node that holds a value.
func (d *decoder) resolve(node ast.Node, at place) (ast.Node, bool) {
	for range maxDepth {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			target, ok := d.anchors[n.Value.GetToken().Value]
			if !ok {
				d.add(at.problem("no anchor of this name"))
				return nil, false
			}
			node = target
		case *ast.TagNode:
			d.add(at.problem("tags are not understood here; write the plain value"))
			return nil, false
		default:
			return node, true
		}
	}
	d.add(at.problem("aliases go in a circle"))
	return nil, false
}

// entry is one key of a mapping.
type entry struct {
	name  string
	at    place
	key   ast.MapKeyNode
	value ast.Node
}

// entries lists a mapping in the order of the file, merged ones (<<) after its
// own, so that a key's own value stands first.
func (d *decoder) entries(node ast.Node, at place) ([]entry, bool) {
	m, ok := node.(ast.MapNode)
	if !ok {
		d.add(at.problem("want keys and values here"))
		return nil, false
	}
	var own, merged []entry
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		key := it.Key()
		if key.IsMergeKey() {
			if d.depth >= maxDepth {
				d.add(at.problem("aliases go in a circle"))
				return nil, false
			}
			d.depth++
			if value, ok := d.resolve(it.Value(), at.of(key.GetToken())); ok {
				more, _ := d.entries(value, at.of(key.GetToken()))
				merged = append(merged, more...)
			}
			d.depth--
			continue
		}
		name := key.GetToken().Value
		seen[name] = true
		own = append(own, entry{name, at.key(name).of(key.GetToken()), key, it.Value()})
	}
	for _, e := range merged {
		if !seen[e.name] {
			seen[e.name] = true
			own = append(own, e)
		}
	}
	return own, true
}

// value fills v, which must be settable, from a node. A null leaves v as it is.
func (d *decoder) value(node ast.Node, v reflect.Value, at place) {
	if d.depth++; d.depth > maxDepth {
		d.add(at.problem("nested too deeply"))
		return
	}
	defer func() { d.depth-- }()
	if d.places != nil && at.line > 0 {
		d.places[at.path] = at
	}
	node, ok := d.resolve(node, at)
	if !ok || node == nil || node.Type() == ast.NullType {
		return
	}
	if d.custom(node, v, at) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(node, v.Elem(), at)
	case reflect.Struct:
		d.structure(node, v, at)
	case reflect.Map:
		d.mapping(node, v, at)
	case reflect.Slice:
		d.sequence(node, v, at)
	default:
		d.scalar(node, v, at)
	}
}

// custom lets a type decode itself; handled is false when it does not.
func (d *decoder) custom(node ast.Node, v reflect.Value, at place) (handled bool) {
	switch into := v.Addr().Interface().(type) {
	case fromNode:
		into.decode(d, node, at)
	case fromFunc:
		err := into.UnmarshalYAML(func(inner any) error {
			sub := &decoder{source: d.source, depth: d.depth}
			sub.value(node, reflect.ValueOf(inner).Elem(), at)
			return sub.err()
		})
		d.problems = append(d.problems, problemsOf(err, at)...)
	case encoding.TextUnmarshaler:
		text, ok := scalarText(node)
		if !ok {
			d.add(at.problem("want a single value here"))
		} else if err := into.UnmarshalText([]byte(text)); err != nil {
			d.add(at.problem("%v", err))
		}
	default:
		return false
	}
	return true
}

// problemsOf gives an error that knows no place the place of its key.
func problemsOf(err error, at place) []*Problem {
	if err == nil {
		return nil
	}
	if p, ok := err.(*Problem); ok { //nolint:errorlint // a Problem inside a wrapping error would lose the wrapper's words
		return []*Problem{p}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Problem
		for _, e := range joined.Unwrap() {
			all = append(all, problemsOf(e, at)...)
		}
		return all
	}
	return []*Problem{at.problem("%v", err)}
}

func (d *decoder) structure(node ast.Node, v reflect.Value, at place) {
	entries, ok := d.entries(node, at)
	if !ok {
		return
	}
	fields, names := fieldsOf(v)
	for _, e := range entries {
		if field, ok := fields[e.name]; ok {
			d.value(e.value, field, e.at)
		} else {
			d.add(e.at.problem("unknown key%s", suggest(e.name, names)))
		}
	}
}

// fieldsOf maps the keys of a struct to its fields: by the tag `yaml:"name"`,
// else by the field's name in lower case; "-" hides a field, ",inline" lifts
// those of an embedded struct.
func fieldsOf(v reflect.Value) (map[string]reflect.Value, []string) {
	fields := map[string]reflect.Value{}
	var names []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			inner, innerNames := fieldsOf(v.Field(i))
			for k, field := range inner {
				fields[k] = field
			}
			names = append(names, innerNames...)
			continue
		}
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = v.Field(i)
		names = append(names, name)
	}
	return fields, names
}

func (d *decoder) mapping(node ast.Node, v reflect.Value, at place) {
	entries, ok := d.entries(node, at)
	if !ok {
		return
	}
	if v.Type().Key().Kind() != reflect.String {
		d.add(at.problem("cannot be read into %s", v.Type()))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	}
	for _, e := range entries {
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(e.value, value, e.at)
		v.SetMapIndex(reflect.ValueOf(e.name).Convert(v.Type().Key()), value)
	}
}

func (d *decoder) sequence(node ast.Node, v reflect.Value, at place) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.add(at.problem("want a list here, with a dash before each entry or as [a, b]"))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, n := range list.Values {
		d.value(n, v.Index(i), at.index(i).of(first(n)))
	}
}

// first is the token with which a node begins: a block mapping's own token is
// the colon of its first entry.
func first(n ast.Node) *token.Token {
	if m, ok := n.(ast.MapNode); ok {
		for it := m.MapRange(); it.Next(); {
			return it.Key().GetToken()
		}
	}
	return n.GetToken()
}

// scalarText is a single value as it was written, unquoted.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

var durationType = reflect.TypeFor[time.Duration]()

func (d *decoder) scalar(node ast.Node, v reflect.Value, at place) {
	text, ok := scalarText(node)
	if !ok {
		d.add(at.problem("want a single value here"))
		return
	}
	var err error
	want := ""
	switch kind := v.Kind(); {
	case kind == reflect.Interface && v.NumMethod() == 0:
		v.Set(reflect.ValueOf(text))
	case kind == reflect.String:
		v.SetString(text)
	case kind == reflect.Bool:
		want = "true or false"
		if text != "true" && text != "false" {
			err = fmt.Errorf("not a boolean")
		}
		v.SetBool(text == "true")
	case v.Type() == durationType:
		want = "a duration such as 30s or 5m"
		var t time.Duration
		t, err = time.ParseDuration(text)
		v.SetInt(int64(t))
	case v.CanInt():
		want = "a whole number"
		var n int64
		n, err = strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
	case v.CanUint():
		want = "a whole number, not negative"
		var n uint64
		n, err = strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
	case v.CanFloat():
		want = "a number"
		var f float64
		f, err = strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(f)
	default:
		d.add(at.problem("cannot be read into %s", v.Type()))
	}
	if err != nil {
		d.add(at.problem("want %s", want))
	}
}
