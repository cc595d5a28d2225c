package warehouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// A warehouse may have been made by another mrrsync than the one that reads it.
var (
	// ErrOlder says that an older one made it, or one with other segments: there
	// are tables, views or columns that it lacks.
	ErrOlder = errors.New("the warehouse was made by an older mrrsync or other settings: run `mrrsync schema apply`, or `mrrsync sync`, to bring it up to date")
	// ErrNewer says that a newer one made it.
	ErrNewer = errors.New("the warehouse was made by a newer mrrsync: use that one, nothing can be taken back to an older schema")
)

// Fits says whether the tables are those that this mrrsync reads: nil, an ErrOlder
// or an ErrNewer. A warehouse that was never made is the engine's error.
func (w *Warehouse) Fits(ctx context.Context) error {
	tables, err := w.schema.Tables()
	if err != nil {
		return err
	}
	done, err := w.migrations(ctx)
	if err != nil {
		return err
	}
	return age(done, len(tables))
}

// age compares the migrations that a store went through, of which there may be
// none, with the number of those that there are.
func age(done map[int]string, tables int) error {
	if len(done) == 0 {
		return nil
	}
	switch last := slices.Max(slices.Collect(maps.Keys(done))); {
	case last >= tables:
		return fmt.Errorf("%w (it is at migration %d, this one knows %d)", ErrNewer, last, tables-1)
	case len(done) < tables:
		return fmt.Errorf("%w (it is at migration %d of %d)", ErrOlder, last, tables-1)
	}
	return nil
}

// columnPattern finds the columns that a view's statement declares.
var columnPattern = regexp.MustCompile(`(?m)^    ([a-z0-9_]+) .*COMMENT '`)

// Misread is why a statement of ours failed: an ErrOlder where it named something
// that the views do not have yet, else the cause itself. Views change without
// migrations, so that Fits can't tell.
func (w *Warehouse) Misread(ctx context.Context, cause error) error {
	const noSuchColumn, unknownIdentifier, unknownTable = 16, 47, 60
	var e *clickhouse.Exception
	if !errors.As(cause, &e) || e.Code != noSuchColumn && e.Code != unknownIdentifier && e.Code != unknownTable {
		return cause
	}
	views, err := w.schema.Views()
	if err != nil {
		return errors.Join(cause, err)
	}
	have := map[string]map[string]bool{}
	err = w.each(ctx, "read system.columns", "SELECT table, name FROM system.columns WHERE database = {db:String}", func(scan func(...any) error) error {
		var view, column string
		err := scan(&view, &column)
		if have[view] == nil {
			have[view] = map[string]bool{}
		}
		have[view][column] = true
		return err
	}, named("db", w.schema.Database))
	if err != nil {
		return errors.Join(cause, err)
	}
	if len(have) == 0 {
		return cause // it was never made
	}
	for _, v := range views {
		name := viewName(v)
		for _, column := range columnPattern.FindAllStringSubmatch(v.SQL, -1) {
			if !have[name][column[1]] {
				return fmt.Errorf("%w (the view %s lacks %s)", ErrOlder, name, column[1])
			}
		}
	}
	return cause
}

// viewName is the name of the view that a statement makes: the file's, behind
// its number.
func viewName(s Statement) string { return s.Name[len("00_"):] }
