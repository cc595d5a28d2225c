package warehouse

import (
	"embed"
	"errors"
	"regexp"
	"slices"
)

//go:embed grants/*.sql
var grantFiles embed.FS

// Grants are the statements that make two roles on a server: one that reads the
// views and one that is mrrsync. They need an administrator, so mrrsync prints
// them and never runs them. Views are read as their invoker (see Security): the
// reader has SELECT on the views and on exactly the tables of ReadTables. The
// embedded engine has no users.
func (s Schema) Grants() ([]Statement, error) {
	if s.Target == Embedded {
		return nil, errors.New("an embedded warehouse has no users of ClickHouse to grant to: who may read it is said under serve.users")
	}
	tables, err := s.ReadTables()
	if err != nil {
		return nil, err
	}
	return render(grantFiles, "grants", grants{s, tables})
}

// grants is the dot of the templates in grants/.
type grants struct {
	Schema
	ReadTables []string // quoted
}

// Reader is the name of the role that reads, and of its profile, quoted.
func (g grants) Reader() string { return quote(g.Database + "_reader") }

// Writer is the name of mrrsync's own role, quoted.
func (g grants) Writer() string { return quote(g.Database + "_writer") }

// Cloud says that a statement may be answered by any of several nodes.
func (g grants) Cloud() bool { return g.Target == Cloud }

// WriterDatabases are the databases in which mrrsync makes and drops tables.
func (g grants) WriterDatabases() []string {
	return []string{g.DB(), g.Store(), g.Database + scratch + "*"}
}

// ReadTables are the tables of the store that views read, quoted, in
// alphabetical order.
func (s Schema) ReadTables() ([]string, error) {
	views, err := s.Views()
	if err != nil {
		return nil, err
	}
	of := regexp.MustCompile(regexp.QuoteMeta(s.Store()) + "\\.`?([A-Za-z0-9_]+)")
	var all []string
	for _, v := range views {
		for _, found := range of.FindAllStringSubmatch(v.SQL, -1) {
			all = append(all, quote(found[1]))
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
