package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

type (
	// Answer is a page as plain values: what JSON gives to machines and a page
	// in a browser shows. Amounts are decimal strings with every digit, exact ones
	// fractions where their decimals do not end; dates and instants are ISO 8601;
	// objects are named by their number in Objects, counted from 1, 0 for none.
	Answer struct {
		Account       string               `json:"account_id"`
		Subscription  string               `json:"subscription_id,omitempty"` // the one that was asked about
		Date          string               `json:"date"`
		Zone          string               `json:"timezone"`
		Policy        string               `json:"policy"`
		PolicyHash    string               `json:"policy_hash"`
		MRR           map[string]string    `json:"mrr"` // by currency
		Load          uint64               `json:"load"`
		Agrees        bool                 `json:"agrees"` // with the published rows of the day
		Published     bool                 `json:"published"`
		Verdict       string               `json:"verdict"`
		Changed       []string             `json:"changed_since_load,omitempty"`
		Subscriptions []AnswerSubscription `json:"subscriptions"`
		Movements     []AnswerMove         `json:"movements"`
		Rejects       []AnswerReject       `json:"rejects"`
		Objects       []AnswerObject       `json:"objects"`
	}
	// AnswerStanding is whether something counts, and what says so.
	AnswerStanding struct {
		Counts    bool   `json:"counts"`
		Scheduled bool   `json:"scheduled"`
		Why       string `json:"why"`
		Rule      string `json:"rule,omitempty"`
		Evidence  string `json:"evidence,omitempty"`
		Object    int    `json:"object,omitempty"`
	}
	// AnswerSubscription is one subscription with its items of the day.
	AnswerSubscription struct {
		Source   string         `json:"source"`
		Customer string         `json:"customer_id"`
		ID       string         `json:"subscription_id"`
		Currency string         `json:"currency"`
		Standing AnswerStanding `json:"standing"`
		Items    []AnswerItem   `json:"items"`
	}
	// AnswerItem is what one item is worth, step by step.
	AnswerItem struct {
		ID        string         `json:"item_id"`
		Plan      string         `json:"plan_id"`
		Quantity  string         `json:"quantity"`
		MRR       string         `json:"mrr"`
		Published string         `json:"published_mrr,omitempty"`
		Standing  AnswerStanding `json:"standing"`
		Evidence  string         `json:"evidence"`
		Object    int            `json:"object,omitempty"`
		Refused   string         `json:"refused,omitempty"`
		Dropped   string         `json:"dropped,omitempty"`
		Steps     []AnswerStep   `json:"steps"`
	}
	// AnswerStep is one line of a derivation and what it leaves.
	AnswerStep struct {
		Text   string `json:"text"`
		Rule   string `json:"rule,omitempty"`
		Left   string `json:"left,omitempty"`
		Object int    `json:"object,omitempty"`
	}
	// AnswerMove is one movement of the account's history.
	AnswerMove struct {
		Date         string `json:"date"`
		Movement     string `json:"movement"`
		Amount       string `json:"amount"`
		Currency     string `json:"currency"`
		Source       string `json:"source"`
		Subscription string `json:"subscription_id"`
		Item         string `json:"item_id"`
		Plan         string `json:"plan_id"`
		Reason       string `json:"reason"`
		Scheduled    bool   `json:"scheduled"`
		Before       string `json:"before"`
		After        string `json:"after"`
		Evidence     string `json:"evidence,omitempty"`
		Object       int    `json:"object,omitempty"`
	}
	// AnswerReject is what could not be read or valued.
	AnswerReject struct {
		Source string `json:"source"`
		Kind   string `json:"kind"`
		ID     string `json:"id"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	// AnswerObject is a provider's object that the answer rests on.
	AnswerObject struct {
		Source  string `json:"source"`
		Kind    string `json:"kind"`
		ID      string `json:"id"`
		Version int64  `json:"version"`
		Stored  bool   `json:"stored"`
		SeenAt  string `json:"seen_at,omitempty"`
		Run     uint64 `json:"run,omitempty"`
	}
)

// Answer is the page as plain values.
func (p *Page) Answer() *Answer {
	out := Answer{
		Account: p.Account, Subscription: p.Only, Date: p.Day.String(), Zone: p.Zone, Policy: p.Preset, PolicyHash: p.Hash,
		MRR: map[string]string{}, Load: p.Load.ID, Published: p.Covered(), Agrees: p.Covered() && len(p.Differences()) == 0,
		Verdict: p.Verdict(), Changed: p.Changed, Subscriptions: []AnswerSubscription{}, Movements: []AnswerMove{}, Rejects: []AnswerReject{}, Objects: []AnswerObject{},
	}
	for currency, mrr := range p.MRR() {
		out.MRR[currency] = money(mrr)
	}
	for i := range p.Subscriptions {
		out.Subscriptions = append(out.Subscriptions, p.answerSubscription(&p.Subscriptions[i]))
	}
	for i := range p.Moves {
		m := &p.Moves[i]
		out.Movements = append(out.Movements, AnswerMove{
			Date: m.Date.String(), Movement: MovementWord(m.Type), Amount: money(m.Amount), Currency: m.Currency, Source: m.Source,
			Subscription: m.SubscriptionID, Item: m.ItemID, Plan: m.PlanID, Reason: m.Reason, Scheduled: m.Scheduled,
			Before: side(m.Before), After: side(m.After), Evidence: evidenceName(m.Kind), Object: p.number(m.Source, m.Shown),
		})
	}
	for _, list := range [][]billing.Reject{p.Unread, p.Rejects} {
		for _, r := range list {
			out.Rejects = append(out.Rejects, AnswerReject{r.Source, r.Kind, r.ID, r.Code, r.Detail})
		}
	}
	for _, o := range p.Objects {
		row := AnswerObject{Source: o.Source, Kind: o.Kind, ID: o.ID, Version: o.Version, Stored: o.Stored, Run: o.Run}
		if o.Stored {
			row.SeenAt = o.SeenAt.Format(time.RFC3339Nano)
		}
		out.Objects = append(out.Objects, row)
	}
	return &out
}

// JSON writes the page for machines.
func (p *Page) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(p.Answer()); err != nil {
		return fmt.Errorf("write explanation: %w", err)
	}
	return nil
}

func (p *Page) answerSubscription(s *normalize.ExplainedSubscription) AnswerSubscription {
	out := AnswerSubscription{
		Source: s.Source, Customer: s.CustomerID, ID: s.ID, Currency: s.Currency, Standing: p.answerStanding(s.Source, s.Standing), Items: []AnswerItem{},
	}
	for i := range s.Items {
		it := &s.Items[i]
		row := AnswerItem{
			ID: it.Item.ID, Plan: it.Item.Price.ID, Quantity: it.Item.Quantity.String(), MRR: money(it.MRR), Standing: p.answerStanding(s.Source, it.Standing),
			Evidence: evidenceName(it.Kind), Object: p.number(s.Source, it.Object), Refused: it.Refused, Dropped: it.Dropped, Steps: []AnswerStep{},
		}
		if theirs, ok := p.Published[Item{s.Source, s.ID, it.Item.ID}]; ok {
			row.Published = money(theirs)
		}
		for _, step := range it.Steps {
			left := ""
			if step.Left != nil {
				left = step.Left.RatString()
				if n, ends := endless(step.Left); ends {
					left = step.Left.FloatString(n)
				}
			}
			row.Steps = append(row.Steps, AnswerStep{step.Text, step.Rule, left, p.number(s.Source, step.Object)})
		}
		out.Items = append(out.Items, row)
	}
	return out
}

func (p *Page) answerStanding(source string, s normalize.Standing) AnswerStanding {
	return AnswerStanding{s.Counts, s.Scheduled, s.Why, s.Rule, evidenceName(s.Kind), p.number(source, s.Object)}
}

// evidenceName is a kind of evidence as the tables spell it.
func evidenceName(k billing.EvidenceKind) string {
	switch k {
	case billing.EvidenceVersion:
		return "version"
	case billing.EvidencePhase:
		return "phase"
	case billing.EvidenceInvoice:
		return "invoice"
	case billing.EvidenceCarried:
		return "carried"
	case billing.EvidenceEarliest:
		return "earliest"
	case billing.EvidenceObserved:
		return "observed"
	case billing.EvidenceHeld:
		return "held"
	case billing.EvidenceContract:
		return "contract"
	}
	return ""
}
