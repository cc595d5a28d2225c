package dashboard

import (
	"cmp"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var (
	shots = flag.String("shots", "", "keep every page as pictures and as a print in this folder")
	site  = flag.String("site", "", "look at the dashboard of this server, http://host:port, and not at the tests' own")
)

//go:embed testdata/looks.js
var looksScript string

// A window is one in which every page is looked at.
type window struct {
	name          string
	width, height int64
	dark          bool
}

// windows are a desk's and a phone's, light and dark; the first two show
// everything once.
func windows() []window {
	return []window{{"desk", 1280, 900, false}, {"phone-dark", 390, 844, true}, {"desk-dark", 1280, 900, true}, {"phone", 390, 844, false}}
}

// TestLooks opens every page as desks and phones show it, light and dark: nothing
// is wider than the window, every word can be read on its ground, and what is
// touched is large enough. With -shots it looks in all windows, and the pages are
// kept as pictures and printed.
func TestLooks(t *testing.T) {
	ctx := browse(t)
	at, all := *site, windows()
	if *shots == "" {
		all = all[:2]
	}
	if at == "" {
		server := httptest.NewServer(company(t))
		defer server.Close()
		at = server.URL
	}
	for _, page := range everyPage(t, at) {
		path, _, _ := strings.Cut(page, "?")
		name := cmp.Or(strings.Trim(path, "/"), "overview")
		for _, w := range all {
			do(ctx, t, "open "+page, chromedp.EmulateViewport(w.width, w.height), media("", w.dark), chromedp.Navigate(at+Root+page))
			if faults := ask(ctx, t, looksScript); faults != "" {
				t.Errorf("%s, %s:\n%s", page, w.name, faults)
			}
			if *shots != "" {
				keep(ctx, t, name+"-"+w.name+".png", chromedp.FullScreenshot(100))
			}
		}
		do(ctx, t, "show as printed", chromedp.EmulateViewport(paper, 1000), media("print", false))
		if cut := ask(ctx, t, fmt.Sprintf(`document.documentElement.scrollWidth > %d ? "yes" : ""`, paper*8/5)); cut != "" {
			t.Errorf("%s is wider than paper: the right of it is cut off", page)
		}
		if *shots != "" {
			keep(ctx, t, name+".pdf", chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
		}
	}
}

// paper is how wide a sheet is in pixels. What is wider is printed smaller, down
// to three fifths.
const paper = 718

// media says what the page is shown on, and what its reader prefers there.
func media(kind string, dark bool) chromedp.Action[chromedp.Void] {
	prefers := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "light"}
	if dark {
		prefers.Value = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind, Features: []*emulation.MediaFeature{prefers}})
		return err
	})
}

// keep writes what an action yields into the folder of the pictures.
func keep(ctx context.Context, t *testing.T, name string, of chromedp.Action[[]byte]) {
	t.Helper()
	body, err := chromedp.Run(ctx, of)
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name), body, 0o644) //nolint:gosec // a folder of the one who asks
	}
	if err != nil {
		t.Fatal(err)
	}
}

// everyPage is every page with figures in it: of those about one thing the first
// that another page leads to.
func everyPage(t *testing.T, at string) []string {
	t.Helper()
	led := func(page, to string) string {
		resp, err := http.Get(at + Root + page)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return html.UnescapeString(string(regexp.MustCompile(`(?:` + to + `)\?[^"#]*`).Find(body)))
	}
	var all []string
	for _, r := range (&Dashboard{}).routes() {
		path := r.path
		switch path {
		case "/account":
			path = led("/customers", path)
		case "/explain":
			path = led(led("/customers", "/account"), path)
		case "/load":
			path = led("/operations", path)
		}
		if path != "" || r.path == "" {
			all = append(all, path)
		}
	}
	return append(all, "/nowhere")
}
