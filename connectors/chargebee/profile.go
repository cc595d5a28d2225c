package chargebee

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/connectors/rawjson"
)

// custom are the metadata and custom fields of an object, flat: the field
// cf_owner is "cf_owner", and "metadata.owner" too where the metadata has none
// of that name.
func custom(payload []byte) map[string]string {
	flat := map[string]string{}
	if !bytes.Contains(payload, []byte(`"cf_`)) && !bytes.Contains(payload, []byte(`"meta`)) {
		return flat
	}
	var members rawjson.Object
	if members.Read(payload) != nil {
		return flat
	}
	add := func(key string, raw []byte) {
		if raw[0] == '{' || raw[0] == '[' || string(raw) == "null" {
			return
		}
		s, err := rawjson.Unquote(raw)
		if err != nil {
			s = string(raw)
		}
		flat[key] = s
	}
	for _, key := range []string{"meta_data", "metadata"} {
		var own rawjson.Object
		if own.Read(members[key]) == nil {
			for k, v := range own {
				add("metadata."+k, v)
			}
		}
	}
	for key, raw := range members {
		name, is := strings.CutPrefix(key, "cf_")
		if !is {
			continue
		}
		add(key, raw)
		if _, taken := flat["metadata."+name]; !taken {
			add("metadata."+name, raw)
		}
	}
	return flat
}

// values are a customer's metadata and fields in the form of a Profile.
func (w *wireCustomer) values(payload []byte) map[string]string {
	out := custom(payload)
	for path, v := range map[string]string{"address.country": w.BillingAddress.Country, "currency": upper(w.Currency), "name": w.name()} {
		if v != "" {
			out[path] = v
		}
	}
	return out
}

// customerProfiles is how the customer's metadata and fields changed. Its
// versions date themselves.
func (t *translation) customerProfiles() []billing.Profile {
	if len(t.customers) < 2 {
		return nil
	}
	var seen []connectors.Glimpse
	for _, v := range t.customers {
		if !v.Deleted || v.wire.CreatedAt != 0 {
			seen = append(seen, connectors.Glimpse{At: cmp.Or(dated(v.wire.UpdatedAt, v.wire.ResourceVersion), v.SeenAt), Values: v.wire.values(v.Payload)})
		}
	}
	return connectors.Profiles(seen)
}

// profiles is how the subscription's metadata and custom fields changed.
func (h *history) profiles() []billing.Profile {
	if len(h.versions)+len(h.events) < 2 {
		return nil
	}
	type glimpse struct {
		order int64
		connectors.Glimpse
	}
	var all []glimpse
	for i := range h.events {
		if e := &h.events[i]; e.sub != nil {
			all = append(all, glimpse{e.version(), connectors.Glimpse{At: e.wire.OccurredAt.Time(), Values: custom(e.wire.Content.Subscription)}})
		}
	}
	for _, v := range h.versions {
		all = append(all, glimpse{v.Version, connectors.Glimpse{At: cmp.Or(v.wire.dated(), v.SeenAt), Values: custom(v.Payload)}})
	}
	// Within a second the versions' numbers tell which came first.
	slices.SortStableFunc(all, func(a, b glimpse) int { return cmp.Compare(a.order, b.order) })
	seen := make([]connectors.Glimpse, 0, len(all))
	for _, g := range all {
		seen = append(seen, g.Glimpse)
	}
	return connectors.Profiles(seen)
}
