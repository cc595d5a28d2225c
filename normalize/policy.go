package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Policy holds the choices on which calculators of MRR disagree. The zero value
// is not usable: start from Preset or ParsePolicy.
type Policy struct {
	Preset               string          `yaml:"preset"`
	Factors              Factors         `yaml:"factors"`
	PastDue              PastDue         `yaml:"past_due"`
	PauseCollection      PauseCollection `yaml:"pause_collection"`
	ChargebeePaused      PauseRule       `yaml:"chargebee_paused"`
	ChurnAt              ChurnAt         `yaml:"churn_at"`
	Discounts            DiscountRules   `yaml:"discounts"`
	FreeCountsAsCustomer bool            `yaml:"free_counts_as_customer"`
	Usage                UsageRules      `yaml:"usage"`
	TaxInclusive         TaxRule         `yaml:"tax_inclusive"`
	Movements            MovementRules   `yaml:"movements"`
}

// Factors put intervals that have no whole number of months on one month.
type Factors struct {
	Week Fraction `yaml:"week"`
	Day  Fraction `yaml:"day"`
}

// PauseCollection says per behavior of a paused collection whether the
// subscription still counts.
type PauseCollection struct {
	Void              PauseRule `yaml:"void"`
	KeepAsDraft       PauseRule `yaml:"keep_as_draft"`
	MarkUncollectible PauseRule `yaml:"mark_uncollectible"`
}

// DiscountRules say which discounts lower MRR.
type DiscountRules struct {
	Forever           DiscountRule `yaml:"forever"`
	Repeating         DiscountRule `yaml:"repeating"`
	RepeatingOnYearly DiscountRule `yaml:"repeating_on_yearly"`
	Once              DiscountRule `yaml:"once"`
}

// UsageRules say what of metered items is committed.
type UsageRules struct {
	// CommitmentMetadataKey names the metadata of a price or subscription that
	// holds a contractual minimum per price interval, in major units.
	CommitmentMetadataKey string  `yaml:"commitment_metadata_key"`
	MeteredFlatFee        FeeRule `yaml:"metered_flat_fee"`
}

// MovementRules say how changes are typed.
type MovementRules struct {
	Grain                 Grain     `yaml:"grain"`
	ReactivationAfterDays int       `yaml:"reactivation_after_days"`
	SameMonthNewAndChurn  ShortRule `yaml:"same_month_new_and_churn"`
}

// The choices, in the words of the configuration.
type (
	// PauseRule is exclude or keep.
	PauseRule string
	// ChurnAt is effective (when service ends) or scheduled (when the
	// cancellation was asked for).
	ChurnAt string
	// DiscountRule is subtract or ignore.
	DiscountRule string
	// FeeRule is exclude or include.
	FeeRule string
	// TaxRule is back_out or reject.
	TaxRule string
	// Grain is account or subscription: whose first, last and returning MRR
	// makes new, churn and reactivation.
	Grain string
	// ShortRule is keep or drop: what becomes of an account that comes and
	// goes within one month.
	ShortRule string
)

// The words.
const (
	PauseExclude PauseRule = "exclude"
	PauseKeep    PauseRule = "keep"

	ChurnEffective ChurnAt = "effective"
	ChurnScheduled ChurnAt = "scheduled"

	Subtract DiscountRule = "subtract"
	Ignore   DiscountRule = "ignore"

	FeeExclude FeeRule = "exclude"
	FeeInclude FeeRule = "include"

	TaxBackOut TaxRule = "back_out"
	TaxReject  TaxRule = "reject"

	GrainAccount      Grain = "account"
	GrainSubscription Grain = "subscription"

	ShortKeep ShortRule = "keep"
	ShortDrop ShortRule = "drop"
)

// Fraction is an exact positive ratio, written "52/12", "30" or "4.35".
type Fraction struct{ num, den int64 }

// ParseFraction reads "52/12", "30" or "4.35".
func ParseFraction(s string) (Fraction, error) {
	r, ok := new(big.Rat).SetString(strings.ReplaceAll(s, " ", ""))
	if !ok || r.Sign() <= 0 || !r.Num().IsInt64() || !r.Denom().IsInt64() {
		return Fraction{}, fmt.Errorf("parse factor %q: want a positive fraction such as 52/12", s)
	}
	return Fraction{num: r.Num().Int64(), den: r.Denom().Int64()}, nil
}

// Rat is the fraction's exact value; zero when it was never set.
func (f Fraction) Rat() *big.Rat {
	if f.den == 0 {
		return new(big.Rat)
	}
	return big.NewRat(f.num, f.den)
}

