package rawjson

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Answers are cut into objects without decoding them: a page of a hundred
// subscriptions is a quarter of a megabyte, of which only ids and the creation
// time matter while pulling. The scanner trusts that brackets and strings close
// (the transport saw to that) and reports everything else it does not expect.

// ErrMalformed is in every error of the scanner.
var ErrMalformed = errors.New("malformed JSON")

func malformed(b []byte, i int, want string) error {
	if i >= len(b) {
		return fmt.Errorf("%w: ends where %s should stand", ErrMalformed, want)
	}
	return fmt.Errorf("%w: %q where %s should stand", ErrMalformed, b[i:min(len(b), i+20)], want)
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString is the index behind the string that starts at b[i]. Most strings are
// short, so that looking at eight bytes at a time beats a call that looks at more.
func skipString(b []byte, i int) (int, error) {
	for j := i + 1; j < len(b); {
		if j+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[j:])
			found := zeros(w^'"'*ones) | zeros(w^'\\'*ones)
			if found == 0 {
				j += 8
				continue
			}
			j += bits.TrailingZeros64(found) / 8
		}
		switch b[j] {
		case '"':
			return j + 1, nil
		case '\\':
			j += 2
		default:
			j++
		}
	}
	return 0, malformed(b, len(b), `the end of a string`)
}

// ones is a one in each of eight bytes.
const ones = 0x0101010101010101

// zeros has the highest bit set of the first byte of w that is zero, and none
// where no byte is. Bytes behind the first say nothing.
func zeros(w uint64) uint64 { return (w - ones) & ^w & (0x80 * ones) }

// skipValue is the index behind the value that starts at b[i].
func skipValue(b []byte, i int) (int, error) {
	if i >= len(b) {
		return 0, malformed(b, i, "a value")
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for j := i; j < len(b); j++ {
			switch b[j] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return j + 1, nil
				}
			case '"':
				end, err := skipString(b, j)
				if err != nil {
					return 0, err
				}
				j = end - 1
			}
		}
		return 0, malformed(b, len(b), "a closing bracket")
	default:
		return skipScalar(b, i)
	}
}

// skipScalar is the index behind the number, true, false or null at b[i].
func skipScalar(b []byte, i int) (int, error) {
	j := i
	for j < len(b) && b[j] != ',' && b[j] != '}' && b[j] != ']' && b[j] > ' ' {
		j++
	}
	if !scalar(b[i:j]) {
		return 0, malformed(b, i, "a value")
	}
	return j, nil
}

func scalar(s []byte) bool {
	switch string(s) {
	case "":
		return false
	case "null", "true", "false":
		return true
	}
	if s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return false
		}
	}
	return true
}

// Members calls each with every key (without quotes), raw value and the value's
// place in b, until each says stop.
func Members(b []byte, each func(key, value []byte, at int) (more bool)) error {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return malformed(b, i, "an object")
	}
	for i = skipSpace(b, i+1); ; i = skipSpace(b, i+1) {
		if i < len(b) && b[i] == '}' {
			return nil
		}
		if i >= len(b) || b[i] != '"' {
			return malformed(b, i, "a key")
		}
		end, err := skipString(b, i)
		if err != nil {
			return err
		}
		key := b[i+1 : end-1]
		if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
			return malformed(b, i, "a colon")
		}
		i = skipSpace(b, i+1)
		if end, err = skipValue(b, i); err != nil {
			return err
		}
		if !each(key, b[i:end], i) {
			return nil
		}
		i = skipSpace(b, end)
		if i < len(b) && b[i] == '}' {
			return nil
		}
		if i >= len(b) || b[i] != ',' {
			return malformed(b, i, "a comma")
		}
	}
}

// Elements are the raw values of an array.
func Elements(b []byte) ([][]byte, error) {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '[' {
		return nil, malformed(b, i, "an array")
	}
	var all [][]byte
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return nil, nil
	}
	for {
		end, err := skipValue(b, i)
		if err != nil {
			return nil, err
		}
		all = append(all, b[i:end])
		i = skipSpace(b, end)
		if i < len(b) && b[i] == ']' {
			return all, nil
		}
		if i >= len(b) || b[i] != ',' {
			return nil, malformed(b, i, "a comma")
		}
		i = skipSpace(b, i+1)
	}
}

// Member is the raw value of one key; nil when there is none.
func Member(b []byte, key string) []byte {
	value, _ := Locate(b, key)
	return value
}

// Locate is Member with the value's place in b.
func Locate(b []byte, key string) (value []byte, at int) {
	err := Members(b, func(k, v []byte, i int) bool {
		if string(k) != key {
			return true
		}
		value, at = v, i
		return false
	})
	if err != nil {
		return nil, 0
	}
	return value, at
}

// Text is the content of a raw JSON string without escapes, such as an id; ""
// for everything else.
func Text(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' || bytes.IndexByte(raw, '\\') >= 0 {
		return ""
	}
	return string(raw[1 : len(raw)-1])
}

// Identity is a raw id, or the id of a raw expanded object.
func Identity(raw []byte) string {
	if len(raw) > 0 && raw[0] == '{' {
		return Text(Member(raw, "id"))
	}
	return Text(raw)
}

// Replace is obj with the value of key replaced, if it has that key.
func Replace(obj []byte, key string, value []byte) []byte {
	old, at := Locate(obj, key)
	if old == nil {
		return obj
	}
	return slices.Concat(obj[:at], value, obj[at+len(old):])
}
