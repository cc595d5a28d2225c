package simulator

import (
	"slices"
	"time"
)

// Place is a customer at one source.
type Place struct{ Source, Customer string }

// Move is one customer's change of provider. In the moment At it stops being
// paid for at From and is paid for at To: on that day nobody is lost or won.
type Move struct {
	Account  string // that both places belong to
	From, To Place
	At       time.Time
	Level    bool // at the same price
	// Tagged says that both customers' metadata name the account; if not,
	// only the identity file does.
	Tagged bool
}

// Moves are the changes of provider that have happened by now, in order of time.
func (c *Company) Moves(now time.Time) []Move {
	n, _ := slices.BinarySearchFunc(c.moves, now, func(m Move, t time.Time) int {
		if m.At.After(t) {
			return 1
		}
		return -1
	})
	return c.moves[:n]
}
