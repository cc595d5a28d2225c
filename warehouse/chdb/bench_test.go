package chdb_test

import (
	"io"
	"testing"

	"mrrsync/warehouse/chdb"
)

func BenchmarkSmallQuery(b *testing.B) {
	_, conn := dial(b, chdb.Config{})
	for b.Loop() {
		var n uint8
		if err := conn.QueryRow(b.Context(), "SELECT 1").Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	db := openDB(b, chdb.Config{})
	for b.Loop() {
		if err := db.Query(b.Context(), "SELECT 1", "TSV", nil, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	_, conn := dial(b, chdb.Config{Path: b.TempDir()})
	do(b, conn, rowTable)
	const n = 100_000
	r := rows()[0]
	for b.Loop() {
		batch, err := conn.PrepareBatch(b.Context(), "INSERT INTO facts")
		if err != nil {
			b.Fatal(err)
		}
		for range n {
			if err := batch.Append(r.ID, r.Source, r.Amount, r.Rate, r.Day, r.At, r.Segments, r.Tags, r.Movement, r.Load, r.Minor, r.Payload); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkRead(b *testing.B) {
	_, conn := dial(b, chdb.Config{})
	const n = 1_000_000
	for b.Loop() {
		r, err := conn.Query(b.Context(), "SELECT number, toString(number) FROM numbers(1000000)")
		if err != nil {
			b.Fatal(err)
		}
		var x uint64
		var s string
		for r.Next() {
			if err := r.Scan(&x, &s); err != nil {
				b.Fatal(err)
			}
		}
		_ = r.Close()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		db, err := chdb.Open(b.Context(), chdb.Config{})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
