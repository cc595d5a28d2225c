package mutants

// lawNames are the laws, in the order of the page.
var lawNames = []struct{ law, title string }{
	{"1", "1: waterfalls close"},
	{"2", "2: one publish flips all"},
	{"3", "3: again, resumed or reordered is the same"},
	{"4", "4: nothing is lost"},
	{"5", "5: a backfill equals the nights"},
	{"6", "6: closed months stand"},
	{"7", "7: secrets and persons stay out"},
	{"MRR", "the law of MRR"},
}

// The tests that several mutants name.
const (
	cases    = "normalize:TestCases"
	drafts   = "connectors/stripe:TestPendingInvoiceItems"
	refuses  = "warehouse:TestVerifyRefuses"
	lease    = "warehouse:TestLostLease"
	pipeline = "internal/pipeline:"
)

// all is the list. To add one: the law, what the broken code does in the words of
// who would notice, the place, and the cheapest test that must find it.
func all() []mutant {
	var list []mutant
	for _, laws := range [][]mutant{closing(), publishing(), repeating(), keeping(), remembering(), standing(), hiding(), valuing(), moving()} {
		list = append(list, laws...)
	}
	return list
}

func closing() []mutant {
	return []mutant{
		{"1", "an expansion is told as the whole new MRR", "normalize/movement.go", "row(c.after, c.to.Sub(c.from))", "row(c.after, c.to)", "normalize:TestLaws"},
		{"1", "the day an item ends has no movement", "normalize/movement.go", "\t\t\t\tstep(s.until, nil)\n", "\t\t\t\t_ = step\n", "normalize:TestLaws"},
		{"1", "items of one account may overlap", "warehouse/verify.go", "WHERE valid_from < before ORDER BY", "WHERE 0 AND valid_from < before ORDER BY", refuses + "/overlap"},
		{"1", "movements are not held against the periods", "warehouse/verify.go", "HAVING sum(moved) != sum(changed)", "HAVING 0 AND sum(moved) != sum(changed)", refuses + "/movement_off"},
		{"1", "the waterfall starts where it ends", "warehouse/views/21_mrr_waterfall_monthly.sql", "ending_mrr - net_new_mrr AS starting_mrr", "ending_mrr AS starting_mrr", "warehouse/views:TestGolden"},
		{"1", "churn is added to the day's totals", "warehouse/summaries/day_totals.sql", "-sumIf(amount, movement = 'churn') AS x", "sumIf(amount, movement = 'churn') AS x", "warehouse:TestPublishedDays"},
	}
}

func publishing() []mutant {
	return []mutant{
		{"2", "what was not verified is published", "warehouse/publish.go", "if l.state != verified {", "if false {", refuses + "/movement_off"},
		{"2", "the manifest comes before the replicas are level", "warehouse/publish.go", "if err := l.w.syncReplicas(ctx); err != nil {", "if err := ctx.Err(); err != nil {", "warehouse:TestReplicasAreLevelBeforeTheManifest"},
		{"2", "the newest days are read from whatever load wrote last", "warehouse/views/10_mrr_daily.sql", `WHERE {{.Parts "daily" "date"}}`, "WHERE load_id = (SELECT max(load_id) FROM {{.Store}}.daily)", "warehouse/views:TestOneLoad"},
		{"2", "the load that readers still look at is collected", "warehouse/manifest.go", " OR superseded > {beside:DateTime64(6, 'UTC')}`", " OR superseded > {beside:DateTime64(6, 'UTC')} + 86400`", "warehouse:TestCollectLeavesReadersTheirLoad"},
		{"2", "who lost the lease publishes all the same", "warehouse/manifest.go", "AS p, p.1 = '' AS header) WHERE `+stands", "AS p, p.1 = '' AS header) WHERE 1 OR `+stands", lease + "/its_clock_stood_still"},
		{"2", "who was overtaken keeps the lease", "warehouse/lease.go", "AND fence > {fence:UInt64}) = 0\"", "AND fence > {fence:UInt64}) >= 0\"", "warehouse:TestFence"},
		{"2", "the folder's lock is shared", "warehouse/lock.go", "syscall.LOCK_EX|syscall.LOCK_NB", "syscall.LOCK_SH|syscall.LOCK_NB", "warehouse:TestFolderBesideNetwork"},
	}
}

