package contracts

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"mrrsync/internal/wants"
	"mrrsync/normalize"
)

// TestCases runs testdata/*.txtar: a contracts file as it is written, and what a
// person wants of it. A line "-- 2026-04-01 --" in a file begins the file that
// lies there from that day on; each is read on its day, the first one on
// 2026-03-01. All rows are of one account.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(archive.Files); i++ {
			file := archive.Files[i]
			name, isFile := strings.CutSuffix(file.Name, " file")
			if !isFile {
				t.Fatalf("section %q: want a file", file.Name)
			}
			t.Run(name, func(t *testing.T) {
				f := newFile(t, string(file.Data))
				f.mustPull()
				for i++; i < len(archive.Files) && archive.Files[i].Name != name+" want"; i++ {
					day, err := time.Parse(time.DateOnly, archive.Files[i].Name)
					if err != nil {
						t.Fatalf("section %q: want the day of another file, or %q", archive.Files[i].Name, name+" want")
					}
					f.now = day.Add(2 * time.Hour)
					f.write(string(archive.Files[i].Data))
					f.mustPull()
				}
				if i == len(archive.Files) {
					t.Fatal("the case has no wants")
				}
				for _, err := range wants.Check(f.derived(), string(archive.Files[i].Data)) {
					t.Error(err)
				}
			})
		}
	}
}

// derived is what follows from all that has landed, as one account.
func (f *file) derived() normalize.Result {
	f.t.Helper()
	policy, err := normalize.Preset("")
	if err != nil {
		f.t.Fatal(err)
	}
	account := normalize.Account{ID: "acme"}
	var r normalize.Result
	seen := map[string]bool{"": true}
	for _, o := range f.raw {
		if seen[o.CustomerID] {
			continue
		}
		seen[o.CustomerID] = true
		record, rejects := f.translate(o.CustomerID)
		account.Records = append(account.Records, record)
		r.Rejects = append(r.Rejects, rejects...)
	}
	rejects := r.Rejects
	r = normalize.Derive(account, normalize.Settings{Policy: policy, Zone: f.zone})
	r.Rejects = append(r.Rejects, rejects...)
	return r
}
