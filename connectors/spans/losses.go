package spans

import "sync"

// maxLosses is how often the objects of one second are read again because the
// provider has lost a place among them. Elsewhere a loss costs one request.
const maxLosses = 10

// Losses counts where a provider lost the places of its lists: an object was
// deleted at which a page should go on, or the place was forgotten. A provider
// that loses them faster than a second of many pages can be read would be asked
// for ever. The zero value is ready; it may be used from several goroutines.
type Losses struct {
	mu sync.Mutex
	at map[loss]int
}

type loss struct {
	list   string
	group  int
	second int64
}

// Again is what to read of a list when the place in a span is lost: from the last
// object's second on, as others may share it. False: this was tried often enough.
func (l *Losses) Again(list string, s Span) (Span, bool) {
	if s.After == "" {
		return s, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = map[loss]int{}
	}
	at := loss{list, s.Group, s.Last}
	l.at[at]++
	return Span{From: s.From, To: s.Last + 1, Group: s.Group}, l.at[at] <= maxLosses
}
