package connectors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Privacy says what becomes of personal fields before they land.
type Privacy struct {
	Emails Treatment
	Names  Treatment
	// Key is the digest's key. Sources that share it stay joinable; without one
	// a digest can be guessed by trying addresses.
	Key []byte
}

// Treatment is what happens to a personal field.
type Treatment string

// The treatments: Drop removes a field, Hash replaces it by a keyed digest that
// stays joinable, Keep leaves it. The zero Treatment is Drop.
const (
	Drop Treatment = "drop"
	Hash Treatment = "hash"
	Keep Treatment = "keep"
)

// Email is what lands of an address; keep is false when nothing does. Addresses
// that differ only in case or surrounding space have one digest.
func (p Privacy) Email(address string) (landed string, keep bool) {
	return p.treat(p.Emails, address)
}

// Name is what lands of a person's or company's name.
func (p Privacy) Name(name string) (landed string, keep bool) { return p.treat(p.Names, name) }

func (p Privacy) treat(t Treatment, value string) (string, bool) {
	switch t {
	case Keep:
		return value, true
	case Hash:
		if value == "" {
			return "", true
		}
		mac := hmac.New(sha256.New, p.Key)
		mac.Write([]byte(strings.ToLower(strings.TrimSpace(value))))
		return "sha256:" + hex.EncodeToString(mac.Sum(nil)[:16]), true
	default:
		return "", false
	}
}
