package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors/billing"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

func loadShowCommand(a *app) *cobra.Command {
	var o output
	var limit int
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Tell what a load changed against the one before",
		Long: `Tells what a load changed for those who read it, against the load that it was
built upon: the movements of its new days, the movements of the days before that
it has otherwise, and the final days that read otherwise since, with the reason.
Restatements are kept for ever; movements as long as the rows of both loads are.`,
		Example: `  mrrsync load show 1772330400000014
  mrrsync load show 1772330400000014 --format json`,
		Args: oneLoad,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, err := pick(o, writeChange, writeChangeJSON)
			if err != nil {
				return err
			}
			if limit < 1 {
				return usage("--limit %d: want 1 or more", limit)
			}
			return a.reading(cmd.Context(), func(_ *config.Config, w *warehouse.Warehouse) error {
				c, err := w.Change(cmd.Context(), loadID(args), limit)
				if errors.Is(err, warehouse.ErrNoLoad) {
					return usage("%w", err)
				}
				if err != nil {
					return err
				}
				return a.save(o.file, func(to io.Writer) error { return write(to, c) })
			})
		},
	}
	f := cmd.Flags()
	f.IntVar(&limit, "limit", 40, "name at most `N` restatements, the largest first")
	o.flags(f, "", "table", "json")
	return cmd
}

// writeChange tells people what a load changed.
func writeChange(w io.Writer, c warehouse.Change) error {
	standing := "superseded"
	switch {
	case c.Current:
		standing = "what readers see"
	case c.Dropped:
		standing = "its rows are dropped"
	}
	fmt.Fprintf(w, "Load %d (%s)\n", c.ID, standing)
	fmt.Fprintf(w, "published %s by run %d, through %s, final through %s\n", c.PublishedAt.Format("2006-01-02 15:04:05Z"), c.Run, c.Through, c.FinalThrough)
	switch {
	case c.Restored != 0:
		fmt.Fprintf(w, "a rollback: load %d published again, in the place of load %d\n", c.Restored, c.Base)
	case c.Upon == nil:
		fmt.Fprintln(w, "the first load: nothing was there before it")
	default:
		how := "upon"
		if c.Complete {
			how = "all customers, in the place of"
		}
		fmt.Fprintf(w, "%s customers derived again, %s load %d through %s\n", number(c.Derived), how, c.Upon.ID, c.Upon.Through)
		if c.PolicyHash != c.Upon.PolicyHash && c.PolicyHash != "" && c.Upon.PolicyHash != "" {
			fmt.Fprintln(w, "under other settings than the load before: policy, zone, currency, segments, identity or code")
		}
	}
	if c.ClosedThrough != billing.NoDate {
		fmt.Fprintf(w, "days through %s are closed: they stand as they were\n", c.ClosedThrough)
	}
	if !c.Told {
		fmt.Fprintln(w, "\nIts movements can't be compared any more: the rows of it or of the load before are dropped.")
	} else if err := writeMovementChanges(w, c); err != nil {
		return err
	}
	if c.RestatedRanges == 0 {
		_, err := fmt.Fprintln(w, "\nNo final day reads otherwise.")
		return err
	}
	fmt.Fprintln(w)
	if err := restatedTable(c).Text(w, report.Terminal{}); err != nil {
		return err
	}
	if more := c.RestatedRanges - len(c.Restatements); more > 0 {
		fmt.Fprintf(w, "and %s more: `mrrsync query 'SELECT * FROM restatements WHERE load_id = %d'`\n", number(more), c.ID)
	}
	return nil
}

// writeMovementChanges writes two tables: the new days, and what became of the
// days before.
func writeMovementChanges(w io.Writer, c warehouse.Change) error {
	fresh := []report.Column{
		{Name: "currency", Title: "Currency", Kind: report.Text, Group: true},
		{Name: "movement", Title: "Movement", Kind: report.Text},
		{Name: "rows", Title: "Rows", Kind: report.Count, Sum: report.Total},
		{Name: "amount", Title: "Amount", Kind: report.Money, Sum: report.Total},
	}
	past := []report.Column{
		fresh[0], fresh[1],
		{Name: "rows_before", Title: "Rows before", Kind: report.Count, Sum: report.Total},
		{Name: "before", Title: "Before", Kind: report.Money, Sum: report.Total},
		{Name: "rows_after", Title: "Rows after", Kind: report.Count, Sum: report.Total},
		{Name: "after", Title: "After", Kind: report.Money, Sum: report.Total},
		{Name: "gone", Title: "Gone", Kind: report.Count, Sum: report.Total},
		{Name: "come", Title: "Come", Kind: report.Count, Sum: report.Total},
	}
	newDays := &report.Table{Report: report.Report{Name: "load", Title: "Movements of its new days", Columns: fresh}, Columns: fresh}
	oldDays := &report.Table{Report: report.Report{Name: "load", Title: "Movements of earlier days that it has otherwise", Columns: past}, Columns: past}
	for _, m := range c.Movements {
		if m.NewRows > 0 {
			newDays.Rows = append(newDays.Rows, []any{m.Currency, m.Movement, uint64(m.NewRows), m.NewAmount})
		}
		if m.ChangedBefore+m.ChangedAfter > 0 {
			oldDays.Rows = append(oldDays.Rows, []any{
				m.Currency, m.Movement, uint64(m.BeforeRows), m.Before, uint64(m.AfterRows), m.After, uint64(m.ChangedBefore), uint64(m.ChangedAfter),
			})
		}
	}
	for _, t := range []*report.Table{newDays, oldDays} {
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintln(w)
		if err := t.Text(w, report.Terminal{}); err != nil {
			return err
		}
	}
	return nil
}

