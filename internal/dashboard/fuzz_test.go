package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mrrsync/internal/fixture"
)

// FuzzAddress asks for pages with parameters of any text: what is wrong with them
// is told to the reader, never with a failure of ours, and nothing of them becomes
// a part of the page's own language.
func FuzzAddress(f *testing.F) {
	h := company(f)
	routes := h.routes()
	for i := range routes {
		f.Add(uint8(i), "currency=USD&source=main&plan=pro&range=12m")
	}
	for n, query := range []string{
		"id=acme&on=2149-06-06", "segment=csm", "segment=csm=", "segment==", "segment=csm%3Dana%27%20OR%201", "segment=%00=%ff", "range=own", "range=0m", "range=99999999999999999999m", "range=-1m",
		"from=2026-13", "from=2026-02-30&to=2026-01", "from=0000-00&to=9999-99", "currency=reporting", "currency=%27", "currency=" + strings.Repeat("A", 9000),
		"id=acme&on=2026-02-30", "id=nobody", "id=%2e%2e%2f", "id=18446744073709551616", "id=-1", "csv=waterfall", "csv=../x", "csv=%0d%0aX:%20y",
		"q=%25", "q=_", "q=\\", "page=-1", "page=9223372036854775807", "sort=mrr%20DESC", "account=%e2%80%ae", "movement=new&movement=churn", "a=%zz", ";", "&&&=", "date=2026-01-01&date=",
	} {
		f.Add(uint8(n), query)
		f.Add(uint8(n+4), query) // 4: an account's derivation, which asks for most
	}
	const mark = `<zq9 "'>`
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		path := Root + routes[int(which)%len(routes)].path
		params, _ := url.ParseQuery(query) // as much as can be read, as a server does
		for name, values := range params {
			for i := range values {
				params[name][i] += mark
			}
		}
		for _, q := range []string{fixture.Escaped(query), params.Encode()} {
			p := h.get(t, path+"?"+q)
			if p.status >= http.StatusInternalServerError {
				t.Errorf("%s?%s: %d\n%.300s", path, q, p.status, p.body)
			}
			if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") && strings.Contains(p.body, "<zq9") {
				t.Errorf("%s?%s: what stands in the address is part of the page", path, q)
			}
		}
	})
}
