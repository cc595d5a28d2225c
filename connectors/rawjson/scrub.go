package rawjson

import (
	"bytes"
	"encoding/json"
	"regexp"

	"mrrsync/connectors"
)

// Fate is what becomes of a member before it lands.
type Fate uint8

// The fates. Kept and unknown members are copied, and what is inside them has a
// fate of its own; of an address only the country lands; e-mail addresses and
// names land as the privacy rules say, and so do addresses in the midst of a Free text;
// Verbatim is what belongs to the account's owner (metadata) and is left alone.
const (
	Keep Fate = iota
	Drop
	Address
	Email
	Name
	Free
	Verbatim
)

// Place is where a value stands, as far as a Rule needs to know: it alone gives
// the numbers a meaning.
type Place uint8

// A Rule says what becomes of a member of an object that stands at a place, and
// at which place the member's own value stands.
type Rule func(key []byte, at Place) (Fate, Place)

// scrubber copies JSON without the personal fields and without white space.
type scrubber struct {
	privacy connectors.Privacy
	rule    Rule
	in      []byte
	out     []byte
}

// MaxDepth is more levels than any provider nests; deeper JSON is malformed.
const MaxDepth = 64

// Scrub is an object as it may land.
func Scrub(raw []byte, privacy connectors.Privacy, rule Rule, at Place) ([]byte, error) {
	s := scrubber{privacy: privacy, rule: rule, in: raw, out: make([]byte, 0, len(raw))}
	end, err := s.value(skipSpace(raw, 0), 0, at)
	if err != nil {
		return nil, err
	}
	if rest := skipSpace(raw, end); rest != len(raw) {
		return nil, malformed(raw, rest, "the end")
	}
	return s.out, nil
}

// value copies the value at i and returns the index behind it.
func (s *scrubber) value(i, depth int, at Place) (int, error) {
	if i >= len(s.in) {
		return 0, malformed(s.in, i, "a value")
	}
	if depth > MaxDepth {
		return 0, malformed(s.in, i, "something less deep")
	}
	switch s.in[i] {
	case '{':
		return s.object(i, depth, at)
	case '[':
		return s.array(i, depth, at)
	case '"':
		end, err := skipString(s.in, i)
		if err == nil {
			s.out = append(s.out, s.in[i:end]...)
		}
		return end, err
	default:
		end, err := skipScalar(s.in, i)
		if err == nil {
			s.out = append(s.out, s.in[i:end]...)
		}
		return end, err
	}
}

func (s *scrubber) array(i, depth int, at Place) (int, error) {
	s.out = append(s.out, '[')
	i = skipSpace(s.in, i+1)
	if i < len(s.in) && s.in[i] == ']' {
		s.out = append(s.out, ']')
		return i + 1, nil
	}
	for {
		end, err := s.value(i, depth+1, at)
		if err != nil {
			return 0, err
		}
		i = skipSpace(s.in, end)
		if i >= len(s.in) || (s.in[i] != ',' && s.in[i] != ']') {
			return 0, malformed(s.in, i, "a comma")
		}
		s.out = append(s.out, s.in[i])
		if s.in[i] == ']' {
			return i + 1, nil
		}
		i = skipSpace(s.in, i+1)
	}
}

func (s *scrubber) object(i, depth int, at Place) (int, error) {
	s.out = append(s.out, '{')
	start := len(s.out)
	i = skipSpace(s.in, i+1)
	for {
		if i < len(s.in) && s.in[i] == '}' {
			s.out = append(s.out, '}')
			return i + 1, nil
		}
		if i >= len(s.in) || s.in[i] != '"' {
			return 0, malformed(s.in, i, "a key")
		}
		end, err := skipString(s.in, i)
		if err != nil {
			return 0, err
		}
		key := s.in[i:end]
		if i = skipSpace(s.in, end); i >= len(s.in) || s.in[i] != ':' {
			return 0, malformed(s.in, i, "a colon")
		}
		mark := len(s.out)
		if mark > start {
			s.out = append(s.out, ',')
		}
		s.out = append(append(s.out, key...), ':')
		i = skipSpace(s.in, i+1)
		end, keep, err := s.member(key[1:len(key)-1], i, depth, at)
		if err != nil {
			return 0, err
		}
		if !keep {
			s.out = s.out[:mark]
		}
		i = skipSpace(s.in, end)
		if i < len(s.in) && s.in[i] == ',' {
			i = skipSpace(s.in, i+1)
		} else if i >= len(s.in) || s.in[i] != '}' {
			return 0, malformed(s.in, i, "a comma")
		}
	}
}

