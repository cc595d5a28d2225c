package wire

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is a way in which a provider misbehaves.
type Fault uint8

// The faults. Storm is a 429 to this request and to the next few, whoever asks.
// Lock is the provider's own word for contention. Slow is late, or comes in drops.
// EmptyPage is an empty page that says more follows, DuplicatePage the page before
// once more.
// Mutate moves the present on between two requests, so that what was listed is
// not what is fetched again. LateEvents lets events appear up to a minute after
// they happened. The rest is the simulated company's own: OldEvents (told in a
// form that is not today's), Deleted (customers that are deleted) and Vanished
// (customers of whom the provider loses all trace, without a word). The last
// comes with deleted where that is named by itself: what "all" plays a nightly
// sync finds out in the same night, but not that.
const (
	TooMany Fault = iota + 1
	Storm
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
	Vanished
)

var faultNames = map[string]Fault{
	"429": TooMany, "storm": Storm, "lock": Lock, "500": ServerError, "html": HTML, "reset": Reset, "truncate": Truncate, "slow": Slow,
	"empty-page": EmptyPage, "duplicate-page": DuplicatePage, "mutate": Mutate, "late-events": LateEvents, "old-events": OldEvents,
	"denied": Denied, "deleted": Deleted,
}

// String is the fault's name.
func (k Fault) String() string {
	for name, fault := range faultNames {
		if fault == k {
			return name
		}
	}
	return "none"
}

// usual is one request in how many goes wrong when no number is given.
var usual = map[Fault]int{
	TooMany: 20, Storm: 400, Lock: 50, ServerError: 40, HTML: 60, Reset: 60, Truncate: 60, Slow: 80, EmptyPage: 60, DuplicatePage: 60,
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
		if k == Deleted {
			f.OneIn[Vanished] = n
		}
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

// Late says whether what happened at a moment has not arrived in a list yet:
// true for some keys during less than a minute. Keys are spread by the seed.
func (f Faults) Late(key uint64, at, now int64) bool {
	n := f.OneIn[LateEvents]
	if n == 0 {
		return false
	}
	h := (key ^ f.Seed) * 0x9e3779b97f4a7c15
	return (h>>40)%uint64(n) == 0 && now < at+1+int64((h>>20)%50)
}

// Luck is what befalls one request: a fault, 0 for none, and a number drawn for
// it.
type Luck struct {
	Kind Fault
	Draw int
}

// chaos draws faults. What befalls a request depends on what it asks for and on
// how often that was asked for before, not on what others ask meanwhile: requests
// in another order meet the same faults.
type chaos struct {
	seed  uint64
	oneIn map[Fault]int
	order []Fault

	mu    sync.Mutex
	asked map[uint64]uint64 // how often, by the hash of a request
	storm int               // how many more requests it takes; below 0: as many must pass before the next one
	gust  int               // what it drew
	hits  map[string]int    // requests struck, by the name of the fault
}

func newChaos(f Faults) *chaos {
	c := &chaos{seed: f.Seed, oneIn: f.OneIn, asked: map[uint64]uint64{}, hits: map[string]int{}}
	for k := range f.OneIn {
		if k != LateEvents && k != OldEvents && k != Deleted && k != Vanished {
			c.order = append(c.order, k)
		}
	}
	slices.Sort(c.order)
	return c
}

// struck counts the requests that met a fault.
func (c *chaos) struck() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.hits)
}

// lull is how many requests pass between two storms.
const lull = 40

// next is what befalls a request for something.
func (c *chaos) next(something string) Luck {
	if len(c.order) == 0 {
		return Luck{}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(something)) // a hash takes everything
	key := h.Sum64()
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.draw(key)
	if l.Kind != 0 {
		c.hits[l.Kind.String()]++
	}
	return l
}

func (c *chaos) draw(key uint64) Luck {
	c.asked[key]++
	dice := rand.New(rand.NewPCG(c.seed^key, 0xfa17+c.asked[key]))
	l := Luck{Draw: dice.IntN(1 << 30)}
	for _, k := range c.order {
		if dice.IntN(c.oneIn[k]) == 0 && l.Kind == 0 {
			l.Kind = k
		}
	}
	switch {
	case c.storm > 0:
		if c.storm--; c.storm == 0 {
			c.storm = -lull
		}
		return Luck{TooMany, c.gust}
	case l.Kind != Storm:
	case c.storm == 0:
		c.storm, c.gust = 3+l.Draw%8, l.Draw/8
		return Luck{TooMany, c.gust}
	default:
		l.Kind = 0
	}
	c.storm = min(c.storm+1, 0)
	return l
}

// drips says that a slow answer begins at once and comes in drops.
func (l Luck) drips() bool { return l.Kind == Slow && l.Draw%2 == 1 }

// delay is how long a slow answer takes.
func (l Luck) delay() time.Duration { return time.Duration(200+l.Draw%800) * time.Millisecond }

// drops is in how many pieces a dripping answer comes.
const drops = 8

const badGateway = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"

// misbehave answers in place of the API where the fault says so.
func (f *Front) misbehave(w http.ResponseWriter, r *http.Request, l Luck, path []string) bool {
	switch l.Kind {
	case TooMany, Lock, ServerError, Denied:
		x := f.p.Refuse(l.Kind, path, l.Draw)
		if x == nil {
			return false
		}
		refuse(w, x)
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(badGateway))
	case Reset:
		panic(http.ErrAbortHandler) // how net/http wants a connection broken off
	case Slow:
		if !l.drips() {
			f.pause(r, l.delay())
		}
		return false
	case Mutate:
		f.moveOn(int64(1 + l.Draw%120))
		return false
	default:
		return false
	}
	return true
}

// moveOn lets time pass, but not past the end of the day: what is true for the
// days before the present stays so.
func (f *Front) moveOn(seconds int64) {
	base := f.o.Clock().Unix()
	midnight := (base/86_400 + 1) * 86_400
	for {
		d := f.drift.Load()
		if base+d+seconds >= midnight || f.drift.CompareAndSwap(d, d+seconds) {
			return
		}
	}
}
