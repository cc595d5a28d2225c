// Package tally is the worked example of a connector: it reads Tally, a billing
// provider that does not exist.
//
// Tally lists customers and subscriptions in order of their last change, so
// that one position, the last row's time and id, serves for paging, for going
// on after a crash, and for asking the next night what has changed. Rows of
// what was deleted stay on the list and say so.
//
// Start a connector of your own from a copy of this folder.
package tally

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
)

// Definition makes the connector known.
var Definition = connectors.Definition{
	Name:    "tally",
	Summary: "A Tally account: customers and subscriptions.",
	Keys: []connectors.Key{
		{Name: "api_key", Required: true, Example: "env:TALLY_API_KEY", Summary: "a key that may read, as env:NAME or file:PATH"},
		{Name: "base_url", Default: "https://api.tally.example", Summary: "another address, for a proxy"},
		{Name: "requests_per_second", Default: "10", Summary: "for all workers together; slows down by itself on 429"},
		{Name: "concurrency", Default: "1", Summary: "requests under way at once"},
		{Name: "page_size", Default: "100", Summary: "objects asked for per request"},
	},
	Open: open,
}

type settings struct {
	APIKey            config.Secret `yaml:"api_key"`
	BaseURL           string        `yaml:"base_url"`
	RequestsPerSecond float64       `yaml:"requests_per_second"`
	Concurrency       int           `yaml:"concurrency"`
	PageSize          int           `yaml:"page_size"`
}

// connector reads one account. It keeps nothing between calls.
type connector struct {
	options  connectors.Options
	settings settings
	client   func() (*client, error) // looks the key up at the first request
}

func open(o connectors.Options) (connectors.Connector, error) {
	s := settings{BaseURL: "https://api.tally.example", RequestsPerSecond: 10, Concurrency: 1, PageSize: 100}
	if err := o.Settings.Decode(&s); err != nil {
		return nil, err
	}
	if s.APIKey.IsZero() {
		return nil, fmt.Errorf("open source %s: api_key is missing; write env:NAME or file:PATH", o.Source)
	}
	c := &connector{options: o, settings: s}
	c.client = sync.OnceValues(c.connect)
	return c, nil
}

// client sends requests politely: the shared transport keeps the rate, heeds
// Retry-After, repeats what failed and takes secrets out of errors.
type client struct {
	key  string
	http *http.Client
}

func (c *connector) connect() (*client, error) {
	key, err := c.settings.APIKey.Value()
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", c.options.Source, err)
	}
	return &client{key, &http.Client{Transport: connectors.NewTransport(connectors.Manners{
		Source:            c.options.Source,
		RequestsPerSecond: c.settings.RequestsPerSecond,
		Concurrency:       c.settings.Concurrency,
		Secrets:           []string{key},
		Base:              c.options.Transport,
		Observe:           c.options.Observe,
	})}}, nil
}

// errRefused says that the key opens nothing at all.
var errRefused = fmt.Errorf("tally refuses the API key; check api_key: %w", connectors.ErrDenied)

// get decodes a successful answer.
func (c *connector) get(ctx context.Context, path string, query url.Values, into any) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.settings.BaseURL+path+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("source %s: %w", c.options.Source, err)
	}
	req.Header.Set("Authorization", "Bearer "+cl.key)
	resp, err := cl.http.Do(req)
	if err != nil {
		return fmt.Errorf("source %s: %w", c.options.Source, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return fmt.Errorf("source %s: read %s: %w", c.options.Source, path, err)
	case resp.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("source %s: %w", c.options.Source, errRefused)
	case resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("source %s: the API key may not read %s; give it that permission: %w", c.options.Source, path, connectors.ErrDenied)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("source %s: %s answers %d: %.200s", c.options.Source, path, resp.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("source %s: read %s: %w", c.options.Source, path, err)
	}
	return nil
}

// Account is the account's id and mode.
func (c *connector) Account(ctx context.Context) (string, error) {
	var a struct{ ID, Mode string }
	if err := c.get(ctx, "/v1/account", nil, &a); err != nil {
		return "", err
	}
	return a.ID + " " + a.Mode, nil
}

// Streams are the lists, what others refer to first.
func (c *connector) Streams() []connectors.Stream {
	return []connectors.Stream{"customers", "subscriptions"}
}

// Check asks each list for one row. A key that opens nothing is told once.
func (c *connector) Check(ctx context.Context) error {
	var problems []error
	for _, s := range c.Streams() {
		_, err := c.page(ctx, s, position{}, 1)
		if errors.Is(err, errRefused) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("stream %s: %w", s, err))
		}
	}
	return errors.Join(problems...)
}

