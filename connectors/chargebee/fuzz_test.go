package chargebee

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"mrrsync/connectors"
)

// FuzzTranslate says that no payload, however odd, makes the connector panic or
// break what its facts promise.
func FuzzTranslate(f *testing.F) {
	c := &connector{options: connectors.Options{Source: "emea"}}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if strings.HasSuffix(part.Name, " site") {
				var seed []string
				for _, o := range rows(&testing.T{}, c, string(part.Data)) {
					seed = append(seed, o.Kind+" "+o.ID+" "+string(o.Payload))
				}
				f.Add(strings.Join(seed, "\n"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var own, shared []connectors.Object
		for i, line := range strings.Split(text, "\n") {
			words := strings.SplitN(line, " ", 3)
			if len(words) < 3 {
				continue
			}
			o := connectors.Object{Kind: words[0], ID: words[1], Version: int64(i), SeenAt: fakeNow, Payload: []byte(words[2])}
			if l, ok := listOf(o.Kind); ok && l.catalogue || o.Kind == kindWatch {
				shared = append(shared, o)
			} else {
				o.CustomerID = "cus_1"
				own = append(own, o)
			}
			if _, err := scrub(o.Payload, connectors.Privacy{}); err == nil && o.Kind == kindEvent {
				_, _ = scrubEvent(o.Payload, connectors.Privacy{})
			}
		}
		record, _ := c.Translate(own, connectors.NewCatalog(shared))
		ordered(t, record)
	})
}

// FuzzPosition says that a stored cursor is read as it was written, or refused.
func FuzzPosition(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "[]", "\x00", string(position{Format: positionFormat, Open: true, From: 1, Upper: 2, Offset: `["1"]`, Wanted: []wanted{{"customer", "a", "", 1}}}.cursor()),
		string(position{Format: 99}.cursor()), string(position{Format: positionFormat, From: 2, Upper: 1}.cursor()),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(connectors.Cursor(text))
		if err != nil {
			return
		}
		again, err := parsePosition(p.cursor())
		if err != nil || again.cursor() != p.cursor() {
			t.Errorf("%q is read as %+v, and written and read again as %+v, %v", text, p, again, err)
		}
	})
}
