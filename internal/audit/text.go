package audit

import (
	"bufio"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/internal/plain"
	"mrrsync/normalize"
)

// Text writes the page for people: the answer first, then its derivation item by
// item, the history, and the objects that everything was read from, numbered.
func (p *Page) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	p.head(b)
	for i := range p.Subscriptions {
		p.subscription(b, &p.Subscriptions[i])
	}
	p.history(b)
	p.rejects(b)
	p.objects(b)
	return b.Flush()
}

func (p *Page) head(b *bufio.Writer) {
	what := "account " + p.Account
	if p.Only != "" {
		what = "subscription " + p.Only + " of " + what
	}
	line(b, "MRR of %s on %s", what, p.Day)
	for _, c := range p.Customers {
		name := c.Name
		if name != "" {
			name = ", " + name
		}
		line(b, "customer %s of source %s%s", c.ID, c.Source, name)
	}
	line(b, "")
	sums := p.MRR()
	for _, currency := range keys(sums) {
		line(b, "  %s %s", money(sums[currency]), currency)
	}
	if len(sums) == 0 {
		line(b, "  no MRR")
	}
	line(b, "  %s", p.Verdict())
	for _, why := range p.Changed {
		if len(p.Differences()) > 0 {
			line(b, "  %s", why)
		}
	}
	line(b, "")
	line(b, "policy %s (hash %s); days end at midnight in %s; amounts are exact until one rounding at the end", p.Preset, p.Hash, p.Zone)
}

// Verdict holds the explanation against what readers see, in one sentence.
func (p *Page) Verdict() string {
	differ := p.Differences()
	switch {
	case p.Load.ID == 0:
		return "nothing is published yet"
	case !p.Covered():
		return fmt.Sprintf("not published: load %d reaches through %s", p.Load.ID, p.Load.Through)
	case len(differ) == 0:
		return fmt.Sprintf("equal to the published rows of load %d, item by item", p.Load.ID)
	}
	k := differ[0]
	theirs := "nothing"
	if mrr, ok := p.Published[k]; ok {
		theirs = money(mrr)
	}
	text := fmt.Sprintf("NOT what load %d says: it has %s for item %s of %s", p.Load.ID, theirs, k.Item, k.Subscription)
	if n := len(differ) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more differ", n)
	}
	if len(p.Changed) == 0 {
		return text + "; neither evidence nor settings changed since: please report this as an error of mrrsync"
	}
	if p.Day <= p.Load.ClosedThrough {
		return text + "; the day is closed and stays so"
	}
	return text + "; `mrrsync rebuild` publishes what stands here"
}

func (p *Page) subscription(b *bufio.Writer, s *normalize.ExplainedSubscription) {
	line(b, "")
	title := "Subscription " + s.ID
	if s.Name != "" && s.Name != s.ID {
		title += " " + quoted(s.Name)
	}
	title += fmt.Sprintf(", source %s, customer %s, %s", s.Source, s.CustomerID, s.Currency)
	if !s.Start.IsZero() {
		title += ", since " + instant(s.Start)
	}
	line(b, "%s", title)
	line(b, "  %s", p.standing(s.Source, s.Standing))
	if s.Standing.Why != "" && len(s.Items) == 0 {
		line(b, "  no item is there on this day")
	}
	for i := range s.Items {
		p.item(b, s, &s.Items[i])
	}
}

// standing is whether something counts, why, by which rule and evidence.
func (p *Page) standing(source string, s normalize.Standing) string {
	text := "does not count: "
	switch {
	case s.Scheduled:
		text = "is scheduled to count: "
	case s.Counts:
		text = "counts: "
	}
	text += s.Why
	if s.Rule != "" {
		text += ", by " + s.Rule
	}
	if s.Kind != 0 {
		text += ", by " + evidenceWords(s.Kind)
	}
	spoken := s.Kind != 0 && s.Kind != billing.EvidenceCarried && s.Kind != billing.EvidenceEarliest
	if !s.Since.IsZero() && s.Counts && spoken {
		text += " of " + instant(s.Since)
	}
	return text + p.mark(source, s.Object)
}

