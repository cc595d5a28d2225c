package bench

import (
	"testing"
	"time"
)

func TestMeterSplitsWhatWasUsed(t *testing.T) {
	m := &Meter{samples: []Usage{
		{0, 0, 10}, {1 * time.Second, 1 * time.Second, 50}, {2 * time.Second, 3 * time.Second, 20}, {3 * time.Second, 4 * time.Second, 30},
	}}
	for _, c := range []struct {
		what      string
		got, want Usage
	}{
		{"the whole", m.Since(0), Usage{3 * time.Second, 4 * time.Second, 50}},
		{"what came first", m.Until(2 * time.Second), Usage{2 * time.Second, 3 * time.Second, 50}},
		{"what came after", m.Since(2 * time.Second), Usage{time.Second, time.Second, 30}},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.what, c.got, c.want)
		}
	}
}

func TestMeterLooks(t *testing.T) {
	m := Start()
	held := make([]byte, 1<<20)
	for i := range held {
		held[i] = byte(i)
	}
	m.Stop()
	if u := m.Since(0); u.At <= 0 || u.Memory < len(held) {
		t.Errorf("got %+v, want some time and at least a mebibyte", u)
	}
}
