package dashboard

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"mrrsync/internal/report"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

const (
	// patience is how long a page may take to be made.
	patience = 30 * time.Second
	// maxCells is how much of a load's answers is kept, in fields of tables.
	maxCells = 2_000_000
	// atOnce is how many questions a page asks at a time.
	atOnce = 3
	// turns is how many questions all pages together ask at a time: syncs use the
	// same connections, and go first.
	turns = 4
	// tries is how often a page is made anew because a load was published.
	tries = 4
)

// A look is one request: the load it is about, what was asked, and what the page
// asks for.
type look struct {
	d      *Dashboard
	state  *state
	path   string
	params url.Values
	filter filter
	// planName is what the plan is called that the filter asks for.
	planName string
	export   string // the table that is wanted as CSV; empty: the page

	mu    sync.Mutex
	asked map[string]*report.Table
}

// read makes the page of one load. If another one was published before all was
// asked, everything is asked again.
func (d *Dashboard) read(r *http.Request, to route, now *state) (*view, *look, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	for range tries {
		l := &look{d: d, state: now, path: to.path, params: r.URL.Query(), asked: map[string]*report.Table{}}
		l.export = l.params.Get("csv")
		if l.params.Has("user") || l.params.Has("password") { // for the gate; they go into no link
			l.params.Del("user")
			l.params.Del("password")
		}
		v, err := l.make(ctx, to)
		var p problem
		if errors.As(err, &p) {
			return nil, nil, err
		}
		after, keyErr := d.key(ctx)
		if keyErr != nil {
			return nil, nil, errors.Join(err, keyErr)
		}
		if after == now.key {
			if err == nil {
				d.answers.keep(now.key, l.asked)
			}
			return v, l, err
		}
		if now, err = d.freshState(ctx); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, problem{http.StatusServiceUnavailable, "The figures change too fast", "Loads are published faster than a page can be made of one. Try again in a minute."}
}

func (l *look) make(ctx context.Context, to route) (*view, error) {
	var err error
	if l.filter, err = l.readFilter(); err != nil {
		return nil, err
	}
	if l.state.load.ID == 0 && to.path != "/operations" && to.path != "/quality" {
		return l.d.firstSteps(l), nil
	}
	return to.make(ctx, l)
}

// report asks one of the reports, or remembers what it answered.
func (l *look) report(ctx context.Context, name string, q report.Query) (*report.Table, error) {
	r, err := report.Find(name)
	if err != nil {
		return nil, err
	}
	return l.once(ctx, fmt.Sprintf("%s %+v", name, q), func(ctx context.Context) (*report.Table, error) { return r.Run(ctx, l.d.cfg.Views, q) })
}

// ask asks a question of our own: the file of SQL of the report's name, with dot,
// and values as parameters; those of arrays are slices, which the driver writes.
func (l *look) ask(ctx context.Context, r report.Report, dot, values map[string]any) (*report.Table, error) {
	tmpl, err := template.ParseFS(sqlFiles, "sql/"+r.Name+".sql")
	if err != nil {
		return nil, fmt.Errorf("prepare question %s: %w", r.Name, err)
	}
	all := map[string]any{"DB": l.d.cfg.Views.Database}
	for k, v := range dot {
		all[k] = v
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, all); err != nil {
		return nil, fmt.Errorf("prepare question %s: %w", r.Name, err)
	}
	args := make([]any, 0, len(values))
	for name, value := range values {
		args = append(args, clickhouse.Named(name, value))
	}
	return l.once(ctx, fmt.Sprintf("%s %v %v", r.Name, dot, values), func(ctx context.Context) (*report.Table, error) {
		return r.Ask(ctx, l.d.cfg.Views, b.String(), args...)
	})
}

// warm asks several questions at a time, so that they are known when the page
// comes to them.
func (l *look) warm(ctx context.Context, questions ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, ask := range questions {
		g.Go(func() error { return ask(ctx) })
	}
	return g.Wait()
}

// once asks, unless the answer is known or somebody is asking the same. The
// caller may change the table's fields, not its rows.
func (l *look) once(ctx context.Context, key string, ask func(context.Context) (*report.Table, error)) (*report.Table, error) {
	l.mu.Lock()
	t := l.asked[key]
	l.mu.Unlock()
	if t == nil {
		begun := time.Now() //nolint:forbidigo // how long an answer took
		var err error
		if t, err = l.d.answers.get(ctx, l.state.key, key, ask); err != nil {
			return nil, err
		}
		l.d.log.Debug("dashboard asked", "question", strings.Fields(key)[0], "rows", len(t.Rows), "took", time.Since(begun)) //nolint:forbidigo // as above
		l.mu.Lock()
		l.asked[key] = t
		l.mu.Unlock()
	}
	own := *t
	return &own, nil
}

// answers are what is known of one load and the runs up to now: as long as these
// stay, so do the answers.
type answers struct {
	flight singleflight.Group
	turns  chan struct{}
	mu     sync.Mutex
	of     string
	known  map[string]*report.Table
	cells  int
}

func newAnswers() *answers {
	return &answers{known: map[string]*report.Table{}, turns: make(chan struct{}, turns)}
}

// get is an answer about a state.
func (a *answers) get(ctx context.Context, of, key string, ask func(context.Context) (*report.Table, error)) (*report.Table, error) {
	a.mu.Lock()
	if a.of != of {
		a.of, a.known, a.cells = of, map[string]*report.Table{}, 0
	}
	t := a.known[key]
	a.mu.Unlock()
	if t != nil {
		return t, nil
	}
	// Whoever asks first may leave; the others still wait for the answer.
	done := a.flight.DoChan(of+" "+key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		select {
		case a.turns <- struct{}{}:
			defer func() { <-a.turns }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return ask(clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": int(patience.Seconds())})))
	})
	select {
	case is := <-done:
		if is.Err != nil {
			return nil, is.Err
		}
		t, _ := is.Val.(*report.Table)
		return t, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// keep remembers answers that were found to be of the state they were asked for.
func (a *answers) keep(of string, asked map[string]*report.Table) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of != of {
		return
	}
	for key, t := range asked {
		n := len(t.Rows)*len(t.Columns) + 1
		if a.known[key] != nil || n > maxCells/4 {
			continue
		}
		if a.cells+n > maxCells { // rarely so much is asked of one load; what is asked most comes back first
			a.known, a.cells = map[string]*report.Table{}, 0
		}
		a.known[key], a.cells = t, a.cells+n
	}
}
