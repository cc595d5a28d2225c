package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mrrsync/config"
	"mrrsync/internal/pipeline"
	"mrrsync/internal/plain"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

// erasing is what the flags of erase ask for.
type erasing struct {
	yes, dropSegments bool
}

func eraseCommand(a *app) *cobra.Command {
	var o erasing
	var list bool
	var listed output
	cmd := &cobra.Command{
		Use:     "erase CUSTOMER",
		GroupID: groupDaily,
		Short:   "Remove a person's data, keeping the amounts",
		Long: `Removes what tells who a customer is from the whole warehouse: names, e-mail
addresses, addresses, free texts, metadata and custom fields in every stored
version of the provider's objects, in the rows of every load and of closed months,
in rejects and in what runs said. The engine's files are written anew, so that
nothing is left in them.

Amounts, dates, the country and ids stay, the customer's own id among them: every
figure of every view is what it was, and none can be traced without the provider's
books. Values that segments and identity are made of stay as well, since amounts are
grouped by them; --drop-segments removes the segments' too. A segment that is made
of a name goes in any case.

It lasts: what the provider sends of the customer later lands without the person.
Who erased whom and when is kept (--list). Not reached are: the provider and its
files, backups, reports that were written, copies in other systems, and the names
of prices or products that were made for one customer.

It shows what it will remove and asks; without a terminal say --yes. Killed in the
middle, run it again, or let the next sync end it.`,
		Example: `  mrrsync erase cus_NffrFeUfNV2Hib
  mrrsync erase emea/acme-42 --yes
  mrrsync erase --list`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case list && len(args) > 0:
				return errors.New("erase --list: takes no customer")
			case !list && (len(args) != 1 || args[0] == ""):
				return errors.New("erase: name one customer by its id, or as SOURCE/ID")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return a.erasures(cmd.Context(), listed)
			}
			return a.erase(cmd.Context(), args[0], o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	f.BoolVar(&o.dropSegments, "drop-segments", false, "remove the values of segments, too")
	f.BoolVar(&list, "list", false, "list who was erased, by whom and when")
	listed.flags(f, "with --list: ", "table", "csv", "json", "html")
	return cmd
}

func (a *app) erase(ctx context.Context, name string, o erasing) error {
	return a.reading(ctx, func(c *config.Config, w *warehouse.Warehouse) error {
		sources, err := a.sources(c)
		if err != nil {
			return err
		}
		person, err := onePerson(ctx, w, name)
		if err != nil {
			return err
		}
		e := warehouse.Erasure{CustomerKey: person.CustomerKey, Who: a.who()}
		e.Kept, e.RemovedSegments = pipeline.Residue(c.Segments, pipeline.Identity{MetadataKey: c.Identity.MetadataKey}, o.dropSegments)
		printErasure(a.stdout, person, e)
		if err := a.agreed(o.yes); err != nil {
			return err
		}
		return within(ctx, w, "erase", func(w *warehouse.Warehouse, run *warehouse.Run) error {
			n, err := pipeline.Erase(ctx, w, run.ID, sources, e)
			if err != nil {
				return err
			}
			run.Receipt = fmt.Appendf(nil, `{"verb":"erase","versions":%d,"rows":%d,"runs":%d}`, n.Versions, n.Rows, n.Runs)
			fmt.Fprintf(a.stdout, "done: %s stored versions, %s rows of views and %s records of runs were written anew\n", number(n.Versions), number(n.Rows), number(n.Runs))
			if n.Notes > 0 {
				fmt.Fprintf(a.stdout, "%s notes of closings name the customer: a person wrote them, in the view closings\n", number(n.Notes))
			}
			if w.Schema().Target != warehouse.Embedded {
				fmt.Fprintln(a.stdout, "The server deletes the files it has superseded within its old_parts_lifetime, 8 minutes unless it says otherwise.")
			}
			return nil
		})
	})
}

// onePerson is the one customer that a name means.
func onePerson(ctx context.Context, w *warehouse.Warehouse, name string) (warehouse.Person, error) {
	all, err := pipeline.Named(ctx, w, name)
	if err != nil {
		return warehouse.Person{}, err
	}
	switch len(all) {
	case 0:
		return warehouse.Person{}, usage("no customer %q is in the warehouse: name one by the provider's id, or as SOURCE/ID", name)
	case 1:
		return all[0], nil
	}
	names := make([]string, 0, len(all))
	for _, p := range all {
		names = append(names, p.Source+"/"+p.CustomerID)
	}
	return warehouse.Person{}, usage("%q may be any of %d customers, erase them one by one: %s", name, len(all), strings.Join(names, ", "))
}

// printErasure says what will go and what will stay.
func printErasure(out io.Writer, p warehouse.Person, e warehouse.Erasure) {
	known := strings.TrimSpace(strings.Join([]string{p.Name, p.Email}, " "))
	if known == "" {
		known = "no name or e-mail address is stored of it"
	}
	fmt.Fprintf(out, "customer %s of source %s: %s\n", plain.Line(p.CustomerID), p.Source, plain.Line(known))
	fmt.Fprintf(out, "  %s objects in %s stored versions, rows in %s loads\n", number(p.Objects), number(p.Versions), number(p.Loads))
	fmt.Fprintln(out, "goes:  names, e-mail and postal addresses, free texts, metadata and custom fields, details of rejects")
	if len(e.RemovedSegments) > 0 {
		fmt.Fprintf(out, "       the values of the segments %s\n", strings.Join(e.RemovedSegments, ", "))
	}
	fmt.Fprintln(out, "stays: ids, amounts, dates, the country")
	if len(e.Kept) > 0 {
		fmt.Fprintf(out, "       what segments and identity are made of: %s\n", strings.Join(e.Kept, ", "))
	}
}

// agreed asks whether to go on.
func (a *app) agreed(yes bool) error {
	if yes {
		return nil
	}
	if f, ok := a.stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return usage("erase asks first, and there is no terminal to ask on: say --yes")
	}
	fmt.Fprint(a.stdout, "This cannot be undone. Erase? [y/N] ")
	answer, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was erased")
	}
	return nil
}

// erasures lists who was erased.
func (a *app) erasures(ctx context.Context, o output) error {
	write, err := a.writer(o)
	if err != nil {
		return err
	}
	columns := []report.Column{
		{Name: "at", Title: "At", Kind: report.Text},
		{Name: "source", Title: "Source", Kind: report.Text},
		{Name: "customer_id", Title: "Customer", Kind: report.Text},
		{Name: "state", Title: "State", Kind: report.Text},
		{Name: "who", Title: "By", Kind: report.Text},
	}
	t := &report.Table{Report: report.Report{Name: "erasures", Title: "Erased customers", Columns: columns}, Columns: columns}
	return a.reading(ctx, func(_ *config.Config, w *warehouse.Warehouse) error {
		all, err := w.Erasures(ctx)
		if err != nil {
			return err
		}
		for _, e := range all {
			state := "begun"
			if e.Done {
				state = "done"
			}
			t.Rows = append(t.Rows, []any{e.At.Format("2006-01-02 15:04:05Z"), e.Source, e.CustomerID, state, e.Who})
		}
		if len(all) == 0 && o.format == "table" {
			_, err := fmt.Fprintln(a.stdout, "nobody was erased")
			return err
		}
		return a.save(o.file, func(to io.Writer) error { return write(t, to) })
	})
}
