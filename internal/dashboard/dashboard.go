package dashboard

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"mrrsync/connectors/billing"
	"mrrsync/internal/audit"
	"mrrsync/internal/report"
	"mrrsync/warehouse"
)

//go:embed page/*.html
var pageFiles embed.FS

//go:embed assets/*
var assetFiles embed.FS

// Root is where the dashboard is mounted.
const Root = "/dashboard"

// Config is what a dashboard shows, and whom it asks.
type Config struct {
	// Views are where the figures are.
	Views report.Source
	// Sources are the configured sources, in their order.
	Sources []string
	// Stale tells which sources are less current than they should be, by name.
	Stale func(context.Context) (map[string]bool, error)
	// Explain derives an account's MRR of a day anew; billing.NoDate is the last
	// published one. An error that is *audit.Unknown is about the name.
	Explain func(ctx context.Context, account string, day billing.Date) (*audit.Answer, error)
	// Change tells what a load changed, with no more than limit restatements. An
	// error that is warehouse.ErrNoLoad is about the id.
	Change func(ctx context.Context, load uint64, limit int) (warehouse.Change, error)
	Logger *slog.Logger
}

// Dashboard answers requests below Root. Who may ask is decided before.
type Dashboard struct {
	cfg     Config
	log     *slog.Logger
	pages   map[string]*template.Template
	assets  map[string]asset
	style   string // the addresses of the assets
	script  string
	build   string // changes with whatever pages are made of
	answers *answers
	last    remembered
	mux     *http.ServeMux
}

// asset is a file that browsers keep: its address changes with it.
type asset struct {
	kind string
	body []byte
}

// A route is a page: where it is, which template shows it and what makes it.
type route struct {
	path, template string
	make           func(context.Context, *look) (*view, error)
	// live pages rest on more than load and runs: browsers ask for them anew.
	live bool
}

func (d *Dashboard) routes() []route {
	return []route{
		{"", "overview", d.overview, false},
		{"/movements", "page", d.movements, false},
		{"/customers", "page", d.customers, false},
		{"/account", "account", d.account, false},
		{"/explain", "explain", d.explain, true},
		{"/plans", "page", d.plans, false},
		{"/segments", "page", d.segments, false},
		{"/retention", "page", d.retention, false},
		{"/cohorts", "page", d.cohorts, false},
		{"/forward", "page", d.forward, false},
		{"/invoices", "page", d.invoices, false},
		{"/operations", "operations", d.operations, false},
		{"/quality", "page", d.quality, false},
		{"/load", "load", d.load, true},
	}
}

// New prepares a dashboard. It asks nothing yet.
func New(cfg Config) (*Dashboard, error) {
	d := &Dashboard{
		cfg: cfg, log: cfg.Logger, pages: map[string]*template.Template{}, assets: map[string]asset{}, answers: newAnswers(), mux: http.NewServeMux(),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if err := d.readAssets(); err != nil {
		return nil, err
	}
	for _, r := range d.routes() {
		d.mux.HandleFunc("GET "+Root+r.path, func(w http.ResponseWriter, req *http.Request) { d.serve(w, req, r) })
		if d.pages[r.template] == nil {
			t, err := d.template(r.template)
			if err != nil {
				return nil, err
			}
			d.pages[r.template] = t
		}
	}
	d.mux.HandleFunc("GET "+Root+"/{$}", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, Root, http.StatusMovedPermanently)
	})
	d.mux.HandleFunc("GET "+Root+"/assets/{name}", d.asset)
	d.mux.HandleFunc("GET "+Root+"/", func(w http.ResponseWriter, req *http.Request) {
		d.fail(w, req, problem{http.StatusNotFound, "There is no such page", "The address may be misspelt. The pages are named above."})
	})
	return d, nil
}

// readAssets reads style and script, and names them by what is in them.
func (d *Dashboard) readAssets() error {
	css, err := assetFiles.ReadFile("assets/dashboard.css")
	if err != nil {
		return fmt.Errorf("read style: %w", err)
	}
	js, err := assetFiles.ReadFile("assets/dashboard.js")
	if err != nil {
		return fmt.Errorf("read script: %w", err)
	}
	keep := func(name, kind string, body []byte) string {
		sum := sha256.Sum256(body)
		name = hex.EncodeToString(sum[:6]) + "-" + name
		d.assets[name] = asset{kind, body}
		return Root + "/assets/" + name
	}
	d.style = keep("dashboard.css", "text/css; charset=utf-8", append([]byte(report.Style()), css...))
	d.script = keep("dashboard.js", "text/javascript; charset=utf-8", js)
	build := sha256.New()
	build.Write([]byte(d.style + d.script))
	err = fs.WalkDir(pageFiles, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := pageFiles.ReadFile(path)
		build.Write(text)
		return err
	})
	d.build = hex.EncodeToString(build.Sum(nil)[:6])
	return err
}

