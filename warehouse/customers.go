package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"mrrsync/connectors"
)

// CustomerKey names a customer of a source.
type CustomerKey struct {
	Source     string
	CustomerID string
}

// CustomerObjects is everything stored of one customer: all versions of all its
// objects, ordered by kind, id and version.
type CustomerObjects struct {
	CustomerKey
	Objects []connectors.Object
}

// AtOnce is how many customers or accounts one statement asks for.
const AtOnce = 500

// Catalog is the newest version of every catalogue object of a source, as of
// the sealed run, ordered by kind and id.
func (w *Warehouse) Catalog(ctx context.Context, source string, sealed uint64) ([]connectors.Object, error) {
	var all []connectors.Object
	for o, err := range w.objects(ctx, `
		SELECT `+objectColumns+` FROM `+w.table("raw_objects")+`
		WHERE source = {source:String} AND customer_id = '' AND run <= {sealed:UInt64}
		ORDER BY kind, id, version DESC, run DESC LIMIT 1 BY kind, id`,
		nil, []any{named("source", source), named("sealed", sealed)}) {
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		all = append(all, o.Object)
	}
	return all, nil
}

// Customers streams the customers of a source as of the sealed run, ordered by
// id: those named in only, or all when it is nil. Memory is bounded by one
// customer. Customers of which nothing is stored are not there. A version that
// repeats the payload of the one before it is left out, so that the order in
// which versions landed leaves no trace.
func (w *Warehouse) Customers(ctx context.Context, source string, sealed uint64, only []string) iter.Seq2[CustomerObjects, error] {
	return w.CustomersBy(ctx, source, sealed, only, nil)
}

// CustomersBy is Customers with the objects of some kinds alone; of all of them
// where kinds is nil. Customers without any such object are not there.
func (w *Warehouse) CustomersBy(ctx context.Context, source string, sealed uint64, only, kinds []string) iter.Seq2[CustomerObjects, error] {
	where := "customer_id != ''"
	args := []any{named("source", source), named("sealed", sealed)}
	if kinds != nil {
		where += " AND kind IN {kinds:Array(String)}"
		args = append(args, named("kinds", kinds))
	}
	return func(yield func(CustomerObjects, error) bool) {
		if only == nil {
			w.customers(ctx, source, where, args, yield)
			return
		}
		ids := slices.Compact(slices.Sorted(slices.Values(only)))
		for part := range slices.Chunk(ids, AtOnce) {
			if !w.customers(ctx, source, where+" AND customer_id IN {ids:Array(String)}", append(slices.Clip(args), named("ids", part)), yield) {
				return
			}
		}
	}
}

// customers yields the customers that a condition picks and says whether to go
// on.
func (w *Warehouse) customers(ctx context.Context, source, where string, args []any, yield func(CustomerObjects, error) bool) bool {
	// Read in the order of the table, nothing is sorted; and in small blocks, since
	// a block of the usual 65,000 payloads alone would fill hundreds of megabytes.
	objects := w.objects(ctx, `
		SELECT `+objectColumns+` FROM `+w.table("raw_objects")+`
		WHERE source = {source:String} AND run <= {sealed:UInt64} AND `+where+`
		ORDER BY customer_id, kind, id, version, run`,
		map[string]any{"optimize_read_in_order": 1, "max_threads": 2, "max_block_size": 1024}, args)
	return group(objects, source, yield)
}

// group yields objects ordered by customer, one customer at a time.
func group(objects iter.Seq2[storedObject, error], source string, yield func(CustomerObjects, error) bool) bool {
	var c CustomerObjects
	var before uint64 // digest of the last object
	for o, err := range objects {
		if err != nil {
			yield(CustomerObjects{}, fmt.Errorf("read customers of %s: %w", source, err))
			return false
		}
		if o.CustomerID != c.CustomerID {
			if c.CustomerID != "" && !yield(c, nil) {
				return false
			}
			c = CustomerObjects{CustomerKey: CustomerKey{source, o.CustomerID}}
		}
		if n := len(c.Objects); n > 0 && before == o.digest && c.Objects[n-1].Kind == o.Kind && c.Objects[n-1].ID == o.ID {
			continue
		}
		before = o.digest
		c.Objects = append(c.Objects, o.Object)
	}
	return c.CustomerID == "" || yield(c, nil)
}

// CountObjects counts the versions that are stored of some customers of a source,
// without reading them.
func (w *Warehouse) CountObjects(ctx context.Context, source string, customers []string) (map[string]int, error) {
	all := map[string]int{}
	err := w.each(ctx, "count objects of customers", `
		SELECT customer_id, count() FROM `+w.table("raw_objects")+`
		WHERE source = {source:String} AND customer_id IN {ids:Array(String)} GROUP BY customer_id`, func(scan func(...any) error) error {
		var id string
		var n uint64
		err := scan(&id, &n)
		all[id] = int(n)
		return err
	}, named("source", source), named("ids", customers))
	return all, err
}

