package serve

import (
	"encoding/json"
	"net/http"
)

// Health is how current the warehouse is.
type Health struct {
	// Fresh says that all is as it should be: 200, else 503.
	Fresh bool
	// Detail is what /healthz answers, as JSON.
	Detail any
	// Gauges are what /metrics tells of it.
	Gauges []Gauge
}

// Gauge is a figure for Prometheus.
type Gauge struct {
	Name   string // without its prefix, such as source_covered_through_timestamp_seconds
	Help   string
	Labels []string // names and values in turn
	Value  float64
}

// healthz tells whether the figures are fresh: 200 when they are, 503 when they
// are stale or nobody can tell.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	h := Health{Fresh: true, Detail: map[string]string{}}
	if s.cfg.Health != nil {
		var err error
		if h, err = s.cfg.Health(r.Context()); err != nil {
			s.log.Error("the warehouse's state can't be read", "error", err)
			h = Health{Detail: map[string]string{"error": "the warehouse's state can't be read; see the log"}}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !h.Fresh {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(h.Detail) // nobody is left to be told
}
