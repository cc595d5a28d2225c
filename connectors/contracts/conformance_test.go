package contracts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/conformance"
)

// The connector keeps its contract with a file of more customers than one page
// holds, and with the file as it is a month later.
func TestConformance(t *testing.T) {
	conformance.Run(t, onFile(t, "", time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)))
}

const inFile = 2*pageSize + 7

// onFile is a file of inFile customers. In a later one the first is gone, the
// second has another price, and one has come.
func onFile(t *testing.T, later string, now time.Time) conformance.Subject {
	t.Helper()
	var rows strings.Builder
	rows.WriteString(header + ",account_email,contact,phone,segment\n")
	names := []string{conformance.Name(kindBook, "file")}
	add := func(id, amount string) {
		names = append(names, conformance.Name(kindContract, id))
		fmt.Fprintf(&rows, "%s,sub-%s,seats,gold,EUR,%s,month,1,3,2026-01-01,,,recurring,%s@example.com,Contact of %s,+49 30 %s,smb\n", id, id, amount, id, id, id)
		fmt.Fprintf(&rows, "%s,sub-%s,support,plus,EUR,1200,year,1,,2026-01-01,2026-12-31,,recurring,%s@example.com,Contact of %s,,smb\n", id, id, id, id)
	}
	for n := range inFile {
		id := fmt.Sprintf("c%04d", n)
		switch {
		case later != "" && n == 0:
		case later != "" && n == 1:
			add(id, "45.50")
		default:
			add(id, "40")
		}
	}
	if later != "" {
		add(later, "10")
	}
	path := filepath.Join(t.TempDir(), "contracts.csv")
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return conformance.Subject{
		NoAPI: "reads a file",
		Open: func(o connectors.Options) (connectors.Connector, error) {
			section, err := config.ParseSection("mrrsync.yaml", []byte("file: contracts.csv\n"), nil)
			if err != nil {
				return nil, err
			}
			o.Settings, o.Folder = section, filepath.Dir(path)
			return Definition.Open(o)
		},
		Now:   now,
		Holds: map[connectors.Stream][]string{Stream: names},
		Personal: conformance.Personal{
			Emails: []string{"c0001@example.com"}, Names: []string{"Contact of c0001"}, Never: []string{"+49 30 c0001"},
		},
		Later: func() (conformance.Subject, []string) {
			return onFile(t, "c9999", now.AddDate(0, 1, 0)), []string{
				conformance.Name(kindContract, "c0000"), conformance.Name(kindContract, "c0001"), conformance.Name(kindContract, "c9999"),
			}
		},
	}
}
