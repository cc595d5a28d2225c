package serve

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// prefix is what the name of every metric begins with.
const prefix = "mrrsync_"

// buckets are the upper bounds of the histogram of durations, in seconds.
var buckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// stats counts what the server did.
type stats struct {
	mu      sync.Mutex
	queries map[[2]string]uint64 // by role and code of the exception, 0 for none
	counts  []uint64             // of durations, by bucket; the last is for what is longer
	seconds float64
}

func newStats() *stats {
	return &stats{queries: map[[2]string]uint64{}, counts: make([]uint64, len(buckets)+1)}
}

// query counts a statement.
func (s *stats) query(who user, took time.Duration, err error) {
	code := 0
	if err != nil {
		code = asError(err).Code
	}
	role := map[Role]string{Reader: "reader", Writer: "writer", owner: "owner"}[who.role]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries[[2]string{cmp.Or(role, "stranger"), strconv.Itoa(code)}]++
	i, _ := slices.BinarySearch(buckets, took.Seconds())
	s.counts[i]++
	s.seconds += took.Seconds()
}

// metrics answers in Prometheus' text format.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	s.stats.write(w)
	gauges := []Gauge{
		{"queries_running", "Statements in progress", nil, float64(len(s.turns))},
		{"queries_limit", "Statements that may be in progress at once", nil, float64(cap(s.turns))},
	}
	readable := 1.0
	if s.cfg.Health != nil {
		h, err := s.cfg.Health(r.Context())
		if err != nil {
			s.log.Error("the warehouse's state can't be read", "error", err)
			readable = 0
		} else {
			fresh := 0.0
			if h.Fresh {
				fresh = 1
			}
			gauges = append(append(gauges, Gauge{"fresh", "1 when every source is as current as it should be, else 0", nil, fresh}), h.Gauges...)
		}
	}
	gauges = append(gauges, Gauge{"warehouse_readable", "1 when the warehouse answers, else 0", nil, readable})
	write(w, gauges)
}

// write writes gauges, those of one name together.
func write(w io.Writer, gauges []Gauge) {
	slices.SortStableFunc(gauges, func(a, b Gauge) int { return cmp.Compare(a.Name, b.Name) })
	for i, g := range gauges {
		if i == 0 || gauges[i-1].Name != g.Name {
			fmt.Fprintf(w, "# HELP %s%s %s\n# TYPE %[1]s%[2]s gauge\n", prefix, g.Name, g.Help)
		}
		fmt.Fprintf(w, "%s%s%s %s\n", prefix, g.Name, labels(g.Labels), strconv.FormatFloat(g.Value, 'g', -1, 64))
	}
}

// labels writes names and values as {name="value"}.
func labels(pairs []string) string {
	if len(pairs) == 0 {
		return ""
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var all []string
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, pair[0]+`="`+escape.Replace(pair[1])+`"`)
	}
	return "{" + strings.Join(all, ",") + "}"
}

// write writes the counters.
func (s *stats) write(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(w, "# HELP %squeries_total Statements, by who sent them and the code of their exception (0: none)\n# TYPE %[1]squeries_total counter\n", prefix)
	keys := make([][2]string, 0, len(s.queries))
	for k := range s.queries {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, k := range keys {
		fmt.Fprintf(w, "%squeries_total%s %d\n", prefix, labels([]string{"role", k[0], "code", k[1]}), s.queries[k])
	}
	name := prefix + "query_seconds"
	fmt.Fprintf(w, "# HELP %s How long statements took, waiting included\n# TYPE %[1]s histogram\n", name)
	var sum uint64
	for i, b := range buckets {
		sum += s.counts[i]
		fmt.Fprintf(w, "%s_bucket{le=\"%s\"} %d\n", name, strconv.FormatFloat(b, 'g', -1, 64), sum)
	}
	sum += s.counts[len(buckets)]
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n%[1]s_sum %[3]s\n%[1]s_count %[2]d\n", name, sum, strconv.FormatFloat(s.seconds, 'g', -1, 64))
}
