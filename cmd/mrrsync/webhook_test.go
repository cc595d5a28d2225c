package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWebhook: who is busy or down is told again, later and later; who refuses is
// not, and no error names the address.
func TestWebhook(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int // one a request; the last one stands
		waits   string
		asked   int
		want    string // empty: told
	}{
		"told":            {[]int{204}, "[]", 1, ""},
		"down for a bit":  {[]int{503, 500, 200}, "[1s 2s]", 3, ""},
		"busy":            {[]int{429, 200}, "[3s]", 2, ""},
		"down for good":   {[]int{502}, "[1s 2s 4s]", 4, "given up after 4 tries: answered 502 Bad Gateway"},
		"it refuses":      {[]int{404}, "[]", 1, "answered 404 Not Found"},
		"nobody is there": {nil, "[1s 2s 4s]", 0, "given up after 4 tries: no answer: "},
		"busy for long":   {[]int{529}, "[]", 1, "given up after 1 tries: answered 529"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				status := c.answers[min(asked, len(c.answers)-1)]
				asked++
				switch status {
				case http.StatusTooManyRequests:
					w.Header().Set("Retry-After", "3")
				case 529:
					w.Header().Set("Retry-After", "3600")
				}
				w.WriteHeader(status)
			}))
			defer hook.Close()
			if c.answers == nil {
				hook.Close()
			}
			waits := []time.Duration{}
			a := newApp(nil, nil, nil, func(string) string { return "" })
			a.between.sleep = func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}
			ctx, cancel := context.WithTimeout(t.Context(), notifyTime)
			defer cancel()
			err := a.post(ctx, hook.URL+"/T0/s3cret", []byte("{}"))
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("says %v, want %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("the error tells the webhook's address: %v", err)
			}
			if got := fmt.Sprint(waits); got != c.waits || asked != c.asked {
				t.Errorf("asked %d times with waits of %s, want %d and %s", asked, got, c.asked, c.waits)
			}
		})
	}
}
