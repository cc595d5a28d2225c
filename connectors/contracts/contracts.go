// Package contracts reads contracts that are kept outside any billing system:
// a CSV file with one row per priced item and period.
//
// The file is the whole truth each time it is read. A row that is gone was
// never agreed, and takes its history with it; a row that changed is corrected
// from its start. What a day's MRR was follows from the rows alone, never from
// when they were read.
//
// Two things can be wrong. A file that is not a proper CSV table cannot be told
// apart from one that lost rows, so it fails the source and what was published
// stays. A row that is readable but makes no sense (an unknown currency, an end
// before its start) is rejected with its line, and its item goes on as it was
// last understood.
package contracts

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"mrrsync/connectors"
)

// Definition makes the connector known.
var Definition = connectors.Definition{
	Name:    "contracts",
	Summary: "contracts kept outside any billing system, as a CSV file",
	Keys: []connectors.Key{
		{
			Name: "file", Required: true, Example: "contracts.csv", Starter: strings.Join(columns, ",") + "\n",
			Summary: "path of the CSV file, relative to the configuration; columns " + strings.Join(columns, ","),
		},
	},
	Open: open,
}

// Stream is the one list there is: the rows of the file, by customer.
const Stream connectors.Stream = "contracts"

// The kinds of raw objects. A contract holds all rows of one customer; the book
// is the list of customers that the file names.
const (
	kindContract = "contract"
	kindBook     = "contract_book"
)

// connector implements connectors.Connector.
type connector struct {
	source  string
	path    string
	name    string // of the file, for messages
	privacy connectors.Privacy
	zone    *time.Location
	now     func() time.Time
}

type settings struct {
	File string `yaml:"file"`
}

func open(o connectors.Options) (connectors.Connector, error) {
	var s settings
	if err := o.Settings.Decode(&s); err != nil {
		return nil, err
	}
	if s.File == "" {
		return nil, o.Problem("file", "is missing; name the CSV file of contracts")
	}
	path := s.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.Folder, path)
	}
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	return &connector{
		source: o.Source, path: path, name: filepath.Base(path),
		privacy: o.Privacy, zone: zone, now: o.Now,
	}, nil
}

// Account is the same for every file: which one a source reads is plain in its
// configuration, and a renamed or moved file is still the same book.
func (c *connector) Account(context.Context) (string, error) { return "contracts file", nil }

// Check reads the file and names everything that a sync would fail on or
// reject.
func (c *connector) Check(ctx context.Context) error {
	book, err := c.read(ctx)
	if err != nil {
		return err
	}
	const shown = 20
	var errs []error
	for _, customer := range book.customers {
		_, rejects := c.Translate([]connectors.Object{customer.object}, connectors.NewCatalog(nil))
		for _, r := range rejects {
			if len(errs) == shown {
				return errors.Join(append(errs, fmt.Errorf("%s: more rows would be rejected; these were the first %d", c.name, shown))...)
			}
			errs = append(errs, errors.New(r.Detail))
		}
	}
	return errors.Join(errs...)
}

// Streams is the one stream.
func (c *connector) Streams() []connectors.Stream { return []connectors.Stream{Stream} }

// Pull reads the whole file. When nothing of it changed since the cursor, there
// is one page without objects; else there is every customer, and a Deleted
// object for each one that the file no longer names.
func (c *connector) Pull(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		if s != Stream {
			yield(connectors.Page{}, fmt.Errorf("pull %s: no such stream", s))
			return
		}
		before, err := parsePosition(since)
		if err != nil {
			yield(connectors.Page{}, err)
			return
		}
		book, err := c.read(ctx)
		if err != nil {
			yield(connectors.Page{}, err)
			return
		}
		for page := range book.pages(c, before, since) {
			if err := ctx.Err(); err != nil {
				yield(connectors.Page{}, err)
				return
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}
