package warehouse

import (
	"context"
	"testing"
	"time"
)

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	w, err := Open(ctx, Options{DSN: "chdb://" + t.TempDir(), Database: "mrr", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for range 2 {
		t0 := time.Now()
		if err := w.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		t.Log(time.Since(t0))
	}
	t0 := time.Now()
	d, err := w.Drift(ctx)
	t.Log(d, err, time.Since(t0))
}
