package simulator

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// The files that WriteFiles leaves in its folder.
const (
	ConfigFile    = "mrrsync.yaml"
	ContractsFile = "contracts.csv"
	RatesFile     = "rates.csv"
	TruthFile     = "truth.csv"
	IdentityFile  = "identity.csv"
	StripeKeyFile = "stripe.key"
	SiteKeyFile   = "chargebee.key"
	FoundingFile  = "company.json"
)

// founding is what FoundingFile remembers of a company.
type founding struct {
	Seed      uint64 `json:"seed"`
	Customers int    `json:"customers"`
	Months    int    `json:"months"`
	Catalogue int    `json:"catalogue"`
	Stripe    int    `json:"stripe"`    // of the customers
	Chargebee int    `json:"chargebee"` // of the customers
	Start     string `json:"start"`     // YYYY-MM-DD
}

// founded takes the founding from the folder when the same company was written
// there before: without it, the first month would move along with the present.
func (o Options) founded() (Options, error) {
	if o.Out == "" || !o.Start.IsZero() {
		return o, nil
	}
	path := filepath.Join(o.Out, FoundingFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return o, fmt.Errorf("read the founding of the simulated company: %w", err)
	}
	var f founding
	if err := json.Unmarshal(b, &f); err != nil {
		return o, fmt.Errorf("read %s: %w; delete the file to found the company anew", path, err)
	}
	if f.Seed != o.Seed || f.Customers != o.Customers || f.Months != o.Months || f.Catalogue != cmp.Or(o.Catalogue, 2) {
		return o, nil
	}
	start, err := time.Parse(time.DateOnly, f.Start)
	if err != nil {
		return o, fmt.Errorf("read %s: %w; delete the file to found the company anew", path, err)
	}
	if start.Before(o.Now) {
		o.Start = start
	}
	return o, nil
}

func found(w io.Writer, c *Company) error {
	b, err := json.Marshal(founding{
		Seed: c.Config.Seed, Customers: c.Config.Customers, Months: c.Config.Months, Catalogue: c.Config.Catalogue,
		Stripe: c.Books.Config.Customers, Chargebee: c.Site.Config.Customers, Start: c.Start().Format(time.DateOnly),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Key is the secret key that the simulated Stripe account of a seed accepts.
func Key(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 0x5ec2e7))
	return fmt.Sprintf("sk_test_sim%016x%016x", r.Uint64(), r.Uint64())
}

// SiteKey is the API key that the simulated Chargebee site of a seed accepts.
func SiteKey(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 0xc4a26e))
	return fmt.Sprintf("test_sim%016x%016x", r.Uint64(), r.Uint64())
}

// WriteFiles writes everything a sync of the company needs (its config, the
// keys, the contracts, the exchange rates and who is whom, all as of now), and
// the truth to compare with unless that is left out.
func WriteFiles(dir string, c *Company, now time.Time, at Addresses, truth bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder for the simulated company: %w", err)
	}
	write := func(name string, mode os.FileMode, fill func(io.Writer) error) error {
		return writeFile(filepath.Join(dir, name), mode, fill)
	}
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	errs := []error{
		write(StripeKeyFile, 0o600, text(Key(c.Config.Seed)+"\n")),
		write(SiteKeyFile, 0o600, text(SiteKey(c.Config.Seed)+"\n")),
		write(ConfigFile, 0o644, text(fmt.Sprintf(config, at.Stripe, at.Chargebee))),
		write(ContractsFile, 0o644, func(w io.Writer) error { return WriteContracts(w, c, now) }),
		write(IdentityFile, 0o644, func(w io.Writer) error { return WriteIdentity(w, c, now) }),
		write(FoundingFile, 0o644, func(w io.Writer) error { return found(w, c) }),
		write(RatesFile, 0o644, func(w io.Writer) error { return WriteRates(w, c, now) }),
	}
	if truth {
		errs = append(errs, write(TruthFile, 0o644, func(w io.Writer) error { return WriteTruth(w, c, now, time.UTC) }))
	}
	return errors.Join(errs...)
}

