package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/chargebee"
	"mrrsync/connectors/contracts"
	"mrrsync/connectors/stripe"
)

// definitions is every connector there is. A new provider is a package and a
// line here.
func definitions() []connectors.Definition {
	return []connectors.Definition{
		stripe.Definition,
		chargebee.Definition,
		contracts.Definition,
	}
}

func connectorsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "connectors [NAME]",
		GroupID: groupSetup,
		Short:   "List the connectors, and the configuration keys of each",
		Long: `Lists what a source's connector: can be, or, with a name, the keys that such a
source understands beside name and connector.`,
		Example: `  mrrsync connectors
  mrrsync connectors stripe`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listConnectors()
			}
			return a.describeConnector(args[0])
		},
	}
}

func (a *app) listConnectors() error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, d := range definitions() {
		fmt.Fprintf(w, "%s\t%s\n", d.Name, d.Summary)
	}
	return w.Flush()
}

// definition is the connector of that name.
func definition(name string) (connectors.Definition, error) {
	var names []string
	for _, d := range definitions() {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	if near, ok := config.Nearest(name, names); ok {
		return connectors.Definition{}, fmt.Errorf("no connector %q; did you mean %q?", name, near)
	}
	return connectors.Definition{}, fmt.Errorf("no connector %q; there are %s", name, strings.Join(names, ", "))
}

func (a *app) describeConnector(name string) error {
	d, err := definition(name)
	if err != nil {
		return usage("%w", err)
	}
	fmt.Fprintf(a.stdout, "%s: %s\n\nsources:\n  - name: NAME\n    connector: %s\n", d.Name, d.Summary, d.Name)
	for _, k := range d.Keys {
		if k.Required {
			fmt.Fprintf(a.stdout, "    %s: %s\n", k.Name, cmp.Or(k.Example, "..."))
		}
	}
	fmt.Fprintln(a.stdout)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tDEFAULT\tMEANING")
	for _, k := range d.Keys {
		fallback := cmp.Or(k.Default, "-")
		if k.Required {
			fallback = "required"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", k.Name, fallback, k.Summary)
	}
	return w.Flush()
}
