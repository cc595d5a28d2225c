package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// proof says where something is proved:
//
//	connectors/stripe/testdata/cases.txtar: week x2       a case of a case file
//	connectors/stripe TestFaultsChangeNothing             a test of a package
//	connectors/chargebee TestFaults/200 no list           and one of its parts
//	cmd/mrrsync/testdata/script/worked.txtar: 25 x 12     a script, by words of its comments
type proof string

// A claim is something that must hold, and its proofs.
type claim struct {
	says   string
	proofs []proof
}

const (
	onStripe    = "connectors/stripe/testdata/cases.txtar: "
	firstLook   = "connectors/stripe/testdata/backfill.txtar: "
	onChargebee = "connectors/chargebee/testdata/cases.txtar: "
	inChargebee = "connectors/chargebee/testdata/life.txtar: "
	worked      = "normalize/testdata/worked.txtar: "
	byFile      = "cmd/mrrsync/testdata/script/worked.txtar: "
	faultless   = "cmd/mrrsync/testdata/script/faults.txtar: "
)

// stripeCases are what Stripe sends that broke other tools.
var stripeCases = []claim{
	{"interval_count 3 months", []proof{onStripe + "interval_count 3 months"}},
	{"week x2", []proof{onStripe + "week x2"}},
	{"three-year price", []proof{onStripe + "three-year price"}},
	{"graduated, volume, flat fee in a tier", []proof{onStripe + "graduated, volume, flat fee in a tier"}},
	{"divide_by with round up and down", []proof{onStripe + "divide_by with round up and down"}},
	{`unit_amount_decimal "0.05" x 10,000 with unit_amount null`, []proof{onStripe + "unit_amount_decimal 0.05 x 10,000 with unit_amount null"}},
	{"metered beside licensed", []proof{onStripe + "metered beside licensed"}},
	{"GBP subscription on a USD price", []proof{onStripe + "GBP subscription on a USD price", onStripe + "GBP subscription on a USD price without an option"}},
	{"legacy item with plan and no price", []proof{onStripe + "legacy item with plan and no price"}},
	{"archived price", []proof{onStripe + "archived price"}},
	{"inclusive tax", []proof{onStripe + "inclusive tax", onStripe + "inclusive tax without a known rate"}},
	{"20 items", []proof{onStripe + "20 items"}},
	{"month and year items in one subscription", []proof{onStripe + "month and year items in one subscription"}},
	{"quantity 0", []proof{onStripe + "quantity 0"}},
	{"JPY, KWD, ISK", []proof{onStripe + "JPY, KWD, ISK"}},
	{"forever, repeating, once", []proof{onStripe + "forever, repeating, once"}},
	{"amount_off above the subtotal", []proof{onStripe + "amount_off above the subtotal"}},
	{"applies_to one product", []proof{onStripe + "applies_to one product"}},
	{"customer coupon beside subscription coupon", []proof{onStripe + "customer coupon beside subscription coupon"}},
	{"bare discount id", []proof{onStripe + "bare discount id", onStripe + "bare discount id at first sight"}},
	{"wrong-currency coupon", []proof{onStripe + "wrong-currency coupon"}},
	{"100 % forever", []proof{onStripe + "100 % forever"}},
	{"trial converts, trial dies", []proof{onStripe + "trial converts, trial dies", onStripe + "trial still running"}},
	{"incomplete expires", []proof{onStripe + "incomplete expires"}},
	{"past_due and back", []proof{onStripe + "past_due and back"}},
	{"unpaid and back", []proof{onStripe + "unpaid and back"}},
	{"cancel at period end set and unset", []proof{onStripe + "cancel at period end set and unset"}},
	{"canceled_at long before ended_at", []proof{onStripe + "canceled_at long before ended_at"}},
	{"backdated start", []proof{onStripe + "backdated start"}},
	{"pause with resumes_at", []proof{onStripe + "pause with resumes_at"}},
	{"mid-cycle upgrade with prorations", []proof{onStripe + "mid-cycle upgrade with prorations"}},
	{"pending_update", []proof{onStripe + "pending_update"}},
	{"item swapped in the same second", []proof{onStripe + "item swapped in the same second"}},
	{"second subscription", []proof{onStripe + "second subscription"}},
	{"up and down on one day", []proof{onStripe + "up and down on one day"}},
	{"schedule with three yearly phases, released early", []proof{onStripe + "schedule with three yearly phases", onStripe + "schedule released early"}},
	{"test-clock and test-mode objects", []proof{onStripe + "test clocks", "internal/pipeline TestAnotherAccount"}},
	{"event rendered in another API version", []proof{onStripe + "event rendered in another API version"}},
	{"31-day gap", []proof{onStripe + "31-day gap", "connectors/stripe TestGapAsksForAFullListing", "internal/pipeline TestGapListsAgain"}},
	{"deleted customer", []proof{onStripe + "deleted customer"}},
	{"429 on page 7", []proof{"connectors/stripe TestLimitOnPageSeven", "connectors/stripe TestFaultsChangeNothing/429=9"}},
	{"HTML 502", []proof{"connectors/stripe TestFaultsChangeNothing/html=9"}},
	{"truncated JSON", []proof{"connectors/stripe TestFaultsChangeNothing/truncate=9"}},
	{"empty page with has_more", []proof{"connectors/stripe TestFaultsChangeNothing/empty-page=5"}},
}

