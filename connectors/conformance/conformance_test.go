package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mrrsync/config"
	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/conformance"
	"mrrsync/connectors/conformance/tally"
	"mrrsync/connectors/conformance/tally/standin"
)

// A suite that cannot fail proves nothing. Here the example connector, which
// passes, is broken in one way after another, and the promises it then breaks
// have to be told. Together the ways break every promise.
func TestEveryPromiseCanBeBroken(t *testing.T) {
	broken := map[string]bool{}
	for _, s := range sabotages() {
		t.Run(s.name, func(t *testing.T) {
			subject := healthy(present)
			s.spoil(&subject)
			for _, promise := range s.breaks {
				failures := conformance.Try(t, subject, promise)
				if len(failures) == 0 {
					t.Errorf("%q holds", promise)
				} else if s.tells != "" && !slices.ContainsFunc(failures, func(f string) bool { return strings.Contains(f, s.tells) }) {
					t.Errorf("%q fails without telling of %q: %q", promise, s.tells, failures)
				}
				broken[promise] = true
			}
		})
	}
	for _, promise := range conformance.Promises() {
		if !broken[promise] {
			t.Errorf("no sabotage breaks %q", promise)
		}
		if failures := conformance.Try(t, healthy(present), promise); len(failures) > 0 {
			t.Errorf("without sabotage, %q fails: %q", promise, failures)
		}
	}
}

func TestSubjectSaysWhatItLacks(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*conformance.Subject)
		want  string
	}{
		"nothing to open":     {func(s *conformance.Subject) { s.Open = nil }, "no Open"},
		"no present":          {func(s *conformance.Subject) { s.Now = time.Time{} }, "not a present"},
		"nothing held":        {func(s *conformance.Subject) { s.Holds = nil }, "Holds is empty"},
		"no API and no words": {func(s *conformance.Subject) { s.API = nil }, "either API or NoAPI"},
		"API and words":       {func(s *conformance.Subject) { s.NoAPI = "reads a file" }, "either API or NoAPI"},
		"half an API":         {func(s *conformance.Subject) { s.API = &conformance.API{Handler: s.API.Handler} }, "Denied and Refused"},
	} {
		s := healthy(present)
		c.spoil(&s)
		if err := conformance.Valid(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if err := conformance.Valid(healthy(present)); err != nil {
		t.Error(err)
	}
}

var present = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)

const key = "tk_0f31c9f0c0ffee"

// healthy is the example connector on its provider's stand-in.
func healthy(now time.Time) conformance.Subject {
	account := standin.Account{Now: now, Key: key}
	s := conformance.Subject{
		Open: func(o connectors.Options) (connectors.Connector, error) {
			section, err := config.ParseSection("test.yaml", []byte("api_key: env:KEY\npage_size: 25\n"), func(string) string { return key })
			o.Settings = section
			if err != nil {
				return nil, err
			}
			return tally.Definition.Open(o)
		},
		Now: now, Holds: map[connectors.Stream][]string{},
		Personal: conformance.Personal{Emails: []string{"c003@example.com"}, Never: []string{"+49 30 000003"}},
		Later: func() (conformance.Subject, []string) {
			return healthy(now.AddDate(0, 0, 2)), []string{"subscription/s081", "customer/c044"}
		},
		API: &conformance.API{
			Handler: account, Key: key, Refused: standin.Account{Now: now, Key: "another"},
			Denied: func(streams ...connectors.Stream) http.Handler {
				denied := account
				for _, s := range streams {
					denied.Denied = append(denied.Denied, string(s))
				}
				return denied
			},
			Faulty: func() http.Handler {
				var asked atomic.Int64
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if asked.Add(1)%3 == 0 {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					account.ServeHTTP(w, r)
				})
			},
		},
	}
	for _, r := range account.Customers() {
		if !r.Deleted {
			s.Holds["customers"] = append(s.Holds["customers"], "customer/"+r.ID)
		}
	}
	for _, r := range account.Subscriptions() {
		s.Holds["subscriptions"] = append(s.Holds["subscriptions"], "subscription/"+r.ID)
	}
	return s
}