func repeating() []mutant {
	return []mutant{
		{"3", "invoices speak in the order in which they came", "normalize/evidence.go", "slices.SortStableFunc(d.services, compareServices)", "_ = compareServices", "normalize:TestOrder"},
		{"3", "a version that says nothing new is stored again", "warehouse/raw.go", "if h.add(h.key(o.CustomerID, o.Kind, o.ID), o.Version, d) {", "if h.add(h.key(o.CustomerID, o.Kind, o.ID), o.Version, d) || true {", "warehouse:TestLandKeepsWhatIsNew"},
		{"3", "a repeated payload counts as a version", "warehouse/customers.go", "n > 0 && before == o.digest &&", "n < 0 && before == o.digest &&", "warehouse:TestLateVersionsLeaveNoTrace"},
		{"3", "the cursor is stored before what it covers", "internal/pipeline/pull.go", "\tif b.objects > 0 {\n\t\tlanded, err", "\tif err := r.w.SaveCursor(ctx, r.id, s.Name, stream, b.cursor); err != nil {\n\t\treturn err\n\t}\n\tif b.objects > 0 {\n\t\tlanded, err", pipeline + "TestCursorComesLast"},
		{"3", "who was not derived again is not carried forward", "warehouse/build.go", "WHERE load_id = {stored:UInt64} AND `+l.isCarried()+`\n\t\t\t) AS c", "WHERE load_id = {stored:UInt64} AND 0 AND `+l.isCarried()+`\n\t\t\t) AS c", "warehouse:TestIncrementalEqualsFull"},
		{"3", "a changed account's old share stays in the sums", "warehouse/summaries.go", "return \"sum(if(was, -\"", "return \"sum(if(was, 0 * \"", "warehouse:TestIncrementalEqualsFull"},
		{"3", "rows that a load and its base share count once", "warehouse/summaries.go", "if(load_id = \" + base + \", [1], [])", "if(load_id = \" + base + \" AND load_id != \" + now + \", [1], [])", "warehouse:TestSharesInNewDays"},
		{"3", "who was not derived has no share in the new days", "warehouse/patch.go", "return day + \" > {since:Date}", "return \"0 AND \" + day + \" > {since:Date}", "warehouse:TestSharesInNewDays"},
		{"3", "sums are patched though a rate of known days is another", "warehouse/patch.go", "HAVING count() != 2", "HAVING count() > 2", "warehouse:TestIncrementalEqualsFull"},
		{"3", "a changed price derives nobody again", "warehouse/customers.go", "hasAny(CAST(refs, 'Array(String)'), changed)", "0 AND hasAny(CAST(refs, 'Array(String)'), changed)", "warehouse:TestChanged"},
		{"3", "another policy derives nobody again", "internal/pipeline/load.go", "case !sameLaw(r.base.PolicyHash, r.o.Hash):", "case r.base.PolicyHash == \"nobody's\":", pipeline + "TestNights"},
		{"3", "another identity file derives nobody again", "internal/pipeline/load.go", "if r.base.PolicyHash == r.o.Hash {", "if r.base.PolicyHash != \"nobody's\" {", pipeline + "TestReassigned"},
		{"3", "who got another account is not asked for it", "warehouse/customers.go", ") OR id IN (", ") OR id = '' AND id IN (", pipeline + "TestWhoIsAskedForTheirAccount"},
		{"3", "an account's members that are read beside others are lost", "internal/pipeline/evidence.go", "if along && isJoint[c.CustomerKey] {", "if !along && isJoint[c.CustomerKey] {", pipeline + "TestJointAccountsReadAlong"},
	}
}