const config = `# A simulated company, ready to sync: mrrsync --config mrrsync.yaml sync
version: 1
warehouse:
  dsn: chdb://./warehouse
reporting:
  timezone: UTC
  currency: USD
  fx: { file: rates.csv }
sources:
  - name: main
    connector: stripe
    api_key: file:stripe.key
    base_url: %s
    requests_per_second: 100  # a simulated API has no limit of its own but --rate
  - name: emea
    connector: chargebee
    site: simulated-test
    api_key: file:chargebee.key
    base_url: %s
    requests_per_second: 100
  - name: enterprise
    connector: contracts
    file: contracts.csv
identity:
  metadata_key: account_id
  file: identity.csv
segments:
  csm: metadata.csm_owner
  tier: metadata.segment
  country: address.country
`

func writeFile(path string, mode os.FileMode, fill func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return w.Flush()
}

// WriteTruth writes the truth through the day before now: one row per item and
// day where mrr > 0 or provable = 0.
func WriteTruth(w io.Writer, c *Company, now time.Time, zone *time.Location) error {
	if _, err := io.WriteString(w, "date,source,customer_id,subscription_id,item_id,currency,mrr,provable\n"); err != nil {
		return err
	}
	var b []byte
	for r := range c.Truth(now, zone) {
		b = b[:0]
		for _, s := range []string{r.Date(), r.Source, r.Customer, r.Subscription, r.Item, r.Currency, r.MRR.StringFixed(4)} {
			b = append(append(b, s...), ',')
		}
		if r.Provable {
			b = append(b, '1', '\n')
		} else {
			b = append(b, '0', '\n')
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// WriteContracts writes the contracts that are signed by now.
func WriteContracts(w io.Writer, c *Company, now time.Time) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"customer_id", "subscription_id", "item_id", "plan", "currency", "amount", "interval", "interval_count", "quantity", "start", "end", "trial_end", "kind", "account_id", "csm_owner", "segment"}}
	for _, r := range c.Books.ContractRows(now) {
		rows = append(rows, r[:])
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

// WriteIdentity writes the accounts of the customers who have moved by now and
// whose metadata does not name them.
func WriteIdentity(w io.Writer, c *Company, now time.Time) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"source", "customer_id", "account"}}
	known := map[string]bool{}
	for _, m := range c.Moves(now) {
		if m.Tagged || known[m.Account] {
			continue
		}
		known[m.Account] = true
		rows = append(rows, []string{m.From.Source, m.From.Customer, m.Account}, []string{m.To.Source, m.To.Customer, m.Account})
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

// worths are the values of one unit of each foreign currency at the founding,
// in ten-thousandths of a US cent.
var worths = []struct {
	code string
	rate int64
}{
	{"EUR", 1_085_000}, {"GBP", 1_265_000}, {"JPY", 6_700}, {"KWD", 3_255_000}, {"ISK", 7_200}, {"CAD", 731_000}, {"HUF", 2_750},
}

// WriteRates writes one rate a day and currency into US dollars, from well
// before the first contract until now.
func WriteRates(w io.Writer, c *Company, now time.Time) error {
	if _, err := io.WriteString(w, "date,currency,rate\n"); err != nil {
		return err
	}
	first := c.Start().AddDate(0, 0, -400)
	for i, x := range worths {
		r := rand.New(rand.NewPCG(c.Config.Seed, uint64(i)))
		rate := x.rate * 100 // in hundred-millionths of a dollar
		low, high := rate*9/10, rate*11/10
		for d := first; !d.After(now); d = d.AddDate(0, 0, 1) {
			rate = min(max(rate+r.Int64N(rate/125)-rate/250, low), high)
			line := d.Format(time.DateOnly) + "," + x.code + "," + strconv.FormatInt(rate/100_000_000, 10) + "." + fmt.Sprintf("%08d", rate%100_000_000) + "\n"
			if _, err := io.WriteString(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}
