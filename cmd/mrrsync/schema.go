package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/warehouse"
)

func schemaCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schema",
		GroupID: groupSetup,
		Short:   "Print, apply or check the warehouse's DDL",
		Long: `Tables and views follow from the configuration: its target (embedded, a server, a
cluster), the database's name, the segments and the reference bands. sync applies them by itself;
these verbs are for whoever reviews DDL first or suspects that someone changed
it.`,
		Example: `  mrrsync schema print > schema.sql
  mrrsync schema check`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var grants bool
	show := &cobra.Command{
		Use:   "print",
		Short: "Print the DDL for the configured target",
		Long: `Prints every statement that a new warehouse is made with, in order. Nothing is connected to.
--grants prints instead what an administrator of a server runs once: a role that reads the
views and the tables behind them, within limits, and a role for mrrsync itself.`,
		Example: `  mrrsync schema print > schema.sql
  mrrsync schema print --config server.yaml --grants | clickhouse-client --multiquery`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.printSchema(grants) },
	}
	show.Flags().BoolVar(&grants, "grants", false, "print roles and grants instead of tables and views; server, cluster and cloud only")
	cmd.AddCommand(
		show,
		&cobra.Command{
			Use:   "apply",
			Short: "Make or update tables and views",
			Long: `Applies the migrations that the warehouse does not have yet, and all views.
Migrations go forward only; applying twice changes nothing.`,
			Example: `  mrrsync schema apply`,
			Args:    cobra.NoArgs,
			RunE:    func(cmd *cobra.Command, _ []string) error { return a.applySchema(cmd.Context()) },
		},
		&cobra.Command{
			Use:   "check",
			Short: "Compare the warehouse with the DDL",
			Long: `Names every table, view and column that differs from what this version makes, and shows
the lines in which a view's query does. Exit code 1 when anything differs.`,
			Example: `  mrrsync schema check --log-format json`,
			Args:    cobra.NoArgs,
			RunE:    func(cmd *cobra.Command, _ []string) error { return a.checkSchema(cmd.Context()) },
		},
	)
	return cmd
}

// target is what the configured DDL is made for.
func target(c *config.Config) (warehouse.Schema, error) {
	// A DSN that is kept elsewhere must be there: DDL for another kind of
	// ClickHouse would be worse than none.
	dsn, err := c.Warehouse.DSN.Value()
	if err != nil {
		return warehouse.Schema{}, fmt.Errorf("read warehouse.dsn, which decides the DDL: %w", err)
	}
	return warehouse.Schema{
		Target: warehouse.TargetOf(dsn, c.Warehouse.Cluster), Database: c.Warehouse.Database, Cluster: c.Warehouse.Cluster,
		Segments: segments(c), Bands: bands(c),
	}, nil
}

// printSchema prints the DDL, or the grants that go with it.
func (a *app) printSchema(grants bool) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	s, err := target(c)
	if err != nil {
		return err
	}
	statements := s.DDL
	if grants {
		statements = s.Grants
	}
	all, err := statements()
	if err != nil {
		return err
	}
	for _, s := range all {
		fmt.Fprintf(a.stdout, "-- %s\n%s;\n\n", s.Name, strings.TrimRight(strings.TrimSpace(s.SQL), ";"))
	}
	return nil
}

// withWarehouse opens the configured warehouse for the time of do.
func (a *app) withWarehouse(ctx context.Context, do func(*config.Config, *warehouse.Warehouse) error) (err error) {
	c, err := a.config()
	if err != nil {
		return err
	}
	w, err := a.warehouse(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return do(c, w)
}

func (a *app) applySchema(ctx context.Context) error {
	return a.withWarehouse(ctx, func(c *config.Config, w *warehouse.Warehouse) error {
		if err := w.Migrate(ctx); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s: tables and views of database %s are as they should be\n", c.Warehouse.DSN, c.Warehouse.Database)
		return nil
	})
}

func (a *app) checkSchema(ctx context.Context) error {
	return a.withWarehouse(ctx, func(c *config.Config, w *warehouse.Warehouse) error {
		drift, err := w.Drift(ctx)
		if err != nil {
			return err
		}
		for _, d := range drift {
			fmt.Fprintln(a.stdout, d)
		}
		if len(drift) > 0 {
			return fmt.Errorf("%d differences from the schema of this version; `mrrsync schema apply` makes what is missing", len(drift))
		}
		fmt.Fprintf(a.stdout, "%s: no difference\n", c.Warehouse.DSN)
		return nil
	})
}
