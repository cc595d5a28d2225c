package bi

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"mrrsync/internal/fixture"
	"mrrsync/internal/serve"
	"mrrsync/warehouse"
	"mrrsync/warehouse/chdb"
)

var update = flag.Bool("update", false, "write the assets anew")

// The engine of this test binary, its folder, and two warehouses that no test
// changes: the small company of testdata/world.sql, and one without a load.
var (
	engine *chdb.DB
	folder string

	small, empty store
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if folder, err = os.MkdirTemp("", "bi"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	if engine, err = chdb.Open(ctx, chdb.Config{Path: folder}); err != nil {
		return 0, err
	}
	defer func() { _ = engine.Close(ctx) }() // what it could say is no longer of use
	for _, s := range []struct {
		store    *store
		database string
		filled   bool
	}{{&small, "small", true}, {&empty, "empty", false}} {
		if *s.store, err = newStore(ctx, warehouse.Schema{Database: s.database, Segments: []string{"csm", "tier"}}, s.filled); err != nil {
			return 0, err
		}
		defer s.store.stop()
	}
	return m.Run(), nil
}

// A store is a warehouse and the address at which readers find it.
type store struct {
	schema  warehouse.Schema
	address string
	stop    func()
}

// newStore makes the tables and views of a schema, fills them if that is asked,
// and serves them to readers.
func newStore(ctx context.Context, schema warehouse.Schema, filled bool) (store, error) {
	schema.Target, schema.Volatile = warehouse.Embedded, true
	var files []string
	if filled {
		files = append(files, "testdata/world.sql")
	}
	if err := fixture.Fill(ctx, engine, schema, files...); err != nil {
		return store{}, err
	}
	server, err := serve.New(ctx, serve.Config{Folder: folder, Database: schema.Database, Listen: "127.0.0.1:0", Limits: serve.Limits{Seconds: 60, Memory: 1 << 30}, Now: time.Now})
	if err != nil {
		return store{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, 10*time.Second) }()
	return store{schema, "http://" + server.Addr().String(), func() { cancel(); <-done }}, nil
}

// A world is a store in a test.
type world struct {
	t testing.TB
	store
}

// newWorld is a store of the test's own, for tests that change it.
func newWorld(t testing.TB, schema warehouse.Schema, filled bool) *world {
	t.Helper()
	s, err := newStore(t.Context(), schema, filled)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return &world{t, s}
}

// exec runs a statement that writes, in the engine itself.
func (w *world) exec(sql string) {
	w.t.Helper()
	if err := engine.Query(w.t.Context(), sql, "Null", nil, nil); err != nil {
		w.t.Fatalf("%s\n%v", sql, err)
	}
}

// run runs a statement as a reader does who has set the database on the
// connection, and answers its rows as text.
func (w *world) run(sql string) string {
	w.t.Helper()
	text, err := w.query(sql, "TSVRaw")
	if err != nil {
		w.t.Fatalf("%s\n%v", sql, err)
	}
	return text
}

func (w *world) query(sql, format string) (string, error) {
	address := w.address + "/?" + url.Values{"database": {w.schema.Database}, "default_format": {format}}.Encode()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, strings.NewReader(sql))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, res.Body); err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", res.Status, b.String())
	}
	return b.String(), nil
}

// An answer is what a statement gave: the names and types of its columns, and
// its rows as text.
type answer struct {
	names, types []string
	rows         [][]string
}

func (w *world) ask(sql string) (answer, error) {
	text, err := w.query(sql, "TSVWithNamesAndTypes")
	if err != nil {
		return answer{}, err
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 {
		return answer{}, fmt.Errorf("it answers %q", text)
	}
	a := answer{names: strings.Split(lines[0], "\t"), types: strings.Split(lines[1], "\t")}
	for _, l := range lines[2:] {
		a.rows = append(a.rows, strings.Split(l, "\t"))
	}
	return a, nil
}