func (d *Dashboard) template(name string) (*template.Template, error) {
	t, err := template.New("frame.html").Funcs(template.FuncMap{
		"numbered": func(i int) int { return i + 1 }, "prose": prose, "amount": grouped, "sentence": sentence,
	}).ParseFS(pageFiles, "page/frame.html", "page/parts.html", "page/"+name+".html")
	if err != nil {
		return nil, fmt.Errorf("prepare page %s: %w", name, err)
	}
	return t, nil
}

// ServeHTTP answers a request.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	Guard(w.Header())
	d.mux.ServeHTTP(w, r)
}

// Guard sets the headers that keep a page to itself: nothing from elsewhere, in
// no frame, and no address of ours told to others.
func Guard(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-cache")
}

func (d *Dashboard) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := d.assets[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	send(w, r, http.StatusOK, a.body)
}

// A problem is what a page can't be made for; its text says what to do instead.
type problem struct {
	status      int
	title, text string
}

func (p problem) Error() string { return p.title + ": " + p.text }

// wrong is a question that can't be answered.
func wrong(format string, args ...any) error {
	return problem{http.StatusBadRequest, "That can't be shown", fmt.Sprintf(format, args...)}
}

// missing is a name that nothing bears.
func missing(format string, args ...any) error {
	return problem{http.StatusNotFound, "Not found", fmt.Sprintf(format, args...)}
}

// serve makes a page, or says that the browser has it.
func (d *Dashboard) serve(w http.ResponseWriter, r *http.Request, to route) {
	state, err := d.state(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	tag := `W/"` + state.tag(d.build, r.URL.RequestURI()) + `"`
	if !to.live {
		w.Header().Set("ETag", tag)
		if strings.Contains(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	v, l, err := d.read(r, to, state)
	if err != nil {
		w.Header().Del("ETag")
		d.fail(w, r, err)
		return
	}
	if l.state.key != state.key { // it was published while the page was made
		w.Header().Set("ETag", `W/"`+l.state.tag(d.build, r.URL.RequestURI())+`"`)
	}
	if l.export != "" {
		d.csv(w, r, v, l)
		return
	}
	d.show(w, r, http.StatusOK, to, v, l)
}

// show writes a page.
func (d *Dashboard) show(w http.ResponseWriter, r *http.Request, status int, to route, v *view, l *look) {
	v.frame = d.frame(to, l)
	var b bytes.Buffer
	if err := d.pages[cmp.Or(v.template, to.template)].Execute(&b, v); err != nil {
		w.Header().Del("ETag")
		d.log.Error("a page of the dashboard can't be written", "page", to.path, "error", err)
		http.Error(w, "The page can't be written; see the log of mrrsync serve.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(w, r, status, b.Bytes())
}

// csv writes one table of the page for machines.
func (d *Dashboard) csv(w http.ResponseWriter, r *http.Request, v *view, l *look) {
	t := v.tables[l.export]
	if t == nil {
		d.fail(w, r, missing("this page has no table %q to export", l.export))
		return
	}
	var b bytes.Buffer
	if err := t.CSV(&b); err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="mrr-%s-%s.csv"`, l.export, cmp.Or(l.state.load.Through.String(), "none")))
	send(w, r, http.StatusOK, b.Bytes())
}

// fail shows what went wrong, within the frame where that can be made. What is
// nobody's business is in the log alone.
func (d *Dashboard) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p problem
	var unknown *audit.Unknown
	switch {
	case errors.As(err, &p):
	case errors.As(err, &unknown):
		p = problem{http.StatusNotFound, "Not found", sentence(unknown.Text)}
	case errors.Is(err, report.ErrUsage):
		p = problem{http.StatusBadRequest, "That can't be shown", sentence(err.Error())}
	case errors.Is(err, warehouse.ErrNoLoad):
		p = problem{http.StatusNotFound, "Not found", sentence(err.Error())}
	case errors.Is(err, context.Canceled):
		return // nobody waits for it any more
	case errors.Is(err, context.DeadlineExceeded):
		d.log.Warn("a page of the dashboard took too long", "page", r.URL.Path, "error", err)
		p = problem{http.StatusGatewayTimeout, "That takes too long", "The answer did not come in time. Ask for a shorter range, or try again when no sync is running."}
	default:
		d.log.Error("a page of the dashboard can't be made", "page", r.URL.Path, "error", err)
		p = problem{http.StatusInternalServerError, "The page can't be made", "Something went wrong on our side; the log of mrrsync serve says what."}
	}
	l := &look{d: d, state: &state{}}
	if now, stateErr := d.state(r.Context()); stateErr == nil {
		l.state = now
	}
	v := &view{Title: p.title, Lead: p.text}
	d.show(w, r, p.status, route{template: "page"}, v, l)
}

// sentence makes one of an error's text.
func sentence(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// send writes a body, packed where the browser takes that.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(body) > 1400 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(body); err == nil && z.Close() == nil {
			h.Set("Content-Encoding", "gzip")
			body = b.Bytes()
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to be told
}
