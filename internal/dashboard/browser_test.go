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

// TestBrowser does in a real browser what the tests above do by addresses: choose a
// filter and show it, follow a bar of the picture, export, and fit a phone.
func TestBrowser(t *testing.T) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium here: the same ways are gone over HTTP by TestFilter, TestDrill and TestExport")
	}
	server := httptest.NewServer(company(t))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// Tests often run as root, where Chromium's sandbox can't; it sees our own pages alone.
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath(path))...)
	defer stop()
	ctx, end := chromedp.NewContext(ctx)
	defer end()
	do := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	ask := func(script string) string {
		t.Helper()
		is, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return is
	}
	arrive := func(part string) {
		t.Helper()
		for range 300 {
			if where, err := chromedp.Run(ctx, chromedp.Location()); err == nil && strings.Contains(where, part) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the browser did not come to %q", part)
	}
	do("open", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL+Root))
	_ = ask(`(document.querySelector("#f-currency").value = "USD", document.querySelector("#f-plan").value = "pro", document.querySelector("form.filters button").click(), "")`)
	arrive("plan=pro")
	do("see the filter", chromedp.WaitVisible(".chips"))
	if where := ask(`location.search`); strings.Contains(where, "source=") || strings.Contains(where, "from=") {
		t.Errorf("the address names what is the usual: %s", where)
	}
	_ = ask(`(document.querySelector("svg.wide a[href*=expansion] rect").dispatchEvent(new MouseEvent("click", {bubbles: true})), "")`)
	arrive("kind=expansion")
	do("see the movements", chromedp.WaitVisible("a.export"))
	if csv := ask(`document.querySelector("a.export").getAttribute("href")`); !strings.Contains(csv, "csv=movements") {
		t.Errorf("the export is %q", csv)
	}
	do("take a phone", chromedp.EmulateViewport(390, 844))
	for _, page := range []string{"", "/movements", "/plans", "/operations", "/account?id=acme"} {
		do("open "+page, chromedp.Navigate(server.URL+Root+page))
		if wide := ask(`String(document.documentElement.scrollWidth - innerWidth)`); wide != "0" && !strings.HasPrefix(wide, "-") {
			t.Errorf("%s is %s pixels wider than a phone", page, wide)
		}
	}
}
