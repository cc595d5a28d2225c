package warehouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// partition is one partition of a table that is partitioned by a run or a load,
// alone or behind a month.
type partition struct {
	id    string
	month uint32 // YYYYMM; 0: not partitioned by month
	owner uint64 // the run or load
}

// partitions lists the partitions of a table that hold rows.
func (w *Warehouse) partitions(ctx context.Context, table string) ([]partition, error) {
	var all []partition
	err := w.each(ctx, "list partitions of "+table, `
		SELECT partition_id, any(partition) FROM system.parts
		WHERE database = {db:String} AND table = {table:String} AND active AND rows > 0
		GROUP BY partition_id ORDER BY partition_id`, func(scan func(...any) error) error {
		var p partition
		var text string
		if err := scan(&p.id, &text); err != nil {
			return err
		}
		if err := p.parse(text); err != nil {
			return err
		}
		all = append(all, p)
		return nil
	}, named("db", w.schema.StoreName()), named("table", table))
	return all, err
}

// parse reads a partition's value as system.parts shows it: 17 or (202601,17).
func (p *partition) parse(text string) error {
	month, owner, ok := strings.Cut(strings.Trim(text, "()"), ",")
	if !ok {
		month, owner = "0", month
	}
	m, err := strconv.ParseUint(strings.TrimSpace(month), 10, 32)
	if err != nil {
		return fmt.Errorf("read partition %q: %w", text, err)
	}
	p.month = uint32(m)
	if p.owner, err = strconv.ParseUint(strings.TrimSpace(owner), 10, 64); err != nil {
		return fmt.Errorf("read partition %q: %w", text, err)
	}
	return nil
}

// dropPartition drops a partition that no reader can name. Readers that have
// begun keep what they read.
func (w *Warehouse) dropPartition(ctx context.Context, table string, p partition) error {
	return w.exec(ctx, "drop partition of "+table, "ALTER TABLE "+w.table(table)+" DROP PARTITION ID "+literal(p.id))
}
