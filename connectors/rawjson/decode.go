package rawjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"mrrsync/connectors"
)

// A Shape is a type that JSON objects are decoded into: it says where each
// member goes. Payloads are decoded by the million, and of most members nothing
// is kept, so that asking the type is several times as fast as reflection.
type Shape interface {
	// Place is where the value of a key goes; nil: nowhere. It is a pointer to a
	// string, bool, int, int64, Number, *Number, Stamp, []string or Raw; to a
	// Shape, an Expandable or a Reader; or what Maybe, List and Map make.
	Place(key []byte) any
}

// An Expandable is a Shape that may be sent as its bare id instead.
type Expandable interface {
	Shape
	Bare(id string)
}

// A Keeper is a Shape that keeps, or looks at, the object as it was sent, once it
// has been read. It shares the memory of what was decoded.
type Keeper interface {
	Shape
	Keep(raw []byte)
}

// A Reader reads its raw value itself, null too.
type Reader interface {
	Read(raw []byte) error
}

// Raw is a value left as it was sent. It shares the memory of what was decoded.
type Raw []byte

// target is what Maybe, List and Map make.
type target interface {
	read(s *scanner) error
}

// Decode reads one JSON object into a Shape. As encoding/json does, it leaves
// null where it finds it (a pointer or list becomes nil), lets the last of
// members of one name win, and refuses values of another type than the place's;
// it is stricter in that names are told apart by case.
func Decode(b []byte, into Shape) error {
	s := scanner{b: b, i: skipSpace(b, 0)}
	if err := s.value(into); err != nil {
		return err
	}
	if s.i = skipSpace(b, s.i); s.i != len(b) {
		return malformed(b, s.i, "the end")
	}
	return nil
}

// scanner stands at a value, and behind it once that is read.
type scanner struct {
	b []byte
	i int
}

// value reads the value into its place.
func (s *scanner) value(into any) error {
	if into == nil {
		end, err := skipValue(s.b, s.i)
		s.i = end
		return err
	}
	switch to := into.(type) {
	case *string:
		return s.text(to)
	case *bool:
		return s.bool(to)
	case **Number:
		return s.maybeNumber(to)
	case target:
		return to.read(s)
	case Expandable:
		return s.expandable(to)
	case Shape:
		return s.object(to)
	}
	raw, err := s.raw()
	if err != nil {
		return err
	}
	switch to := into.(type) {
	case *Number:
		return to.UnmarshalJSON(raw)
	case *Stamp:
		return to.UnmarshalJSON(raw)
	case *Raw:
		*to = raw
		return nil
	case *int:
		return integer(raw, to)
	case *int64:
		return integer(raw, to)
	case *[]string:
		return texts(raw, to)
	case Reader:
		return to.Read(raw)
	}
	return fmt.Errorf("nothing can be read into a %T", into)
}

// raw is the value as it stands.
func (s *scanner) raw() ([]byte, error) {
	end, err := skipValue(s.b, s.i)
	if err != nil {
		return nil, err
	}
	raw := s.b[s.i:end:end]
	s.i = end
	return raw, nil
}

// null reads a null, if there is one.
func (s *scanner) null() bool {
	if !bytes.HasPrefix(s.b[min(s.i, len(s.b)):], []byte("null")) {
		return false
	}
	s.i += len("null")
	return true
}

// at says whether the value begins with c.
func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

func (s *scanner) text(to *string) error {
	if s.null() {
		return nil
	}
	if !s.at('"') {
		return malformed(s.b, s.i, "a string")
	}
	raw, err := s.raw()
	if err != nil {
		return err
	}
	*to, err = text(raw[1 : len(raw)-1])
	return err
}

