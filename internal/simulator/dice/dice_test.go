package dice

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMixAndBase62ComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Uint64().Draw(t, "x")
		if got := Unmix(Mix(x)); got != x {
			t.Errorf("unmix(mix(%d)) = %d", x, got)
		}
		if got, ok := Number(string(Base62(nil, x))); !ok || got != x {
			t.Errorf("number(base62(%d)) = %d, %v", x, got, ok)
		}
	})
	for _, s := range []string{"", "0", "0123456789-", "0123456789AB"} {
		if _, ok := Number(s); ok {
			t.Errorf("%q is a number", s)
		}
	}
}

func TestStreamsStandAlone(t *testing.T) {
	a, b := Roll(1, 2, 3), Roll(1, 2, 3)
	Roll(1, 2).IntN(9)
	for range 10 {
		if x, y := a.Uint64(), b.Uint64(); x != y {
			t.Fatalf("one path, two streams: %d and %d", x, y)
		}
	}
	if Roll(1, 2, 3).Uint64() == Roll(1, 3, 2).Uint64() {
		t.Error("two paths, one stream")
	}
	counts := [3]int{}
	d := Roll(7)
	for range 6000 {
		counts[d.Pick(1, 0, 5)]++
		if n := d.Span(3, 5); n < 3 || n > 5 {
			t.Fatalf("%d is not in [3, 5]", n)
		}
	}
	if counts[1] != 0 || counts[0] < 800 || counts[0] > 1200 {
		t.Errorf("weights 1, 0, 5 gave %v", counts)
	}
}