func restatedTable(c warehouse.Change) *report.Table {
	columns := []report.Column{
		{Name: "currency", Title: "Currency", Kind: report.Text},
		{Name: "account_id", Title: "Account", Kind: report.Text},
		{Name: "from", Title: "From", Kind: report.Day},
		{Name: "to", Title: "To", Kind: report.Day},
		{Name: "mrr_before", Title: "MRR before", Kind: report.Money},
		{Name: "mrr_after", Title: "MRR after", Kind: report.Money},
		{Name: "reason", Title: "Reason", Kind: report.Text},
		{Name: "evidence", Title: "Evidence", Kind: report.Text},
	}
	t := &report.Table{Report: report.Report{Name: "load", Title: "Final days that read otherwise", Columns: columns}, Columns: columns}
	for _, r := range c.Restatements {
		t.Rows = append(t.Rows, []any{r.Currency, r.AccountID, r.From, r.Until - 1, r.Before, r.After, r.Reason, r.Evidence})
	}
	return t
}

// writeChangeJSON tells programs the same.
func writeChangeJSON(w io.Writer, c warehouse.Change) error {
	type movement struct {
		Currency   string          `json:"currency"`
		Movement   string          `json:"movement"`
		NewRows    int             `json:"new_rows"`
		NewAmount  decimal.Decimal `json:"new_amount"`
		RowsBefore int             `json:"rows_before"`
		Before     decimal.Decimal `json:"before"`
		RowsAfter  int             `json:"rows_after"`
		After      decimal.Decimal `json:"after"`
		Gone       int             `json:"gone"`
		Come       int             `json:"come"`
	}
	type restated struct {
		Account  string          `json:"account"`
		Currency string          `json:"currency"`
		From     string          `json:"from"`
		To       string          `json:"to"`
		Before   decimal.Decimal `json:"mrr_before"`
		After    decimal.Decimal `json:"mrr_after"`
		Reason   string          `json:"reason"`
		Evidence string          `json:"evidence"`
	}
	out := struct {
		Load           uint64     `json:"load"`
		Current        bool       `json:"current"`
		Dropped        bool       `json:"dropped"`
		Run            uint64     `json:"run"`
		Base           uint64     `json:"base,omitempty"`
		Restored       uint64     `json:"restored,omitempty"`
		PublishedAt    time.Time  `json:"published_at"`
		Through        string     `json:"through"`
		FinalThrough   string     `json:"final_through"`
		ClosedThrough  string     `json:"closed_through,omitempty"`
		PolicyHash     string     `json:"policy_hash"`
		Complete       bool       `json:"complete"`
		Derived        int        `json:"derived"`
		Movements      []movement `json:"movements"` // null: they can't be compared any more
		Restated       []restated `json:"restated"`
		RestatedRanges int        `json:"restated_ranges"`
	}{
		c.ID, c.Current, c.Dropped, c.Run, c.Base, c.Restored, c.PublishedAt, c.Through.String(), c.FinalThrough.String(), closedThrough(c.LoadInfo), c.PolicyHash, c.Complete, c.Derived,
		nil,
		[]restated{},
		c.RestatedRanges,
	}
	if c.Told {
		out.Movements = []movement{}
	}
	for _, m := range c.Movements {
		out.Movements = append(out.Movements, movement{
			m.Currency, m.Movement, m.NewRows, m.NewAmount, m.BeforeRows, m.Before, m.AfterRows, m.After, m.ChangedBefore, m.ChangedAfter,
		})
	}
	for _, r := range c.Restatements {
		out.Restated = append(out.Restated, restated{r.AccountID, r.Currency, r.From.String(), (r.Until - 1).String(), r.Before, r.After, r.Reason, r.Evidence})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
