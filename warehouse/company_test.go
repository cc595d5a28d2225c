package warehouse

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"mrrsync/connectors/billing"
	"mrrsync/normalize"
)

// How large the company of the benchmarks is, and where its warehouse lies.
var (
	subscriptions = flag.Int("subscriptions", 100_000, "subscriptions of the company that benchmarks load")
	months        = flag.Int("months", 24, "months of its history")
	folder        = flag.String("folder", "", "keep its warehouse here: a benchmark that finds it filled reads it as it is (default: a temporary one)")
)

// A company is a large one, made up account by account, so that one of a million
// subscriptions needs no memory: what follows from account i depends on i and on
// the night alone. It writes ids as Stripe does, bills in three currencies, has
// two items in one subscription of ten, and is billed every month.
type company struct {
	subscriptions int
	first, known  billing.Date // days of history that the backfill finds
	last          billing.Date // the last day: nights go beyond known
	bills         bool
}

// sized is the company that the flags ask for.
func sized(through string) company {
	last := day(through)
	return company{subscriptions: *subscriptions, first: last.Month().AddMonths(1 - *months), known: last, last: last, bills: true}
}

// spec is a load of all or some of it, through its last day. Rates are daily
// ones, as central banks publish them.
func (c company) spec() LoadSpec {
	s := LoadSpec{Run: 1, Through: c.last, PolicyHash: "p", Currency: "USD", Sources: []SourceSeal{{"main", 1, c.last}}}
	rng := rand.New(rand.NewPCG(7, 7))
	eur, gbp := int64(10_800), int64(12_700)
	for d := c.first; d <= c.last; d++ {
		eur, gbp = eur+rng.Int64N(101)-50, gbp+rng.Int64N(121)-60
		s.Rates = append(s.Rates, Rate{"EUR", d, decimal.New(eur, -4)}, Rate{"GBP", d, decimal.New(gbp, -4)})
	}
	return s
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// id is one of Stripe's: a prefix and random letters.
func id(rng *rand.Rand, prefix string, n int) string {
	b := append(make([]byte, 0, len(prefix)+n), prefix...)
	for range n {
		b = append(b, letters[rng.IntN(len(letters))])
	}
	return string(b)
}

// account is what follows from account i. On a later night than 0 it has changed
// its price on the last day.
func (c company) account(i, night int) ([]CustomerKey, normalize.Result) {
	rng := rand.New(rand.NewPCG(uint64(i), 11))
	customer := id(rng, "cus_", 14)
	account := "main/" + customer
	sub := id(rng, "sub_1", 23)
	currency := []string{"USD", "USD", "USD", "USD", "USD", "USD", "USD", "EUR", "EUR", "GBP"}[rng.IntN(10)]
	segments := map[string]string{"csm": "csm" + strconv.Itoa(rng.IntN(20)), "tier": []string{"enterprise", "mid", "small"}[rng.IntN(3)]}
	until := billing.Forever
	from := c.first
	if rng.IntN(10) == 0 { // nine of ten are there from the first day on
		from += billing.Date(rng.IntN(max(int(c.known-c.first)-60, 1)))
	}
	if rng.IntN(12) == 0 {
		until = from + 30 + billing.Date(rng.IntN(max(int(c.known-from)-30, 1)))
	}
	var r normalize.Result
	ref := billing.Ref{Kind: "subscription", ID: sub, Version: int64(1_700_000_000 + i)}
	plan := rng.IntN(40)
	for range 1 + rng.IntN(10)/9 {
		item := id(rng, "si_", 14)
		at := from
		mrr := decimal.New(int64(10+rng.IntN(490))*10_000+int64(rng.IntN(2))*5_000, -4)
		quantity := decimal.NewFromInt(int64(1 + rng.IntN(12)))
		for at < min(until, c.known) {
			end := min(until, at+90+billing.Date(rng.IntN(400)))
			if end > c.known {
				end = until
			}
			product := "prod_" + strconv.Itoa(100_000+plan/4)
			r.Periods = append(r.Periods, normalize.Period{
				Source: "main", CustomerID: customer, AccountID: account, SubscriptionID: sub, ItemID: item,
				ProductID: product, ProductName: "Product " + strconv.Itoa(plan/4), PlanID: "price_1" + strconv.Itoa(1_000_000+plan), PlanName: "Plan " + strconv.Itoa(plan),
				Currency: currency, From: at, Until: end, Quantity: quantity, MRR: mrr, Segments: segments,
				Evidence: billing.EvidenceVersion, Object: ref, Refs: []string{"price/price_1" + strconv.Itoa(1_000_000+plan), "product/" + product},
			})
			mrr = mrr.Mul(decimal.New(int64(80+rng.IntN(60)), -2)).Round(2)
			if rng.IntN(3) == 0 {
				plan = rng.IntN(40)
			}
			at = end
		}
	}
	if last := &r.Periods[len(r.Periods)-1]; night > 0 && last.From < c.last && last.Until > c.last {
		next := *last
		last.Until, next.From = c.last, c.last
		next.MRR = next.MRR.Add(decimal.NewFromInt(int64(night)))
		r.Periods = append(r.Periods, next)
	}
	r.Movements = movementsOf(r.Periods)
	key := CustomerKey{"main", customer}
	r.Customers = []normalize.Customer{{
		Source: "main", CustomerID: customer, AccountID: account, Name: "Customer " + strconv.Itoa(i), Email: "", Currency: currency, Country: "DE",
		Created: from, FirstMRR: from, Segments: segments,
	}}
	r.Subscriptions = []normalize.Subscription{{
		Source: "main", CustomerID: customer, AccountID: account, SubscriptionID: sub, Currency: currency, Status: "active",
		Start: from, End: until, CancelAt: billing.Forever, Segments: segments, Refs: r.Periods[0].Refs,
	}}
	for at := from; c.bills && at <= min(c.last, until-1); at = at.AddMonths(1) {
		l := normalize.InvoiceLine{
			Source: "main", InvoiceID: id(rng, "in_1", 23), LineID: id(rng, "il_1", 23), CustomerID: customer, AccountID: account, SubscriptionID: sub,
			PlanID: r.Periods[0].PlanID, IssuedAt: at, PeriodStart: at, PeriodEnd: at.AddMonths(1), Currency: currency,
			Amount: r.Periods[0].MRR, Treatment: normalize.TreatCommitted, Segments: segments,
		}
		r.InvoiceLines = append(r.InvoiceLines, l)
		if i%5 == 0 {
			l.LineID, l.Amount, l.Treatment = "", l.Amount.Mul(decimal.New(19, -2)).Round(2), normalize.TreatTax
			r.InvoiceLines = append(r.InvoiceLines, l)
		}
	}
	return []CustomerKey{key}, r
}

// movementsOf are the steps of an account's items, typed by the account's sum.
func movementsOf(periods []normalize.Period) []normalize.Movement {
	var all []normalize.Movement
	step := func(p *normalize.Period, date billing.Date, change decimal.Decimal) {
		for i := range all {
			if m := &all[i]; m.Date == date && m.ItemID == p.ItemID {
				m.Amount, m.PlanID, m.ProductID, m.Reason = m.Amount.Add(change), p.PlanID, p.ProductID, "price"
				return
			}
		}
		reason := "new"
		if change.IsNegative() {
			reason = "cancel"
		}
		all = append(all, normalize.Movement{
			Date: date, Source: p.Source, CustomerID: p.CustomerID, AccountID: p.AccountID, SubscriptionID: p.SubscriptionID, ItemID: p.ItemID,
			ProductID: p.ProductID, PlanID: p.PlanID, Currency: p.Currency, Amount: change, Reason: reason, Segments: p.Segments, Object: p.Object,
		})
	}
	for i := range periods {
		step(&periods[i], periods[i].From, periods[i].MRR)
		if periods[i].Until != billing.Forever {
			step(&periods[i], periods[i].Until, periods[i].MRR.Neg())
		}
	}
	all = slices.DeleteFunc(all, func(m normalize.Movement) bool { return m.Amount.IsZero() })
	slices.SortStableFunc(all, func(a, b normalize.Movement) int { return int(a.Date - b.Date) })
	level := decimal.Zero
	for i := 0; i < len(all); {
		j, net := i, decimal.Zero
		for ; j < len(all) && all[j].Date == all[i].Date; j++ {
			net = net.Add(all[j].Amount)
		}
		kind := normalize.Expansion
		switch after := level.Add(net); {
		case i == 0:
			kind = normalize.New
		case level.IsZero():
			kind = normalize.Reactivation
		case after.IsZero():
			kind = normalize.Churn
		case net.IsNegative():
			kind = normalize.Contraction
		}
		for ; i < j; i++ {
			all[i].Type = kind
		}
		level = level.Add(net)
	}
	return all
}

// load makes and publishes a load of one account of every share, calling lap at
// the end of each step.
func (c company) load(ctx context.Context, w *Warehouse, share, night int, lap func(step string)) (LoadInfo, error) {
	s := c.spec()
	s.Full = share == 1
	l, err := w.NewLoad(ctx, s)
	if err != nil {
		return LoadInfo{}, err
	}
	lap("begin")
	for i := 0; i < c.subscriptions; i += share {
		of, r := c.account(i, night)
		if err := l.Add(ctx, of, r); err != nil {
			return LoadInfo{}, err
		}
	}
	lap("add")
	if err := l.Build(ctx); err != nil {
		return LoadInfo{}, err
	}
	lap("build")
	if err := l.Verify(ctx); err != nil {
		return LoadInfo{}, err
	}
	lap("verify")
	if _, err := l.Diff(ctx); err != nil {
		return LoadInfo{}, err
	}
	lap("diff")
	info, err := l.Publish(ctx)
	lap("publish")
	return info, err
}

// filled is a warehouse with the company in it, as one backfill leaves it. With
// -folder it is kept, and read as it is if it is there. What its statements take
// from then on is in spent.
func (c company) filled(b *testing.B) (*Warehouse, *spent) {
	b.Helper()
	opt := options()
	opt.Volatile = false
	said := &spent{}
	opt.Logger = logger(said)
	if *folder != "" {
		opt.Database = fmt.Sprintf("mrr_%d_%d", c.subscriptions, *months)
	}
	w := reopen(b, opt)
	if info, ok, err := w.Published(b.Context()); err != nil {
		b.Fatal(err)
	} else if ok {
		b.Logf("found load %d through %s", info.ID, info.Through)
		if err := w.resume(b.Context()); err != nil { // the clock of tests stands still: no load may get an id that is there
			b.Fatal(err)
		}
		return w, said
	}
	resetPeak()
	if _, err := c.load(b.Context(), w, 1, 0, laps(b)); err != nil {
		b.Fatal(err)
	}
	reportPeak(b)
	said.tell(b)
	sizes(b, w)
	return w, said
}

// laps tells how long each step took, by the clock and in seconds of processor
// time: on a machine that is busy with something else only the latter means much.
func laps(b *testing.B) func(step string) {
	began, spent := time.Now(), processor()
	return func(step string) {
		b.Logf("== %-8s %7.2f s, %7.2f s of processor time", step, time.Since(began).Seconds(), (processor() - spent).Seconds())
		began, spent = time.Now(), processor()
	}
}

// logger passes on what statements took.
func logger(s *spent) *slog.Logger {
	return slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// spent adds up what statements took, by what they do: the log's lines of
// them follow one another.
type spent struct {
	mu   sync.Mutex
	last time.Duration
	took map[string]time.Duration // processor time
	n    map[string]int
}

var ran = regexp.MustCompile(`what="?([^"\n]*)`)

func (s *spent) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := processor()
	if m := ran.FindSubmatch(line); m != nil {
		if s.took == nil {
			s.took, s.n = map[string]time.Duration{}, map[string]int{}
		}
		what := string(m[1])
		s.took[what] += now - s.last
		s.n[what]++
	}
	s.last = now
	return len(line), nil
}

// tell logs the kinds of statements that took most.
func (s *spent) tell(b *testing.B) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := slices.SortedFunc(maps.Keys(s.took), func(x, y string) int { return cmp.Compare(s.took[y], s.took[x]) })
	for _, what := range names[:min(len(names), 20)] {
		b.Logf("%7.2f s of processor time: %d x %s", s.took[what].Seconds(), s.n[what], what)
	}
	s.took, s.n = nil, nil
}

// processor is what the process has had of processors' time, engine included.
func processor() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// resetPeak forgets the peak of the process's memory so far.
func resetPeak() {
	runtime.GC()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// reportPeak reports the peak of the process's memory, engine included, where
// the system tells it.
func reportPeak(b *testing.B) {
	text, err := os.ReadFile("/proc/self/status")
	if m := highWater.FindSubmatch(text); err == nil && m != nil {
		kb, _ := strconv.ParseFloat(string(m[1]), 64)
		b.ReportMetric(kb/1024, "peak-MB")
		b.Logf("peak of memory %.0f MB", kb/1024)
	}
}

// sizes logs what tables take on the disk.
func sizes(b *testing.B, w *Warehouse) {
	b.Helper()
	var out strings.Builder
	err := w.Format(b.Context(), &out, `
		SELECT table, sum(p.rows) AS stored, sum(bytes_on_disk) AS bytes, round(bytes / stored, 2) AS bytes_a_row, count() AS parts
		FROM system.parts AS p WHERE active AND database = '`+w.schema.StoreName()+`' AND p.rows > 0 GROUP BY table ORDER BY bytes DESC`, "PrettyCompactMonoBlock")
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("\n%s", out.String())
}
