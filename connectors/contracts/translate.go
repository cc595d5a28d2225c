package contracts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// itemKey names an item within a customer.
type itemKey struct{ subscription, id string }

func (k itemKey) compare(other itemKey) int {
	return cmp.Or(cmp.Compare(k.subscription, other.subscription), cmp.Compare(k.id, other.id))
}

// agree reads a customer's rows into items, each a list of contracts ordered by
// their start. An item with a fault in any of its rows is in faults and not in
// items: a ramp with a step missing would be a churn that never happened.
func agree(rows []row) (items map[itemKey][]contract, faults map[itemKey][]fault) {
	items, faults = map[itemKey][]contract{}, map[itemKey][]fault{}
	lines := map[itemKey][]int{}
	for _, r := range rows {
		c, wrong := understand(r)
		k := itemKey{c.subscription, c.item}
		faults[k] = append(faults[k], wrong...)
		if len(wrong) > 0 {
			continue
		}
		for i, other := range items[k] {
			if c.from < other.until && other.from < c.until {
				faults[k] = append(faults[k], fault{r.Line, "overlap", fmt.Sprintf(
					"%s to %s overlaps %s of the same item", c.from, lastDay(c.until), span(lines[k][i], other))})
				break
			}
		}
		items[k], lines[k] = append(items[k], c), append(lines[k], r.Line)
	}
	for k, wrong := range faults {
		if len(wrong) > 0 {
			delete(items, k)
		} else {
			delete(faults, k)
		}
	}
	for _, ramp := range items {
		slices.SortFunc(ramp, func(a, b contract) int { return cmp.Compare(a.from, b.from) })
	}
	return items, faults
}

func span(line int, c contract) string {
	days := fmt.Sprintf("%s to %s", c.from, lastDay(c.until))
	if line > 0 {
		return fmt.Sprintf("line %d (%s)", line, days)
	}
	return days
}

// lastDay is the day before until, as contracts are written.
func lastDay(until billing.Date) billing.Date {
	if until == billing.Forever {
		return until
	}
	return until - 1
}

// standing is an item as it stands: with the version that says so, which is an
// older one when the newest could not be understood.
type standing struct {
	ramp   []contract
	held   bool
	object connectors.Object
}

// Translate reads a customer's newest rows; what can't be understood of them
// goes on as it was last understood.
func (c *connector) Translate(objects []connectors.Object, catalog *connectors.Catalog) (billing.Record, []connectors.Reject) {
	versions := newestFirst(objects)
	record := billing.Record{Source: c.source}
	if len(versions) == 0 {
		return record, nil
	}
	newest := versions[0]
	record.Customer = billing.Customer{ID: newest.CustomerID, Object: newest.Ref()}
	if newest.Deleted || !named(catalog, newest.CustomerID) {
		record.Customer.Deleted = true
		return record, nil
	}
	items, rejects := c.stand(versions)
	bySubscription := map[string][]itemKey{}
	for k := range items {
		bySubscription[k.subscription] = append(bySubscription[k.subscription], k)
	}
	for _, id := range slices.Sorted(maps.Keys(bySubscription)) {
		keys := bySubscription[id]
		slices.SortFunc(keys, itemKey.compare)
		record.Subscriptions = append(record.Subscriptions, c.subscription(newest, id, keys, items))
	}
	c.describe(&record.Customer, items)
	return record, rejects
}

func newestFirst(objects []connectors.Object) []connectors.Object {
	versions := slices.DeleteFunc(slices.Clone(objects), func(o connectors.Object) bool { return o.Kind != kindContract })
	slices.SortFunc(versions, func(a, b connectors.Object) int {
		return cmp.Or(cmp.Compare(b.Version, a.Version), slices.Compare(a.Payload, b.Payload))
	})
	return versions
}

