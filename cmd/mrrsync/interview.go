package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"mrrsync/connectors"
)

// interview asks for what no flag says. A question whose answer can't be used
// is asked again with the reason.
func (a *app) interview(s *start) error {
	fmt.Fprintf(a.stderr, "This writes %s. Enter takes what stands in brackets; Ctrl-C ends it, and nothing is written.\n", a.flags.config)
	q := questions{app: a, in: bufio.NewReader(a.stdin)}
	if !s.given("source") {
		fmt.Fprintln(a.stderr, "\nWhere do your subscriptions live?")
		for _, d := range definitions() {
			fmt.Fprintf(a.stderr, "  %-10s %s\n", d.Name, d.Summary)
		}
		err := q.ask("One or several, NAME=CONNECTOR to name one yourself", strings.Join(s.sources, " "), func(answer string) error {
			next := *s
			next.sources = strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
			return q.take(s, next)
		})
		if err != nil {
			return err
		}
	}
	b, err := s.begin()
	if err != nil {
		return err
	}
	for _, source := range b.Sources {
		for i, k := range source.known {
			if !k.Required || s.sets(source.Name, k.Name) {
				continue
			}
			if err := q.key(s, source.Name, k, source.Keys[i]); err != nil {
				return err
			}
		}
	}
	for _, ask := range []struct {
		flag, text string
		into       *string
	}{
		{"timezone", "\nTime zone in which your days are cut", &s.timezone},
		{"currency", "Currency of your totals, three letters", &s.currency},
		{"warehouse", "Where the figures shall live: chdb://FOLDER needs nothing installed, https://HOST:8443 is a ClickHouse server, env:NAME keeps its password out of the file", &s.warehouse},
	} {
		if s.given(ask.flag) {
			continue
		}
		fallback := *ask.into
		if ask.flag == "timezone" {
			fallback = localZone(a.getenv, fallback)
		}
		err := q.ask(ask.text, fallback, func(answer string) error {
			before := *ask.into
			*ask.into = answer
			err := q.take(s, *s)
			if err != nil {
				*ask.into = before
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintln(a.stderr)
	return nil
}

// sets says that a flag sets the key already.
func (s *start) sets(source, key string) bool {
	for _, text := range s.set {
		if strings.HasPrefix(text, source+"."+key+"=") {
			return true
		}
	}
	return false
}

// questions is one who asks and listens.
type questions struct {
	app *app
	in  *bufio.Reader
}

// take keeps an answer when a configuration can be made of it.
func (q questions) take(s *start, next start) error {
	if _, _, _, err := q.app.starter(next); err != nil {
		return err
	}
	*s = next
	return nil
}

// key asks for a required key of a source.
func (q questions) key(s *start, source string, k connectors.Key, key beginningKey) error {
	summary, _, _ := strings.Cut(k.Summary, "; columns")
	proposal := key.Value
	if !key.Secret && k.Starter == "" {
		proposal = "" // an example is nobody's site
	}
	return q.ask(fmt.Sprintf("\n%s.%s: %s", source, k.Name, summary), proposal, func(answer string) error {
		switch {
		case answer == "":
			return errors.New("it can't do without")
		case key.Secret && !strings.HasPrefix(answer, "env:") && !strings.HasPrefix(answer, "file:"):
			return errors.New("keys don't belong into this file: write env:NAME and export NAME=..., or file:PATH and put the key there")
		}
		next := *s
		next.set = append(s.set[:len(s.set):len(s.set)], source+"."+k.Name+"="+answer)
		return q.take(s, next)
	})
}

func (q questions) ask(text, fallback string, take func(string) error) error {
	for {
		if fallback == "" {
			fmt.Fprintf(q.app.stderr, "%s: ", text)
		} else {
			fmt.Fprintf(q.app.stderr, "%s [%s]: ", text, fallback)
		}
		line, err := q.in.ReadString('\n')
		if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
			return usage("no answer: nothing was written; flags say it without questions, see `mrrsync init --help`")
		}
		answer := strings.TrimSpace(line)
		if answer == "" {
			answer = fallback
		}
		if err := take(answer); err != nil {
			fmt.Fprintf(q.app.stderr, "  %v\n", err)
			continue
		}
		return nil
	}
}

// localZone is the name of the machine's time zone, where it tells one.
func localZone(getenv func(string) string, otherwise string) string {
	name := getenv("TZ")
	if name == "" {
		target, err := filepath.EvalSymlinks("/etc/localtime")
		if err != nil {
			return otherwise
		}
		_, name, _ = strings.Cut(target, "zoneinfo/")
	}
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" || strings.HasPrefix(name, "Etc/") {
		return otherwise
	}
	return name
}
