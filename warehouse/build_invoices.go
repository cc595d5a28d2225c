package warehouse

import (
	"context"
	"strings"

	"github.com/shopspring/decimal"
)

// buildInvoiceLines writes the months in which the lines of derived customers
// differ from the base's, those lines and the others', and counts what it wrote.
// It may run beside other steps: it touches nothing of the load.
func (l *Load) buildInvoiceLines(ctx context.Context) (map[uint32]tally, error) {
	changed, err := l.changedInvoiceMonths(ctx)
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	counts, err := l.countInvoiceLines(ctx, changed)
	if err != nil {
		return nil, err
	}
	written := map[uint32]tally{}
	for _, some := range batches(changed, func(month uint32) int { return counts[month].rows }) {
		if err := l.writeInvoiceMonths(ctx, some); err != nil {
			return nil, err
		}
		for _, month := range some {
			written[month] = counts[month]
		}
	}
	return written, nil
}

// takeInvoiceLines makes the months that were written the load's, and those of
// the base that were not.
func (l *Load) takeInvoiceLines(written map[uint32]tally) {
	t := invoiceLinesTable
	l.takeOver(t)
	for month, n := range written {
		l.parts[part{t.name, month}] = l.id
		l.carried[t.name] = l.carried[t.name].plus(n)
	}
	if len(written) > 0 {
		l.rows[t.name] = l.carried[t.name].rows
	}
}

// blockRows is how many lines of invoices are written by one statement, which
// holds them all, unless a single month has more.
const blockRows = 1 << 20

// batches cuts months into runs of no more than blockRows rows: each statement
// reads all that is staged, as the lines of a month lie among those of the others.
func batches(months []uint32, rows func(month uint32) int) [][]uint32 {
	var all [][]uint32
	n := 0
	for _, month := range months {
		if len(all) == 0 || n+rows(month) > blockRows {
			all, n = append(all, nil), 0
		}
		all[len(all)-1] = append(all[len(all)-1], month)
		n += rows(month)
	}
	return all
}

// changedInvoiceMonths finds the months, as YYYYMM and in order, in which the
// lines of derived customers differ from the base's. Each side is a sum of digests, one
// per line, which are stored with it: nothing else of the lines has to be read.
func (l *Load) changedInvoiceMonths(ctx context.Context) ([]uint32, error) {
	hashes := func(fresh, table, where string) string {
		return "SELECT toYYYYMM(issued_at) AS month, " + fresh + " AS fresh, sum(digest) AS hash FROM " +
			l.w.table(table) + " WHERE " + where + " GROUP BY month"
	}
	var months []uint32
	err := l.w.each(ctx, "find changed months of invoice lines", `
		SELECT month FROM (
			`+hashes("1", stagedLinesTable.name, "load_id = {id:UInt64}")+`
			UNION ALL
			`+hashes("0", invoiceLinesTable.name, `(toYYYYMM(issued_at), load_id) IN (
				SELECT bucket, part_load FROM `+l.w.table("manifest")+` WHERE load_id = {base:UInt64} AND table = 'invoice_lines'
			) AND `+l.isDerived())+`
		) GROUP BY month HAVING sumIf(hash, fresh = 1) != sumIf(hash, fresh = 0) ORDER BY month`, func(scan func(...any) error) error {
		var month uint32
		if err := scan(&month); err != nil {
			return err
		}
		if !l.closed() || month > monthOf(l.base.ClosedThrough) {
			months = append(months, month)
		}
		return nil
	}, named("id", l.id), named("base", l.base.ID))
	return months, err
}

// lines are the two sources of invoice_lines, each a table and a condition: what
// is staged of derived customers, and what the base has of the others.
func (l *Load) lines() [][2]string {
	all := [][2]string{{stagedLinesTable.name, "load_id = {id:UInt64}"}}
	if !l.spec.Full && l.base.ID != 0 {
		all = append(all, [2]string{invoiceLinesTable.name, `(toYYYYMM(issued_at), load_id) IN (
			SELECT bucket, part_load FROM ` + l.w.table("manifest") + ` WHERE load_id = {base:UInt64} AND table = 'invoice_lines'
		) AND ` + l.isCarried()})
	}
	return all
}

// countInvoiceLines counts the lines that each of some months would have in this load.
func (l *Load) countInvoiceLines(ctx context.Context, months []uint32) (map[uint32]tally, error) {
	var from []string
	for _, of := range l.lines() {
		from = append(from, "SELECT toYYYYMM(issued_at) AS month, count() AS n, toDecimal128(sum(amount), 4) AS total FROM "+l.w.table(of[0])+" WHERE "+of[1]+" AND month IN {months:Array(UInt32)} GROUP BY month")
	}
	all := map[uint32]tally{}
	err := l.w.each(ctx, "count lines of invoices", strings.Join(from, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var month uint32
		var n uint64
		var sum decimal.Decimal
		if err := scan(&month, &n, &sum); err != nil {
			return err
		}
		all[month] = all[month].plus(tally{int(n), sum})
		return nil
	}, named("id", l.id), named("base", l.base.ID), named("months", months))
	return all, err
}

// writeInvoiceMonths writes the lines of some months: those of derived customers,
// and those of the others as the base has them.
func (l *Load) writeInvoiceMonths(ctx context.Context, months []uint32) error {
	columns := strings.Join(invoiceLinesTable.columns, ", ")
	var from []string
	for _, of := range l.lines() {
		from = append(from, "SELECT {id:UInt64}, "+columns+" FROM "+l.w.table(of[0])+" WHERE "+of[1]+" AND toYYYYMM(issued_at) IN {months:Array(UInt32)}")
	}
	return l.w.exec(ctx, "write months of invoice_lines", `
		INSERT INTO `+l.w.table(invoiceLinesTable.name)+` (load_id, `+columns+`) `+strings.Join(from, " UNION ALL ")+`
		SETTINGS max_insert_threads = 1, min_insert_block_size_rows = 2097152, min_insert_block_size_bytes = 402653184`,
		named("id", l.id), named("base", l.base.ID), named("months", months))
}