func (p *Page) item(b *bufio.Writer, s *normalize.ExplainedSubscription, it *normalize.ExplainedItem) {
	price := &it.Item.Price
	if s.Standing.Counts {
		line(b, "")
	}
	name := ""
	if price.Name != "" && price.Name != price.ID {
		name = " " + quoted(price.Name)
	}
	line(b, "  Item %s: price %s%s, quantity %s; its terms by %s%s", it.Item.ID, price.ID, name, it.Item.Quantity, evidenceWords(it.Kind), p.mark(s.Source, it.Object))
	if it.Refused != "" {
		held := "there are none before, so it is worth nothing"
		if len(it.Steps) > 0 {
			held = "the last ones that could be stay in force"
		}
		line(b, "    its terms of the day can't be valued (%s): %s", it.Refused, held)
	}
	if !s.Standing.Counts && !it.MRR.IsPositive() && it.Refused == "" {
		return // the subscription has said why
	}
	if !it.Standing.Counts && len(it.Steps) == 0 {
		line(b, "    %s", p.standing(s.Source, it.Standing))
	}
	p.steps(b, s, it)
	switch {
	case it.Dropped != "":
		line(b, "    MRR %s %s: the account came and went within one month, by %s", money(it.MRR), s.Currency, it.Dropped)
	case it.Standing.Scheduled:
		line(b, "    MRR 0.0000 %s; %s %s is scheduled and counts once evidence shows it", s.Currency, money(it.MRR), s.Currency)
	default:
		line(b, "    MRR %s %s%s", money(it.MRR), s.Currency, p.published(s, it))
	}
}

func (p *Page) published(s *normalize.ExplainedSubscription, it *normalize.ExplainedItem) string {
	theirs, ok := p.Published[Item{s.Source, s.ID, it.Item.ID}]
	switch {
	case !p.Covered() || !ok && !it.MRR.IsPositive():
		return ""
	case !ok:
		return "; published: nothing"
	case theirs.Equal(it.MRR):
		return "; published: the same"
	}
	return "; published: " + money(theirs)
}

// steps writes the derivation as an account is written: what each line adds or
// takes, what is left, and why.
func (p *Page) steps(b *bufio.Writer, s *normalize.ExplainedSubscription, it *normalize.ExplainedItem) {
	type row struct{ change, left, text string }
	rows := make([]row, 0, len(it.Steps))
	var before *big.Rat
	wide := [2]int{len("change"), len("left")}
	for _, step := range it.Steps {
		r := row{text: step.Text}
		if step.Left != nil {
			r.left = digits(step.Left)
			if before != nil && step.Kind != normalize.StepFactor && step.Left.Cmp(before) != 0 {
				r.change = signed(new(big.Rat).Sub(step.Left, before))
			}
			before = step.Left
		}
		if _, ends := endless(step.Left); !ends {
			r.text += ", exactly " + step.Left.RatString()
		}
		if step.Rule != "" {
			r.text += " (" + step.Rule + ")"
		}
		r.text += p.mark(s.Source, step.Object)
		wide[0], wide[1] = max(wide[0], len(r.change)), max(wide[1], len(r.left))
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return
	}
	line(b, "    %*s  %*s", wide[0], "change", wide[1], "left")
	for _, r := range rows {
		line(b, "    %*s  %*s  %s", wide[0], r.change, wide[1], r.left, r.text)
	}
}

func (p *Page) history(b *bufio.Writer) {
	line(b, "")
	line(b, "History")
	if len(p.Moves) == 0 {
		line(b, "  it never had MRR, and none is agreed")
	}
	for i := range p.Moves {
		m := &p.Moves[i]
		note := ""
		switch {
		case m.Scheduled:
			note = ", scheduled"
		case m.Date > p.Day:
			note = ", after this page's day"
		}
		by := ""
		if m.Kind != 0 {
			by = "; by " + evidenceWords(m.Kind)
		}
		line(b, "  %s  %-12s %12s %s  item %s: %s%s; from %s to %s%s%s", m.Date, MovementWord(m.Type), plus(m.Amount), m.Currency, m.ItemID, m.Reason, note,
			side(m.Before), side(m.After), by, p.mark(m.Source, m.Shown))
	}
}

