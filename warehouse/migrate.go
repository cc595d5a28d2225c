package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Migrate makes the databases, runs the migrations that the store has not been
// through, adds up the loads that lack it, and applies the views. Doing it again
// changes nothing. It refuses a store that a newer mrrsync has migrated, or one
// whose migrations were other than ours.
func (w *Warehouse) Migrate(ctx context.Context) error {
	if err := w.room(); err != nil {
		return err
	}
	if err := w.oneShard(ctx); err != nil {
		return err
	}
	for _, s := range w.schema.Databases() {
		if err := w.exec(ctx, "create database", s.SQL); err != nil {
			return err
		}
	}
	tables, err := w.schema.Tables()
	if err != nil {
		return err
	}
	// The table of migrations is the first one, and made without record.
	if err := w.exec(ctx, "create table migrations", tables[0].SQL); err != nil {
		return err
	}
	done, err := w.migrations(ctx)
	if err != nil {
		return err
	}
	if err := age(done, len(tables)); errors.Is(err, ErrNewer) {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := w.migrateAll(ctx, tables, done); err != nil {
		return err
	}
	if err := w.sumUp(ctx); err != nil {
		return err
	}
	views, err := w.schema.Views()
	if err != nil {
		return err
	}
	return w.applyViews(ctx, views)
}

// migrateAll runs the migrations that a store has not been through. Each is
// recorded when it has run; those of a new store all at once, as a record of each
// would have to wait for the disk, and running one twice changes nothing.
func (w *Warehouse) migrateAll(ctx context.Context, all []Statement, done map[int]string) error {
	var ran []applied
	for _, s := range all {
		digits, name, _ := strings.Cut(s.Name, "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return fmt.Errorf("migration %s: its name does not begin with a number", s.Name)
		}
		sum := checksum(s.Name)
		if was, ok := done[number]; ok {
			if was != sum {
				return fmt.Errorf("migrate: migration %s is not the one this warehouse went through: use the mrrsync that made it, or a new warehouse.database", s.Name)
			}
			continue
		}
		if err := w.exec(ctx, "migrate "+s.Name, s.SQL); err != nil {
			return err
		}
		ran = append(ran, applied{uint32(number), name, sum, w.opt.Now().UTC()})
		if len(done) == 0 {
			continue
		}
		if err := w.remember(ctx, ran); err != nil {
			return err
		}
		ran = nil
	}
	if len(ran) == 0 {
		return nil
	}
	return w.remember(ctx, ran)
}

// applied is a migration that has run.
type applied struct {
	number         uint32
	name, checksum string
	at             time.Time
}

// remember writes down migrations that have run.
func (w *Warehouse) remember(ctx context.Context, all []applied) error {
	return w.insert(ctx, "migrations", []string{"number", "name", "checksum", "applied_at"}, func(b driver.Batch) error {
		for _, m := range all {
			if err := b.Append(m.number, m.name, m.checksum, m.at); err != nil {
				return err
			}
		}
		return nil
	})
}

// migrations are the checksums by number of those the store went through.
func (w *Warehouse) migrations(ctx context.Context) (map[int]string, error) {
	done := map[int]string{}
	err := w.each(ctx, "read migrations", "SELECT number, checksum FROM "+w.table("migrations"), func(scan func(...any) error) error {
		var number uint32
		var sum string
		if err := scan(&number, &sum); err != nil {
			return err
		}
		done[int(number)] = sum
		return nil
	})
	return done, err
}

// checksum is of a migration's text as shipped, before names are filled in.
func checksum(name string) string {
	text, _ := tableFiles.ReadFile("tables/" + name + ".sql")
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// resume sets the sequence numbers behind all that were given out. A run does so
// when it has the warehouse: until then somebody else may give out more.
func (w *Warehouse) resume(ctx context.Context) error {
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	numbered := map[string][]string{
		"runs": {"run", "seq"}, "run_sources": {"seq"}, "completeness": {"seq"}, "completeness_slices": {"seq"}, "sweeps": {"seq"}, "field_fill": {"seq"}, "cursors": {"seq"}, "seals": {"seq"},
		"manifest": {"load_id"}, "derived": {"load_id"}, "periods": {"load_id"}, "restatements": {"load_id"}, "closings": {"load_id"}, "erasures": {"seq"},
	}
	for _, t := range summaryTables {
		numbered[t.name] = []string{"load_id"}
	}
	var parts []string
	for table, columns := range numbered {
		for _, c := range columns {
			parts = append(parts, "SELECT max("+c+") AS n FROM "+w.table(table))
		}
	}
	var last uint64
	sql := "SELECT max(n) FROM (" + strings.Join(parts, " UNION ALL ") + ")"
	if err := w.conn.QueryRow(ctx, sql).Scan(&last); err != nil {
		return fmt.Errorf("read the last sequence number: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tick = max(w.tick, last)
	return nil
}
