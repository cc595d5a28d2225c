package contracts

import (
	"encoding/json"
	"slices"
	"strings"

	"mrrsync/connectors"
)

// Erase implements connectors.Eraser: of the columns that are metadata only the
// country and those of keep stay. The file itself is its owner's to correct.
func (*connector) Erase(o connectors.Object, keep []string) (text []byte, personal []string) {
	var p payload
	if json.Unmarshal(o.Payload, &p) != nil {
		return []byte(`"erased"`), nil
	}
	for _, r := range p.Rows {
		for name, value := range r.Fields {
			if slices.Contains(columns, name) || slices.Contains(countryColumns, name) {
				continue
			}
			if slices.ContainsFunc(keep, func(path string) bool { return strings.TrimPrefix(path, "metadata.") == name }) {
				continue
			}
			if personalColumn(name) != neutral {
				personal = append(personal, value)
			}
			delete(r.Fields, name)
		}
	}
	if text, err := json.Marshal(p); err == nil {
		return text, personal
	}
	return []byte(`"erased"`), nil
}
