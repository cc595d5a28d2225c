package company

import (
	"strings"

	"mrrsync/internal/simulator/dice"
)

// Kind is a kind of provider object, as far as identifiers are concerned.
type Kind uint8

// The kinds that have identifiers of their own.
const (
	KindCustomer Kind = iota + 1
	KindSubscription
	KindItem
	KindInvoice
	KindLine
	KindInvoiceItem
	KindDiscount
	KindSchedule
	KindCreditNote
	KindEvent
)

var prefixes = [...]string{
	KindCustomer: "cus_", KindSubscription: "sub_1", KindItem: "si_", KindInvoice: "in_1",
	KindLine: "il_1", KindInvoiceItem: "ii_1", KindDiscount: "di_1", KindSchedule: "sub_sched_1",
	KindCreditNote: "cn_1", KindEvent: "evt_1",
}

// Ref is the place of an object in the company: the customer's index, the
// number of the subscription (or other owner) within the customer, and the
// number of the object within that. It fits in 64 bits.
type Ref uint64

func ref(customer, owner, n int) Ref {
	return Ref(uint64(customer)<<28 | uint64(owner)<<20 | uint64(n))
}

// Customer is the number of the customer.
func (r Ref) Customer() int { return int(r >> 28) }

// Owner is the number of the subscription within the customer.
func (r Ref) Owner() int { return int(r>>20) & 0xff }

// N is the number of the object within its owner.
func (r Ref) N() int { return int(r & 0xfffff) }

// ids turns places into identifiers that look like the provider's and back,
// without any table: a keyed bijection written in base 62.
type ids struct {
	keys [KindEvent + 1]uint64
	tail string // the part all identifiers of one account share
}

func newIDs(seed uint64) ids {
	var s ids
	for k := range s.keys {
		s.keys[k] = dice.Hash(seed, forIDs, uint64(k))
	}
	var b [dice.Digits]byte
	s.tail = string(dice.Base62(b[:0], dice.Hash(seed, forIDs))[:10])
	return s
}

func (s *ids) tailOf(k Kind) string {
	if k == KindCustomer || k == KindItem {
		return s.tail[:3] // the short form of the oldest kinds
	}
	return s.tail
}

func (s *ids) make(k Kind, r Ref) string {
	b := make([]byte, 0, 36)
	b = append(b, prefixes[k]...)
	b = dice.Base62(b, dice.Mix(uint64(r)^s.keys[k]))
	return string(append(b, s.tailOf(k)...))
}

// parse is the inverse of make; ok is false for anything make never made.
func (s *ids) parse(k Kind, id string) (Ref, bool) {
	body, found := strings.CutPrefix(id, prefixes[k])
	if !found || len(body) != dice.Digits+len(s.tailOf(k)) {
		return 0, false
	}
	x, ok := dice.Number(body[:dice.Digits])
	if !ok {
		return 0, false
	}
	r := Ref(dice.Unmix(x) ^ s.keys[k])
	return r, s.make(k, r) == id
}