func keeping() []mutant {
	return []mutant{
		{"4", "what was listed counts as landed", "warehouse/completeness.go", "return `cityHash64(customer_id, kind, id) NOT IN (", "return `0 AND cityHash64(customer_id, kind, id) NOT IN (", "warehouse:TestCompleteness"},
		{"4", "a source that lacks objects is sealed", "internal/pipeline/pull.go", "if receipt.Missing > 0 {\n\t\treturn", "if receipt.Missing < 0 {\n\t\treturn", pipeline + "TestIncomplete"},
		{"4", "what cannot be valued is zero", "normalize/derive.go", "\tif refused {\n", "\tif refused && last == nil {\n", cases},
		{"4", "a slip of a figure is derived as it is", "normalize/rows.go", "+int(d.Exponent()) > digits", "+int(d.Exponent()) > 99*digits", cases},
		{"4", "what cannot be valued is nowhere told", "normalize/derive.go", "\tdv.refused[k] = true\n\tdv.result.Rejects", "\tdv.refused[k] = true\n\tif true {\n\t\treturn\n\t}\n\tdv.result.Rejects", cases},
		{"4", "an unreadable object is left out of the rejects", "internal/pipeline/evidence.go", "rejects = append(rejects, refused...)", "_ = refused", pipeline + "TestRejects"},
		{"4", "a list that shrank is believed", "internal/pipeline/sweep.go", "if lost < fewGone || lost*100 <= shrunkWarn*held.Known {", "if lost >= 0 {", pipeline + "TestShrunk"},
		{"4", "a sweep that finds nobody there is believed", "internal/pipeline/sweep.go", "receipt.Sweep.Gone >= fewGone && r.tooMany", "receipt.Sweep.Gone < 0 && r.tooMany", pipeline + "TestSweepRefused"},
		{"4", "what a sweep found gone never lands", "internal/pipeline/sweep.go", "if err := r.landSwept(ctx, s, gone, receipt); err != nil {", "if err := r.landSwept(ctx, s, nil, receipt); err != nil {", pipeline + "TestSweep"},
		{"4", "a key for another account goes on", "internal/pipeline/pull.go", "\tcase account:\n", "\tcase account, r.seals[s.Name].Account:\n", pipeline + "TestAnotherAccount"},
		{"4", "a day on which most churns is published", "internal/pipeline/guard.go", "if !g.AcceptChurn {", "if false {", pipeline + "TestGuards"},
		{"4", "final days change without a word", "internal/pipeline/guard.go", "if g.AcceptRestatement {", "if true {", pipeline + "TestGuards"},
		{"4", "a list is over after its first page", "connectors/spans/spans.go", "\t\tif a.batch.More {\n", "\t\tif a.batch.More && a.batch.Count == 0 {\n", "connectors/spans:TestEverythingOnce"},
		{"4", "a gap in the events is passed over", "connectors/stripe/events.go", "now.Sub(time.Unix(at.Through, 0)) > feedGap {", "now.Sub(time.Unix(at.Through, 0)) > 100*feedGap {", "connectors/stripe:TestGapAsksForAFullListing"},
	}
}

func remembering() []mutant {
	return []mutant{
		{"5", "between two invoices there is nothing", "normalize/timeline.go", "\t\treturn carry(last)\n", "\t\treturn nil\n", cases},
		{"5", "a part of a period is a whole one when it lacks little", "connectors/chargebee/rhythm.go", "(off+slip)%clock <= 2*slip", "(off+slip)%clock >= 0", "connectors/chargebee:TestCases"},
		{"5", "a period ends a second after the next one begins", "connectors/chargebee/rhythm.go", "\t\tcase begins[end]:\n", "\t\tcase false:\n", "connectors/chargebee:TestCases"},
		{"5", "an addon was always charged as often as today", "connectors/chargebee/rhythm.go", "\tif in, ok := t.beside(h, c); ok {", "\tif in, ok := t.beside(h, c); ok && false {", "connectors/chargebee:TestCases"},
		{"5", "an invoice is stronger than a phase", "normalize/timeline.go", "if old != nil && old.from.After(last.from) {", "if old != nil && old.from.Before(last.from) {", cases},
		{"5", "an invoice is stronger than a version", "normalize/timeline.go", "\tcase state != nil:\n\t\tsc.items = d.itemsOfState(state, t)", "\tcase state != nil && len(d.services) == 0:\n\t\tsc.items = d.itemsOfState(state, t)", cases},
		{"5", "an item was always there", "normalize/timeline.go", "t.Before(tr.origin) || !t.Before(tr.earliest.from)", "!t.Before(tr.earliest.from)", cases},
		{"5", "what no invoice charges was always there", "normalize/evidence.go", "t.origin = later(start, d.absent(t))", "t.origin = start", cases},
		{"5", "what landed after the seal is read", "warehouse/customers.go", "WHERE source = {source:String} AND run <= {sealed:UInt64} AND `+where+`", "WHERE source = {source:String} AND (1 OR run <= {sealed:UInt64}) AND `+where+`", "warehouse:TestSealHidesWhatLandedLater"},
		{"5", "a day is final when one source has covered it", "warehouse/publish.go", "if i == 0 || s.Covered < info.FinalThrough {", "if i == 0 || s.Covered > info.FinalThrough {", pipeline + "TestOneSourceFails"},
		{"5", "a source is covered until its pull has ended", "internal/pipeline/pull.go", "r.w.Seal(ctx, r.id, s.Name, covered, account)", "r.w.Seal(ctx, r.id, s.Name, r.o.Now(), account)", pipeline + "TestCoveredSinceItBegan"},
	}
}

