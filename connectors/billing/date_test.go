package billing

import (
	"fmt"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{"2026-02-28": "2026-02-28", "2024-02-29": "2024-02-29", "0001-01-01": "0001-01-01", "2149-06-06": "open"} {
		if d, err := ParseDate(text); err != nil || d.String() != want {
			t.Errorf("%s is read as %s, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "2026-02-30", "2026-02-29", "2026-13-01", "2026-1-1", "01.02.2026", "2026-01-01T00:00:00Z", " 2026-01-01", "99999-01-01", "yesterday"} {
		if d, err := ParseDate(text); err == nil || err.Error() != fmt.Sprintf("parse date %q: want YYYY-MM-DD", text) {
			t.Errorf("%q: %s, %v", text, d, err)
		}
	}
}

func TestDateIn(t *testing.T) {
	cases := []struct{ zone, day, want string }{
		{"UTC", "2026-03-01", "2026-03-01T00:00:00Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
		// Clocks went from 23:59:59 to 01:00: there was no midnight.
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
		// Samoa crossed the date line: there was no 30 December.
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
	}
	for _, c := range cases {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.In(zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s begins in %s at %s, want %s", c.day, c.zone, got, c.want)
		}
	}
}

func TestDateInRoundTrip(t *testing.T) {
	for _, name := range []string{"America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu", "Pacific/Auckland"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for d := NewDate(1995, 1, 1); d < NewDate(2030, 1, 1); d++ {
			if got := DateOf(d.In(zone), zone); got != d {
				t.Fatalf("%s in %s comes back as %s", d, name, got)
			}
			if got := DateOf(d.In(zone).Add(-time.Nanosecond), zone); got != d-1 {
				t.Fatalf("the instant before %s in %s is on %s", d, name, got)
			}
		}
	}
}

func TestAddMonths(t *testing.T) {
	cases := []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2026-01-15", 36, "2029-01-15"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-11-30", 3, "2027-02-28"},
	}
	for _, c := range cases {
		from, err := ParseDate(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := from.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}