// position is a cursor: the last row that was read.
type position struct {
	Changed time.Time `json:"changed"`
	ID      string    `json:"id"`
}

// Pull reads on from the position, page by page. At the end it stays at the
// last row: that is where the next night's changes follow.
func (c *connector) Pull(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	return func(yield func(connectors.Page, error) bool) {
		var at position
		if since != "" {
			if err := json.Unmarshal([]byte(since), &at); err != nil {
				yield(connectors.Page{}, fmt.Errorf("pull stream %s: read cursor: %w", s, err))
				return
			}
		}
		for more := true; more; {
			b, err := c.page(ctx, s, at, c.settings.PageSize)
			if err != nil {
				yield(connectors.Page{}, fmt.Errorf("pull stream %s: %w", s, err))
				return
			}
			at, more = b.at, b.more
			cursor, err := json.Marshal(at)
			if err != nil {
				yield(connectors.Page{}, fmt.Errorf("pull stream %s: write cursor: %w", s, err))
				return
			}
			if !yield(connectors.Page{Objects: b.objects, Cursor: connectors.Cursor(cursor)}, nil) {
				return
			}
		}
	}
}

// batch is a page of rows, and where it ends.
type batch struct {
	objects []connectors.Object
	at      position
	more    bool
}

// page asks for the rows behind a position.
func (c *connector) page(ctx context.Context, s connectors.Stream, at position, size int) (batch, error) {
	kind, ok := kinds(s)
	if !ok {
		return batch{}, fmt.Errorf("there is no such stream; want one of %v", c.Streams())
	}
	query := url.Values{"limit": {strconv.Itoa(size)}}
	if at.ID != "" {
		query.Set("after_changed", at.Changed.Format(time.RFC3339Nano))
		query.Set("after_id", at.ID)
	}
	var answer struct {
		Data []json.RawMessage
		More bool
	}
	now := c.options.Now()
	if err := c.get(ctx, "/v1/"+string(s), query, &answer); err != nil {
		return batch{}, err
	}
	b := batch{at: at, more: answer.More}
	for i, raw := range answer.Data {
		o, row, err := c.object(kind, raw, now)
		if err != nil {
			return batch{}, fmt.Errorf("object %d of a page (after %q): %w", i+1, b.at.ID, err)
		}
		b.objects, b.at = append(b.objects, o), position{row.Changed, row.ID}
	}
	if b.more && b.at == at {
		return batch{}, errors.New("the list does not advance")
	}
	return b, nil
}

// row is what pulling needs to know of an object.
type row struct {
	ID       string    `json:"id"`
	Customer string    `json:"customer"`
	Changed  time.Time `json:"changed"`
	Deleted  bool      `json:"deleted"`
}

// object is a row as it may land. Its version is the time of its change.
func (c *connector) object(kind string, raw []byte, now time.Time) (connectors.Object, row, error) {
	var r row
	var members map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(raw, &r), json.Unmarshal(raw, &members)); err != nil {
		return connectors.Object{}, r, err
	}
	if r.ID == "" || r.Changed.IsZero() {
		return connectors.Object{}, r, fmt.Errorf("%s %q has no id or no time of change", kind, r.ID)
	}
	delete(members, "phone") // never lands
	if err := errors.Join(personal(members, "email", c.options.Privacy.Email), personal(members, "name", c.options.Privacy.Name)); err != nil {
		return connectors.Object{}, r, fmt.Errorf("%s %s: %w", kind, r.ID, err)
	}
	payload, err := json.Marshal(members)
	if kind == kindCustomer {
		r.Customer = r.ID
	}
	return connectors.Object{
		Kind: kind, ID: r.ID, CustomerID: r.Customer, Version: r.Changed.UnixMicro(), SeenAt: now.UTC(),
		Origin: connectors.Listed, Deleted: r.Deleted, Payload: payload,
	}, r, err
}

// personal treats a member as the privacy rules say.
func personal(members map[string]json.RawMessage, name string, treat func(string) (string, bool)) error {
	raw, ok := members[name]
	if !ok {
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	landed, keep := treat(text)
	if !keep {
		delete(members, name)
		return nil
	}
	clean, err := json.Marshal(landed)
	members[name] = clean
	return err
}