// side is what stood on one side of a movement.
func side(s *normalize.Side) string {
	switch {
	case s == nil:
		return "nothing"
	case s.Why != "":
		return s.Why
	}
	return fmt.Sprintf("%s x %s = %s", s.Quantity, s.PlanID, money(s.MRR))
}

func (p *Page) rejects(b *bufio.Writer) {
	if len(p.Rejects)+len(p.Unread) == 0 {
		return
	}
	line(b, "")
	line(b, "What could not be read or valued")
	for _, list := range [][]billing.Reject{p.Unread, p.Rejects} {
		for _, r := range list {
			line(b, "  %s %s of %s: %s: %s", r.Kind, r.ID, r.Source, r.Code, r.Detail)
		}
	}
}

func (p *Page) objects(b *bufio.Writer) {
	if len(p.Objects) == 0 {
		return
	}
	line(b, "")
	line(b, "Objects, as stored")
	for i, o := range p.Objects {
		stored := "not stored under this version"
		if o.Stored {
			stored = fmt.Sprintf("seen %s, landed by run %d", instant(o.SeenAt), o.Run)
		}
		line(b, "  [%d] %s: %s %s, version %s; %s", i+1, o.Source, o.Kind, o.ID, version(o.Version), stored)
	}
	line(b, "  mrrsync query \"SELECT payload FROM %s.raw_objects WHERE id = '%s'\" shows one.", p.store, p.Objects[0].ID)
}

// mark refers to an object by its number.
func (p *Page) mark(source string, ref billing.Ref) string {
	if n := p.number(source, ref); n > 0 {
		return fmt.Sprintf(" [%d]", n)
	}
	return ""
}

// version is an object's version; one that is an instant is shown as such.
func version(v int64) string {
	const microsOf1990 = 631_152_000_000_000
	if v < microsOf1990 {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%d (%s)", v, instant(time.UnixMicro(v)))
}

// evidenceWords is a kind of evidence, as one says it.
func evidenceWords(k billing.EvidenceKind) string {
	switch k {
	case billing.EvidenceVersion:
		return "a version of the object"
	case billing.EvidencePhase:
		return "a schedule's phase"
	case billing.EvidenceInvoice:
		return "an invoice"
	case billing.EvidenceCarried:
		return "what stood before, since nothing speaks of the time between"
	case billing.EvidenceEarliest:
		return "the earliest known terms, since nothing older is known"
	case billing.EvidenceObserved:
		return "a change that only our own look dates"
	case billing.EvidenceHeld:
		return "the last version that could be read"
	case billing.EvidenceContract:
		return "a contract"
	}
	return "nothing"
}

// MovementWord is a movement's type as the views spell it.
func MovementWord(t normalize.MovementType) string {
	switch t {
	case normalize.New:
		return "new"
	case normalize.Expansion:
		return "expansion"
	case normalize.Contraction:
		return "contraction"
	case normalize.Churn:
		return "churn"
	case normalize.Reactivation:
		return "reactivation"
	}
	return "unknown"
}

func money(d decimal.Decimal) string { return d.StringFixed(normalize.Scale) }

func plus(d decimal.Decimal) string {
	if d.IsPositive() {
		return "+" + money(d)
	}
	return money(d)
}

// digits writes a fraction with its decimals, at least two; one without end is
// cut after six.
func digits(r *big.Rat) string {
	n, ends := endless(r)
	if !ends {
		return r.FloatString(6)
	}
	return r.FloatString(max(n, 2))
}

// endless says how many decimals a fraction has, and whether they end.
func endless(r *big.Rat) (digits int, ends bool) {
	if r == nil {
		return 0, true
	}
	return r.FloatPrec()
}

func signed(r *big.Rat) string {
	if r.Sign() > 0 {
		return "+" + digits(r)
	}
	return digits(r)
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func quoted(s string) string { return `"` + s + `"` }

func keys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	return unique(all)
}

// line writes one line. What came from a provider is text and nothing else:
// whatever would move a terminal's cursor or turn its writing round is taken
// out.
func line(b *bufio.Writer, format string, args ...any) {
	b.WriteString(strings.TrimRight(plain.Line(fmt.Sprintf(format, args...)), " "))
	b.WriteByte('\n')
}