// Changed are the customers to derive again upon a base load, given the seals
// to derive from, ordered by source and id: those of whom something landed
// since the base's seal, those with a subscription that names a catalogue object
// that changed since, and, when any did, those with rejects, since a price that
// was missing may have come. Seals are the sealed runs by source.
func (w *Warehouse) Changed(ctx context.Context, base LoadInfo, seals map[string]uint64) ([]CustomerKey, error) {
	changed := map[CustomerKey]bool{}
	for source, sealed := range seals {
		since := base.Seals[source]
		if since >= sealed {
			continue
		}
		args := []any{
			named("source", source), named("since", since), named("sealed", sealed),
			named("base", base.ID),
		}
		take := func(scan func(...any) error) error {
			k := CustomerKey{Source: source}
			if err := scan(&k.CustomerID); err != nil {
				return err
			}
			changed[k] = true
			return nil
		}
		if err := w.each(ctx, "find changed customers of "+source, `
			SELECT DISTINCT customer_id FROM `+w.table("raw_objects")+`
			WHERE source = {source:String} AND customer_id != '' AND run > {since:UInt64} AND run <= {sealed:UInt64}`, take, args...); err != nil {
			return nil, err
		}
		catalog := `SELECT DISTINCT concat(kind, '/', id) AS ref FROM ` + w.table("raw_objects") + `
			WHERE source = {source:String} AND customer_id = '' AND kind != '` + connectors.KindWatch + `' AND run > {since:UInt64} AND run <= {sealed:UInt64}`
		part := func(table string) string {
			return `load_id = (SELECT part_load FROM ` + w.table("manifest") + ` WHERE load_id = {base:UInt64} AND table = '` + table + `')`
		}
		if err := w.each(ctx, "find customers of changed prices of "+source, `
			WITH (SELECT groupUniqArray(ref) FROM (`+catalog+`)) AS changed
			SELECT DISTINCT customer_id FROM `+w.table("subscriptions")+`
			WHERE notEmpty(changed) AND source = {source:String} AND `+part("subscriptions")+` AND hasAny(CAST(refs, 'Array(String)'), changed)
			UNION DISTINCT
			SELECT DISTINCT customer_id FROM `+w.table("rejects")+`
			WHERE notEmpty(changed) AND source = {source:String} AND `+part("rejects")+` AND customer_id != ''`, take, args...); err != nil {
			return nil, err
		}
	}
	all := make([]CustomerKey, 0, len(changed))
	for k := range changed {
		all = append(all, k)
	}
	slices.SortFunc(all, compareCustomers)
	return all, nil
}

// Accounts is the account of every customer in a published load whose account
// is not its own, source/customer_id.
func (w *Warehouse) Accounts(ctx context.Context, base LoadInfo) (map[CustomerKey]string, error) {
	all := map[CustomerKey]string{}
	err := w.each(ctx, "read accounts", `
		SELECT source, customer_id, account_id FROM `+w.table("customers")+`
		WHERE load_id = (SELECT part_load FROM `+w.table("manifest")+` WHERE load_id = {base:UInt64} AND table = 'customers')
			AND account_id != concat(source, '/', customer_id)`,
		func(scan func(...any) error) error {
			var k CustomerKey
			var account string
			if err := scan(&k.Source, &k.CustomerID, &account); err != nil {
				return err
			}
			all[k] = account
			return nil
		}, named("base", base.ID))
	return all, err
}

// Renamable are those of some customers of a source whose account may be another than
// in a published load: of whom the load has none, or something landed between its
// seal and sealed that is of some kinds, or of any where kinds is nil.
func (w *Warehouse) Renamable(ctx context.Context, base LoadInfo, source string, sealed uint64, customers, kinds []string) ([]string, error) {
	landed := ""
	args := []any{named("source", source), named("since", base.Seals[source]), named("sealed", sealed), named("base", base.ID)}
	if kinds != nil {
		landed = " AND kind IN {kinds:Array(String)}"
		args = append(args, named("kinds", kinds))
	}
	var all []string
	for part := range slices.Chunk(customers, lookup) {
		err := w.each(ctx, "find customers that may be renamed", `
			SELECT id FROM (SELECT arrayJoin({ids:Array(String)}) AS id)
			WHERE id NOT IN (
				SELECT customer_id FROM `+w.table("customers")+`
				WHERE load_id = (SELECT part_load FROM `+w.table("manifest")+` WHERE load_id = {base:UInt64} AND table = 'customers') AND source = {source:String}
			) OR id IN (
				SELECT customer_id FROM `+w.table("raw_objects")+`
				WHERE source = {source:String} AND customer_id IN {ids:Array(String)} AND run > {since:UInt64} AND run <= {sealed:UInt64}`+landed+`
			)`, func(scan func(...any) error) error {
			all = append(all, "")
			return scan(&all[len(all)-1])
		}, append(slices.Clip(args), named("ids", part))...)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func compareCustomers(a, b CustomerKey) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.CustomerID, b.CustomerID))
}
