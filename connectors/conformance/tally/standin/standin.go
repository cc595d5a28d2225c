// Package standin is Tally's API in process: what a provider's sandbox would be
// to a connector under test. Everything in it is a function of the present, so
// that the same account can be looked at now and later.
package standin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Founded is when the account begins: a customer comes every six hours.
var Founded = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Account is the simulated account at a moment.
type Account struct {
	Now    time.Time
	Key    string   // what it takes for a key; empty: none
	Denied []string // lists that the key may not read
}

// Row is an object with the fields that lists are ordered and paged by.
type Row struct {
	ID      string    `json:"id"`
	Changed time.Time `json:"changed"`
	Deleted bool      `json:"deleted,omitempty"`

	Name    string            `json:"name,omitempty"` // of customers, to Tags
	Email   string            `json:"email,omitempty"`
	Phone   string            `json:"phone,omitempty"`
	Country string            `json:"country,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`

	Customer string     `json:"customer,omitempty"` // of subscriptions, to Ended
	Status   string     `json:"status,omitempty"`
	Currency string     `json:"currency,omitempty"`
	Plan     string     `json:"plan,omitempty"`
	Price    string     `json:"unit_price,omitempty"`
	Seats    *int       `json:"seats,omitempty"`
	Every    string     `json:"every,omitempty"`
	Started  *time.Time `json:"started,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"`
}

// arrivals are when customers came, up to the present.
func (a Account) arrivals() []time.Time {
	var all []time.Time
	for at := Founded; !at.After(a.Now) && len(all) < 120; at = at.Add(6 * time.Hour) {
		all = append(all, at)
	}
	return all
}

// Customers are the customers by their last change. Every fourth is given to
// another owner after forty-five days, every ninth goes away after fifty.
func (a Account) Customers() []Row {
	var rows []Row
	for i, at := range a.arrivals() {
		r := Row{
			ID: fmt.Sprintf("c%03d", i), Changed: at, Country: "DE",
			Name: fmt.Sprintf("Customer Number %d", i), Email: fmt.Sprintf("c%03d@example.com", i), Phone: fmt.Sprintf("+49 30 %06d", i),
		}
		if i%4 == 1 {
			r.Tags = map[string]string{"csm_owner": "ana"}
			if handed := at.AddDate(0, 0, 45); !handed.After(a.Now) {
				r.Changed, r.Tags["csm_owner"] = handed, "bo"
			}
		}
		if gone := at.AddDate(0, 0, 50); i%9 == 8 && !gone.After(a.Now) {
			r.Changed, r.Deleted = gone, true
		}
		rows = append(rows, r)
	}
	return ordered(rows)
}

// Subscriptions are the subscriptions by their last change. Every third gets
// more seats after forty days, every fifth ends after sixty.
func (a Account) Subscriptions() []Row {
	var rows []Row
	for i, at := range a.arrivals() {
		seats := 1 + i%7
		r := Row{
			ID: fmt.Sprintf("s%03d", i), Changed: at, Customer: fmt.Sprintf("c%03d", i), Status: "active",
			Currency: "EUR", Plan: "gold", Price: "12.50", Seats: &seats, Every: "month", Started: &at,
		}
		if more := at.AddDate(0, 0, 40); i%3 == 0 && !more.After(a.Now) {
			seats += 5
			r.Changed = more
		}
		if end := at.AddDate(0, 0, 60); i%5 == 0 && !end.After(a.Now) {
			r.Changed, r.Status, r.Ended = end, "ended", &end
		}
		rows = append(rows, r)
	}
	return ordered(rows)
}

func ordered(rows []Row) []Row {
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(a.Changed.Compare(b.Changed), cmp.Compare(a.ID, b.ID)) })
	return rows
}

// ServeHTTP answers one request.
func (a Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if a.Key == "" || r.Header.Get("Authorization") != "Bearer "+a.Key {
		say(w, http.StatusUnauthorized, map[string]string{"error": "unknown key"})
		return
	}
	var rows []Row
	list := r.URL.Path[len("/v1/"):]
	switch list {
	case "account":
		say(w, http.StatusOK, map[string]string{"id": "tally-7", "mode": "live"})
		return
	case "customers":
		rows = a.Customers()
	case "subscriptions":
		rows = a.Subscriptions()
	default:
		say(w, http.StatusNotFound, map[string]string{"error": "no such list"})
		return
	}
	if slices.Contains(a.Denied, list) {
		say(w, http.StatusForbidden, map[string]string{"error": "not permitted"})
		return
	}
	q := r.URL.Query()
	if id := q.Get("after_id"); id != "" {
		at, err := time.Parse(time.RFC3339Nano, q.Get("after_changed"))
		if err != nil {
			say(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		rows = slices.DeleteFunc(rows, func(r Row) bool { return cmp.Or(r.Changed.Compare(at), cmp.Compare(r.ID, id)) <= 0 })
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 {
		say(w, http.StatusBadRequest, map[string]string{"error": "limit is missing"})
		return
	}
	n := min(limit, len(rows))
	say(w, http.StatusOK, map[string]any{"data": rows[:n], "more": n < len(rows)})
}

func say(w http.ResponseWriter, status int, answer any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone; there is nobody to tell
}
