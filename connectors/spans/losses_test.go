package spans

import "testing"

func TestLosses(t *testing.T) {
	var l Losses
	s := Span{From: 5, To: 90, After: "o_1", Last: 40, Group: 2}
	want := Span{From: 5, To: 41, Group: 2}
	for range maxLosses {
		if again, ok := l.Again("invoices", s); !ok || again != want {
			t.Fatalf("%v %v, want %v", again, ok, want)
		}
	}
	if again, ok := l.Again("invoices", s); ok {
		t.Errorf("read on from %v for ever", again)
	}
	other, elsewhere := s, s
	other.Group, elsewhere.Last = 1, 39
	for _, s := range []Span{other, elsewhere} {
		if _, ok := l.Again("invoices", s); !ok {
			t.Errorf("%v pays for losses elsewhere", s)
		}
	}
	if _, ok := l.Again("customers", s); !ok {
		t.Error("one list pays for another's losses")
	}
	if again, ok := l.Again("customers", Span{To: 90}); ok {
		t.Errorf("a span without a place lost one: %v", again)
	}
}
