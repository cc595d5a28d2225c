package rawjson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mrrsync/connectors"
)

// Residue says what stays of an object when its customer is erased. What the
// functions do not name is gone: an unknown text may be about a person.
type Residue struct {
	// Rule is the one under which the object landed: members that it drops or
	// treats as a name or an e-mail address go, of an address the country stays.
	Rule Rule
	// Text is what stays of a text under a key: ids, codes, names of the
	// catalogue.
	Text func(key, text string) (stays string, ok bool)
	// Own says that a field of the account's owner stays: "metadata.tier",
	// "cf_tier".
	Own func(path string) bool
}

// Strip is an object of which only amounts, times and what the residue names are
// left: numbers, true, false and null stay, texts mostly go. Of what is no object
// but a text only the word erased is left. Stripping twice is stripping once. What told the person's names and addresses comes back, too, so
// that it can be sought elsewhere.
func Strip(raw []byte, r Residue, at Place) (stripped []byte, personal []string, err error) {
	s := stripper{Residue: r}
	stripped, stays, err := s.value("", slices.Clip(raw[skipSpace(raw, 0):]), at, 0)
	switch {
	case err != nil:
		return nil, nil, err
	case !stays:
		return []byte(erased), s.personal, nil
	}
	return stripped, s.personal, nil
}

// erased is what is left of a payload that is no object, and cannot be read as one.
const erased = `"erased"`

type stripper struct {
	Residue
	personal []string
}

// value is what stays of a value under a key.
func (s *stripper) value(key string, raw []byte, at Place, depth int) (out []byte, stays bool, err error) {
	switch {
	case len(raw) == 0:
		return nil, false, malformed(raw, 0, "a value")
	case depth > MaxDepth:
		return nil, false, malformed(raw, 0, "something less deep")
	case raw[0] == '{':
		out, err = s.object(raw, at, depth)
		return out, true, err
	case raw[0] == '[':
		out, err = s.array(key, raw, at, depth)
		return out, true, err
	case raw[0] == '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		if text, stays = s.Text(key, text); !stays {
			return nil, false, nil
		}
		out, err = json.Marshal(text)
		return out, true, err
	}
	end, err := skipScalar(raw, 0)
	if err != nil {
		return nil, false, err
	}
	return raw[:end], true, nil
}

func (s *stripper) array(key string, raw []byte, at Place, depth int) ([]byte, error) {
	all, err := Elements(raw)
	if err != nil {
		return nil, err
	}
	out := []byte{'['}
	for _, e := range all {
		v, stays, err := s.value(key, e, at, depth+1)
		if err != nil {
			return nil, err
		}
		if !stays {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	return append(out, ']'), nil
}

func (s *stripper) object(raw []byte, at Place, depth int) ([]byte, error) {
	out := []byte{'{'}
	var failed error
	err := Members(raw, func(quoted, value []byte, _ int) bool {
		key, err := unquoted(quoted)
		if err != nil {
			failed = err
			return false
		}
		v, stays, err := s.member(key, value, at, depth)
		if err != nil {
			failed = err
			return false
		}
		if stays {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(append(append(append(out, '"'), quoted...), '"', ':'), v...)
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return append(out, '}'), err
}

// unquoted is a key without its escapes.
func unquoted(key []byte) (string, error) {
	if !slices.Contains(key, '\\') {
		return string(key), nil
	}
	var text string
	if err := json.Unmarshal(slices.Concat([]byte{'"'}, key, []byte{'"'}), &text); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return text, nil
}

// member is what stays of a member's value.
func (s *stripper) member(key string, raw []byte, at Place, depth int) ([]byte, bool, error) {
	fate, inside := s.Rule([]byte(key), at)
	switch fate {
	case Keep, Free:
		return s.value(key, raw, inside, depth+1)
	case Address:
		if raw[0] != '{' {
			return []byte("null"), true, nil
		}
		country := Member(raw, "country")
		if country == nil || country[0] != '"' {
			country = []byte("null")
		}
		return slices.Concat([]byte(`{"country":`), country, []byte{'}'}), true, nil
	case Verbatim:
		return s.own(key, raw)
	case Email, Name:
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			s.personal = append(s.personal, text)
		}
	case Drop:
	}
	return nil, false, nil
}

// own is what stays of a field of the account's owner.
func (s *stripper) own(key string, raw []byte) ([]byte, bool, error) {
	if raw[0] != '{' {
		return raw, s.Own(key), nil
	}
	out := []byte{'{'}
	err := Members(raw, func(name, value []byte, _ int) bool {
		if plain, err := unquoted(name); err == nil && s.Own("metadata."+plain) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(append(append(append(out, '"'), name...), '"', ':'), value...)
		}
		return true
	})
	return append(out, '}'), true, err
}

// OneOf is a Text of a Residue: texts under some keys stay as they are.
func OneOf(keys ...string) func(key, text string) (string, bool) {
	known := make(map[string]bool, len(keys))
	for _, k := range keys {
		known[k] = true
	}
	return func(key, text string) (string, bool) { return text, known[key] }
}

// Erased is what the connectors of JSON providers answer as connectors.Eraser: an
// object that cannot be read as JSON stays unreadable, and says nothing.
func Erased(o connectors.Object, r Residue, at Place) (payload []byte, personal []string) {
	payload, personal, err := Strip(o.Payload, r, at)
	if err != nil {
		return []byte(erased), nil
	}
	return payload, personal
}

// Paths is an Own of a Residue: the fields that paths of segments name stay, with
// the word metadata before them or without.
func Paths(keep []string) func(path string) bool {
	known := map[string]bool{}
	for _, p := range keep {
		known[strings.TrimPrefix(p, "metadata.")] = true
	}
	return func(path string) bool {
		bare := strings.TrimPrefix(path, "metadata.")
		return known[bare] || known[strings.TrimPrefix(bare, "cf_")]
	}
}
