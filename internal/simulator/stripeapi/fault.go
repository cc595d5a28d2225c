package stripeapi

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mrrsync/internal/simulator/company"
)

// Fault is a way in which a provider misbehaves.
type Fault uint8

// The faults. Mutate moves the present on between two requests, so that what
// was listed is not what is fetched again. LateEvents lets events appear up to
// a minute after they happened. OldEvents and Deleted are the company's:
// company.Config has them.
const (
	TooMany Fault = iota + 1
	Lock
	ServerError
	HTML
	Reset
	Truncate
	Slow
	EmptyPage
	DuplicatePage
	Mutate
	LateEvents
	OldEvents
	Denied
	Deleted
)

var faultNames = map[string]Fault{
	"429": TooMany, "lock": Lock, "500": ServerError, "html": HTML, "reset": Reset, "truncate": Truncate, "slow": Slow,
	"empty-page": EmptyPage, "duplicate-page": DuplicatePage, "mutate": Mutate, "late-events": LateEvents, "old-events": OldEvents,
	"denied": Denied, "deleted": Deleted,
}

// usual is one request in how many goes wrong when no number is given.
var usual = map[Fault]int{
	TooMany: 20, Lock: 50, ServerError: 40, HTML: 60, Reset: 60, Truncate: 60, Slow: 80, EmptyPage: 60, DuplicatePage: 60,
	Mutate: 10, LateEvents: 4, OldEvents: 5, Denied: 200, Deleted: 20,
}

// Faults says which faults happen, each to one request (event, customer) in so many.
type Faults struct {
	Seed  uint64
	OneIn map[Fault]int
}

// ParseFaults reads a list such as "429=10,html" or "all".
func ParseFaults(spec string, seed uint64) (Faults, error) {
	f := Faults{Seed: seed, OneIn: map[Fault]int{}}
	for part := range strings.SplitSeq(spec, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, number, given := strings.Cut(part, "=")
		n := 0
		if given {
			var err error
			if n, err = strconv.Atoi(number); err != nil || n < 1 {
				return f, fmt.Errorf("parse fault %q: %q is not a number from 1", part, number)
			}
		}
		if name == "all" {
			for k, usually := range usual {
				if k != Denied { // which would end every run
					f.OneIn[k] = max(n, usually)
				}
			}
			continue
		}
		k, ok := faultNames[name]
		if !ok {
			return f, fmt.Errorf("parse faults: unknown fault %q; known are all, %s", name, strings.Join(FaultNames(), ", "))
		}
		if !given {
			n = usual[k]
		}
		f.OneIn[k] = n
	}
	return f, nil
}

// FaultNames lists the faults that ParseFaults knows.
func FaultNames() []string {
	names := make([]string, 0, len(faultNames))
	for n := range faultNames {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// chaos draws faults.
type chaos struct {
	Faults
	mu    sync.Mutex
	dice  *rand.Rand
	order []Fault
}

// fault is what befalls one request; kind 0 is nothing.
type fault struct {
	kind Fault
	draw int
}

func newChaos(f Faults) *chaos {
	c := &chaos{Faults: f, dice: rand.New(rand.NewPCG(f.Seed, 0xfa17))}
	for k := range f.OneIn {
		if k != LateEvents && k != OldEvents && k != Deleted {
			c.order = append(c.order, k)
		}
	}
	slices.Sort(c.order)
	return c
}

func (c *chaos) next() fault {
	if len(c.order) == 0 {
		return fault{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := fault{draw: c.dice.IntN(1 << 30)}
	for _, k := range c.order {
		if c.dice.IntN(c.OneIn[k]) == 0 && f.kind == 0 {
			f.kind = k
		}
	}
	return f
}

// late says whether an event has not arrived in the list yet.
func (c *chaos) late(x *company.Event, now int64) bool {
	n := c.OneIn[LateEvents]
	if n == 0 {
		return false
	}
	h := (uint64(x.Ref) ^ c.Seed) * 0x9e3779b97f4a7c15
	return (h>>40)%uint64(n) == 0 && now < x.At+1+int64((h>>20)%50)
}

func rateLimited() *failure {
	return &failure{
		status: http.StatusTooManyRequests, kind: "invalid_request_error", code: "rate_limit",
		message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
	}
}

// misbehave answers in place of the API where the fault says so.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f fault, parts []string) bool {
	switch f.kind {
	case TooMany:
		if f.draw%2 == 0 {
			w.Header().Set("Retry-After", "1")
		}
		fail(w, rateLimited())
	case Lock:
		fail(w, &failure{
			status: http.StatusTooManyRequests, kind: "invalid_request_error", code: "lock_timeout",
			message: "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.",
		})
	case ServerError:
		fail(w, &failure{status: http.StatusInternalServerError, kind: "api_error", message: "An unknown error occurred"})
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"))
	case Reset:
		panic(http.ErrAbortHandler) // how net/http wants a connection broken off
	case Denied:
		if len(parts) < 2 {
			return false
		}
		fail(w, denied(parts[1]))
	case Slow:
		t := time.NewTimer(time.Duration(200+f.draw%800) * time.Millisecond)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
		}
		return false
	case Mutate:
		s.moveOn(int64(1 + f.draw%120))
		return false
	default:
		return false
	}
	return true
}

// moveOn lets time pass, but not past the end of the day: what is true for the
// days before the present stays so.
func (s *Server) moveOn(seconds int64) {
	base := s.o.Clock().Unix()
	midnight := (base/86_400 + 1) * 86_400
	for {
		d := s.drift.Load()
		if base+d+seconds >= midnight || s.drift.CompareAndSwap(d, d+seconds) {
			return
		}
	}
}

// send writes an answer, whole or cut off.
func (s *Server) send(w http.ResponseWriter, r *http.Request, body []byte, f fault) {
	if f.kind == Truncate && len(body) > 2 {
		cut := 1 + f.draw%(len(body)-2)
		if f.draw%2 == 0 { // the length promises more than comes
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body[:cut])
			if fl, ok := w.(http.Flusher); ok {
				fl.Flush()
			}
			panic(http.ErrAbortHandler)
		}
		body = body[:cut]
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil && s.o.Log != nil {
		s.o.Log.Debug("client left", "path", r.URL.Path, "error", err)
	}
}
