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
	bytes uint64 // on the disk
}

// partitions lists the partitions of the store that hold rows, by table.
func (w *Warehouse) partitions(ctx context.Context) (map[string][]partition, error) {
	all := map[string][]partition{}
	err := w.each(ctx, "list partitions", `
		SELECT table, partition_id, any(partition), sum(bytes_on_disk) FROM system.parts
		WHERE database = {db:String} AND active AND rows > 0 AND partition_id != 'all'
		GROUP BY table, partition_id ORDER BY table, partition_id`, func(scan func(...any) error) error {
		var p partition
		var table, text string
		if err := scan(&table, &p.id, &text, &p.bytes); err != nil {
			return err
		}
		if err := p.parse(text); err != nil {
			return err
		}
		all[table] = append(all[table], p)
		return nil
	}, named("db", w.schema.StoreName()))
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

// dropPartitions drops partitions that no reader can name. Readers that have
// begun keep what they read.
func (w *Warehouse) dropPartitions(ctx context.Context, table string, all []partition) error {
	if len(all) == 0 {
		return nil
	}
	drops := make([]string, len(all))
	for i, p := range all {
		drops[i] = "DROP PARTITION ID " + literal(p.id)
	}
	return w.exec(ctx, "drop partitions of "+table, "ALTER TABLE "+w.table(table)+" "+strings.Join(drops, ", "))
}