// chargebeeCases are what Chargebee sends that broke other tools.
var chargebeeCases = []claim{
	{"free_quantity with amount 0", []proof{onChargebee + "free_quantity with amount 0"}},
	{"stairstep, package", []proof{onChargebee + "stairstep and package"}},
	{"charge item", []proof{onChargebee + "charge items and setup fees"}},
	{"cancelled with items", []proof{onChargebee + "cancelled with items"}},
	{"non_renewing the day before and the day of its end", []proof{onChargebee + "non_renewing the day before and the day of its end"}},
	{"per-item trial_end", []proof{onChargebee + "per-item trial_end"}},
	{"add-on with its own period", []proof{onChargebee + "add-on with its own period"}},
	{"limited coupon on a yearly plan", []proof{onChargebee + "limited coupon on a yearly plan"}},
	{"offer_quantity coupon", []proof{onChargebee + "offer_quantity coupon"}},
	{"rows without updated_at", []proof{onChargebee + "rows without updated_at"}},
	{"deleted", []proof{onChargebee + "deleted", onChargebee + "deleted without a word"}},
	{"Product Catalog 1.0", []proof{onChargebee + "Product Catalog 1.0", "connectors/chargebee TestPullBothCatalogues"}},
	{"transferred pair", []proof{onChargebee + "transferred pair"}},
	{"draft, succeeded and scheduled ramps", []proof{onChargebee + "draft, succeeded and scheduled ramps"}},
	{"KWD x100", []proof{onChargebee + "KWD x100 and JPY as it is"}},
	{`unit_price_in_decimal "0.0025" x 100,000`, []proof{onChargebee + "unit_price_in_decimal 0.0025 x 100,000"}},
	{"future subscription", []proof{onChargebee + "future subscription"}},
	{"quantity above 2^31", []proof{onChargebee + "quantity above 2^31"}},
	{"next_offset replayed after a crash", []proof{"connectors/chargebee TestResumeFromEveryCursor", "connectors/chargebee TestForgottenOffset"}},
	{"a change almost a month before the end", []proof{"connectors/chargebee/testdata/invoices.txtar: a change almost a month before the end"}},
	{"float where an int is expected", []proof{onChargebee + "float where an int is expected"}},
	{"200 without list", []proof{"connectors/chargebee TestFaults/200 no list", "connectors/chargebee TestHopelessAnswers/never a list"}},
}

// otherTools are faults that other tools are known for.
var otherTools = []claim{
	{"daily and weekly plans valued 0", []proof{onStripe + "week x2", faultless + "what they lose, add up or never reach"}},
	{"tiered valued 0", []proof{onStripe + "graduated, volume, flat fee in a tier", onChargebee + "stairstep and package"}},
	{"trials counted", []proof{firstLook + "a trial that died long ago", onStripe + "trial converts, trial dies", inChargebee + "in trial, then converted", faultless + "Trials, one-time charges and uncommitted usage"}},
	{"interval_count forgotten", []proof{onStripe + "interval_count 3 months", byFile + "A year, a quarter, two weeks, a day"}},
	{"a resubscription called new or expansion", []proof{onStripe + "a resubscription", "normalize/testdata/life.txtar: a resubscription"}},
	{"a yearly plan shown as churned before its end", []proof{onStripe + "cancel at period end set", onStripe + "canceled_at long before ended_at", faultless + "on the day after the last one covered"}},
	{"plan swap as churn and new", []proof{onStripe + "plan swap is neither churn nor new", "connectors/chargebee/testdata/invoices.txtar: plan swap within a period"}},
	{"taxes in MRR", []proof{onStripe + "inclusive tax", "connectors/chargebee/testdata/invoices.txtar: tax-inclusive takes the rate of the latest invoice line"}},
	{"currencies added up", []proof{faultless + "Currencies are never added up", "normalize/testdata/life.txtar: a currency switch on one day"}},
	{"customers without an end date dropped", []proof{faultless + "Who has no end"}},
	{"churn branch never reached", []proof{faultless + "Churn is reached"}},
	{"first run on a quiet account loads nothing and exits 0", []proof{onStripe + "a quiet account", "connectors/chargebee TestPullBothCatalogues"}},
	{"failed refetches skipped", []proof{onStripe + "a refetch that fails is not skipped"}},
	{"a failed run counted as success for a week", []proof{faultless + "A week of failed runs"}},
	{"300,000 rows committed as five", []proof{"warehouse TestVerifyRefuses", "warehouse TestCompleteness"}},
	{"a window of parallel backfill dropped silently", []proof{"connectors/stripe TestResumeFromEveryCursor", "internal/pipeline TestCutShort", "connectors/spans TestEverythingOnce"}},
}

