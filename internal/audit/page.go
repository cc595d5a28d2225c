package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/internal/pipeline"
	"mrrsync/normalize"
	"mrrsync/warehouse"
)

// Question asks for one explanation.
type Question struct {
	Name   string       // of a customer, an account, a subscription, or anything that belongs to a customer
	Source string       // narrows Name down; empty: any
	Day    billing.Date // billing.NoDate: the last published day
	Law    normalize.Settings
	Hash   string // of all that decides a derivation, as in a load's header
}

// Page is an explanation with all it rests on.
type Page struct {
	normalize.Explanation
	Customers []Customer
	Only      string // the subscription that was asked about; empty: the whole account
	Preset    string
	Hash      string
	Zone      string
	// Load is what readers see; its ID is 0 while nothing is published.
	Load      warehouse.LoadInfo
	Published map[Item]decimal.Decimal // the published MRR of the day, of the account's customers
	Changed   []string                 // what may make explanation and load differ: settings, newer evidence
	Unread    []connectors.Reject      // stored objects that could not be understood
	Objects   []Object                 // everything that is referred to, in the order of first mention

	store string // the database of the raw objects
}

// Customer is one customer of the account, as the source knows it.
type Customer struct{ Source, ID, Name string }

// Item names a subscription item.
type Item struct{ Source, Subscription, Item string }

// Object is a provider's object as it is stored.
type Object struct {
	Source string
	billing.Ref
	Stored bool      // it is in the raw objects under this very version
	SeenAt time.Time // when the provider was asked for it
	Run    uint64    // that landed it
}

// Explain answers a question from the stored evidence.
func Explain(ctx context.Context, w *warehouse.Warehouse, e *pipeline.Evidence, q Question) (*Page, error) {
	load, ok, err := w.Published(ctx)
	if err != nil {
		return nil, err
	}
	if q.Day == billing.NoDate {
		if !ok {
			return nil, &Unknown{"nothing is published yet: run `mrrsync sync` first, or name a day with --on"}
		}
		q.Day = load.Through
	}
	found, err := Find(ctx, w, q.Name, q.Source)
	if err != nil {
		return nil, err
	}
	account, unread, ok, err := e.Account(ctx, found.CustomerKey)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &Unknown{fmt.Sprintf("of customer %s of %s nothing is stored up to the last complete pull: run `mrrsync sync`", found.CustomerID, found.Source)}
	}
	p := &Page{
		Explanation: normalize.Explain(account, q.Law, q.Day), Only: found.Subscription, Preset: q.Law.Policy.Preset, Hash: q.Law.Policy.Hash(),
		Zone: "UTC", Load: load, Unread: unread, store: strings.Trim(w.Schema().Store(), "`"),
	}
	if q.Law.Zone != nil {
		p.Zone = q.Law.Zone.String()
	}
	for i := range account.Records {
		r := &account.Records[i]
		p.Customers = append(p.Customers, Customer{r.Source, r.Customer.ID, r.Customer.Name})
	}
	p.narrow()
	if err := p.compare(ctx, w, q, e.Seals()); err != nil {
		return nil, err
	}
	return p, p.trace(ctx, w)
}

// narrow leaves the subscription that was asked about.
func (p *Page) narrow() {
	if p.Only == "" {
		return
	}
	p.Subscriptions = slices.DeleteFunc(p.Subscriptions, func(s normalize.ExplainedSubscription) bool { return s.ID != p.Only })
	p.Moves = slices.DeleteFunc(p.Moves, func(m normalize.Move) bool { return m.SubscriptionID != p.Only })
}

// compare reads what is published for the day, and what has changed since.
func (p *Page) compare(ctx context.Context, w *warehouse.Warehouse, q Question, seals map[string]uint64) error {
	p.Published = map[Item]decimal.Decimal{}
	if p.Load.ID == 0 || p.Day > p.Load.Through {
		return nil
	}
	switch {
	case p.Day <= p.Load.ClosedThrough:
		p.Changed = append(p.Changed, "the day is closed: what was published when it was stands, and what is known better since is a movement of "+(p.Load.ClosedThrough+1).String())
	case p.Load.PolicyHash == "":
		p.Changed = append(p.Changed, "months were reopened, and no sync has derived them again since")
	case p.Load.PolicyHash != q.Hash:
		p.Changed = append(p.Changed, "policy, zone, currency, segments, identity or the code changed since the load was made")
	}
	ids := map[string][]string{}
	for _, c := range p.Customers {
		ids[c.Source] = append(ids[c.Source], c.ID)
	}
	for _, source := range unique(sourcesOf(p.Customers)) {
		if p.Load.Seals[source] != seals[source] {
			p.Changed = append(p.Changed, "source "+source+" was pulled since the load was made")
		}
		err := each(ctx, w.Conn(), "read published MRR", `
			SELECT subscription_id, item_id, mrr FROM `+w.Schema().DB()+`.mrr_daily
			WHERE date = {day:Date} AND source = {source:String} AND customer_id IN {ids:Array(String)}`, func(scan func(...any) error) error {
			k := Item{Source: source}
			var mrr decimal.Decimal
			if err := scan(&k.Subscription, &k.Item, &mrr); err != nil {
				return err
			}
			if p.Only == "" || p.Only == k.Subscription {
				p.Published[k] = mrr
			}
			return nil
		}, clickhouse.Named("day", p.Day.Time().Format(time.DateOnly)), clickhouse.Named("source", source), clickhouse.Named("ids", ids[source]))
		if err != nil {
			return err
		}
	}
	return nil
}

