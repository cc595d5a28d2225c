package warehouse

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// retryable says which codes of a server pass by themselves. true: the server
// refused before it began, so that any statement may be sent again. false: the
// statement may have been done, in full or in part, so that only one that can be
// done twice may.
var retryable = map[int32]bool{
	202: true,  // TOO_MANY_SIMULTANEOUS_QUERIES
	439: true,  // CANNOT_SCHEDULE_TASK: no thread is free
	242: true,  // TABLE_IS_READ_ONLY: the replica has lost Keeper for now
	285: true,  // TOO_FEW_LIVE_REPLICAS: no quorum before the insert
	286: true,  // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
	225: true,  // NO_ZOOKEEPER
	159: false, // TIMEOUT_EXCEEDED, as of DDL on a cluster
	209: false, // SOCKET_TIMEOUT
	210: false, // NETWORK_ERROR
	241: false, // MEMORY_LIMIT_EXCEEDED: of the server, others' queries end
	279: false, // ALL_CONNECTION_TRIES_FAILED
	319: false, // UNKNOWN_STATUS_OF_INSERT
	999: false, // KEEPER_EXCEPTION
}

// again says whether a statement that failed may be sent again. twice: done
// twice it is as done once.
func again(err error, twice bool) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var ex *clickhouse.Exception
	if errors.As(err, &ex) {
		refused, known := retryable[ex.Code]
		return known && (refused || twice)
	}
	if errors.Is(err, clickhouse.ErrAcquireConnTimeout) || errors.Is(err, syscall.ECONNREFUSED) {
		return true // nothing was sent
	}
	var network net.Error
	lost := errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	return lost && twice
}

// retrying is a connection to a server that sends again what may be sent again.
// The driver never does. Reads, and our DDL (IF NOT EXISTS, OR REPLACE, DROP
// PARTITION), come to the same when done twice. So does a batch, which
// carries a token by which the server knows it again. An INSERT SELECT does not:
// it is sent again only where the server refused it.
type retrying struct {
	driver.Conn
	log    *slog.Logger
	pauses []time.Duration // before the second try, the third...
}

func newRetrying(conn driver.Conn, log *slog.Logger) *retrying {
	return &retrying{conn, log, []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second, 10 * time.Second}}
}

// do tries until it works, or can't be tried again, or ctx ends.
func (c *retrying) do(ctx context.Context, twice bool, try func() error) error {
	for n := 0; ; n++ {
		err := try()
		if n == len(c.pauses) || !again(err, twice) {
			return err
		}
		c.log.Warn("the warehouse did not answer: trying again", "try", n+2, "in", c.pauses[n].String(), "err", err)
		timer := time.NewTimer(c.pauses[n])
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, ctx.Err())
		case <-timer.C:
		}
	}
}

func (c *retrying) Exec(ctx context.Context, sql string, args ...any) error {
	verb, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	return c.do(ctx, !strings.EqualFold(verb, "INSERT"), func() error { return c.Conn.Exec(ctx, sql, args...) })
}

func (c *retrying) Query(ctx context.Context, sql string, args ...any) (rows driver.Rows, err error) {
	err = c.do(ctx, true, func() error {
		rows, err = c.Conn.Query(ctx, sql, args...)
		return err
	})
	return rows, err
}

func (c *retrying) QueryRow(ctx context.Context, sql string, args ...any) (row driver.Row) {
	_ = c.do(ctx, true, func() error { // the row carries the error
		row = c.Conn.QueryRow(ctx, sql, args...)
		return row.Err()
	})
	return row
}

func (c *retrying) PrepareBatch(ctx context.Context, sql string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	b := &retriedBatch{conn: c, ctx: ctx, sql: sql, opts: opts, token: rand.Text()}
	err := c.do(ctx, true, b.prepare) // nothing is sent with it yet
	return b, err
}

// retriedBatch keeps its rows until they are known to be stored.
type retriedBatch struct {
	driver.Batch
	conn  *retrying
	ctx   context.Context // of the batch: the driver's Send takes none
	sql   string
	opts  []driver.PrepareBatchOption
	token string
	rows  [][]any
}

func (b *retriedBatch) prepare() (err error) {
	ctx := clickhouse.Context(b.ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": b.token}))
	b.Batch, err = b.conn.Conn.PrepareBatch(ctx, b.sql, b.opts...)
	return err
}

// Append takes a row, whose slice may be used again; what its values point to must
// not change before Send.
func (b *retriedBatch) Append(row ...any) error {
	if err := b.Batch.Append(row...); err != nil {
		return err
	}
	b.rows = append(b.rows, slices.Clone(row))
	return nil
}

// Send sends the rows under one token, until it is known that they are stored.
func (b *retriedBatch) Send() error {
	first := true
	return b.conn.do(b.ctx, true, func() error {
		if !first {
			_ = b.Batch.Close() // it failed
			if err := b.prepare(); err != nil {
				return err
			}
			for _, row := range b.rows {
				if err := b.Batch.Append(row...); err != nil {
					return err
				}
			}
		}
		first = false
		return b.Batch.Send()
	})
}

// Close gives up what was not sent.
func (b *retriedBatch) Close() error {
	if b.Batch == nil {
		return nil
	}
	return b.Batch.Close()
}