// member copies one member's value as its fate wants it; keep is false when the
// member does not land.
func (s *scrubber) member(key []byte, i, depth int, at Place) (end int, keep bool, err error) {
	f, inside := s.rule(key, at)
	if f == Keep {
		end, err = s.value(i, depth+1, inside)
		return end, true, err
	}
	if f == Verbatim {
		end, err = s.verbatim(i, depth+1)
		return end, true, err
	}
	if end, err = skipValue(s.in, i); err != nil {
		return 0, false, err
	}
	raw := s.in[i:end]
	switch f {
	case Address:
		if raw[0] != '{' {
			s.out = append(s.out, "null"...)
			return end, true, nil
		}
		country := Member(raw, "country")
		if country == nil || country[0] != '"' {
			country = []byte("null")
		}
		s.out = append(append(append(s.out, `{"country":`...), country...), '}')
		return end, true, nil
	case Email, Name:
		return end, s.personal(f, raw), nil
	case Free:
		s.out = append(s.out, s.free(raw)...)
		return end, true, nil
	default:
		return end, false, nil
	}
}

// mail finds e-mail addresses in free text: rather too much than too little.
var mail = regexp.MustCompile(`[^\s<>()\[\]"',;:@]+@[^\s<>()\[\]"',;:@]+`)

// free is a free text with the e-mail addresses in it treated.
func (s *scrubber) free(raw []byte) []byte {
	var plain string
	if raw[0] != '"' || bytes.IndexByte(raw, '@') < 0 && !bytes.Contains(raw, []byte(`\u0040`)) || json.Unmarshal(raw, &plain) != nil {
		return raw
	}
	treated := mail.ReplaceAllStringFunc(plain, func(address string) string {
		landed, _ := s.privacy.Email(address)
		return landed
	})
	if treated == plain {
		return raw
	}
	quoted, _ := json.Marshal(treated) // a string: it cannot fail
	return quoted
}

// personal copies a name or an address under its treatment.
func (s *scrubber) personal(f Fate, raw []byte) bool {
	treat := s.privacy.Name
	if f == Email {
		treat = s.privacy.Email
	}
	if raw[0] != '"' {
		// null stays: it says that there is none.
		if _, keep := treat(""); keep && string(raw) == "null" {
			s.out = append(s.out, raw...)
			return true
		}
		return false
	}
	var plain string
	if json.Unmarshal(raw, &plain) != nil {
		return false
	}
	landed, keep := treat(plain)
	if !keep {
		return false
	}
	if landed == plain {
		s.out = append(s.out, raw...)
		return true
	}
	quoted, err := json.Marshal(landed)
	s.out = append(s.out, quoted...)
	return err == nil
}

// verbatim copies a value without white space and nothing else changed.
func (s *scrubber) verbatim(i, depth int) (int, error) {
	end, err := skipValue(s.in, i)
	if err != nil {
		return 0, err
	}
	if depth > MaxDepth {
		return 0, malformed(s.in, i, "something less deep")
	}
	for j := i; j < end; j++ {
		switch c := s.in[j]; c {
		case ' ', '\n', '\t', '\r':
		case '"':
			stop, err := skipString(s.in, j)
			if err != nil {
				return 0, err
			}
			s.out = append(s.out, s.in[j:stop]...)
			j = stop - 1
		default:
			s.out = append(s.out, c)
		}
	}
	return end, nil
}
