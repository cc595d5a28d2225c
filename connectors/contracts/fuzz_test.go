package contracts

import (
	"context"
	"encoding/json"
	"testing"

	"mrrsync/connectors"
)

// FuzzPosition reads a file on from a cursor of any text: it is refused by name, or
// the file is read, whoever the cursor says was there before; and the cursor of the
// end brings nothing again.
func FuzzPosition(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "[]", "\x00", `{"sum":"x","version":9223372036854775807,"customers":["c","gone",""]}`, `{"version":-5}`, `{"customers":[1]}`, `{"sum":1e999}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		file := newFile(t, header+"\nc,s,i,p,USD,1,month,,,2026-01-01,,,\n")
		file.at = connectors.Cursor(cursor)
		if _, err := file.pull(); err != nil {
			if json.Valid([]byte(cursor)) && len(file.raw) > 0 {
				t.Errorf("%q: objects and an error: %v", cursor, err)
			}
			return
		}
		end := file.at
		for page, err := range file.open().Pull(context.Background(), Stream, end) {
			if err != nil || len(page.Objects) > 0 {
				t.Errorf("%q: read again from %q: %d objects, %v", cursor, end, len(page.Objects), err)
			}
		}
	})
}
