package chdb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	chproto "github.com/ClickHouse/ch-go/proto"

	"mrrsync/warehouse/chdb"
)

// numbers are the columns of a SELECT number, repeat(toString(number), 100).
type numbers struct {
	n    chproto.ColUInt64
	text chproto.ColStr
}

func (c *numbers) columns() chproto.Results {
	return chproto.Results{{Name: "n", Data: &c.n}, {Name: "text", Data: &c.text}}
}

func numbersSQL(rows int) chdb.Statement {
	return chdb.Statement{
		SQL:      fmt.Sprintf("SELECT number AS n, repeat(toString(number), 100) AS text FROM numbers(%d)", rows),
		Settings: map[string]string{"max_block_size": "10"},
	}
}

func TestBlocks(t *testing.T) {
	db := openDB(t, chdb.Config{})
	t.Run("all rows in order", func(t *testing.T) {
		var c numbers
		seen, blocks := 0, 0
		for rows, err := range db.Blocks(t.Context(), numbersSQL(95), c.columns()) {
			if err != nil {
				t.Fatal(err)
			}
			if rows != len(c.n) || rows != c.text.Rows() {
				t.Fatalf("%d rows are told, the columns hold %d and %d", rows, len(c.n), c.text.Rows())
			}
			for i := range rows {
				if want := strings.Repeat(fmt.Sprint(seen), 100); c.n[i] != uint64(seen) || c.text.Row(i) != want {
					t.Fatalf("row %d is %d %q", seen, c.n[i], c.text.Row(i))
				}
				seen++
			}
			blocks++
		}
		if seen != 95 || blocks < 2 {
			t.Errorf("%d rows in %d blocks, want 95 in several", seen, blocks)
		}
	})
	t.Run("memory is used again", func(t *testing.T) {
		var c numbers
		var last []byte
		for rows, err := range db.Blocks(t.Context(), chdb.Statement{
			SQL:      "SELECT number AS n, repeat('x', 1000) AS text FROM numbers(100)",
			Settings: map[string]string{"max_block_size": "10"},
		}, c.columns()) {
			if err != nil || rows == 0 {
				t.Fatal(rows, err)
			}
			if last != nil && &last[0] != &c.text.Buf[0] {
				t.Fatal("a block of the same size was decoded into other memory")
			}
			last = c.text.Buf
		}
	})
	t.Run("nothing", func(t *testing.T) {
		var c numbers
		for rows, err := range db.Blocks(t.Context(), numbersSQL(0), c.columns()) {
			t.Fatal(rows, err)
		}
	})
	t.Run("an error of the engine, before and in the middle of the result", func(t *testing.T) {
		for _, sql := range []string{
			"SELECT n, text FROM missing",
			"SELECT number AS n, toString(throwIf(number = 75)) AS text FROM numbers(100)",
		} {
			var c numbers
			var got error
			for _, err := range db.Blocks(t.Context(), chdb.Statement{SQL: sql, Settings: map[string]string{"max_block_size": "10"}}, c.columns()) {
				got = err
			}
			if e := new(chdb.Error); !errors.As(got, &e) {
				t.Errorf("%s: %v, want an error of the engine", sql, got)
			}
		}
	})
	t.Run("other columns than there are", func(t *testing.T) {
		var c numbers
		var got error
		for _, err := range db.Blocks(t.Context(), chdb.Statement{SQL: "SELECT 'a' AS n, 'b' AS text"}, c.columns()) {
			got = err
		}
		if got == nil || !strings.Contains(got.Error(), "unexpected type") {
			t.Errorf("%v, want an unexpected type", got)
		}
	})
	t.Run("broken off", func(t *testing.T) {
		var c numbers
		for range 20 { // more often than there are connections
			for range db.Blocks(t.Context(), numbersSQL(100_000), c.columns()) {
				break
			}
		}
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var c numbers
		var last error
		for _, err := range db.Blocks(ctx, numbersSQL(1_000_000), c.columns()) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("%v, want %v at last", last, context.Canceled)
		}
	})
}
