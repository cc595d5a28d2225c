package warehouse

import (
	"context"
	"fmt"
)

// recordDays is how long the details of a run are kept: until a year has passed
// and the same season can be compared.
const recordDays = 400

// detailTables are what runs write of themselves in detail, many rows each night
// whatever the size of the company. What a run said as a whole, in runs,
// run_sources and completeness, is evidence, and stays.
func detailTables() []string { return []string{"field_fill", "completeness_slices"} }

// trimRecords takes the details of old runs out, once there are so many that
// writing their table anew is worth it. The number of a run is when it began.
func (w *Warehouse) trimRecords(ctx context.Context) error {
	before := named("before", uint64(max(w.opt.Now().AddDate(0, 0, -recordDays).UnixMicro(), 0)))
	for _, table := range detailTables() {
		var n uint64
		if err := w.conn.QueryRow(ctx, "SELECT count() FROM "+w.table(table)+" WHERE run < {before:UInt64}", before).Scan(&n); err != nil {
			return fmt.Errorf("count old rows of %s: %w", table, err)
		}
		if n < idleRows {
			continue
		}
		err := w.exec(ctx, "trim "+table, "ALTER TABLE "+w.table(table)+" DELETE WHERE run < {before:UInt64} SETTINGS mutations_sync = 2", before)
		if err != nil {
			return err
		}
	}
	return nil
}
