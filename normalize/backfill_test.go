package normalize_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// life is a subscription as it was: every version of it, and what its invoices
// said of it.
type life struct {
	sub      billing.Subscription
	versions []billing.State // without an end: each until the next
	services []billing.Service
	now      time.Time
}

// live draws the life of a monthly subscription whose every change leaves
// evidence: prorations for items, starts and ends for discounts.
func live(t *rapid.T) *life {
	start := epoch.Add(time.Duration(rapid.IntRange(0, 27*24*60).Draw(t, "start")) * time.Minute)
	l := &life{
		sub: billing.Subscription{ID: "sub", Currency: "USD", Created: start, Start: start},
		now: start.AddDate(0, rapid.IntRange(2, 12).Draw(t, "months"), rapid.IntRange(0, 27).Draw(t, "days")),
	}
	terms := billing.Terms{Status: billing.StatusActive}
	items := 0
	item := func(at time.Time) billing.Item {
		items++
		return billing.Item{ID: fmt.Sprintf("i%d", items), Created: at, Price: monthlyPrice(t), Quantity: quantity(t)}
	}
	cycle := start
	if rapid.IntRange(0, 3).Draw(t, "trial") == 0 {
		terms.TrialStart, terms.TrialEnd = start, start.AddDate(0, 0, 14)
		terms.Status = billing.StatusTrialing
		cycle = terms.TrialEnd
	}
	terms.Items = []billing.Item{item(start)}
	l.version(start, terms)
	if terms.Status == billing.StatusTrialing {
		l.services = append(l.services, serviceOf(billing.OnTrial, terms.Items[0], start, cycle, start, nil))
		terms.Status = billing.StatusActive
		if cycle.Before(l.now) {
			l.version(cycle, terms)
		}
	}
	dies := rapid.IntRange(0, 3).Draw(t, "dies") == 0
	for ; cycle.Before(l.now); cycle = cycle.AddDate(0, 1, 0) {
		end := cycle.AddDate(0, 1, 0)
		for _, it := range terms.Items {
			l.services = append(l.services, serviceOf(billing.Charged, it, cycle, end, cycle, inForce(terms.Discounts, cycle)))
		}
		for at := cycle.Add(hours(t)); at.Before(end.Add(-time.Hour)) && at.Before(l.now); at = at.Add(hours(t)) {
			unlisted := slices.ContainsFunc(terms.Discounts, func(d billing.Discount) bool { return !d.Start.Before(cycle) })
			if dies && !unlisted && rapid.IntRange(0, 9).Draw(t, "end") == 0 {
				l.sub.Ended, l.sub.Requested = at, at
				terms.Status = billing.StatusCanceled
				l.version(at, terms)
				return l
			}
			terms = l.change(t, terms, at, end, item)
			l.version(at, terms)
		}
	}
	return l
}

func hours(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(1, 40*24).Draw(t, "until the next change")) * time.Hour
}

func quantity(t *rapid.T) decimal.Decimal {
	return decimal.NewFromInt(int64(rapid.IntRange(1, 9).Draw(t, "quantity")))
}

func monthlyPrice(t *rapid.T) billing.Price {
	n := rapid.IntRange(1, 4).Draw(t, "price")
	return billing.Price{
		ID: fmt.Sprintf("p%d", n), ProductID: fmt.Sprintf("p%d", n), Currency: "USD", Usage: billing.Licensed, Model: billing.PerUnit,
		Unit: decimal.New(int64(n)*1234, -2), Interval: billing.Interval{Unit: billing.Month, Count: 1},
	}
}

func (l *life) version(at time.Time, terms billing.Terms) {
	terms.Items, terms.Discounts = slices.Clone(terms.Items), slices.Clone(terms.Discounts)
	l.versions = append(l.versions, billing.State{From: at, Terms: terms, Evidence: billing.EvidenceVersion})
}

// change does one thing to the terms, with the proration lines that an invoice
// will carry.
func (l *life) change(t *rapid.T, terms billing.Terms, at, end time.Time, item func(time.Time) billing.Item) billing.Terms {
	terms.Items = slices.Clone(terms.Items)
	prorate := func(kind billing.ServiceKind, it billing.Item) {
		l.services = append(l.services, serviceOf(kind, it, at, end, end, nil))
	}
	which := rapid.IntRange(0, len(terms.Items)-1).Draw(t, "which")
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0, 1: // other terms for an item
		prorate(billing.Stopped, terms.Items[which])
		terms.Items[which].Price, terms.Items[which].Quantity = monthlyPrice(t), quantity(t)
		prorate(billing.Began, terms.Items[which])
	case 2: // an item more
		terms.Items = append(terms.Items, item(at))
		prorate(billing.Began, terms.Items[len(terms.Items)-1])
	case 3: // an item less
		if len(terms.Items) > 1 {
			prorate(billing.Stopped, terms.Items[which])
			terms.Items = slices.Delete(terms.Items, which, which+1)
		}
	case 4: // a coupon that runs until a later invoice at least
		d := billing.Discount{
			ID: "di_" + at.Format(time.RFC3339), Percent: decimal.NewFromInt(int64(rapid.IntRange(5, 90).Draw(t, "percent"))),
			Start: at, Duration: billing.Always,
		}
		if rapid.Bool().Draw(t, "repeats") {
			d.Duration, d.End = billing.Repeating, at.AddDate(0, rapid.IntRange(1, 4).Draw(t, "repeats for"), 0)
			if !d.End.After(end) { // February: it would end before any invoice shows it
				d.End = end.AddDate(0, 1, 0)
			}
		}
		if len(terms.Discounts) < 3 {
			terms.Discounts = append(slices.Clone(terms.Discounts), d)
		}
	}
	return terms
}