// sabotage is a way to break a connector.
type sabotage struct {
	name   string
	spoil  func(*conformance.Subject)
	breaks []string
	tells  string // what one of the failures says
}

// fake is a connector with some of its methods replaced.
type fake struct {
	connectors.Connector
	streams   func() []connectors.Stream
	account   func(context.Context) (string, error)
	check     func(context.Context) error
	pull      func(context.Context, connectors.Stream, connectors.Cursor) iter.Seq2[connectors.Page, error]
	translate func([]connectors.Object, *connectors.Catalog) (billing.Record, []connectors.Reject)
}

func (f fake) Streams() []connectors.Stream {
	if f.streams != nil {
		return f.streams()
	}
	return f.Connector.Streams()
}

func (f fake) Account(ctx context.Context) (string, error) {
	if f.account != nil {
		return f.account(ctx)
	}
	return f.Connector.Account(ctx)
}

func (f fake) Check(ctx context.Context) error {
	if f.check != nil {
		return f.check(ctx)
	}
	return f.Connector.Check(ctx)
}

func (f fake) Pull(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
	if f.pull != nil {
		return f.pull(ctx, s, since)
	}
	return f.Connector.Pull(ctx, s, since)
}

func (f fake) Translate(objects []connectors.Object, catalog *connectors.Catalog) (billing.Record, []connectors.Reject) {
	if f.translate != nil {
		return f.translate(objects, catalog)
	}
	return f.Connector.Translate(objects, catalog)
}

// sweeping looks for what vanished on the list, and answers as answer says.
type sweeping struct {
	connectors.Connector
	now    time.Time
	answer func([]connectors.Object) []connectors.Object
	deaf   bool // to the context
}

func (sweeping) Sweeps() (string, int) { return "subscription", 50 }

func (s sweeping) Sweep(ctx context.Context, known []connectors.Object) iter.Seq2[[]connectors.Object, error] {
	return func(yield func([]connectors.Object, error) bool) {
		if s.deaf {
			ctx = context.WithoutCancel(ctx)
		}
		there := map[string]connectors.Object{}
		for page, err := range s.Pull(ctx, "subscriptions", "") {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, o := range page.Objects {
				there[o.ID] = o
			}
		}
		var found []connectors.Object
		for _, o := range known {
			if now, ok := there[o.ID]; ok {
				found = append(found, now)
			} else if gone, err := connectors.Gone(o, o.Version+1, s.now); err == nil {
				found = append(found, gone)
			}
		}
		if s.answer != nil {
			found = s.answer(found)
		}
		yield(found, nil)
	}
}

// swept changes what a sweep answers.
func swept(answer func([]connectors.Object) []connectors.Object) func(*conformance.Subject) {
	return opened(func(c connectors.Connector, o connectors.Options) connectors.Connector {
		return sweeping{Connector: c, now: o.Now(), answer: answer}
	})
}

// each changes the objects that a sweep answers with, one by one.
func each(change func(*connectors.Object)) func([]connectors.Object) []connectors.Object {
	return func(all []connectors.Object) []connectors.Object {
		for i := range all {
			change(&all[i])
		}
		return all
	}
}

// A connector that looks for what vanished is held to it.
func TestSweeper(t *testing.T) {
	s := healthy(present)
	swept(nil)(&s)
	conformance.Run(t, s)
}

// erasing is a connector whose erasures are changed.
type erasing struct {
	connectors.Connector
	change func(e connectors.Eraser, o connectors.Object, keep []string) ([]byte, []string)
}

func (c erasing) Erase(o connectors.Object, keep []string) (payload []byte, personal []string) {
	return c.change(c.Connector.(connectors.Eraser), o, keep)
}

// erased changes what an erasure leaves.
func erased(change func(e connectors.Eraser, o connectors.Object, keep []string) ([]byte, []string)) func(*conformance.Subject) {
	return opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector { return erasing{c, change} })
}

// forgetful restarts where it stood.
type forgetful struct{ connectors.Connector }

