package connectors

import (
	"cmp"
	"fmt"
	"slices"
)

// Unreadable is why a part of an object cannot be understood: what becomes a
// Reject.
type Unreadable struct {
	Kind, ID string // the part; without ID the object itself
	Code     string // short and stable
	Detail   string // for an operator: what was found, and what was expected
}

// NewUnreadable makes one.
func NewUnreadable(kind, id, code, format string, args ...any) *Unreadable {
	return &Unreadable{kind, id, code, fmt.Sprintf(format, args...)}
}

// Rejects gathers what of one customer's objects cannot be understood, each part
// once for each reason.
type Rejects struct {
	Source string
	list   []Reject
	told   map[[3]string]bool
}

// Add takes in what is wrong with an object or a part of it.
func (r *Rejects) Add(o Object, u *Unreadable) {
	kind, id := u.Kind, u.ID
	if id == "" {
		kind, id = o.Kind, o.ID
	}
	k := [3]string{kind, id, u.Code}
	if r.told == nil {
		r.told = map[[3]string]bool{}
	}
	if r.told[k] {
		return
	}
	r.told[k] = true
	r.list = append(r.list, Reject{
		Source: r.Source, CustomerID: o.CustomerID, Kind: kind, ID: id, Code: u.Code, Detail: u.Detail, Object: o.Ref(),
	})
}

// List is all of them, in an order that does not depend on that of the objects.
func (r *Rejects) List() []Reject {
	slices.SortFunc(r.list, func(a, b Reject) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return r.list
}
