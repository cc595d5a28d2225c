package stripe

import (
	"strings"
	"testing"

	"mrrsync/config"
	"mrrsync/connectors"
)

func TestOpenNamesEveryBadKey(t *testing.T) {
	open := func(text string) error {
		section, err := config.ParseSection("mrrsync.yaml", []byte(text), func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(connectors.Options{Source: "main", Settings: section})
		return err
	}
	if err := open("api_key: env:KEY\n"); err != nil {
		t.Errorf("a key that is looked up later: %v", err)
	}
	err := open("base_url: ftp://x\nrequests_per_second: 0\nconcurrency: 0\npage_size: 101\n")
	for _, want := range []string{"api_key", "mrrsync.yaml:1", "base_url", "mrrsync.yaml:2", "requests_per_second", "concurrency", "page_size"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if err := open("api_key: env:KEY\nconcurency: 3\n"); err == nil || !strings.Contains(err.Error(), "concurency") {
		t.Errorf("a misspelt key: %v", err)
	}
}