func (forgetful) Restart(_ connectors.Stream, last connectors.Cursor) connectors.Cursor { return last }

// opened changes every connector that a subject opens, its later ones included.
func opened(change func(connectors.Connector, connectors.Options) connectors.Connector) func(*conformance.Subject) {
	var spoil func(*conformance.Subject)
	spoil = func(s *conformance.Subject) {
		open, later := s.Open, s.Later
		s.Open = func(o connectors.Options) (connectors.Connector, error) {
			c, err := open(o)
			if err != nil {
				return nil, err
			}
			return change(c, o), nil
		}
		s.Later = func() (conformance.Subject, []string) {
			l, changed := later()
			spoil(&l)
			return l, changed
		}
	}
	return spoil
}

// options changes what a subject's connectors are opened with.
func options(change func(*connectors.Options)) func(*conformance.Subject) {
	return func(s *conformance.Subject) {
		open := s.Open
		s.Open = func(o connectors.Options) (connectors.Connector, error) {
			change(&o)
			return open(o)
		}
	}
}

// pages changes a connector's pages one by one; errors too, which are pages of
// their own.
func pages(change func(connectors.Page, error) (connectors.Page, error)) func(*conformance.Subject) {
	return opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
		return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
			return func(yield func(connectors.Page, error) bool) {
				for page, err := range c.Pull(ctx, s, since) {
					if !yield(change(page, err)) {
						return
					}
				}
			}
		}}
	})
}

// objects changes a connector's objects one by one.
func objects(change func(*connectors.Object)) func(*conformance.Subject) {
	return pages(func(p connectors.Page, err error) (connectors.Page, error) {
		for i := range p.Objects {
			change(&p.Objects[i])
		}
		return p, err
	})
}

// translation changes what a connector makes of objects.
func translation(change func([]connectors.Object, billing.Record, []connectors.Reject) (billing.Record, []connectors.Reject)) func(*conformance.Subject) {
	return opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
		return fake{Connector: c, translate: func(o []connectors.Object, catalog *connectors.Catalog) (billing.Record, []connectors.Reject) {
			r, rejects := c.Translate(o, catalog)
			return change(o, r, rejects)
		}}
	})
}

// roundTripper is a function that is one.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// asksOnce takes from the shared transport all that it asks again for.
func asksOnce(o *connectors.Options) {
	base := o.Transport
	o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		began := time.Now()
		resp, err := base.RoundTrip(req)
		if err != nil && req.Context().Err() == nil || time.Since(began) > time.Minute {
			resp, err = &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
		}
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= http.StatusTooManyRequests {
			resp.StatusCode = http.StatusBadRequest
		}
		body := received(resp.Body, began.Add(time.Second))
		resp.Header.Set("Content-Type", "text/plain")
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, nil
	})
}

// received is what of a body has come until then, whole or not.
func received(from io.Reader, until time.Time) []byte {
	var body []byte
	for buf := make([]byte, 4096); time.Now().Before(until); {
		n, err := from.Read(buf)
		if body = append(body, buf[:n]...); err != nil {
			break
		}
	}
	return body
}

const erasure = "an erasure takes the person and leaves the terms"

