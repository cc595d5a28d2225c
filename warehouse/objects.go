package warehouse

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/connectors"
	"mrrsync/warehouse/chdb"
)

// storedObject is a row of raw_objects.
type storedObject struct {
	connectors.Object
	run    uint64 // that landed it
	digest uint64
}

// objectColumns are what objects reads, in types that need no more than bytes.
const objectColumns = "customer_id, CAST(kind, 'String'), id, version, toUnixTimestamp64Micro(seen_at), toInt8(origin), toUInt8(deleted), run, digest, payload"

// objects streams the rows of a statement that selects objectColumns. All that is
// derived comes through here, gigabytes of a large company: from an engine in this
// process it is decoded into memory that is used again for each block.
func (w *Warehouse) objects(ctx context.Context, sql string, settings map[string]any, args []any) iter.Seq2[storedObject, error] {
	if w.engine != nil {
		return w.engineObjects(ctx, sql, settings, args)
	}
	return w.serverObjects(ctx, sql, settings, args)
}

// serverObjects is objects from a server.
func (w *Warehouse) serverObjects(ctx context.Context, sql string, settings map[string]any, args []any) iter.Seq2[storedObject, error] {
	return func(yield func(storedObject, error) bool) {
		rows, err := w.conn.Query(clickhouse.Context(ctx, clickhouse.WithSettings(settings)), sql, args...)
		if err != nil {
			yield(storedObject{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var o storedObject
			var seen int64
			var origin int8
			var deleted uint8
			if err := rows.Scan(&o.CustomerID, &o.Kind, &o.ID, &o.Version, &seen, &origin, &deleted, &o.run, &o.digest, &o.Payload); err != nil {
				yield(storedObject{}, err)
				return
			}
			o.SeenAt, o.Origin, o.Deleted = time.UnixMicro(seen).UTC(), connectors.Origin(origin), deleted != 0
			if !yield(o, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(storedObject{}, err)
		}
	}
}

// engineObjects is objects from the engine in this process.
func (w *Warehouse) engineObjects(ctx context.Context, sql string, settings map[string]any, args []any) iter.Seq2[storedObject, error] {
	return func(yield func(storedObject, error) bool) {
		st := chdb.Statement{SQL: sql, Database: "system", Settings: map[string]string{}}
		for _, all := range []map[string]any{w.schema.session(), settings} {
			for name, value := range all {
				st.Settings[name] = fmt.Sprint(value)
			}
		}
		var err error
		if st.Params, err = params(args); err != nil {
			yield(storedObject{}, err)
			return
		}
		var b objectBlock
		for rows, err := range w.engine.Blocks(ctx, st, b.columns()) {
			if err != nil {
				yield(storedObject{}, err)
				return
			}
			if !b.each(rows, yield) {
				return
			}
		}
	}
}

// objectBlock is a block of rows in the engine's own form, column by column.
type objectBlock struct {
	customer, kind, id chproto.ColStr
	version, seen      chproto.ColInt64
	origin             chproto.ColInt8
	deleted            chproto.ColUInt8
	run, digest        chproto.ColUInt64
	payload            chproto.ColStr
}

// columns are where objectColumns are decoded to.
func (b *objectBlock) columns() chproto.Results {
	return chproto.Results{
		{Data: &b.customer},
		{Data: &b.kind},
		{Data: &b.id},
		{Data: &b.version},
		{Data: &b.seen},
		{Data: &b.origin},
		{Data: &b.deleted},
		{Data: &b.run},
		{Data: &b.digest},
		{Data: &b.payload},
	}
}

// each yields the objects of a block and says whether to go on. They share one copy
// of each column: who is read together is forgotten together.
func (b *objectBlock) each(rows int, yield func(storedObject, error) bool) bool {
	customers, kinds, ids, payloads := string(b.customer.Buf), string(b.kind.Buf), string(b.id.Buf), slices.Clone(b.payload.Buf)
	part := func(all string, p chproto.Position) string { return all[p.Start:p.End] }
	for i := range rows {
		p := b.payload.Pos[i]
		o := storedObject{run: b.run[i], digest: b.digest[i], Object: connectors.Object{
			CustomerID: part(customers, b.customer.Pos[i]), Kind: part(kinds, b.kind.Pos[i]), ID: part(ids, b.id.Pos[i]),
			Version: b.version[i], SeenAt: time.UnixMicro(b.seen[i]).UTC(), Origin: connectors.Origin(b.origin[i]),
			Deleted: b.deleted[i] != 0, Payload: payloads[p.Start:p.End:p.End],
		}}
		if !yield(o, nil) {
			return false
		}
	}
	return true
}

// params are values of {name:Type} as the engine takes them.
func params(args []any) (map[string]string, error) {
	all := map[string]string{}
	for _, arg := range args {
		v, ok := arg.(driver.NamedValue)
		if !ok {
			return nil, fmt.Errorf("%v is no named value", arg)
		}
		switch value := v.Value.(type) {
		case string:
			all[v.Name] = chdb.EscapeParam(value)
		case uint64:
			all[v.Name] = fmt.Sprint(value)
		case []string:
			quoted := make([]string, len(value))
			for i, text := range value {
				quoted[i] = literal(text)
			}
			all[v.Name] = "[" + strings.Join(quoted, ",") + "]"
		default:
			return nil, fmt.Errorf("%s is a %T", v.Name, value)
		}
	}
	return all, nil
}
