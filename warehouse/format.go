package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"mrrsync/warehouse/chdb"
)

// Format runs a statement that reads and streams its answer to w in any of
// ClickHouse's formats, which a FORMAT clause in sql overrides. Unqualified
// names are the views'. The engine refuses what would write. Part of the answer
// may have been written before an error.
func (w *Warehouse) Format(ctx context.Context, out io.Writer, sql, format string) error {
	switch {
	case w.engine != nil:
		_, err := w.engine.Run(ctx, chdb.Statement{
			SQL: sql, Format: format, Database: w.schema.Database, Settings: map[string]string{"readonly": "1"},
		}, out)
		if err != nil {
			return fmt.Errorf("query warehouse: %w", err)
		}
		return nil
	case w.dsn.http, w.through != nil:
		return w.post(ctx, out, sql, format)
	default:
		return errors.New("query warehouse: warehouse.dsn is clickhouse://, which answers in no format but the driver's own: " +
			"name the server's HTTP port in an http:// or https:// DSN, or use clickhouse-client")
	}
}

// post runs a statement over a server's HTTP interface.
func (w *Warehouse) post(ctx context.Context, out io.Writer, sql, format string) error {
	u, transport := url.URL{Scheme: "http", Host: "chdb", Path: "/"}, w.through
	opts := w.dsn.options
	if transport == nil {
		u.Host = opts.Addr[0]
		if opts.HttpUrlPath != "" {
			u.Path = opts.HttpUrlPath
		}
		transport = &http.Transport{TLSClientConfig: opts.TLS}
		defer transport.CloseIdleConnections()
		if opts.TLS != nil {
			u.Scheme = "https"
		}
	}
	u.RawQuery = url.Values{
		"database": {w.schema.Database}, "default_format": {format}, "readonly": {"1"}, "wait_end_of_query": {"1"},
	}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(sql))
	if err != nil {
		return fmt.Errorf("query warehouse %s: %w", w.dsn.redacted, err)
	}
	if opts != nil {
		req.Header.Set("X-ClickHouse-User", opts.Auth.Username)
		req.Header.Set("X-ClickHouse-Key", opts.Auth.Password)
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("query warehouse %s: %w", w.dsn.redacted, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		return fmt.Errorf("query warehouse %s: %s", w.dsn.redacted, strings.TrimSpace(string(text)))
	}
	if _, err := io.Copy(out, res.Body); err != nil {
		return fmt.Errorf("query warehouse %s: %w", w.dsn.redacted, err)
	}
	return nil
}