func inForce(list []billing.Discount, at time.Time) []billing.Discount {
	return slices.DeleteFunc(slices.Clone(list), func(d billing.Discount) bool {
		return !d.End.IsZero() && !at.Before(d.End)
	})
}

func serviceOf(kind billing.ServiceKind, it billing.Item, from, until, issued time.Time, list []billing.Discount) billing.Service {
	return billing.Service{
		Kind: kind, ItemID: it.ID, From: from, Until: until, Price: it.Price, Quantity: it.Quantity,
		Inherited: list, IssuedAt: issued,
	}
}

// seen is the subscription with its versions from since on, as known at now;
// invoiced adds what invoices say.
func (l *life) seen(since, now time.Time, invoiced bool) billing.Subscription {
	sub := l.sub
	if sub.Ended.After(now) {
		sub.Ended, sub.Requested = time.Time{}, time.Time{}
	}
	for i, v := range l.versions {
		if v.From.After(now) {
			break
		}
		v.SeenAt = now
		if i+1 < len(l.versions) && !l.versions[i+1].From.After(now) {
			v.Until = l.versions[i+1].From
		}
		if !v.Until.IsZero() && !v.Until.After(since) {
			continue
		}
		if v.From.Before(since) {
			v.From = since
		}
		v.Terms.Discounts = inForce(v.Terms.Discounts, v.From)
		sub.States = append(sub.States, v)
	}
	if invoiced {
		for _, s := range l.services {
			if !s.IssuedAt.After(now) {
				sub.Services = append(sub.Services, s)
			} else if s.Kind == billing.Began || s.Kind == billing.Stopped {
				if s.From.After(now) {
					continue
				}
				s.IssuedAt = time.Time{} // pending: on no invoice yet
				sub.Services = append(sub.Services, s)
			}
		}
	}
	return sub
}

// byDay is an account's certain MRR by item and day before now.
func byDay(sub billing.Subscription, now time.Time) map[string]string {
	policy, _ := normalize.Preset("")
	r := normalize.Derive(normalize.Account{ID: "a", Records: []billing.Record{{Source: "s", Customer: billing.Customer{ID: "c"}, Subscriptions: []billing.Subscription{sub}}}},
		normalize.Settings{Policy: policy})
	out := map[string]string{}
	today := billing.DateOf(now, time.UTC)
	for _, p := range r.Periods {
		if p.Scheduled {
			continue
		}
		for d := p.From; d < p.Until && d < today; d++ {
			out[p.ItemID+" "+d.String()] = p.MRR.String()
		}
	}
	return out
}

// TestBackfillEqualsVersions: the present object, thirty days of versions and
// the invoices give the days that all versions give.
func TestBackfillEqualsVersions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := live(t)
		want := byDay(l.seen(time.Time{}, l.now, false), l.now)
		window := l.now.AddDate(0, 0, -30)
		if first := l.versions[len(l.versions)-1]; first.From.Before(window) && rapid.Bool().Draw(t, "present only") {
			window = l.now
		}
		if diff := cmp.Diff(want, byDay(l.seen(window, l.now, true), l.now)); diff != "" {
			t.Errorf("item-days (-versions +backfill):\n%s", diff)
		}
	})
}

// TestNightly: what one night knows of the days before it, no later night
// takes back.
func TestNightly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := live(t)
		last := byDay(l.seen(time.Time{}, l.now, true), l.now)
		for _, days := range []int{1, 9, 33, 61} {
			night := l.now.Truncate(24*time.Hour).AddDate(0, 0, -days).Add(2 * time.Hour)
			if night.Before(l.sub.Created) {
				continue
			}
			then := byDay(l.seen(time.Time{}, night, true), night)
			known := maps.Clone(last)
			for k := range known {
				if k[len(k)-10:] >= night.Format(time.DateOnly) {
					delete(known, k)
				}
			}
			if diff := cmp.Diff(known, then); diff != "" {
				t.Errorf("item-days of the night of %s (-last +then):\n%s", night.Format(time.DateOnly), diff)
			}
		}
	})
}
