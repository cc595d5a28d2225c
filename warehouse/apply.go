package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// applyViews makes the views what this mrrsync says they are. Where they are that
// already, in an embedded warehouse, it writes nothing: the engine writes a view's
// file anew even when nothing in it changes, and a disk that is full in that moment
// leaves half a file behind, with which the engine does not start again.
func (w *Warehouse) applyViews(ctx context.Context, views []Statement) error {
	mark, err := w.viewsMark(ctx, views)
	if err != nil {
		return err
	}
	if is, err := os.ReadFile(w.markFile()); w.dsn.folder != "" && err == nil && string(is) == mark {
		return nil
	}
	for _, s := range views {
		if err := w.exec(ctx, "apply view "+s.Name, s.SQL); err != nil {
			return err
		}
	}
	if w.dsn.folder == "" {
		return nil
	}
	if mark, err = w.viewsMark(ctx, views); err != nil {
		return err
	}
	next := w.markFile() + ".new"
	if err := os.WriteFile(next, []byte(mark), 0o600); err != nil {
		return fmt.Errorf("note which views are applied: %w", err)
	}
	if err := os.Rename(next, w.markFile()); err != nil {
		return fmt.Errorf("note which views are applied: %w", err)
	}
	return nil
}

// markFile is where an embedded warehouse notes which views were applied.
func (w *Warehouse) markFile() string {
	return filepath.Join(w.dsn.folder, "views."+w.schema.Database+".sum")
}

// viewsMark tells what the views should be and what they are, in one line: who
// has made one anew by hand changes it, as that gives it another UUID. To compare
// their texts would take the engine longer than all else it does before a run.
func (w *Warehouse) viewsMark(ctx context.Context, views []Statement) (string, error) {
	if w.dsn.folder == "" {
		return "", nil
	}
	h := sha256.New()
	for _, s := range views {
		_, _ = h.Write([]byte(s.Name + "\x00" + s.SQL + "\x00")) // a hash takes everything
	}
	var shown []string
	err := w.each(ctx, "read views", `
		SELECT hex(sum(sipHash64(name, uuid))), toString(count()) FROM system.tables WHERE database = {db:String} AND engine = 'View'`,
		func(scan func(...any) error) error {
			shown = make([]string, 2)
			return scan(&shown[0], &shown[1])
		}, named("db", w.schema.Database))
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)) + " " + strings.Join(shown, " ") + "\n", nil
}
