package warehouse

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

//go:embed tables/*.sql
var tableFiles embed.FS

//go:embed views/*.sql
var viewFiles embed.FS

// Schema is what the DDL is made for: every table and view of the warehouse
// follows from it. It is also the dot of the templates in tables/ and views/.
type Schema struct {
	Target   Target
	Database string   // of the views
	Cluster  string   // its name; Target Cluster only
	Segments []string // configured segments, in the order of their columns
	Volatile bool     // as in Options; Target Embedded only
	// Bands replace published references of the view benchmarks_monthly, by name.
	Bands map[string]Band
}

// Statement is one statement of DDL. Name is the file it came from, without
// its extension: "0003_raw_objects".
type Statement struct {
	Name string
	SQL  string
}

// DB is the database of the views, quoted.
func (s Schema) DB() string { return quote(s.Database) }

// Store is the database of the tables, quoted.
func (s Schema) Store() string { return quote(s.StoreName()) }

// StoreName is the database of the tables, as it is.
func (s Schema) StoreName() string { return s.Database + "_store" }

// Part is the condition that picks a table's rows in the newest published load,
// for tables kept whole per load (all but daily and invoice_lines).
func (s Schema) Part(table string) string {
	m := s.Store() + ".manifest"
	return fmt.Sprintf("load_id = (SELECT part_load FROM %s WHERE table = %s AND load_id = (SELECT max(load_id) FROM %s))",
		m, literal(table), m)
}

// Parts is the same for the tables kept by month: column is the Date that
// partitions the table. The engine prunes to exactly the partitions named.
func (s Schema) Parts(table, column string) string {
	m := s.Store() + ".manifest"
	return fmt.Sprintf("(toYYYYMM(%s), load_id) IN (SELECT bucket, part_load FROM %s WHERE table = %s AND load_id = (SELECT max(load_id) FROM %s))",
		quote(column), m, literal(table), m)
}

// Header is a subquery in brackets: the header row of the newest published
// load, or no row.
func (s Schema) Header() string {
	m := s.Store() + ".manifest"
	return fmt.Sprintf("(SELECT * FROM %s WHERE table = '' AND load_id = (SELECT max(load_id) FROM %s))", m, m)
}

// Through is the last day of the newest published load. FinalThrough and
// ReportingCurrency come from the same scalar subquery, which the engine evaluates
// once however often a statement asks.
func (s Schema) Through() string { return s.headline(1) }

// FinalThrough is its final_through: see Through.
func (s Schema) FinalThrough() string { return s.headline(2) }

// ReportingCurrency is its reporting_currency: see Through.
func (s Schema) ReportingCurrency() string { return s.headline(3) }

func (s Schema) headline(n int) string {
	return fmt.Sprintf("tupleElement((SELECT (max(through), max(final_through), max(reporting_currency)) FROM %s), %d)", s.Header(), n)
}

// Databases are the statements that make the two databases.
func (s Schema) Databases() []Statement {
	var all []Statement
	for _, db := range []string{s.Store(), s.DB()} {
		all = append(all, Statement{"database", "CREATE DATABASE IF NOT EXISTS " + db + s.OnCluster()})
	}
	return all
}

// Tables are the statements that make the store, in the order of their
// numbers.
func (s Schema) Tables() ([]Statement, error) { return render(tableFiles, "tables", s) }

// Views are the statements that make the views, in an order in which each finds
// those it reads.
func (s Schema) Views() ([]Statement, error) { return render(viewFiles, "views", s) }

// DDL is everything, in the order in which to run it.
func (s Schema) DDL() ([]Statement, error) {
	tables, err := s.Tables()
	if err != nil {
		return nil, err
	}
	views, err := s.Views()
	if err != nil {
		return nil, err
	}
	return slices.Concat(s.Databases(), tables, views), nil
}

// render fills the templates of a folder with dot, in the order of their names.
func render(files fs.FS, folder string, dot any) ([]Statement, error) {
	names, err := fs.Glob(files, folder+"/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	var all []Statement
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		short := strings.TrimSuffix(strings.TrimPrefix(name, folder+"/"), ".sql")
		t, err := template.New(short).Option("missingkey=error").
			Funcs(template.FuncMap{"quote": quote, "literal": literal}).Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		var b strings.Builder
		if err := t.Execute(&b, dot); err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		all = append(all, Statement{short, strings.TrimSpace(b.String())})
	}
	return all, nil
}

// names that may become identifiers: everything else is refused before any SQL
// is made of it.
var (
	databasePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	segmentPattern  = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
)

// Validate refuses names that could not be used in every place they appear in.
func (s Schema) Validate() error {
	if !databasePattern.MatchString(s.Database) {
		return fmt.Errorf("warehouse.database %q: want letters, digits and underscores, not beginning with a digit", s.Database)
	}
	for _, name := range s.Segments {
		if !segmentPattern.MatchString(name) {
			return fmt.Errorf("segment %q: want lower-case letters, digits and underscores", name)
		}
	}
	return s.validBands()
}

// quote makes an identifier of any name.
func quote(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// literal makes a string literal of any text, for DDL and within the arrays that the
// engine in this process takes as parameters: statements take theirs as {name:Type}.
func literal(text string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(text) + "'"
}
