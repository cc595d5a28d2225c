package dashboard

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browse starts a browser; without one the test is skipped, since TestFilter,
// TestDrill and TestExport go the same ways over HTTP.
func browse(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium here")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	t.Cleanup(cancel)
	// Tests often run as root, where Chromium's sandbox can't; it sees our own pages alone.
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath(path))...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	return ctx
}

// do carries out steps in the browser.
func do(ctx context.Context, t *testing.T, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// ask evaluates a script in the page.
func ask(ctx context.Context, t *testing.T, script string) string {
	t.Helper()
	is, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
	if err != nil {
		t.Fatalf("%.200s: %v", script, err)
	}
	return is
}

// arrive waits until the browser's address has a part.
func arrive(ctx context.Context, t *testing.T, part string) {
	t.Helper()
	for range 300 {
		if where, err := chromedp.Run(ctx, chromedp.Location()); err == nil && strings.Contains(where, part) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the browser did not come to %q", part)
}

// TestBrowser does in a real browser what other tests do by addresses: choose a
// filter and show it, follow a bar of the picture, and export.
func TestBrowser(t *testing.T) {
	ctx := browse(t)
	server := httptest.NewServer(company(t))
	defer server.Close()
	do(ctx, t, "open", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL+Root))
	_ = ask(ctx, t, `(document.querySelector("#f-currency").value = "USD", document.querySelector("#f-plan").value = "pro", document.querySelector("form.filters button").click(), "")`)
	arrive(ctx, t, "plan=pro")
	do(ctx, t, "see the filter", chromedp.WaitVisible(".chips"))
	if where := ask(ctx, t, `location.search`); strings.Contains(where, "source=") || strings.Contains(where, "from=") {
		t.Errorf("the address names what is the usual: %s", where)
	}
	_ = ask(ctx, t, `(document.querySelector("svg.wide a[href*=expansion] rect").dispatchEvent(new MouseEvent("click", {bubbles: true})), "")`)
	arrive(ctx, t, "kind=expansion")
	do(ctx, t, "see the movements", chromedp.WaitVisible("a.export"))
	if csv := ask(ctx, t, `document.querySelector("a.export").getAttribute("href")`); !strings.Contains(csv, "csv=movements") {
		t.Errorf("the export is %q", csv)
	}
}
