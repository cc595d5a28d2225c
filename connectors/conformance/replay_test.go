package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mrrsync/connectors/conformance"
)

func TestReplay(t *testing.T) {
	api, err := conformance.Replay([]byte(`{"GET /v1/a": {"page": 1}, "GET /v1/a?after=x&types[0]=b": {"page": 2}}`), "after", "types[0]")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		url, want string
		status    int
	}{
		{"/v1/a?limit=3", `{"page": 1}`, http.StatusOK},
		{"/v1/a?types%5B0%5D=b&limit=3&after=x", `{"page": 2}`, http.StatusOK},
		{"/v1/a?after=y", "not recorded: GET /v1/a?after=y", http.StatusNotFound},
		{"/v1/b", "not recorded: GET /v1/b", http.StatusNotFound},
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.url, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %d and %s", c.url, w.Code, w.Body, c.status, c.want)
		}
	}
	if _, err := conformance.Replay([]byte(`[]`)); err == nil {
		t.Error("a recording that is not an object is read")
	}
}
