package rawjson

import "strings"

// Measure counts how often an object has a field (there), out of how often it
// could: once for each element of the arrays on the path to it. What lacks the
// field's parent does not count: that is a field of its own. A parent that is
// there but no object, such as an id where an object should have been expanded,
// counts as one without the field.
func Measure(object []byte, path string) (there, could int) {
	switch {
	case len(object) == 0 || string(object) == "null":
		return 0, 0
	case object[0] == '[':
		elements, err := Elements(object)
		if err != nil {
			return 0, 0
		}
		for _, e := range elements {
			a, b := Measure(e, path)
			there, could = there+a, could+b
		}
		return there, could
	case object[0] != '{':
		return 0, 1
	}
	key, rest, deeper := strings.Cut(path, ".")
	value := Member(object, key)
	switch {
	case deeper:
		return Measure(value, rest)
	case len(value) == 0 || string(value) == "null" || string(value) == `""`:
		return 0, 1
	}
	return 1, 1
}