func sabotages() []sabotage {
	var calls atomic.Int64
	anonymous := errors.New("it failed")
	return []sabotage{
		{"streams that belong to everyone", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			all := c.Streams()
			return fake{Connector: c, streams: func() []connectors.Stream { return all }}
		}), []string{"streams are named once and stay the same"}, "and then"},
		{"an account named by the hour", opened(func(c connectors.Connector, o connectors.Options) connectors.Connector {
			return fake{Connector: c, account: func(context.Context) (string, error) { return o.Now().String(), nil }}
		}), []string{"the account has one name"}, "and then"},
		{"a check that always complains", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, check: func(context.Context) error { return anonymous }}
		}), []string{"check passes where everything can be read"}, ""},
		{"pages that lose their last object", pages(func(p connectors.Page, err error) (connectors.Page, error) {
			p.Objects = p.Objects[:max(0, len(p.Objects)-1)]
			return p, err
		}), []string{"a full pull brings every object and none twice", "a restarted pull lists everything again"}, "does not bring"},
		{"pages that repeat an object", pages(func(p connectors.Page, err error) (connectors.Page, error) {
			if len(p.Objects) > 0 {
				p.Objects = append(p.Objects, p.Objects[0])
			}
			return p, err
		}), []string{"a full pull brings every object and none twice"}, "2 times"},
		{"no cursor", pages(func(p connectors.Page, err error) (connectors.Page, error) {
			p.Cursor = ""
			return p, err
		}), []string{"a full pull brings every object and none twice", "a second pull brings nothing new"}, "without a cursor"},
		{"the wall clock in SeenAt", objects(func(o *connectors.Object) { o.SeenAt = time.Now() }), []string{"objects are well-formed"}, "SeenAt"},
		{"a payload cut off", objects(func(o *connectors.Object) { o.Payload = o.Payload[:len(o.Payload)-1] }), []string{"objects are well-formed"}, "not JSON"},
		{"the key in a payload", objects(func(o *connectors.Object) { o.Payload = fmt.Appendf(nil, `{"key":%q}`, key) }), []string{"objects are well-formed"}, "API key shows"},
		{"one buffer for all pages", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
				return func(yield func(connectors.Page, error) bool) {
					var buffer []connectors.Object
					for page, err := range c.Pull(ctx, s, since) {
						buffer = append(buffer[:0], page.Objects...)
						page.Objects = buffer
						if !yield(page, err) {
							return
						}
					}
				}
			}}
		}), []string{"pages stay as they were yielded"}, "changed after"},
		{"the wall clock in Version", objects(func(o *connectors.Object) { o.Version = time.Now().UnixMicro() }), []string{"the present comes from Options.Now alone"}, "wall clock"},
		{"the wall clock in a payload", objects(func(o *connectors.Object) { o.Payload = fmt.Appendf(nil, `{"at":%d}`, time.Now().Unix()) }), []string{"the present comes from Options.Now alone"}, "differs"},
		{"cursors that run ahead", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
				return func(yield func(connectors.Page, error) bool) {
					var held *connectors.Page
					for page, err := range c.Pull(ctx, s, since) {
						if err != nil {
							yield(page, err)
							return
						}
						if held != nil {
							held.Cursor = page.Cursor
							if !yield(*held, nil) {
								return
							}
						}
						held = &page
					}
					yield(*held, nil)
				}
			}}
		}), []string{"every cursor resumes without loss"}, "is lost"},
		{"a cursor that nobody reads", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, _ connectors.Cursor) iter.Seq2[connectors.Page, error] {
				return c.Pull(ctx, s, "")
			}}
		}), []string{"a second pull brings nothing new", "a later pull brings what changed and little else", "a foreign cursor and an unknown stream are refused"}, ""},
		{"a first pull that is the last", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
				if since == "" {
					return c.Pull(ctx, s, since)
				}
				return func(yield func(connectors.Page, error) bool) { yield(connectors.Page{Cursor: since}, nil) }
			}}
		}), []string{"a later pull brings what changed and little else"}, "was not brought"},
		{"deletions that are not told", objects(func(o *connectors.Object) { o.Deleted = false }), []string{"a later pull brings what changed and little else"}, "not told as Deleted"},
		{"versions that do not rise", objects(func(o *connectors.Object) { o.Version = 1<<60 - o.Version }), []string{"a later pull brings what changed and little else"}, "newest version"},
		{"a restart that goes on", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return forgetful{c}
		}), []string{"a restarted pull lists everything again"}, "does not bring"},
		{"privacy rules that nobody reads", options(func(o *connectors.Options) {
			o.Privacy = connectors.Privacy{Emails: connectors.Keep, Names: connectors.Keep}
		}), []string{"personal fields land only as the privacy rules say"}, "lands in"},
		{"a page read ahead in a goroutine of its own", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
				type turn struct {
					page connectors.Page
					err  error
				}
				return func(yield func(connectors.Page, error) bool) {
					ahead := make(chan turn)
					go func() {
						defer close(ahead)
						for page, err := range c.Pull(ctx, s, since) {
							ahead <- turn{page, err}
						}
					}()
					for next := range ahead {
						if !yield(next.page, next.err) {
							return
						}
					}
				}
			}}
		}), []string{"the consumer may stop at any page"}, "goroutine is left"},
		{"a context of its own", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{
				Connector: c,
				account:   func(context.Context) (string, error) { return c.Account(context.Background()) },
				check:     func(context.Context) error { return c.Check(context.Background()) },
				pull: func(_ context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
					return c.Pull(context.Background(), s, since)
				},
			}
		}), []string{"a context that has ended asks for nothing", "a cancelled context ends a pull within one request", "a cancelled context ends a wait"}, ""},
		{"a record without its source", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			r.Source = ""
			return r, x
		}), []string{"records are well-formed"}, "of source"},
		{"states that overlap", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			for i := range r.Subscriptions {
				r.Subscriptions[i].States = append(r.Subscriptions[i].States, r.Subscriptions[i].States[0])
			}
			return r, x
		}), []string{"records are well-formed"}, "overlaps"},
		{"profiles that repeat themselves", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			for i := range r.Subscriptions {
				r.Subscriptions[i].Profiles = []billing.Profile{{}, {}}
			}
			return r, x
		}), []string{"records are well-formed"}, "does not change what the one before says"},
		{"metadata as last known for all time", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			r.Customer.Profiles = nil
			return r, x
		}), []string{"what a customer was stays told when it changes"}, "until it became"},
		{"a translation of the first object it meets", translation(func(o []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			if len(o) > 0 {
				r.Customer.Name = o[0].ID
			}
			return r, x
		}), []string{"translate does not mind order or repetition"}, "another order"},
		{"a translation that tidies up", translation(func(o []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			for i := range o {
				o[i].Payload = nil
			}
			return r, x
		}), []string{"translate leaves its input alone"}, "changed its input"},
		{"a translation that counts", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			r.Customer.Name = fmt.Sprint(calls.Add(1))
			return r, x
		}), []string{"translate may run in parallel", "translate does not mind order or repetition"}, "another"},
		{"a sweep that leaves out what is gone", swept(func(all []connectors.Object) []connectors.Object {
			return slices.DeleteFunc(all, func(o connectors.Object) bool { return o.Deleted })
		}), []string{"a sweep answers for what is known and finds what is gone"}, "not answered"},
		{"a sweep that takes everything for gone", swept(each(func(o *connectors.Object) { o.Deleted = true })), []string{"a sweep answers for what is known and finds what is gone"}, "exists true"},
		{"a sweep that dates the end itself", swept(each(func(o *connectors.Object) { o.SeenAt = o.SeenAt.AddDate(0, 0, -9) })), []string{"a sweep answers for what is known and finds what is gone"}, "moment of asking"},
		{"a sweep without end", opened(func(c connectors.Connector, o connectors.Options) connectors.Connector {
			return sweeping{Connector: c, now: o.Now(), deaf: true}
		}), []string{"a sweep ends when it is told to"}, "context has ended"},
		{"an erasure that forgets nobody", erased(func(_ connectors.Eraser, o connectors.Object, _ []string) ([]byte, []string) {
			return o.Payload, nil
		}), []string{erasure}, "still tells"},
		{"an erasure that takes the terms as well", erased(func(connectors.Eraser, connectors.Object, []string) ([]byte, []string) {
			return []byte("{}"), nil
		}), []string{erasure}, "changes terms"},
		{"an erasure that keeps no segment", erased(func(e connectors.Eraser, o connectors.Object, _ []string) ([]byte, []string) {
			return e.Erase(o, nil)
		}), []string{erasure}, "is to stay"},
		{"an erasure that does not tell the names", erased(func(e connectors.Eraser, o connectors.Object, keep []string) ([]byte, []string) {
			payload, _ := e.Erase(o, keep)
			return payload, nil
		}), []string{erasure}, "nobody seeks"},
		{"an erasure that is never over", erased(func(e connectors.Eraser, o connectors.Object, keep []string) ([]byte, []string) {
			payload, personal := e.Erase(o, keep)
			return bytes.Replace(payload, []byte("{"), fmt.Appendf(nil, `{"was":%d,`, len(o.Payload)), 1), personal
		}), []string{erasure}, "erased twice"},
		{"rejects that nobody hears of", translation(func(_ []connectors.Object, r billing.Record, _ []connectors.Reject) (billing.Record, []connectors.Reject) {
			return r, nil
		}), []string{"an unreadable object is rejected by name and the last readable one stays"}, "reject"},
		{"a subscription that is gone when it cannot be read", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			if len(x) > 0 {
				r.Subscriptions = nil
			}
			return r, x
		}), []string{"an unreadable object is rejected by name and the last readable one stays"}, "away"},
		{"a price that is zero when it cannot be read", translation(func(_ []connectors.Object, r billing.Record, x []connectors.Reject) (billing.Record, []connectors.Reject) {
			for _, sub := range r.Subscriptions {
				for i := range sub.States {
					if len(x) > 0 {
						sub.States[i].Terms.Items = nil
					}
				}
			}
			return r, nil
		}), []string{"an unreadable field is never a zero"}, "charges nothing"},
		{"a transport that asks once", options(asksOnce), troubled(), ""},
		{"a transport that overlooks Retry-After", options(func(o *connectors.Options) {
			base := o.Transport
			o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				resp, err := base.RoundTrip(req)
				if resp != nil {
					resp.Header.Del("Retry-After")
				}
				return resp, err
			})
		}), []string{"a 429 with Retry-After in seconds changes nothing", "a 429 with Retry-After as a date changes nothing", "a 503 that asks to wait changes nothing"}, "before Retry-After"},
		{"errors that end a pull in silence", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, pull: func(ctx context.Context, s connectors.Stream, since connectors.Cursor) iter.Seq2[connectors.Page, error] {
				return func(yield func(connectors.Page, error) bool) {
					for page, err := range c.Pull(ctx, s, since) {
						if err != nil || !yield(page, nil) {
							return
						}
					}
				}
			}}
		}), []string{
			"a provider that stays down fails the pull and loses nothing", "a denied stream fails by name", "a damaged object in a page is named",
			"a context that has ended asks for nothing",
		}, ""},
		{"errors that say nothing", pages(func(p connectors.Page, err error) (connectors.Page, error) {
			if err != nil {
				err = anonymous
			}
			return p, err
		}), []string{"a damaged object in a page is named", "a denied stream fails by name", "a provider that stays down fails the pull and loses nothing"}, "it failed"},
		{"a check that tells the first problem", opened(func(c connectors.Connector, _ connectors.Options) connectors.Connector {
			return fake{Connector: c, check: func(ctx context.Context) error {
				err := c.Check(ctx)
				if many, ok := err.(interface{ Unwrap() []error }); ok {
					return many.Unwrap()[0]
				}
				return err
			}}
		}), []string{"check names every denied stream"}, "does not name"},
		{"a key in errors", pages(func(p connectors.Page, err error) (connectors.Page, error) {
			if err != nil {
				err = fmt.Errorf("with key %s: %w", key, err)
			}
			return p, err
		}), []string{"a refused key fails clearly and is never shown", "a provider that stays down fails the pull and loses nothing"}, "API key shows"},
		{"a key in the log", opened(func(c connectors.Connector, o connectors.Options) connectors.Connector {
			o.Logger.Debug("opened", "key", key)
			return c
		}), []string{"streams are named once and stay the same"}, "the log"},
	}
}

// troubled are the promises about trouble that passes.
func troubled() []string {
	return slices.DeleteFunc(conformance.Promises(), func(name string) bool {
		return !strings.HasSuffix(name, " changes nothing") && !strings.HasSuffix(name, " change nothing")
	})
}