func standing() []mutant {
	return []mutant{
		{"6", "periods of closed days are derived again", "warehouse/closed.go", "p.From = max(p.From, l.open())", "p.From = max(p.From, l.open()-10)", "warehouse:TestClosedMonthsDoNotMove"},
		{"6", "closed days of who was derived again are dropped", "warehouse/closed.go", "return \"(\" + l.isCarried() + \" OR valid_from < {open:Date})\"", "return \"(\" + l.isCarried() + \" OR 0 AND valid_from < {open:Date})\"", "warehouse:TestClosedMonthsDoNotMove"},
		{"6", "new rates restate closed days", "warehouse/closed.go", "where := \"load_id = {stored:UInt64} AND date < {open:Date}\"", "where := \"load_id = {stored:UInt64} AND 0 AND date < {open:Date}\"", "warehouse:TestClosedMonthsDoNotMove"},
		{"6", "what is told late does not say that it is a restatement", "normalize/closed.go", "if m.Date == from {", "if false {", "normalize:TestRetypeAtTheSeam"},
		{"6", "the first open day is typed against what was derived", "warehouse/closed.go", "GROUP BY `+keys+` HAVING changed != moved", "GROUP BY `+keys+` HAVING 0 AND changed != moved", "warehouse:TestTheFirstOpenDay"},
	}
}

func hiding() []mutant {
	return []mutant{
		{"7", "a key that the provider repeats is printed", "connectors/transport.go", "clean := t.redact.Replace(string(body))", "clean := string(body)", "connectors:TestTransportConcealsSecretsInAnswers"},
		{"7", "a key in a failed request's answer is printed", "connectors/transport.go", "e.Answer = excerpt(t.redact.Replace(string(body[:min(len(body), 4096)])))", "e.Answer = excerpt(string(body[:min(len(body), 4096)]))", "connectors:TestTransportGivesUp"},
		{"7", "a key in an address is printed", "connectors/transport.go", "URL:      t.redact.Replace(req.URL.Scheme + \"://\" + req.URL.Host + req.URL.Path),", "URL:      req.URL.Scheme + \"://\" + req.URL.Host + req.URL.Path,", "connectors:TestTransportGivesUp"},
		{"7", "a secret prints itself with %d", "config/secret.go", "func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }", "func (s Secret) Format(f fmt.State, _ rune) { v, _ := s.Value(); _, _ = io.WriteString(f, v) }", "config:TestSecretNeverPrints"},
		{"7", "names land as they come", "connectors/privacy.go", "\tdefault:\n\t\treturn \"\", false\n", "\tdefault:\n\t\treturn value, true\n", "connectors:TestPrivacy"},
		{"7", "streets land", "connectors/rawjson/scrub.go", "s.out = append(append(append(s.out, `{\"country\":`...), country...), '}')", "s.out = append(s.out, raw...)", "connectors/rawjson:TestScrub"},
		{"7", "an erasure leaves the metadata", "connectors/rawjson/strip.go", "plain, err := unquoted(name); err == nil && s.Own(\"metadata.\"+plain)", "plain, err := unquoted(name); err == nil && (s.Own(\"metadata.\"+plain) || true)", "connectors/rawjson:TestStrip"},
		{"7", "an erasure leaves the names", "connectors/rawjson/strip.go", "\tcase Email, Name:\n", "\tcase Email, Name:\n\t\tif true {\n\t\t\treturn raw, true, nil\n\t\t}\n", "connectors/rawjson:TestStrip"},
		{"7", "sums by segment tell the erased value", "warehouse/erase.go", "if err := m.sums(ctx, e); err != nil {", "if err := ctx.Err(); err != nil {", "warehouse:TestErasedSegments"},
		{"7", "what is sent again of an erased customer lands", "internal/pipeline/erase.go", "o.Payload, _ = eraser.Erase(*o, e.Kept)", "_, _ = eraser.Erase(*o, e.Kept)", pipeline + "TestErasedStaysErased"},
		{"7", "a reader may call any function", "internal/serve/policy.go", "\tcase known:\n\t\treturn p.denied", "\tcase known && t.text == \"file\":\n\t\treturn p.denied", "internal/serve:TestAttempts"},
	}
}

