package wire

import (
	"strconv"
	"unicode/utf8"
)

// JSON writes compact JSON by appending to B; it places the commas.
type JSON struct{ B []byte }

// Sep writes the comma that a value to come needs.
func (e *JSON) Sep() {
	if n := len(e.B); n > 0 {
		if c := e.B[n-1]; c != '{' && c != '[' && c != ':' {
			e.B = append(e.B, ',')
		}
	}
}

// Key writes a key; its value is to follow.
func (e *JSON) Key(k string) {
	e.Sep()
	e.B = append(e.B, '"')
	e.B = append(e.B, k...)
	e.B = append(e.B, '"', ':')
}

// Open begins an object, or the element of an array that is one.
func (e *JSON) Open() {
	e.Sep()
	e.B = append(e.B, '{')
}

// Obj begins an object under a key.
func (e *JSON) Obj(k string) { e.Key(k); e.B = append(e.B, '{') }

// Arr begins an array under a key.
func (e *JSON) Arr(k string) { e.Key(k); e.B = append(e.B, '[') }

// End ends an object.
func (e *JSON) End() { e.B = append(e.B, '}') }

// EndArr ends an array.
func (e *JSON) EndArr() { e.B = append(e.B, ']') }

// Null writes null under a key.
func (e *JSON) Null(k string) { e.Key(k); e.B = append(e.B, "null"...) }

// Nulls writes many nulls.
func (e *JSON) Nulls(keys ...string) {
	for _, k := range keys {
		e.Null(k)
	}
}

// Str writes a string under a key.
func (e *JSON) Str(k, v string) { e.Key(k); e.B = Quote(e.B, v) }

// Opt writes a string, null for the empty one.
func (e *JSON) Opt(k, v string) {
	if v == "" {
		e.Null(k)
		return
	}
	e.Str(k, v)
}

// Num writes a number under a key.
func (e *JSON) Num(k string, v int64) { e.Key(k); e.B = strconv.AppendInt(e.B, v, 10) }

// When writes a moment, null for none.
func (e *JSON) When(k string, v int64) {
	if v == 0 {
		e.Null(k)
		return
	}
	e.Num(k, v)
}

// Bool writes a truth value under a key.
func (e *JSON) Bool(k string, v bool) { e.Key(k); e.B = strconv.AppendBool(e.B, v) }

// Raw writes JSON under a key.
func (e *JSON) Raw(k string, v []byte) { e.Key(k); e.B = append(e.B, v...) }

// Item writes a string as an element of an array.
func (e *JSON) Item(v string) {
	e.Sep()
	e.B = Quote(e.B, v)
}

const hexDigits = "0123456789abcdef"

// Quote appends a JSON string. What is not UTF-8 becomes the replacement
// character.
func Quote(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
			i++
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			i++
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
		}
	}
	return append(b, '"')
}

// Skip is the index after the value that begins at i of compact JSON.
func Skip(b []byte, i int) int {
	switch b[i] {
	case '"':
		for i++; b[i] != '"'; i++ {
			if b[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '{', '[':
		depth := 0
		for {
			switch b[i] {
			case '"':
				i = Skip(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
		i++
	}
	return i
}