// stand finds for each item of the newest version the last understood one.
func (c *connector) stand(versions []connectors.Object) (map[itemKey]standing, []connectors.Reject) {
	items := map[itemKey]standing{}
	var rejects []connectors.Reject
	newest := versions[0]
	var sought map[itemKey][]fault // not yet understood; nil: every item
	for i, o := range versions {
		if i > 0 && (o.Deleted || sought != nil && len(sought) == 0) {
			break
		}
		var p payload
		if err := json.Unmarshal(o.Payload, &p); err != nil {
			if i == 0 {
				rejects = append(rejects, c.reject(newest, newest.ID, fault{0, "bad_payload", fmt.Sprintf("stored rows can't be read: %v", err)}))
			}
			continue
		}
		understood, faults := agree(p.Rows)
		for k, ramp := range understood {
			if _, want := sought[k]; want || sought == nil {
				items[k] = standing{ramp, i > 0, o}
				delete(sought, k)
			}
		}
		if sought == nil {
			sought = faults
			if i == 0 {
				rejects = append(rejects, c.rejects(newest, faults)...)
			}
		}
	}
	return items, rejects
}

func (c *connector) rejects(o connectors.Object, faults map[itemKey][]fault) []connectors.Reject {
	var rejects []connectors.Reject
	for k, wrong := range faults {
		for _, f := range wrong {
			f.detail += fmt.Sprintf(" (subscription %s, item %s)", k.subscription, k.id)
			rejects = append(rejects, c.reject(o, fmt.Sprintf("%s/%s line %d", k.subscription, k.id, f.line), f))
		}
	}
	slices.SortFunc(rejects, func(a, b connectors.Reject) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return rejects
}

func (c *connector) reject(o connectors.Object, id string, f fault) connectors.Reject {
	detail := fmt.Sprintf("%s: %s", c.name, f.detail)
	if f.line > 0 {
		detail = fmt.Sprintf("%s:%d: %s", c.name, f.line, f.detail)
	}
	return connectors.Reject{
		Source: c.source, CustomerID: o.CustomerID, Kind: "row", ID: id,
		Code: f.code, Detail: detail, Object: o.Ref(),
	}
}

// subscription cuts its items' days wherever anything changes, and says for
// each piece what was agreed.
func (c *connector) subscription(newest connectors.Object, id string, keys []itemKey, items map[itemKey]standing) billing.Subscription {
	cuts := map[billing.Date]bool{}
	first, last := billing.Forever, billing.NoDate
	s := billing.Subscription{
		ID: id, CustomerID: newest.CustomerID, Name: id, Metadata: map[string]string{}, Object: newest.Ref(),
	}
	for _, k := range keys {
		for _, row := range items[k].ramp {
			for _, d := range []billing.Date{row.from, row.until, row.paidFrom} {
				cuts[d] = true
			}
			first, last = min(first, row.from), max(last, row.until)
			if s.Currency == "" {
				s.Currency = row.currency
			}
		}
	}
	delete(cuts, billing.NoDate)
	days := slices.Sorted(maps.Keys(cuts))
	for i, from := range days[:len(days)-1] {
		state := c.state(newest, from, days[i+1], keys, items)
		if i > 0 && state.Terms.TrialEnd.IsZero() {
			// Once over, a trial is still part of what was agreed.
			before := s.States[i-1].Terms
			state.Terms.TrialStart, state.Terms.TrialEnd = before.TrialStart, before.TrialEnd
		}
		s.States = append(s.States, state)
	}
	s.Start = c.instant(first)
	s.Created = s.Start
	s.Ended = c.instant(last)
	rows := byStart(keys, items)
	for _, row := range rows {
		maps.Copy(s.Metadata, row.metadata)
	}
	s.Profiles = c.profiles(rows, func(m map[string]string) map[string]string { return m })
	return s
}

// profiles is how the extra columns changed from day to day: those of the rows
// in force, or where there is none, of the last that was; of several that name a
// column the one that began last.
func (c *connector) profiles(rows []contract, values func(map[string]string) map[string]string) []billing.Profile {
	var days []billing.Date
	for _, row := range rows {
		days = append(days, row.from)
		if row.until < billing.Forever {
			days = append(days, row.until)
		}
	}
	slices.Sort(days)
	var seen []connectors.Glimpse
	for _, day := range slices.Compact(days) {
		m := map[string]string{}
		for _, row := range rows {
			if row.from <= day && day < row.until {
				maps.Copy(m, row.metadata)
			}
		}
		if len(m) > 0 || slices.ContainsFunc(rows, func(r contract) bool { return r.from <= day && day < r.until }) {
			seen = append(seen, connectors.Glimpse{At: c.instant(day), Values: values(m)})
		}
	}
	return connectors.Profiles(seen)
}

// instant is when a day begins in the reporting zone; an open end is the zero
// time.
func (c *connector) instant(d billing.Date) time.Time {
	if d == billing.Forever {
		return time.Time{}
	}
	return d.In(c.zone).UTC()
}

// state is what was agreed for [from, until), days between which nothing
// changes.
func (c *connector) state(newest connectors.Object, from, until billing.Date, keys []itemKey, items map[itemKey]standing) billing.State {
	s := billing.State{
		From: c.instant(from), Until: c.instant(until), SeenAt: newest.SeenAt,
		Evidence: billing.EvidenceContract, Object: newest.Ref(),
		// Between two contracts there is none: nothing is carried over the gap.
		Terms: billing.Terms{Status: billing.StatusCanceled},
	}
	trials := 0
	for _, k := range keys {
		for _, row := range items[k].ramp {
			if row.from > from || row.until <= from {
				continue
			}
			item := c.item(row)
			if row.paidFrom > from {
				item.TrialEnd = c.instant(row.paidFrom)
				s.Terms.TrialStart, s.Terms.TrialEnd = c.instant(row.from), item.TrialEnd
				trials++
			}
			if items[k].held {
				s.Evidence, s.Object = billing.EvidenceHeld, items[k].object.Ref()
			}
			s.Terms.Items = append(s.Terms.Items, item)
		}
	}
	switch len(s.Terms.Items) {
	case 0:
	case trials:
		s.Terms.Status = billing.StatusTrialing
	default:
		s.Terms.Status = billing.StatusActive
		s.Terms.TrialStart, s.Terms.TrialEnd = time.Time{}, time.Time{}
	}
	return s
}

func (c *connector) item(row contract) billing.Item {
	item := billing.Item{
		ID:       row.item,
		Created:  c.instant(row.from),
		Quantity: row.quantity,
		Price: billing.Price{
			ID: row.plan, Name: row.plan, Currency: row.currency, Interval: row.interval,
			Usage: billing.Licensed, Model: billing.PerUnit, Unit: row.amount, Tax: billing.TaxExclusive,
		},
	}
	if row.interval.Unit == billing.Term {
		item.TermFrom, item.TermUntil = row.from, row.until
	}
	switch row.kind {
	case oneTime:
		item.Price.Usage = billing.OneTime
	case usage:
		item.Price.Usage = billing.Metered
	case usageCommitment:
		item.Price.Usage = billing.Metered
		commitment := row.amount.Mul(row.quantity)
		item.Commitment = &commitment
	case recurring:
	}
	return item
}

// byStart is every row of some items, the latest last: whose metadata holds.
func byStart(keys []itemKey, items map[itemKey]standing) []contract {
	var rows []contract
	for _, k := range keys {
		rows = append(rows, items[k].ramp...)
	}
	slices.SortStableFunc(rows, func(a, b contract) int { return cmp.Compare(a.from, b.from) })
	return rows
}

// describe fills in what the rows tell of the customer.
func (c *connector) describe(customer *billing.Customer, items map[itemKey]standing) {
	rows := byStart(slices.SortedFunc(maps.Keys(items), itemKey.compare), items)
	if len(rows) == 0 {
		return
	}
	customer.Created, customer.Currency = c.instant(rows[0].from), rows[0].currency
	customer.Metadata = map[string]string{}
	for _, row := range rows {
		maps.Copy(customer.Metadata, row.metadata)
	}
	customer.Name, customer.Country = name(customer.Metadata), country(customer.Metadata)
	customer.Email = customer.Metadata["metadata.email"]
	if customer.Country != "" {
		customer.Metadata["address.country"] = customer.Country
	}
	customer.Profiles = c.profiles(rows, func(m map[string]string) map[string]string {
		for path, v := range map[string]string{"name": name(m), "address.country": country(m), "currency": customer.Currency} {
			if v != "" {
				m[path] = v
			}
		}
		return m
	})
}

// A few columns are what other providers keep in fields of their own.

func name(m map[string]string) string {
	return cmp.Or(m["metadata.customer_name"], m["metadata.name"])
}

func country(m map[string]string) string {
	return cmp.Or(m["metadata.address.country"], m["metadata.country"])
}