// workedExamples are the law's own, by their numbers.
var workedExamples = []claim{
	{"1 three plans of 570 customers, then a month", []proof{"normalize TestWorkedCompanies/1 three plans", byFile + "300 x 100 + 120 x 400"}},
	{"2 ARPA", []proof{"normalize TestWorkedCompanies/2 ARPA", byFile + "25 x 12 + 25 x 8"}},
	{"3 three years for a total, and an escalator", []proof{worked + "3 three-year total", "normalize/testdata/contracts.txtar: an escalator under one plan", byFile + "Three years for 180,000"}},
	{"4 intervals", []proof{worked + "4 intervals", byFile + "A year, a quarter, two weeks, a day"}},
	{"5 monthly and yearly", []proof{"normalize TestWorkedCompanies/5 monthly and yearly", byFile + "500 at 400"}},
	{"6 the bridge with its exchange rates", []proof{worked + "6 bridge", byFile + "1045 = 1000"}},
	{"7 discounts", []proof{worked + "7 discounts", firstLook + "five hundred off a yearly plan", firstLook + "item discount, then subscription discount"}},
	{"8 tiers", []proof{worked + "8 tiers"}},
	{"9 a repeating discount ends by itself", []proof{worked + "9 repeating discount"}},
	{"10 upgrade", []proof{worked + "10 upgrade", byFile + "An upgrade from 300 to 600"}},
}

// keptLaws are what the warehouse promises, always.
var keptLaws = []claim{
	{"waterfalls close exactly, every day and month", []proof{"cmd/mrrsync TestPresetsTown", "normalize TestBridges", "warehouse/views TestLaws", "cmd/mrrsync TestFiveCurrencies"}},
	{"one publish flips every view at once", []proof{"warehouse TestReadersDuringPublishes", "warehouse TestDeathBetweenSteps", "warehouse TestKillNine", "warehouse/views TestOneLoad", "cmd/mrrsync TestChaos"}},
	{"a sync that is repeated, resumed or read in another order publishes identical rows", []proof{"cmd/mrrsync TestChaos", "cmd/mrrsync TestTerminated", "internal/pipeline TestCutShort", "warehouse TestLandInAnyOrder", "normalize TestOrder", "normalize TestTwice"}},
	{"nothing is lost, and what cannot be understood is kept and counted", []proof{"warehouse TestCompleteness", "internal/pipeline TestRejects", "normalize/testdata/contracts.txtar: an amount that no subscription has", "normalize/testdata/invoices.txtar: a line that no invoice has", "connectors/stripe TestFaultsChangeNothing", "connectors/chargebee TestFaults", "cmd/mrrsync TestInvoicesTown"}},
	{"a backfill equals the nights wherever there is evidence", []proof{"cmd/mrrsync TestBackfill", "cmd/mrrsync TestNights", "normalize TestBackfillEqualsVersions", "normalize TestNightly"}},
	{"a closed month does not change", []proof{"warehouse TestClosedMonthsDoNotMove", "warehouse TestTheFirstOpenDay", "cmd/mrrsync/testdata/script/close.txtar: Closed months do not move"}},
	{"secrets reach no log, error, warehouse or report", []proof{"connectors/stripe TestConformance", "connectors/chargebee TestConformance", "cmd/mrrsync/testdata/script/stripe.txtar: is not repeated by any message"}},
}

// erasures are what `erase` promises: to whoever asks to be forgotten, and finance.
var erasures = []claim{
	{"nothing on the disk tells of the person any more, of whatever source: not at once, nor when it is listed again", []proof{"cmd/mrrsync TestEraseTown"}},
	{"no figure of any view changes by it, nor by a rebuild or in closed months", []proof{"cmd/mrrsync TestEraseTown/load\", \"close", "cmd/mrrsync TestEraseTown/rebuild"}},
	{"it asks first", []proof{"cmd/mrrsync TestEraseTown/asks"}},
	{"it says who was erased", []proof{"cmd/mrrsync TestEraseTown/--list"}},
	{"what the provider sends again of the person is stripped before it lands", []proof{"internal/pipeline TestErasedStaysErased"}},
	{"an erasure that dies between two steps leaves nothing when it is resumed, and harms nobody else", []proof{"warehouse TestErasureDiesBetweenSteps"}},
	{"amounts, times, ids and configured segments stay, all other text goes", []proof{"connectors/rawjson TestStrip", "connectors/rawjson FuzzStrip"}},
	{"every connector keeps the terms, tells the names and takes the rest", []proof{"connectors/stripe TestConformance", "connectors/chargebee TestConformance", "connectors/chargebee TestSiteConformance", "connectors/contracts TestConformance"}},
	{"a connector that keeps the person, takes terms or segments, or hides a name is found out", []proof{"connectors/conformance TestEveryPromiseCanBeBroken"}},
	{"no secret is told by it", []proof{"cmd/mrrsync TestSecretsStaySecret/erase"}},
}

