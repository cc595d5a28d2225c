package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// derivationVersion is raised whenever code changes what follows from the same
// evidence, so that the next run derives every account again.
const derivationVersion = 10

// Hash names all that decides a load beside the evidence: what is derived, and
// how that is added up. What the identity file says stands behind a dash: when
// nothing else differs, only those whose account it changes are derived again.
func Hash(s normalize.Settings, i Identity, currency string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s\n%s\n%s\n%s\n%s\n", derivationVersion, warehouse.SummaryHash(), s.Policy.Hash(), s.Zone, currency, i.MetadataKey)
	for _, name := range slices.Sorted(maps.Keys(s.Segments)) {
		fmt.Fprintf(h, "%q=%q\n", name, s.Segments[name])
	}
	hash := hex.EncodeToString(h.Sum(nil))[:16]
	if file := i.hash(); file != "" {
		hash += "-" + file
	}
	return hash
}

// sameLaw says that two hashes differ in their identity files at most.
func sameLaw(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return a == b
}
