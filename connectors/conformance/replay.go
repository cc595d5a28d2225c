package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Replay is a provider that gives recorded answers. The recording is a JSON
// object: the key is a request, "GET /v1/customers?starting_after=cus_2", the
// value its answer. Of a request's parameters only those in keep tell one answer
// from another; the rest (a limit, a window of time) is as it was recorded.
// What was not recorded does not exist: 404, naming the request.
func Replay(recording []byte, keep ...string) (http.Handler, error) {
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(recording, &answers); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := url.Values{}
		for name, values := range r.URL.Query() {
			if slices.Contains(keep, name) {
				kept[name] = values
			}
		}
		asked := r.Method + " " + r.URL.Path
		if len(kept) > 0 {
			text, err := url.QueryUnescape(kept.Encode()) // as one would write it
			if err != nil {
				text = kept.Encode()
			}
			asked += "?" + text
		}
		w.Header().Set("Content-Type", asJSON)
		answer, ok := answers[asked]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer, _ = json.Marshal(map[string]any{"error": map[string]string{"message": "not recorded: " + asked}, "message": "not recorded: " + asked}) // strings always encode
		}
		_, _ = w.Write(answer) // in memory
	}), nil
}
