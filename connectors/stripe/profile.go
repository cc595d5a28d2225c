package stripe

import (
	"slices"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// profileMembers are the members of a customer that segments may name.
var profileMembers = []string{"metadata", "address", "currency", "name"}

// touches says that previous attributes speak of one of some members.
func touches(previous []byte, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return rawjson.Member(previous, name) != nil })
}

// touched says that the event changed one of some members of its object.
func (h *happening) touched(names ...string) bool {
	return touches(h.event.wire.Data.PreviousAttributes, names...)
}

// fields is metadata in the flat form that segments refer to.
func fields(m metadata) map[string]string {
	out := map[string]string{}
	for k, v := range m.flat() {
		out["metadata."+k] = v
	}
	return out
}

// values are a customer's metadata and fields in that form.
func (w *wireCustomer) values() map[string]string {
	out := fields(w.Metadata)
	if w.Address != nil && w.Address.Country != "" {
		out["address.country"] = w.Address.Country
	}
	if w.Currency != "" {
		out["currency"] = upper(w.Currency)
	}
	if w.Name != "" {
		out["name"] = w.Name
	}
	return out
}

// customerProfiles is how the customer's metadata and fields changed. An event
// in another API version dates a change of them, as it does with terms.
func (t *translation) customerProfiles() []billing.Profile {
	var seen []connectors.Glimpse
	for _, v := range t.customers {
		if !v.Deleted || v.wire.Created != 0 {
			seen = append(seen, connectors.Glimpse{At: v.at(), Values: v.wire.values()})
		}
	}
	for _, h := range t.occurrences {
		if h.kind != kindCustomer {
			continue
		}
		g := connectors.Glimpse{At: h.event.at()}
		switch {
		case h.customer != nil:
			if g.Values = h.customer.values(); h.customerBefore != nil {
				g.Before = h.customerBefore.values()
			}
		case !h.touched(profileMembers...):
			continue
		}
		seen = append(seen, g)
	}
	return connectors.Profiles(seen)
}

// profiles is how a subscription's metadata changed.
func profiles(versions []version[wireSubscription], happened []*happening) []billing.Profile {
	var seen []connectors.Glimpse
	for _, v := range versions {
		if !v.Deleted || v.wire.Created != 0 {
			seen = append(seen, connectors.Glimpse{At: v.at(), Values: fields(v.wire.Metadata)})
		}
	}
	for _, h := range happened {
		if h.kind != kindSubscription || !h.touched("metadata") {
			continue // most events are of other things, and there are many
		}
		g := connectors.Glimpse{At: h.event.at()}
		if h.sub != nil {
			if g.Values = fields(h.sub.Metadata); h.subBefore != nil {
				g.Before = fields(h.subBefore.Metadata)
			}
		}
		seen = append(seen, g)
	}
	return connectors.Profiles(seen)
}
