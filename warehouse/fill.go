package warehouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
)

// Field is one field that the figures depend on, of the objects of a stream.
type Field struct {
	Stream     connectors.Stream
	Kind       string
	APIVersion string
	Path       string
}

// Fill is how often a run found a field where it could have been.
type Fill struct {
	Run uint64
	Field
	Objects, Filled int
}

// SaveFill records how often fields were there.
func (w *Warehouse) SaveFill(ctx context.Context, source string, all []Fill) error {
	if len(all) == 0 {
		return nil
	}
	columns := []string{"run", "source", "stream", "kind", "api_version", "field", "seq", "objects", "filled"}
	return w.insert(ctx, "field_fill", columns, func(b driver.Batch) error {
		for _, f := range all {
			if err := b.Append(f.Run, source, string(f.Stream), f.Kind, f.APIVersion, f.Path, w.next(), uint64(f.Objects), uint64(f.Filled)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Fills are how often fields were there in the newest runs that looked into
// objects of the source, the newest run first.
func (w *Warehouse) Fills(ctx context.Context, source string, runs int) ([]Fill, error) {
	var all []Fill
	err := w.each(ctx, "read fill rates", `
		SELECT run, stream, kind, api_version, field, argMax(objects, seq), argMax(filled, seq) FROM `+w.table("field_fill")+`
		WHERE source = {source:String} AND run IN (
			SELECT DISTINCT run FROM `+w.table("field_fill")+` WHERE source = {source:String} ORDER BY run DESC LIMIT {runs:UInt32}
		)
		GROUP BY run, stream, kind, api_version, field
		ORDER BY run DESC, stream, kind, api_version, field`, func(scan func(...any) error) error {
		var f Fill
		var stream string
		var objects, filled uint64
		if err := scan(&f.Run, &stream, &f.Kind, &f.APIVersion, &f.Path, &objects, &filled); err != nil {
			return err
		}
		f.Stream, f.Objects, f.Filled = connectors.Stream(stream), int(objects), int(filled)
		all = append(all, f)
		return nil
	}, named("source", source), named("runs", uint32(runs)))
	return all, err
}