// String is the fraction in lowest terms.
func (f Fraction) String() string { return f.Rat().RatString() }

// UnmarshalYAML reads a number or a fraction.
func (f *Fraction) UnmarshalYAML(decode func(any) error) error {
	var s string
	if err := decode(&s); err != nil {
		return err
	}
	got, err := ParseFraction(s)
	if err != nil {
		return err
	}
	*f = got
	return nil
}

// MarshalYAML writes the fraction as it is read.
func (f Fraction) MarshalYAML() (any, error) { return f.String(), nil }

// PastDue says whether subscriptions with an overdue invoice count: always
// (count), never (exclude), or for so many days (exclude_after_days: N).
type PastDue struct {
	// Days is how long a past due subscription counts: -1 for ever, 0 not at
	// all.
	Days int
}

// UnmarshalYAML reads count, exclude or {exclude_after_days: N}.
func (p *PastDue) UnmarshalYAML(decode func(any) error) error {
	var word string
	if decode(&word) == nil {
		switch word {
		case "count":
			p.Days = -1
			return nil
		case "exclude":
			p.Days = 0
			return nil
		}
		return fmt.Errorf("parse past_due %q: want count, exclude or {exclude_after_days: N}", word)
	}
	var after struct {
		Days *int `yaml:"exclude_after_days"`
	}
	if err := decode(&after); err != nil {
		return fmt.Errorf("parse past_due: want count, exclude or {exclude_after_days: N}: %w", err)
	}
	if after.Days == nil || *after.Days < 0 {
		return errors.New("parse past_due: exclude_after_days must be 0 or more")
	}
	p.Days = *after.Days
	return nil
}

// MarshalYAML writes the choice as it is read.
func (p PastDue) MarshalYAML() (any, error) {
	switch {
	case p.Days < 0:
		return "count", nil
	case p.Days == 0:
		return "exclude", nil
	}
	return map[string]int{"exclude_after_days": p.Days}, nil
}

// String is the choice in one word, for hashes and explanations.
func (p PastDue) String() string {
	switch {
	case p.Days < 0:
		return "count"
	case p.Days == 0:
		return "exclude"
	}
	return "exclude_after_days:" + strconv.Itoa(p.Days)
}

// Presets names the known presets; the first is the default.
func Presets() []string {
	return []string{"committed", "stripe", "chargebee", "chartmogul", "profitwell", "recurly"}
}

// Preset is the policy of that name: the choices that the named tool documents,
// and committed's where it documents none. An empty name is committed.
func Preset(name string) (Policy, error) {
	p := committed()
	if name != "" {
		p.Preset = name
	}
	switch name {
	case "", "committed":
	case "stripe":
		p.ChurnAt = ChurnScheduled
		p.Discounts = DiscountRules{Forever: Subtract, Repeating: Ignore, RepeatingOnYearly: Ignore, Once: Ignore}
	case "chargebee":
		p.Movements.Grain = GrainSubscription
		p.Discounts.RepeatingOnYearly = Ignore
	case "chartmogul":
		p.PauseCollection = PauseCollection{Void: PauseKeep, KeepAsDraft: PauseKeep, MarkUncollectible: PauseKeep}
		p.ChargebeePaused = PauseKeep
		p.FreeCountsAsCustomer = true
	case "profitwell":
		p.Discounts.Once = Subtract
		p.Movements.SameMonthNewAndChurn = ShortDrop
	case "recurly":
		p.Factors = Factors{Week: Fraction{30, 7}, Day: Fraction{30, 1}}
		p.Movements.ReactivationAfterDays = 30
	default:
		return Policy{}, fmt.Errorf("find policy preset %q: want one of %s", name, strings.Join(Presets(), ", "))
	}
	return p, nil
}

func committed() Policy {
	return Policy{
		Preset:          "committed",
		Factors:         Factors{Week: Fraction{13, 3}, Day: Fraction{365, 12}},
		PastDue:         PastDue{Days: -1},
		PauseCollection: PauseCollection{Void: PauseExclude, KeepAsDraft: PauseExclude, MarkUncollectible: PauseExclude},
		ChargebeePaused: PauseExclude,
		ChurnAt:         ChurnEffective,
		Discounts:       DiscountRules{Forever: Subtract, Repeating: Subtract, RepeatingOnYearly: Subtract, Once: Ignore},
		Usage:           UsageRules{MeteredFlatFee: FeeExclude},
		TaxInclusive:    TaxBackOut,
		Movements:       MovementRules{Grain: GrainAccount, SameMonthNewAndChurn: ShortKeep},
	}
}

