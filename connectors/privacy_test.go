package connectors

import "testing"

func TestPrivacy(t *testing.T) {
	p := Privacy{Emails: Hash, Names: Keep, Key: []byte("k")}
	a, keep := p.Email("Ann@example.com ")
	b, _ := p.Email("ann@example.com")
	if !keep || a != b || a == "ann@example.com" {
		t.Errorf("digests %q and %q, want one that is not the address", a, b)
	}
	other, _ := Privacy{Emails: Hash, Key: []byte("l")}.Email("ann@example.com")
	if other == a {
		t.Error("another key gives the same digest")
	}
	if name, keep := p.Name("Ann"); name != "Ann" || !keep {
		t.Errorf("kept name is %q, %t", name, keep)
	}
	for _, p := range []Privacy{{}, {Emails: Drop, Names: Drop}} {
		if s, keep := p.Email("a@b.c"); keep || s != "" {
			t.Errorf("dropped e-mail is %q, %t", s, keep)
		}
	}
}
