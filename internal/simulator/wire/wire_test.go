package wire

import (
	"strings"
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	b := NewBucket(10)
	at := time.Unix(1_000_000, 0)
	granted := 0
	for i := range 400 { // twenty seconds at twenty a second
		if _, ok := b.Take(at.Add(time.Duration(i) * 50 * time.Millisecond)); ok {
			granted++
		}
	}
	if granted < 200 || granted > 215 {
		t.Errorf("granted %d of 400 requests in 20 s at 10 a second", granted)
	}
}

func TestMinute(t *testing.T) {
	m := NewMinute(2.5) // 150 a minute, as a test site has it
	at := time.Unix(1_000_000, 0)
	granted := 0
	for i := range 400 { // two minutes at 200 a minute
		wait, ok := m.Take(at.Add(time.Duration(i) * 300 * time.Millisecond))
		if ok {
			granted++
		} else if wait <= 0 || wait > 15*time.Second {
			t.Errorf("request %d: wait %v; the minute ends in less than 15 s", i, wait)
		}
	}
	if granted != 300 {
		t.Errorf("granted %d of 400 requests in two minutes of 150", granted)
	}
	if NewMinute(0) != nil || NewBucket(0) != nil {
		t.Error("a rate of 0 limits")
	}
}

func TestParseFaults(t *testing.T) {
	f, err := ParseFaults(" all, 429=7 ,late-events", 1)
	if err != nil {
		t.Fatal(err)
	}
	if f.OneIn[TooMany] != 7 || f.OneIn[LateEvents] != usual[LateEvents] || f.OneIn[HTML] != usual[HTML] || f.OneIn[Denied] != 0 {
		t.Errorf("%v", f.OneIn)
	}
	for spec, want := range map[string]string{"html,bogus": `unknown fault "bogus"`, "html=0": "not a number from 1"} {
		if _, err := ParseFaults(spec, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestLate(t *testing.T) {
	f := Faults{Seed: 3, OneIn: map[Fault]int{LateEvents: 4}}
	late := 0
	for key := range uint64(4000) {
		if f.Late(key, 100, 100) {
			late++
		}
		if f.Late(key, 100, 160) || (Faults{}).Late(key, 100, 100) {
			t.Fatalf("event %d is late after a minute, or without the fault", key)
		}
	}
	if late < 800 || late > 1200 {
		t.Errorf("%d of 4000 events are late, want a quarter", late)
	}
}
