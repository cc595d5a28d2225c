package tally

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
)

// The kinds of objects.
const (
	kindCustomer     = "customer"
	kindSubscription = "subscription"
)

func kinds(s connectors.Stream) (string, bool) {
	switch s {
	case "customers":
		return kindCustomer, true
	case "subscriptions":
		return kindSubscription, true
	}
	return "", false
}

// customer is a customer as Tally sends it.
type customer struct {
	Name    string            `json:"name"`
	Email   string            `json:"email"`
	Country string            `json:"country"`
	Tags    map[string]string `json:"tags"` // the owner's own, such as who looks after the customer
}

// subscription is a subscription as Tally sends it: so many seats of a plan, at
// a price per seat and interval in major units. Pointers are what must be there.
type subscription struct {
	Status   string           `json:"status"` // active, trial, ended
	Currency string           `json:"currency"`
	Plan     string           `json:"plan"`
	Price    *decimal.Decimal `json:"unit_price"`
	Seats    *decimal.Decimal `json:"seats"`
	Every    string           `json:"every"` // month, year
	Started  time.Time        `json:"started"`
	Ended    time.Time        `json:"ended"`
}

// Translate turns all versions of one customer's objects into facts. Each
// readable version of a subscription is a state: those terms were in force from
// its change until the next. A version that cannot be read is rejected, and the
// one before it stays in force.
func (c *connector) Translate(objects []connectors.Object, _ *connectors.Catalog) (billing.Record, []connectors.Reject) {
	objects = slices.Clone(objects)
	slices.SortFunc(objects, func(a, b connectors.Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version), cmp.Compare(string(a.Payload), string(b.Payload)))
	})
	record := billing.Record{Source: c.options.Source}
	var rejects []connectors.Reject
	var seen []connectors.Glimpse // of the customer
	for i, o := range objects {
		if i > 0 && o.Ref() == objects[i-1].Ref() {
			continue // the same version, seen twice
		}
		record.Customer.ID = o.CustomerID
		var err error
		switch o.Kind {
		case kindCustomer:
			if err = readCustomer(&record.Customer, o); err == nil {
				seen = append(seen, connectors.Glimpse{At: time.UnixMicro(o.Version).UTC(), Values: record.Customer.Metadata})
			}
		case kindSubscription:
			err = readSubscription(&record, o)
		}
		if err != nil {
			rejects = append(rejects, connectors.Reject{
				Source: c.options.Source, CustomerID: o.CustomerID, Kind: o.Kind, ID: o.ID,
				Code: "unreadable", Detail: err.Error(), Object: o.Ref(),
			})
		}
	}
	record.Customer.Profiles = connectors.Profiles(seen)
	return record, rejects
}

// readCustomer takes the customer as a version shows it. Metadata is what
// segments are read from: each day has the one of that day.
func readCustomer(into *billing.Customer, o connectors.Object) error {
	var w customer
	if err := json.Unmarshal(o.Payload, &w); err != nil {
		return err
	}
	into.Name, into.Email, into.Country, into.Deleted, into.Object = w.Name, w.Email, w.Country, o.Deleted, o.Ref()
	into.Metadata = map[string]string{"address.country": w.Country}
	for k, v := range w.Tags {
		into.Metadata["metadata."+k] = v
	}
	return nil
}

// readSubscription adds a version to the subscription it is of. Versions come in
// order.
func readSubscription(record *billing.Record, o connectors.Object) error {
	var w subscription
	if err := json.Unmarshal(o.Payload, &w); err != nil {
		return err
	}
	terms, err := w.terms(o)
	if err != nil {
		return err
	}
	n := len(record.Subscriptions)
	if n == 0 || record.Subscriptions[n-1].ID != o.ID {
		record.Subscriptions = append(record.Subscriptions, billing.Subscription{ID: o.ID, CustomerID: o.CustomerID})
		n++
	}
	sub := &record.Subscriptions[n-1]
	sub.Currency, sub.Start, sub.Ended, sub.Object = w.Currency, w.Started, w.Ended, o.Ref()
	from := time.UnixMicro(o.Version).UTC()
	if k := len(sub.States); k > 0 {
		sub.States[k-1].Until = from
	} else if from.After(w.Started) {
		from = time.Time{} // in force for longer than we have watched: since when is not known
	}
	sub.States = append(sub.States, billing.State{From: from, SeenAt: o.SeenAt, Terms: terms, Evidence: billing.EvidenceVersion, Object: o.Ref()})
	return nil
}

// terms are what the subscription is and charges. What is missing or unknown is
// an error: a zero would be taken for a price.
func (w subscription) terms(o connectors.Object) (billing.Terms, error) {
	statuses := map[string]billing.Status{"active": billing.StatusActive, "trial": billing.StatusTrialing, "ended": billing.StatusCanceled}
	units := map[string]billing.Unit{"month": billing.Month, "year": billing.Year}
	switch {
	case statuses[w.Status] == 0:
		return billing.Terms{}, fmt.Errorf("status is %q, want active, trial or ended", w.Status)
	case units[w.Every] == 0:
		return billing.Terms{}, fmt.Errorf("every is %q, want month or year", w.Every)
	case w.Price == nil || w.Seats == nil:
		return billing.Terms{}, fmt.Errorf("unit_price or seats is missing")
	case len(w.Currency) != 3:
		return billing.Terms{}, fmt.Errorf("currency is %q, want a code of three letters", w.Currency)
	}
	return billing.Terms{Status: statuses[w.Status], Items: []billing.Item{{
		ID: o.ID, Created: w.Started, Quantity: *w.Seats,
		Price: billing.Price{
			ID: w.Plan, Name: w.Plan, ProductID: w.Plan, Currency: w.Currency,
			Interval: billing.Interval{Unit: units[w.Every], Count: 1},
			Usage:    billing.Licensed, Model: billing.PerUnit, Unit: *w.Price, Object: o.Ref(),
		},
	}}}, nil
}

// remains are the members that stay when a customer is erased: what Translate
// reads of terms, and nothing that anybody wrote about a person.
var remains = map[string]bool{
	"id": true, "customer": true, "changed": true, "deleted": true, "country": true,
	"status": true, "currency": true, "plan": true, "unit_price": true, "seats": true, "every": true, "started": true, "ended": true,
}

// Erase implements connectors.Eraser. What cannot be read is about nobody any
// more, and stays unreadable.
func (c *connector) Erase(o connectors.Object, keep []string) (payload []byte, personal []string) {
	var members map[string]json.RawMessage
	var who customer
	if json.Unmarshal(o.Payload, &members) != nil || json.Unmarshal(o.Payload, &who) != nil {
		return []byte(`"erased"`), nil
	}
	for _, said := range []string{who.Name, who.Email} {
		if said != "" {
			personal = append(personal, said)
		}
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return !remains[name] })
	maps.DeleteFunc(who.Tags, func(name, _ string) bool { return !slices.Contains(keep, "metadata."+name) })
	if len(who.Tags) > 0 {
		tags, err := json.Marshal(who.Tags)
		if err != nil {
			return []byte(`"erased"`), personal
		}
		members["tags"] = tags
	}
	payload, err := json.Marshal(members)
	if err != nil {
		return []byte(`"erased"`), personal
	}
	return payload, personal
}
