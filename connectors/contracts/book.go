package contracts

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mrrsync/config"
	"mrrsync/connectors"
)

// book is a file read whole.
type book struct {
	sum       string // of the text and of what the privacy rules make of it
	customers []customer
}

// customer is one customer's rows. The object's version is set when it is
// pulled.
type customer struct {
	id     string
	object connectors.Object
}

// payload is a contract object's JSON.
type payload struct {
	Rows []row `json:"rows"`
}

// roll is the book object's JSON: which customers the file names.
type roll struct {
	Customers []string `json:"customers"`
}

// position is the cursor: what was read last.
type position struct {
	Sum       string   `json:"sum"`
	Version   int64    `json:"version"`
	Customers []string `json:"customers"`
}

func parsePosition(c connectors.Cursor) (position, error) {
	var p position
	if c == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(c), &p); err != nil {
		return p, fmt.Errorf("read cursor of contracts: %w; `mrrsync sync --full` starts over", err)
	}
	return p, nil
}

// Restart forgets what the file held, so that all of it is listed again, and
// keeps whom it named, so that who is gone is told.
func (c *connector) Restart(_ connectors.Stream, last connectors.Cursor) connectors.Cursor {
	p, err := parsePosition(last)
	if err != nil || last == "" {
		return ""
	}
	p.Sum = ""
	return p.cursor()
}

// read reads the file and groups its rows by customer. A file that is not a
// proper table, or that changes meanwhile, is an error: nothing of it is used.
func (c *connector) read(ctx context.Context) (*book, error) {
	text, err := c.text()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := c.table(text)
	if err != nil {
		return nil, err
	}
	return c.group(rows, text)
}

func (c *connector) text() ([]byte, error) {
	before, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read contracts: %s does not exist; paths are relative to the configuration file", c.path)
	}
	if err != nil {
		return nil, fmt.Errorf("read contracts: %w", err)
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return nil, fmt.Errorf("read contracts: %w", err)
	}
	after, err := os.Stat(c.path)
	if err != nil {
		return nil, fmt.Errorf("read contracts: %w", err)
	}
	if before.Size() != after.Size() || !before.ModTime().Equal(after.ModTime()) || after.Size() != int64(len(text)) {
		return nil, fmt.Errorf("read contracts: %s changed while it was read; run again when it is complete", c.path)
	}
	return text, nil
}

// maxFaults bounds how many broken lines one error names.
const maxFaults = 20

// table reads the rows. All lines that are broken are named at once.
func (c *connector) table(text []byte) ([]row, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%s:1: is UTF-16; save it as UTF-8", c.name)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%s:%d: is not UTF-8; save it as UTF-8", c.name, invalidLine(text))
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1 // counted below, where all faults can be named
	names, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:1: is empty; the first line names the columns: %s", c.name, strings.Join(columns, ","))
	}
	if err != nil {
		return nil, c.csvError(err)
	}
	if names, err = c.header(names); err != nil {
		return nil, err
	}
	var rows []row
	var faults []error
	for len(faults) < maxFaults {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// A stray quote: where the next row begins is anyone's guess.
			faults = append(faults, c.csvError(err))
			break
		}
		line, _ := r.FieldPos(0)
		fields, err := fieldsOf(names, record)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s:%d: %w", c.name, line, err))
		case len(fields) > 0:
			rows = append(rows, row{Line: line, Fields: fields})
		}
	}
	return rows, errors.Join(faults...)
}

func invalidLine(text []byte) int {
	line := 1
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		text = text[n:]
	}
	return line
}

func (c *connector) csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d: %w at column %d; a field with a comma or quote stands in double quotes, a quote inside it is doubled", c.name, parse.Line, parse.Err, parse.Column)
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// header checks the columns' names. A column that looks like a misspelt one is
// refused: as metadata it would be ignored without a word.
func (c *connector) header(names []string) ([]string, error) {
	if len(names) == 1 && strings.ContainsAny(names[0], ";\t") {
		return nil, fmt.Errorf("%s:1: columns are not separated by commas; save it as comma-separated", c.name)
	}
	seen := map[string]bool{}
	var faults []error
	clean := make([]string, len(names))
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		clean[i] = name
		if name == "" {
			faults = append(faults, fmt.Errorf("%s:1: column %d has no name", c.name, i+1))
		} else if seen[name] {
			faults = append(faults, fmt.Errorf("%s:1: column %q is there twice", c.name, name))
		}
		seen[name] = true
	}
	var absent []string
	for _, name := range columns {
		if !seen[name] {
			absent = append(absent, name)
		}
	}
	for _, name := range clean {
		if near, ok := config.Nearest(name, absent); ok && !slices.Contains(columns, name) {
			faults = append(faults, fmt.Errorf("%s:1: column %q looks like %q misspelt; correct it, or rename it if it is metadata", c.name, name, near))
		}
	}
	for _, name := range required {
		if !seen[name] {
			faults = append(faults, fmt.Errorf("%s:1: column %q is missing", c.name, name))
		}
	}
	return clean, errors.Join(faults...)
}

// fieldsOf is a record's non-empty fields by column; a record of empty fields,
// which spreadsheets leave behind, has none.
func fieldsOf(names, record []string) (map[string]string, error) {
	fields := map[string]string{}
	for i, value := range record {
		if value = strings.TrimSpace(value); value != "" && i < len(names) {
			fields[names[i]] = value
		}
	}
	blank := !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
	switch {
	case blank:
		return nil, nil
	case len(record) < len(names):
		return nil, fmt.Errorf("has %d fields where the first line names %d columns; is the line cut off?", len(record), len(names))
	case len(record) > len(names):
		return nil, fmt.Errorf("has %d fields where the first line names %d columns; a field with a comma stands in double quotes", len(record), len(names))
	}
	for _, name := range []string{"customer_id", "subscription_id", "item_id"} {
		if fields[name] == "" {
			return nil, fmt.Errorf("%s is empty; without it nobody can say whose row this is", name)
		}
	}
	return fields, nil
}