// text is what stands between a string's quotes. Escapes, and bytes that are no
// text, are rare and read the long way.
func text(inner []byte) (string, error) {
	ascii := true
	for _, c := range inner {
		if c < ' ' || c == '\\' {
			return unescape(inner)
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(inner) {
		return unescape(inner)
	}
	return string(inner), nil
}

func unescape(inner []byte) (s string, err error) {
	if err = json.Unmarshal(slices.Concat([]byte{'"'}, inner, []byte{'"'}), &s); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return s, nil
}

func (s *scanner) bool(to *bool) error {
	if s.null() {
		return nil
	}
	at := s.i
	raw, err := s.raw()
	switch {
	case err != nil:
		return err
	case string(raw) == "true":
		*to = true
	case string(raw) == "false":
		*to = false
	default:
		return malformed(s.b, at, "true or false")
	}
	return nil
}

func (s *scanner) maybeNumber(to **Number) error {
	if *to = nil; s.null() {
		return nil
	}
	raw, err := s.raw()
	if err != nil {
		return err
	}
	*to = new(Number)
	return (*to).UnmarshalJSON(raw)
}

func (s *scanner) expandable(to Expandable) error {
	if !s.at('"') {
		return s.object(to)
	}
	var id string
	err := s.text(&id)
	to.Bare(id)
	return err
}

func (s *scanner) object(to Shape) error {
	if s.null() {
		return nil
	}
	start := s.i
	err := s.members(func(key []byte) error { return s.value(to.Place(key)) })
	if k, ok := to.(Keeper); ok && err == nil {
		k.Keep(s.b[start:s.i:s.i])
	}
	return err
}

// members reads an object; each reads the value of a key.
func (s *scanner) members(each func(key []byte) error) error {
	if !s.at('{') {
		return malformed(s.b, s.i, "an object")
	}
	s.i = skipSpace(s.b, s.i+1)
	for first := true; !s.at('}'); first = false {
		if !first {
			if !s.at(',') {
				return malformed(s.b, s.i, "a comma")
			}
			s.i = skipSpace(s.b, s.i+1)
		}
		if !s.at('"') {
			return malformed(s.b, s.i, "a key")
		}
		raw, err := s.raw()
		if err != nil {
			return err
		}
		if s.i = skipSpace(s.b, s.i); !s.at(':') {
			return malformed(s.b, s.i, "a colon")
		}
		s.i = skipSpace(s.b, s.i+1)
		if err := each(raw[1 : len(raw)-1]); err != nil {
			return err
		}
		s.i = skipSpace(s.b, s.i)
	}
	s.i++
	return nil
}

// elements reads an array; each reads one value.
func (s *scanner) elements(each func() error) error {
	if !s.at('[') {
		return malformed(s.b, s.i, "an array")
	}
	s.i = skipSpace(s.b, s.i+1)
	for first := true; !s.at(']'); first = false {
		if !first {
			if !s.at(',') {
				return malformed(s.b, s.i, "a comma")
			}
			s.i = skipSpace(s.b, s.i+1)
		}
		if err := each(); err != nil {
			return err
		}
		s.i = skipSpace(s.b, s.i)
	}
	s.i++
	return nil
}

// Shaped is a pointer to T that is a Shape.
type Shaped[T any] interface {
	*T
	Shape
}

// DecodeObject reads an object's payload. The error names the object.
func DecodeObject[T any, P Shaped[T]](o connectors.Object) (*T, error) {
	v := new(T)
	if err := Decode(o.Payload, P(v)); err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Kind, o.ID, err)
	}
	return v, nil
}

// DecodeList reads an array of objects; null makes it nil.
func DecodeList[T any, P Shaped[T]](b []byte, to *[]T) error {
	s := scanner{b: b, i: skipSpace(b, 0)}
	return list[T, P]{to}.read(&s)
}

// Maybe is the place of an object that may be null, and is nil then.
func Maybe[T any, P Shaped[T]](to **T) any { return maybe[T, P]{to} }

type maybe[T any, P Shaped[T]] struct{ to **T }

func (m maybe[T, P]) read(s *scanner) error {
	if *m.to = nil; s.null() {
		return nil
	}
	*m.to = new(T)
	return s.value(P(*m.to))
}

// List is the place of an array of objects; nil when it is null.
func List[T any, P Shaped[T]](to *[]T) any { return list[T, P]{to} }

type list[T any, P Shaped[T]] struct{ to *[]T }

func (l list[T, P]) read(s *scanner) error {
	if *l.to = nil; s.null() {
		return nil
	}
	*l.to = []T{}
	return s.elements(func() error {
		*l.to = append(*l.to, *new(T))
		return s.value(P(&(*l.to)[len(*l.to)-1]))
	})
}

// Map is the place of an object of objects; nil when it is null.
func Map[T any, P Shaped[T]](to *map[string]T) any { return dict[T, P]{to} }

type dict[T any, P Shaped[T]] struct{ to *map[string]T }

func (d dict[T, P]) read(s *scanner) error {
	if *d.to = nil; s.null() {
		return nil
	}
	*d.to = map[string]T{}
	return s.members(func(key []byte) error {
		name, err := text(key)
		if err != nil {
			return err
		}
		var v T
		if err := s.value(P(&v)); err != nil {
			return err
		}
		(*d.to)[name] = v
		return nil
	})
}

// Object is an object's members as they were sent.
type Object map[string]Raw

// Read cuts the object; anything else is an error.
func (o *Object) Read(raw []byte) error {
	*o = Object{}
	s := scanner{b: raw, i: skipSpace(raw, 0)}
	return s.members(func(key []byte) error {
		name, err := text(key)
		if err != nil {
			return err
		}
		(*o)[name], err = s.raw()
		return err
	})
}

// Unquote is the content of a raw string.
func Unquote(raw []byte) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", malformed(raw, 0, "a string")
	}
	return text(raw[1 : len(raw)-1])
}

// Texts is an object whose values are strings, or null where there is none.
type Texts map[string]*string

// Read reads the object.
func (t *Texts) Read(raw []byte) error {
	if *t = nil; string(raw) == "null" {
		return nil
	}
	*t = Texts{}
	s := scanner{b: raw}
	return s.members(func(key []byte) error {
		name, err := text(key)
		if err != nil || s.null() {
			(*t)[name] = nil
			return err
		}
		value := new(string)
		(*t)[name] = value
		return s.text(value)
	})
}

func texts(raw []byte, to *[]string) error {
	if *to = nil; string(raw) == "null" {
		return nil
	}
	*to = []string{}
	s := scanner{b: raw}
	return s.elements(func() error {
		*to = append(*to, "")
		return s.text(&(*to)[len(*to)-1])
	})
}

func integer[T int | int64](raw []byte, to *T) error {
	if string(raw) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return fmt.Errorf("%.40s is not a whole number", raw)
	}
	*to = T(n)
	return nil
}