// ParsePolicy reads a policy section: its preset first, then its keys over it.
// decode fills the value it is given from the section and may be called twice;
// a nil decode means that there is no section.
func ParsePolicy(decode func(any) error) (Policy, error) {
	if decode == nil {
		return Preset("")
	}
	named := committed()
	if err := decode(&named); err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	p, err := Preset(named.Preset)
	if err != nil {
		return Policy{}, err
	}
	if err := decode(&p); err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	if p.Preset == "" {
		p.Preset = Presets()[0]
	}
	return p, p.Validate()
}

// Validate joins every problem of the policy.
func (p Policy) Validate() error {
	var problems []error
	word := func(key, got string, want ...string) {
		if !slices.Contains(want, got) {
			problems = append(problems, fmt.Errorf("policy.%s is %q: want %s", key, got, strings.Join(want, " or ")))
		}
	}
	if !slices.Contains(Presets(), p.Preset) {
		word("preset", p.Preset, Presets()...)
	}
	for key, f := range map[string]Fraction{"factors.day": p.Factors.Day, "factors.week": p.Factors.Week} {
		if f.Rat().Sign() <= 0 {
			problems = append(problems, fmt.Errorf("policy.%s is %s: want a positive fraction such as 52/12", key, f))
		}
	}
	word("pause_collection.void", string(p.PauseCollection.Void), "exclude", "keep")
	word("pause_collection.keep_as_draft", string(p.PauseCollection.KeepAsDraft), "exclude", "keep")
	word("pause_collection.mark_uncollectible", string(p.PauseCollection.MarkUncollectible), "exclude", "keep")
	word("chargebee_paused", string(p.ChargebeePaused), "exclude", "keep")
	word("churn_at", string(p.ChurnAt), "effective", "scheduled")
	word("discounts.forever", string(p.Discounts.Forever), "subtract", "ignore")
	word("discounts.repeating", string(p.Discounts.Repeating), "subtract", "ignore")
	word("discounts.repeating_on_yearly", string(p.Discounts.RepeatingOnYearly), "subtract", "ignore")
	word("discounts.once", string(p.Discounts.Once), "subtract", "ignore")
	word("usage.metered_flat_fee", string(p.Usage.MeteredFlatFee), "exclude", "include")
	word("tax_inclusive", string(p.TaxInclusive), "back_out", "reject")
	word("movements.grain", string(p.Movements.Grain), "account", "subscription")
	word("movements.same_month_new_and_churn", string(p.Movements.SameMonthNewAndChurn), "keep", "drop")
	if p.Movements.ReactivationAfterDays < 0 {
		problems = append(problems, fmt.Errorf("policy.movements.reactivation_after_days is %d: want 0 or more", p.Movements.ReactivationAfterDays))
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// Keys is the policy as key and value, in the order of the configuration: what
// an explanation shows and what the hash is made of. The preset's name is not
// among them, for it decides nothing by itself.
func (p Policy) Keys() [][2]string {
	return [][2]string{
		{"factors.week", p.Factors.Week.String()},
		{"factors.day", p.Factors.Day.String()},
		{"past_due", p.PastDue.String()},
		{"pause_collection.void", string(p.PauseCollection.Void)},
		{"pause_collection.keep_as_draft", string(p.PauseCollection.KeepAsDraft)},
		{"pause_collection.mark_uncollectible", string(p.PauseCollection.MarkUncollectible)},
		{"chargebee_paused", string(p.ChargebeePaused)},
		{"churn_at", string(p.ChurnAt)},
		{"discounts.forever", string(p.Discounts.Forever)},
		{"discounts.repeating", string(p.Discounts.Repeating)},
		{"discounts.repeating_on_yearly", string(p.Discounts.RepeatingOnYearly)},
		{"discounts.once", string(p.Discounts.Once)},
		{"free_counts_as_customer", strconv.FormatBool(p.FreeCountsAsCustomer)},
		{"usage.commitment_metadata_key", p.Usage.CommitmentMetadataKey},
		{"usage.metered_flat_fee", string(p.Usage.MeteredFlatFee)},
		{"tax_inclusive", string(p.TaxInclusive)},
		{"movements.grain", string(p.Movements.Grain)},
		{"movements.reactivation_after_days", strconv.Itoa(p.Movements.ReactivationAfterDays)},
		{"movements.same_month_new_and_churn", string(p.Movements.SameMonthNewAndChurn)},
	}
}

// Hash names the policy's choices: 16 hexadecimal digits, equal for equal
// choices whatever preset they came from.
func (p Policy) Hash() string {
	h := sha256.New()
	for _, kv := range p.Keys() {
		fmt.Fprintf(h, "%s=%q\n", kv[0], kv[1])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