// group makes one object of each customer's rows.
func (c *connector) group(rows []row, text []byte) (*book, error) {
	byCustomer := map[string][]row{}
	for _, r := range rows {
		id := r.Fields["customer_id"]
		byCustomer[id] = append(byCustomer[id], c.personal(r))
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %x\n", c.privacy.Emails, c.privacy.Names, c.privacy.Key)
	sum.Write(text)
	b := &book{sum: hex.EncodeToString(sum.Sum(nil))}
	for _, id := range slices.Sorted(maps.Keys(byCustomer)) {
		rows := byCustomer[id]
		if _, faults := agree(rows); len(faults) == 0 {
			for i := range rows {
				rows[i].Line = 0
			}
			// The order of the file means nothing; without lines it must not
			// make a difference either.
			slices.SortFunc(rows, compareRows)
		}
		text, err := json.Marshal(payload{rows})
		if err != nil {
			return nil, fmt.Errorf("encode contracts of %s: %w", id, err)
		}
		b.customers = append(b.customers, customer{id, connectors.Object{
			Kind: kindContract, ID: id, CustomerID: id, Origin: connectors.Listed, Payload: text,
		}})
	}
	return b, nil
}

func compareRows(a, b row) int {
	for _, name := range []string{"subscription_id", "item_id", "start"} {
		if n := cmp.Compare(a.Fields[name], b.Fields[name]); n != 0 {
			return n
		}
	}
	return 0
}

// personal applies the privacy rules to the columns that hold personal data,
// told by their names.
func (c *connector) personal(r row) row {
	for name, value := range r.Fields {
		keep := true
		switch personalColumn(name) {
		case email:
			value, keep = c.privacy.Email(value)
		case never:
			keep = false
		case person:
			value, keep = c.privacy.Name(value)
		case neutral:
		}
		if keep {
			r.Fields[name] = value
		} else {
			delete(r.Fields, name)
		}
	}
	return r
}

// sort is what a column holds, as far as privacy goes.
type sort uint8

const (
	neutral sort = iota
	email
	person // a name
	never  // never lands
)

// countryColumns may name the customer's country: all that lands of an address.
var countryColumns = []string{"country", "address.country"}

// personalColumn tells a column by its name.
func personalColumn(name string) sort {
	name = strings.ToLower(name)
	switch {
	case slices.Contains(columns, name), slices.Contains(countryColumns, name):
		return neutral
	case containsAny(name, "email", "e-mail", "mail_address"):
		return email
	case containsAny(name, "phone", "street", "address", "account_number", "vat_number", "tax_id"),
		slices.ContainsFunc(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }), func(word string) bool {
			return slices.Contains([]string{"mobile", "fax", "postal", "postcode", "zip", "iban", "bic", "card", "bank"}, word)
		}):
		return never
	case name == "name" || name == "company" || containsAny(name, "customer_name", "company_name", "contact", "first_name", "last_name", "full_name"):
		return person
	}
	return neutral
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// pageSize is how many customers a page holds.
const pageSize = 500

// pages are the objects of the book as seen from a position. Every cursor but
// the last one is the old: a run that ends between reads the file again.
func (b *book) pages(c *connector, before position, since connectors.Cursor) iter.Seq[connectors.Page] {
	return func(yield func(connectors.Page) bool) {
		if b.sum == before.Sum {
			yield(connectors.Page{Cursor: since})
			return
		}
		now := c.now()
		next := position{Sum: b.sum, Version: max(now.UnixMicro(), before.Version+1)}
		var objects []connectors.Object
		for _, customer := range b.customers {
			next.Customers = append(next.Customers, customer.id)
			objects = append(objects, customer.object)
		}
		for _, id := range before.Customers {
			if _, kept := slices.BinarySearch(next.Customers, id); !kept {
				objects = append(objects, connectors.Object{
					Kind: kindContract, ID: id, CustomerID: id, Origin: connectors.Listed,
					Deleted: true, Payload: []byte(`{"rows":[]}`),
				})
			}
		}
		objects = append(objects, bookObject(next.Customers))
		for i := range objects {
			objects[i].Version, objects[i].SeenAt = next.Version, now.UTC()
		}
		left := len(objects)
		for chunk := range slices.Chunk(objects, pageSize) {
			page := connectors.Page{Objects: chunk, Cursor: since, Total: len(objects)}
			if left -= len(chunk); left == 0 {
				page.Cursor = next.cursor()
			}
			if !yield(page) {
				return
			}
		}
	}
}

func bookObject(customers []string) connectors.Object {
	// Strings alone always encode.
	text, _ := json.Marshal(roll{customers})
	return connectors.Object{Kind: kindBook, ID: "file", Origin: connectors.Listed, Payload: text}
}

func (p position) cursor() connectors.Cursor {
	text, _ := json.Marshal(p)
	return connectors.Cursor(text)
}

// named says whether the file still names a customer. Without a book in the
// catalogue, whoever has rows is taken to be named.
func named(catalog *connectors.Catalog, id string) bool {
	r, ok, err := connectors.Lookup(catalog, kindBook, "file", func(o connectors.Object) (roll, error) {
		var r roll
		err := json.Unmarshal(o.Payload, &r)
		return r, err
	})
	if !ok || err != nil {
		return true
	}
	_, found := slices.BinarySearch(r.Customers, id)
	return found
}
