package warehouse

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// dsn is where a warehouse is.
type dsn struct {
	folder   string              // of the embedded engine; empty: a server
	options  *clickhouse.Options // of a server
	http     bool                // the server is reached over http(s)
	redacted string              // without credentials, for errors
}

// parseDSN reads warehouse.dsn. Errors never repeat what may be a password.
func parseDSN(text string) (dsn, error) {
	if folder, ok := strings.CutPrefix(text, "chdb://"); ok {
		if folder == "" {
			return dsn{}, fmt.Errorf("warehouse.dsn %q names no folder: want chdb://FOLDER", text)
		}
		return dsn{folder: folder, redacted: text}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return dsn{}, fmt.Errorf("warehouse.dsn can't be read: want chdb://FOLDER, clickhouse://USER:PASSWORD@HOST:9000 or https://USER:PASSWORD@HOST:8443")
	}
	switch u.Scheme {
	case "clickhouse", "http", "https":
	default:
		return dsn{}, fmt.Errorf("warehouse.dsn begins with %s://: want chdb://, clickhouse://, http:// or https://", u.Scheme)
	}
	d := dsn{http: u.Scheme != "clickhouse", redacted: u.Scheme + "://" + u.Host}
	if d.options, err = clickhouse.ParseDSN(text); err != nil {
		return dsn{}, fmt.Errorf("warehouse.dsn %s: its options can't be read: want ?secure=true and the like", d.redacted)
	}
	if d.http {
		// An exception in the middle of a 200 answer would be missed.
		d.options.Settings = clickhouse.Settings{"wait_end_of_query": 1}
	}
	return d, nil
}
