package stripeapi

import (
	"bytes"

	"mrrsync/internal/simulator/wire"
)

// enc writes the objects of the API.
type enc struct{ wire.JSON }

// diff appends what Stripe calls previous attributes: the parts of a compact
// JSON object that differ from the newer one, with their old values. Hashes
// are compared key by key; everything else is given whole. A key that the
// older object lacks is null. changed is false when nothing differs.
func diff(b, older, newer []byte) (out []byte, changed bool) {
	if bytes.Equal(older, newer) {
		return append(b, '{', '}'), false
	}
	var roomWas, roomIs [64]field
	was, is := fields(roomWas[:0], older), fields(roomIs[:0], newer)
	b = append(b, '{')
	put := func(k []byte) {
		if changed {
			b = append(b, ',')
		}
		changed = true
		b = append(b, k...)
		b = append(b, ':')
	}
	for i, f := range was {
		now := lookup(is, f.key, i)
		if bytes.Equal(now, f.value) {
			continue
		}
		mark, before := len(b), changed
		put(f.key)
		if f.value[0] != '{' || len(now) == 0 || now[0] != '{' {
			b = append(b, f.value...)
			continue
		}
		var inner bool
		if b, inner = diff(b, f.value, now); !inner {
			b, changed = b[:mark], before
		}
	}
	for i, f := range is {
		if lookup(was, f.key, i) == nil {
			put(f.key)
			b = append(b, "null"...)
		}
	}
	return append(b, '}'), changed
}

// field is a key, with its quotes, and its value.
type field struct{ key, value []byte }

// lookup finds the value of a key, which mostly stands where it is expected.
func lookup(list []field, key []byte, at int) []byte {
	if at < len(list) && bytes.Equal(list[at].key, key) {
		return list[at].value
	}
	for i := range list {
		if bytes.Equal(list[i].key, key) {
			return list[i].value
		}
	}
	return nil
}

// fields takes a compact JSON object, as enc writes it, apart.
func fields(list []field, b []byte) []field {
	i := 1
	for i < len(b) && b[i] != '}' {
		if b[i] == ',' {
			i++
		}
		k := i
		i = wire.Skip(b, i)
		key := b[k:i]
		i++ // the colon
		v := i
		i = wire.Skip(b, i)
		list = append(list, field{key, b[v:i]})
	}
	return list
}
