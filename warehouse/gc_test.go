package warehouse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"mrrsync/connectors/billing"
)

// crowd is a company whose daily rows are many: an item and a price each, from
// one day on.
func crowd(customers int, mrr string) *world {
	w := &world{customers: map[CustomerKey]*person{}}
	for i := range customers {
		id := fmt.Sprintf("c%04d", i)
		w.customers[CustomerKey{"main", id}] = &person{account: "main/" + id, items: []thing{
			{"s" + id, "i" + id, "USD", []step{{from: day("2025-05-01"), until: billing.Forever, mrr: mrr}}},
		}}
	}
	return w
}

// dripping is where a slow reader's answer goes: it counts the lines, and after the
// first bytes it tells so and takes little until it may go on.
type dripping struct {
	begun, on chan struct{}
	told      bool
	pause     time.Duration // between what it takes
	lines     int
	other     int // lines that do not end as they should
	end       string
	rest      string
}

func (p *dripping) Write(b []byte) (int, error) {
	if !p.told {
		p.told = true
		close(p.begun)
	}
	select {
	case <-p.on:
	case <-time.After(p.pause): // a serve cuts off who takes nothing at all
	}
	text := p.rest + string(b)
	for {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			p.rest = text
			return len(b), nil
		}
		if p.lines++; !strings.HasSuffix(line, p.end) {
			p.other++
		}
		text = rest
	}
}

// TestCollectBesideReaders drops the load that slow readers have begun to read,
// with everything of it: they get their answer to the end all the same, and the
// disk is freed. One reads in the process, one through a serve.
func TestCollectBesideReaders(t *testing.T) {
	const customers = 800
	through := day("2026-02-28")
	opt := remotely(t)
	far := opt.DSN
	if os.Getenv("MRRSYNC_TEST_DSN") == "" {
		opt.DSN = "chdb://" + shared
	}
	opt.KeepLoads = 1
	w := reopen(t, opt)
	load := func(customers int, mrr string) LoadInfo {
		t.Helper()
		run, err := w.StartRun(t.Context(), Run{Verb: "sync"})
		if err != nil {
			t.Fatal(err)
		}
		s := spec(through.String())
		s.Run, s.Sources[0].Run = run.ID, run.ID
		info, err := publish(t.Context(), w, s, crowd(customers, mrr), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.FinishRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := load(customers, "10")
	rows := customers * (int(through-day("2025-05-01")) + 1)
	sql := "SELECT date, source, customer_id, subscription_id, item_id, plan_name, mrr FROM " + w.schema.DB() + ".mrr_daily"
	all := sql + " UNION ALL SELECT date, source, customer_id, subscription_id, item_id, '', amount FROM " + w.schema.DB() + ".mrr_movements"

	readers := map[string]func(io.Writer) error{
		"in the process": func(to io.Writer) error { return w.Format(context.WithoutCancel(t.Context()), to, all, "TSV") },
		"over HTTP": func(to io.Writer) error {
			res, err := http.Post(far+"/?"+url.Values{"default_format": {"TSV"}}.Encode(), "text/plain", strings.NewReader(all))
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("%s", res.Status)
			}
			_, err = io.CopyBuffer(struct{ io.Writer }{to}, res.Body, make([]byte, 4096))
			return err
		},
	}
	on := make(chan struct{})
	answers, ends := map[string]*dripping{}, map[string]chan error{}
	for name, read := range readers {
		p := &dripping{begun: make(chan struct{}), on: on, end: "\t10", pause: time.Hour}
		if name == "over HTTP" {
			p.pause = 50 * time.Millisecond
		}
		answers[name], ends[name] = p, make(chan error, 1)
		begun := p.begun
		go func() { ends[name] <- read(p) }()
		select {
		case <-begun:
		case err := <-ends[name]:
			t.Fatalf("%s: it never began: %v", name, err)
		}
	}

	load(3, "11")
	load(3, "12")
	run, err := w.StartRun(t.Context(), Run{Verb: "load gc"})
	if err != nil {
		t.Fatal(err)
	}
	freed, err := w.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	t.Logf("freed with the last gc: %+v", freed)
	if got := answer(t, w, fmt.Sprintf("SELECT count() FROM %s WHERE load_id = %d", w.table("daily"), first.ID)); got != "0" {
		t.Fatalf("%s rows of the first load are still there: nothing is shown", got)
	}
	for name, end := range ends {
		if len(end) > 0 {
			t.Errorf("%s: it was at its end before gc: nothing is shown", name)
		}
	}
	close(on)
	for name, p := range answers {
		if err := <-ends[name]; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := rows + customers; p.lines != want || p.other != 0 || p.rest != "" {
			t.Errorf("%s: %d lines, want %d; %d of another load, %q behind", name, p.lines, want, p.other, p.rest)
		}
	}
	if got := answer(t, w, "SELECT sum(bytes_on_disk) < 500000 FROM system.parts WHERE database = '"+w.schema.StoreName()+"' AND table = 'daily' AND active"); got != "1" {
		t.Errorf("daily takes more than a load of three customers")
	}
}