func valuing() []mutant {
	return []mutant{
		{"MRR", "rounded down", "normalize/value.go", "\tscaled.Add(scaled, r.Denom())\n", "", cases},
		{"MRR", "rounded twice", "normalize/discount.go", "it.left = new(big.Rat).Mul(it.left, it.factor)", "it.left = new(big.Rat).Mul(round(it.left).Rat(), it.factor)", cases},
		{"MRR", "a range holds its end", "normalize/listing.go", "(until.IsZero() || t.Before(until))", "(until.IsZero() || !t.After(until))", cases},
		{"MRR", "a contract ends before its last day", "connectors/contracts/row.go", "until = last + 1", "until = last", "connectors/contracts:TestCases"},
		{"MRR", "days are those of Greenwich", "normalize/entity.go", "billing.DateOf(t, dv.settings.Zone)", "billing.DateOf(t, time.UTC)", cases},
		{"MRR", "a trial counts", "normalize/status.go", "if terms.TrialEnd.IsZero() || t.Before(terms.TrialEnd) {\n\t\treturn out(causeTrial)", "if terms.TrialEnd.IsZero() || t.Before(terms.TrialEnd) {\n\t\treturn standing{}", cases},
		{"MRR", "an item's own trial counts", "normalize/derive.go", "if !instant.After(it.trialEnd) {", "if instant.IsZero() {", cases},
		{"MRR", "a trial is converted by its end alone", "normalize/status.go", "\tif d.converted(terms.TrialEnd, \"\") {\n\t\treturn standing{}\n\t}\n\treturn standing{scheduled: true}", "\treturn standing{}", cases},
		{"MRR", "one-time charges count", "normalize/derive.go", "if it.item.Price.Usage == billing.OneTime {", "if false {", cases},
		{"MRR", "unpaid subscriptions count", "normalize/status.go", "\tcase billing.StatusUnpaid:\n\t\treturn out(causeUnpaid)", "\tcase billing.StatusUnpaid:\n\t\treturn standing{}", cases},
		{"MRR", "paused subscriptions count", "normalize/status.go", "\tif rule == PauseExclude {\n", "\tif rule != PauseExclude {\n", cases},
		{"MRR", "MRR ends when the cancellation is asked for", "normalize/status.go", "!t.Before(sub.Requested) && d.policy.ChurnAt == ChurnScheduled {", "!t.Before(sub.Requested) {", cases},
		{"MRR", "the interval's count is forgotten", "normalize/value.go", "return factor.Quo(factor, big.NewRat(in.Count, 1)), nil", "return factor, nil", cases},
		{"MRR", "graduated tiers price the whole quantity", "normalize/value.go", "if p.Model == billing.Graduated {", "if p.Model == 0 {", cases},
		{"MRR", "a started package is free", "normalize/value.go", "big.NewRat(p.PackageSize, 1)), true)", "big.NewRat(p.PackageSize, 1)), false)", cases},
		{"MRR", "discounts of a subscription apply in any order", "normalize/discount.go", "\tfor _, d := range shared {\n\t\tif no := usable(d, sub); no != nil {\n\t\t\treject(d, no)\n\t\t\tfor i", "\tfor _, d := range slices.Backward(shared) {\n\t\tif no := usable(d, sub); no != nil {\n\t\t\treject(d, no)\n\t\t\tfor i", cases},
		{"MRR", "an amount off falls on every item alike", "normalize/discount.go", "share := new(big.Rat).Quo(it.left, total)", "share := big.NewRat(1, int64(len(on)))", cases},
		{"MRR", "an amount off falls on yearly items too", "normalize/discount.go", "case d.Amount.IsPositive() && it.factor.Cmp(shortest) != 0:", "case d.Amount.IsNegative() && it.factor.Cmp(shortest) != 0:", cases},
		{"MRR", "discounts go below zero", "normalize/discount.go", "\tif left.Sign() < 0 {\n\t\tleft.SetInt64(0)\n\t}\n", "", cases},
		{"MRR", "a customer's discount adds to the subscription's", "normalize/timeline.go", "\tif len(own) > 0 {\n\t\treturn lasting(own)\n\t}", "\tif len(own) > 1000 {\n\t\treturn lasting(own)\n\t}", cases},
		{"MRR", "taxes count", "normalize/value.go", "left := new(big.Rat).Quo(amount, gross)", "left := new(big.Rat).Set(amount)", cases},
		{"MRR", "a tax that is not known is none", "normalize/value.go", "if item.Price.Tax == billing.TaxInclusive {", "if false {", cases},
		{"MRR", "usage counts", "normalize/value.go", "if item.Price.Usage == billing.Metered {\n\t\treturn p.committed", "if false {\n\t\treturn p.committed", cases},
		{"MRR", "yen have cents", "connectors/stripe/money.go", "return 0, true", "return 2, true", "connectors/stripe:TestCases"},
		{"MRR", "a rate of tomorrow values today", "warehouse/fx.go", "return all[i].Date > day })", "return all[i].Date > day+1 })", "warehouse:TestRates"},
	}
}

