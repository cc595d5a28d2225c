package chdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	chproto "github.com/ClickHouse/ch-go/proto"
)

// Blocks runs a SELECT and decodes what comes into columns, one block after the other: each step yields how many rows they hold. The columns are
// used again for the next block, so that nothing is allocated once they have grown to the size of the largest one; what is to be kept has to be
// copied. clickhouse-go makes columns anew for each block, and lets each of them grow from nothing: for long strings that is five times their size.
//
// Breaking off ends the statement at its next block. st.Format is not looked at.
func (db *DB) Blocks(ctx context.Context, st Statement, columns chproto.Results) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		pr, pw := io.Pipe()
		// A writer that nobody reads from must not keep Run from returning.
		stop := context.AfterFunc(ctx, func() { _ = pw.CloseWithError(ctx.Err()) })
		done := make(chan struct{})
		go func() {
			defer close(done)
			st.Format = "Native"
			_, err := db.Run(ctx, st, pw)
			_ = pw.CloseWithError(err)
		}()
		defer func() {
			cancel()
			<-done
			stop()
		}()
		in := chproto.NewReader(pr)
		for {
			var b chproto.Block
			err := b.DecodeRawBlock(in, 0, columns) // revision 0 is what the engine emits
			switch {
			case err == nil && b.Rows == 0: // a header
			case err == nil:
				if !yield(b.Rows, nil) {
					return
				}
			case b.Columns == 0 && errors.Is(err, io.EOF):
				return
			default:
				yield(0, fmt.Errorf("read result: %w", err))
				return
			}
		}
	}
}
