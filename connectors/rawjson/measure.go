package rawjson

import "strings"

// Fields are fields of an object, by their paths, that are looked for in one pass.
type Fields struct {
	paths int
	root  field
}

// field is a member on the way to fields.
type field struct {
	key   string
	path  int // which path ends here; -1: none
	below []field
}

// Filled is how often an object has a field (There), out of how often it could.
type Filled struct{ There, Could int }

// FieldsOf are the fields at paths, such as items.data.price.id, each named once.
func FieldsOf(paths []string) *Fields {
	f := &Fields{paths: len(paths)}
	for i, path := range paths {
		at := &f.root
		for key := range strings.SplitSeq(path, ".") {
			at = at.step(key)
		}
		at.path = i
	}
	return f
}

// step is the member of a key below the field, made if it is not there.
func (f *field) step(key string) *field {
	for i := range f.below {
		if f.below[i].key == key {
			return &f.below[i]
		}
	}
	f.below = append(f.below, field{key: key, path: -1})
	return &f.below[len(f.below)-1]
}

// Measure counts, for each path, how often an object has the field, out of how
// often it could: once for each element of the arrays on the path to it. What lacks the
// field's parent does not count: that is a field of its own. A parent that is
// there but no object, such as an id where an object should have been expanded,
// counts as one without the field.
func (f *Fields) Measure(object []byte) []Filled {
	all := make([]Filled, f.paths)
	f.root.measure(object, all)
	return all
}

func (f *field) measure(object []byte, all []Filled) {
	switch {
	case len(f.below) == 0 || len(object) == 0 || string(object) == "null":
		return
	case object[0] == '[':
		elements, err := Elements(object)
		if err != nil {
			return
		}
		for _, e := range elements {
			f.measure(e, all)
		}
		return
	case object[0] != '{':
		f.lack(all)
		return
	}
	values := make([][]byte, len(f.below))
	missing := len(values)
	_ = Members(object, func(key, value []byte, _ int) bool { // what can't be read is not there
		for i := range f.below {
			if values[i] == nil && string(key) == f.below[i].key {
				values[i] = value
				missing--
				break
			}
		}
		return missing > 0
	})
	for i, value := range values {
		b := &f.below[i]
		if b.path >= 0 {
			all[b.path].Could++
			if len(value) > 0 && string(value) != "null" && string(value) != `""` {
				all[b.path].There++
			}
		}
		b.measure(value, all)
	}
}

// lack counts all fields below as ones that could be there and are not.
func (f *field) lack(all []Filled) {
	for i := range f.below {
		if b := &f.below[i]; b.path >= 0 {
			all[b.path].Could++
		}
		f.below[i].lack(all)
	}
}