func moving() []mutant {
	return []mutant{
		{"MRR", "who comes back is new", "normalize/movement.go", "case !had && has && !u.ever:", "case !had && has:", cases},
		{"MRR", "growth is contraction", "normalize/movement.go", "if d.IsNegative() {", "if d.IsPositive() {", cases},
		{"MRR", "a swap at one price is no movement", "normalize/movement.go", "if !c.from.Equal(c.to) || c.movesPlan() {", "if !c.from.Equal(c.to) {", cases},
		{"MRR", "each currency comes and goes by itself", "normalize/movement.go", "had := len(u.mrr) > 0", "had := len(u.mrr) > 1", cases},
		{"MRR", "what is only hoped for has moved", "normalize/derive.go", "if s == nil || s.scheduled {\n", "if s == nil {\n", cases},
		{"MRR", "a draft was invoiced", "normalize/invoice.go", "inv.Status == billing.InvoiceDraft || inv.Status == billing.InvoiceVoid", "inv.Status == billing.InvoiceVoid", cases},
		{"MRR", "a draft hides the changes that it charges", "connectors/stripe/invoice.go", `draft := w.Status == "draft"`, `draft := w.Status == "drafted"`, drafts},
		{"MRR", "a draft is evidence of what it charges", "connectors/stripe/invoice.go", "if g.draft && k.kind != billing.Stopped && k.kind != billing.Began {", "if g.draft && k.kind == billing.Voided {", drafts},
		{"MRR", "a proration is committed", "normalize/invoice.go", "\tcase l.Proration:\n", "\tcase l.Proration && l.Trial:\n", cases},
		{"MRR", "tax is part of a line", "normalize/invoice.go", "\tif !l.Taxes.IsZero() {\n", "\tif l.Taxes.IsNegative() {\n", cases},
	}
}