// TestIndex holds the index of proofs to what exists: a case that is renamed or
// removed, a test that is gone, is missed here. Whether they pass is their own
// affair.
func TestIndex(t *testing.T) {
	for name, list := range map[string][]claim{"stripe": stripeCases, "chargebee": chargebeeCases, "other tools": otherTools, "worked examples": workedExamples, "laws": keptLaws, "erase": erasures} {
		t.Run(name, func(t *testing.T) {
			for _, c := range list {
				if len(c.proofs) == 0 {
					t.Errorf("%s is not proved", c.says)
				}
				for _, p := range c.proofs {
					if err := p.exists(); err != nil {
						t.Errorf("%s: %s: %v", c.says, p, err)
					}
				}
			}
		})
	}
}

// TestPage holds docs/testing.md to the tests that it speaks of.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
			written[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`Test[A-Z]\w+`).FindAllString(string(page), -1)
	for _, name := range named {
		if !written[name] {
			t.Errorf("docs/testing.md speaks of %s, which is nowhere", name)
		}
	}
	if len(named) < 5 {
		t.Errorf("docs/testing.md names only %v", named)
	}
	_, table, _ := strings.Cut(string(page), "## Bad input")
	n := 0
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); len(cells) == 3 && strings.Contains(cells[2], "`") {
			n++
			answered(t, cells[1], cells[2])
		}
	}
	if n < 30 {
		t.Errorf("only %d rows of bad input were found", n)
	}
}

// answered holds a row of the table of bad input to its proofs: they exist, and
// the answer's words stand in one of them.
func answered(t *testing.T, answer, proofs string) {
	t.Helper()
	var text strings.Builder
	all := regexp.MustCompile("`(\\w+)` in `([\\w/]+)`|`([\\w/]+\\.txtar)`").FindAllStringSubmatch(proofs, -1)
	for _, m := range all {
		var source string
		var err error
		if m[1] != "" {
			source, err = body(filepath.Join(root, m[2]), m[1])
		} else {
			folder := root
			if strings.HasPrefix(m[3], "script/") {
				folder = "testdata"
			}
			var cases []byte
			cases, err = os.ReadFile(filepath.Join(folder, m[3]))
			source = string(cases)
		}
		if err != nil {
			t.Errorf("%s: %v", m[0], err)
		}
		text.WriteString(source)
	}
	if len(all) == 0 {
		t.Errorf("%q has no proof", answer)
	}
	plain := strings.NewReplacer("\\", "").Replace(text.String()) // without what Go and regular expressions escape
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(answer, -1) {
		if !strings.Contains(plain, m[1]) {
			t.Errorf("%s asserts nowhere that the answer is %q", strings.TrimSpace(proofs), m[1])
		}
	}
}

// root is the module's folder, seen from this package.
const root = "../.."

func (p proof) exists() error {
	if file, name, ok := strings.Cut(string(p), ".txtar: "); ok {
		archive, err := txtar.ParseFile(filepath.Join(root, file+".txtar"))
		if err != nil {
			return err
		}
		if strings.Contains(file, "/script/") {
			return commented(archive, name)
		}
		for _, f := range archive.Files {
			for _, facts := range []string{" account", " site", " facts"} {
				if f.Name == name+facts {
					return nil
				}
			}
		}
		return fmt.Errorf("there is no such case")
	}
	folder, test, _ := strings.Cut(string(p), " ")
	test, part, _ := strings.Cut(test, "/")
	return tested(filepath.Join(root, folder), test, part)
}

// commented finds words in a script's comments.
func commented(script *txtar.Archive, words string) error {
	for _, line := range strings.Split(string(script.Comment), "\n") {
		if strings.HasPrefix(line, "#") && strings.Contains(line, words) {
			return nil
		}
	}
	return fmt.Errorf("no comment of the script says so")
}

// tested finds a test function, and in it a word of its own for the part.
func tested(folder, test, part string) error {
	text, err := body(folder, test)
	if err == nil && !strings.Contains(text, part) {
		err = fmt.Errorf("the test has no part of that name")
	}
	return err
}

// body is the text of a test function.
func body(folder, test string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return "", err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == test {
				return string(text[fn.Pos()-f.FileStart : fn.End()-f.FileStart]), nil
			}
		}
	}
	return "", fmt.Errorf("there is no such test")
}