func sourcesOf(customers []Customer) []string {
	var all []string
	for _, c := range customers {
		all = append(all, c.Source)
	}
	return all
}

// Covered says whether readers see the day at all.
func (p *Page) Covered() bool { return p.Load.ID != 0 && p.Day <= p.Load.Through }

// Differences are the items of which the published figure is another than the
// explained one, ordered; empty where the day is not published.
func (p *Page) Differences() []Item {
	if !p.Covered() {
		return nil
	}
	ours := map[Item]decimal.Decimal{}
	for i := range p.Subscriptions {
		s := &p.Subscriptions[i]
		for j := range s.Items {
			if it := &s.Items[j]; it.MRR.IsPositive() && !it.Standing.Scheduled {
				ours[Item{s.Source, s.ID, it.Item.ID}] = it.MRR
			}
		}
	}
	var out []Item
	for k, mrr := range ours {
		if theirs, ok := p.Published[k]; !ok || !theirs.Equal(mrr) {
			out = append(out, k)
		}
	}
	for k := range p.Published {
		if _, ok := ours[k]; !ok {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Item, b.Item))
	})
	return out
}

// trace gathers every object that the page refers to and finds where it is
// stored.
func (p *Page) trace(ctx context.Context, w *warehouse.Warehouse) error {
	p.mentionAll()
	for _, source := range unique(sourcesOf(p.Customers)) {
		if err := p.locate(ctx, w, source); err != nil {
			return err
		}
	}
	return nil
}

func (p *Page) mentionAll() {
	for i := range p.Subscriptions {
		s := &p.Subscriptions[i]
		p.mention(s.Source, s.Standing.Object)
		for j := range s.Items {
			p.mention(s.Source, s.Items[j].Object)
			for _, step := range s.Items[j].Steps {
				p.mention(s.Source, step.Object)
			}
		}
	}
	for i := range p.Moves {
		p.mention(p.Moves[i].Source, p.Moves[i].Shown)
	}
}

// mention gives an object its place in the list.
func (p *Page) mention(source string, ref billing.Ref) {
	if ref.ID != "" && p.number(source, ref) == 0 {
		p.Objects = append(p.Objects, Object{Source: source, Ref: ref})
	}
}

// number is an object's place in the list, from 1; 0: it is not there.
func (p *Page) number(source string, ref billing.Ref) int {
	return 1 + slices.IndexFunc(p.Objects, func(o Object) bool { return o.Source == source && o.Ref == ref })
}

// locate finds the objects of a source among those that are stored.
func (p *Page) locate(ctx context.Context, w *warehouse.Warehouse, source string) error {
	owners, ids := []string{""}, []string{}
	for _, c := range p.Customers {
		if c.Source == source {
			owners = append(owners, c.ID)
		}
	}
	for _, o := range p.Objects {
		if o.Source == source {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return each(ctx, w.Conn(), "find stored objects", `
		SELECT kind, id, version, min(run), argMin(seen_at, run) FROM `+w.Schema().Store()+`.raw_objects
		WHERE source = {source:String} AND customer_id IN {owners:Array(String)} AND id IN {ids:Array(String)}
		GROUP BY kind, id, version`, func(scan func(...any) error) error {
		var ref billing.Ref
		var run uint64
		var seen time.Time
		if err := scan(&ref.Kind, &ref.ID, &ref.Version, &run, &seen); err != nil {
			return err
		}
		if n := p.number(source, ref); n > 0 {
			o := &p.Objects[n-1]
			o.Stored, o.Run, o.SeenAt = true, run, seen.UTC()
		}
		return nil
	}, clickhouse.Named("source", source), clickhouse.Named("owners", owners), clickhouse.Named("ids", unique(ids)))
}
