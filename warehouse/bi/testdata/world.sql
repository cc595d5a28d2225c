-- A small company in three currencies and two sources, published as load 3: it has
-- each kind of movement, and something in every view. STORE is the database of the
-- tables.
INSERT INTO STORE.periods (load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, valid_from, valid_to, quantity, mrr, scheduled, segments, evidence, object_kind, object_id, object_version, rule, refs) VALUES
    (3, 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'prod_basic', 'Basic', 'basic', 'Basic monthly', 'USD', '2026-01-15', '2026-02-10', 1, 50, false, map('csm', 'ada', 'tier', 'smb'), 1, 'subscription', 'sub_a', 1, 'rule', []),
    (3, 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'prod_pro', 'Pro', 'pro', 'Pro monthly', 'USD', '2026-02-10', '2149-06-06', 1, 80, false, map('csm', 'ada', 'tier', 'smb'), 1, 'subscription', 'sub_a', 2, 'rule', []),
    (3, 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'prod_pro', 'Pro', 'pro', 'Pro monthly', 'USD', '2026-02-03', '2026-03-15', 10, 100, false, map('csm', 'ada'), 1, 'subscription', 'sub_b', 1, 'rule', []),
    (3, 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'prod_pro', 'Pro', 'pro', 'Pro monthly', 'USD', '2026-03-15', '2149-06-06', 7, 70, false, map('csm', 'bo'), 1, 'subscription', 'sub_b', 2, 'rule', []),
    (3, 'main', 'cus_c', 'core', 'sub_c', 'si_c', 'prod_pro', 'Pro', 'pro', 'Pro monthly', 'USD', '2026-02-01', '2026-03-05', 5, 400, false, map('csm', 'bo', 'tier', 'mid-market'), 1, 'subscription', 'sub_c', 1, 'rule', []),
    (3, 'main', 'cus_c', 'core', 'sub_c2', 'si_c2', 'prod_pro', 'Pro', 'pro', 'Pro monthly', 'USD', '2026-04-01', '2149-06-06', 4, 300, false, map('csm', 'bo', 'tier', 'mid-market'), 1, 'subscription', 'sub_c2', 1, 'rule', []),
    (3, 'emea', '9001', 'delta', 'S1', 'I1', 'team', 'Team', 'team-EUR', '', 'EUR', '2026-02-05', '2149-06-06', 1, 120.5, false, map(), 1, 'subscription', 'S1', 1, 'rule', []),
    (3, 'emea', '9002', 'fuji', 'S2', 'I2', 'team', 'Team', 'team-JPY', '', 'JPY', '2026-03-03', '2149-06-06', 1, 12000, false, map('tier', 'smb'), 1, 'subscription', 'S2', 1, 'rule', []),
    (3, 'main', 'cus_g', 'gate', 'sub_g', 'si_g', 'prod_pro', 'Pro', 'pro', 'Pro monthly', 'USD', '2026-05-01', '2149-06-06', 1, 500, true, map(), 1, 'subscription', 'sub_g', 1, 'rule', []);

INSERT INTO STORE.movements (load_id, date, source, customer_id, account_id, subscription_id, item_id, product_id, plan_id, currency, movement, amount, amount_reporting, reason, scheduled, segments, object_kind, object_id, object_version) VALUES
    (3, '2026-01-15', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'prod_basic', 'basic', 'USD', 'new', 50, 50, 'new', false, map('csm', 'ada', 'tier', 'smb'), 'event', 'evt_1', 1),
    (3, '2026-02-01', 'main', 'cus_c', 'core', 'sub_c', 'si_c', 'prod_pro', 'pro', 'USD', 'new', 400, 400, 'new', false, map('csm', 'bo', 'tier', 'mid-market'), 'event', 'evt_2', 1),
    (3, '2026-02-03', 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'prod_pro', 'pro', 'USD', 'new', 100, 100, 'new', false, map('csm', 'ada'), 'event', 'evt_3', 1),
    (3, '2026-02-05', 'emea', '9001', 'delta', 'S1', 'I1', 'team', 'team-EUR', 'EUR', 'new', 120.5, 132.55, 'new', false, map(), 'event', 'ev_4', 1),
    (3, '2026-02-10', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'prod_basic', 'basic', 'USD', 'expansion', -50, -50, 'plan', false, map('csm', 'ada', 'tier', 'smb'), 'event', 'evt_5', 1),
    (3, '2026-02-10', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'prod_pro', 'pro', 'USD', 'expansion', 80, 80, 'plan', false, map('csm', 'ada', 'tier', 'smb'), 'event', 'evt_5', 1),
    (3, '2026-03-03', 'emea', '9002', 'fuji', 'S2', 'I2', 'team', 'team-JPY', 'JPY', 'new', 12000, 80.4, 'new', false, map('tier', 'smb'), 'event', 'ev_6', 1),
    (3, '2026-03-05', 'main', 'cus_c', 'core', 'sub_c', 'si_c', 'prod_pro', 'pro', 'USD', 'churn', -400, -400, 'cancel', false, map('csm', 'bo', 'tier', 'mid-market'), 'event', 'evt_7', 1),
    (3, '2026-03-15', 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'prod_pro', 'pro', 'USD', 'contraction', -30, -30, 'quantity', false, map('csm', 'bo'), 'event', 'evt_8', 1),
    (3, '2026-04-01', 'main', 'cus_c', 'core', 'sub_c2', 'si_c2', 'prod_pro', 'pro', 'USD', 'reactivation', 300, 300, 'new', false, map('csm', 'bo', 'tier', 'mid-market'), 'event', 'evt_9', 1),
    (3, '2026-05-01', 'main', 'cus_g', 'gate', 'sub_g', 'si_g', 'prod_pro', 'pro', 'USD', 'new', 500, 500, 'trial', true, map(), 'event', 'evt_10', 1);

INSERT INTO STORE.rates (load_id, currency, date, rate)
SELECT 3, tupleElement(r, 1), toDate('2026-01-15') + arrayJoin(range(86)), tupleElement(r, 2)
FROM (SELECT arrayJoin([('USD', toDecimal64(1, 10)), ('EUR', toDecimal64('1.1', 10)), ('JPY', toDecimal64('0.0067', 10))]) AS r);

INSERT INTO STORE.daily (load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency, date, quantity, mrr, mrr_reporting, segments)
SELECT
    load_id, source, customer_id, account_id, subscription_id, item_id, product_id, product_name, plan_id, plan_name, currency,
    valid_from + arrayJoin(range(toUInt32(least(valid_to, toDate('2026-04-11')) - valid_from))), quantity, mrr,
    round(mrr * transform(toString(currency), ['USD', 'EUR', 'JPY'], [toDecimal64(1, 4), toDecimal64('1.1', 4), toDecimal64('0.0067', 4)], toDecimal64(0, 4)), 4), segments
FROM STORE.periods
WHERE NOT scheduled;

INSERT INTO STORE.customers (load_id, source, customer_id, account_id, name, email, currency, country, created_at, deleted, first_mrr_date, segments) VALUES
    (3, 'main', 'cus_a', 'acme', 'Acme "<b>" & Söhne', '', 'USD', 'DE', '2026-01-01', false, '2026-01-15', map('csm', 'ada', 'tier', 'smb')),
    (3, 'main', 'cus_b', 'bolt', 'Bolt', '', 'USD', 'US', '2026-01-20', false, '2026-02-03', map('csm', 'bo')),
    (3, 'main', 'cus_c', 'core', 'Core', '', 'USD', 'US', '2026-01-20', false, '2026-02-01', map('csm', 'bo', 'tier', 'mid-market')),
    (3, 'emea', '9001', 'delta', 'Delta SA', '', 'EUR', 'FR', '2026-02-01', false, '2026-02-05', map()),
    (3, 'emea', '9002', 'fuji', '富士', '', 'JPY', 'JP', '2026-03-01', false, '2026-03-03', map('tier', 'smb'));

INSERT INTO STORE.subscriptions (load_id, source, customer_id, account_id, subscription_id, name, currency, status, start_date, end_date, cancel_date, trial_end, has_provider_mrr, provider_mrr, segments) VALUES
    (3, 'main', 'cus_a', 'acme', 'sub_a', 'Team', 'USD', 'active', '2026-01-10', '2149-06-06', '2149-06-06', '2026-01-15', false, 0, map('csm', 'ada')),
    (3, 'main', 'cus_c', 'core', 'sub_c', '', 'USD', 'canceled', '2026-02-01', '2026-03-05', '2149-06-06', '1970-01-01', false, 0, map()),
    (3, 'main', 'cus_c', 'core', 'sub_c2', '', 'USD', 'active', '2026-04-01', '2149-06-06', '2149-06-06', '1970-01-01', false, 0, map()),
    (3, 'emea', '9001', 'delta', 'S1', '', 'EUR', 'non_renewing', '2026-02-05', '2026-12-31', '2026-12-31', '1970-01-01', true, 118, map()),
    (3, 'emea', '9002', 'fuji', 'S2', '', 'JPY', 'active', '2026-03-03', '2149-06-06', '2149-06-06', '1970-01-01', true, 12000, map());

INSERT INTO STORE.invoice_lines (load_id, source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment, segments) VALUES
    (3, 'main', 'in_1', 'il_1', 'cus_a', 'acme', 'sub_a', 'basic', '2026-01-15', '2026-01-15', '2026-02-15', 'USD', 50, 'committed', map('csm', 'ada')),
    (3, 'main', 'in_1', 'il_1', 'cus_a', 'acme', 'sub_a', 'basic', '2026-01-15', '2026-01-15', '2026-02-15', 'USD', 9.5, 'tax', map('csm', 'ada')),
    (3, 'main', 'in_2', 'il_2', 'cus_c', 'core', 'sub_c', 'pro', '2026-02-01', '2026-02-01', '2026-03-01', 'USD', 400, 'committed', map('csm', 'bo')),
    (3, 'main', 'in_3', 'il_3', 'cus_b', 'bolt', 'sub_b', 'meter', '2026-03-01', '2026-02-01', '2026-03-01', 'USD', 40, 'committed_usage', map('csm', 'ada')),
    (3, 'main', 'in_3', 'il_3', 'cus_b', 'bolt', 'sub_b', 'meter', '2026-03-01', '2026-02-01', '2026-03-01', 'USD', 25.5, 'uncommitted_usage', map('csm', 'ada')),
    (3, 'emea', '71', '1', '9001', 'delta', 'S1', 'team-EUR', '2026-02-05', '2026-02-05', '2026-03-05', 'EUR', 120.5, 'committed', map());

INSERT INTO STORE.rejects (load_id, source, customer_id, kind, id, code, detail, object_kind, object_id, object_version, first_seen) VALUES
    (3, 'main', 'cus_x', 'item', 'si_x', 'tax_unknown', 'the price includes tax at a rate that is not known', 'subscription', 'sub_x', 5, '2026-04-01 02:00:00');

INSERT INTO STORE.runs (run, seq, verb, status, started_at, finished_at, through, load_id, policy_hash, exit_code, receipt, error) VALUES
    (7, 1, 'sync', 'running', '2026-04-11 02:00:00', '1970-01-01 00:00:00', '2026-04-10', 0, 'hash', 0, '', ''),
    (7, 2, 'sync', 'partial', '2026-04-11 02:00:00', '2026-04-11 02:00:09.5', '2026-04-10', 3, 'hash', 3, '{}', 'emea: 401');

INSERT INTO STORE.run_sources (run, source, seq, status, started_at, finished_at, requests, listed, landed, rejected, error) VALUES
    (7, 'main', 1, 'done', '2026-04-11 02:00:00', '2026-04-11 02:00:08', 10, 100, 12, 1, ''),
    (7, 'emea', 1, 'failed', '2026-04-11 02:00:00', '2026-04-11 02:00:02', 2, 0, 0, 0, '401: the key was refused');

INSERT INTO STORE.completeness (run, source, stream, seq, listed, landed, missing) VALUES
    (7, 'main', 'invoices', 1, 100, 99, 1), (7, 'main', 'invoices', 2, 100, 100, 0), (7, 'main', 'customers', 1, 8, 8, 0);

INSERT INTO STORE.completeness_slices (run, source, stream, slice, seq, listed, landed, missing) VALUES
    (7, 'main', 'invoices', '2026-02', 1, 60, 59, 1), (7, 'main', 'invoices', '2026-02', 2, 60, 60, 0), (7, 'main', 'invoices', '2026-03', 1, 40, 40, 0);

INSERT INTO STORE.field_fill (run, source, stream, kind, api_version, field, seq, objects, filled) VALUES
    (7, 'main', 'invoices', 'invoice', '2023-10-16', 'lines.data.period', 1, 120, 120), (7, 'main', 'invoices', 'invoice', '2023-10-16', 'tax', 1, 100, 12);

INSERT INTO STORE.restatements (load_id, account_id, currency, valid_from, valid_to, mrr_before, mrr_after, reason, evidence) VALUES
    (3, 'bolt', 'USD', '2026-02-03', '2026-02-21', 90, 100, 'late_evidence', 'event, invoice');

INSERT INTO STORE.closings (load_id, action, month, closed_after, closed_before, who, note, at) VALUES
    (3, 'close', '2026-01-01', '2026-01-31', '1970-01-01', 'ada', 'January is reported', '2026-04-11 02:00:09');

INSERT INTO STORE.manifest (load_id, table, bucket, part_load, run, base, published_at, through, final_through, first_date, reporting_currency, policy_hash, complete, seals, covered, derived, rows) VALUES
    (3, '', 0, 0, 7, 0, '2026-04-11 02:00:09', '2026-04-10', '2026-04-09', '2026-01-15', 'USD', 'hash', true, map('main', 7), map('main', '2026-04-10', 'emea', '2026-04-09'), 8, map('periods', 9));

INSERT INTO STORE.manifest (load_id, table, bucket, part_load)
SELECT 3, arrayJoin(['rates', 'periods', 'movements', 'customers', 'subscriptions', 'rejects']), 0, 3;

INSERT INTO STORE.manifest (load_id, table, bucket, part_load)
SELECT 3, arrayJoin(['daily', 'invoice_lines']), arrayJoin([202601, 202602, 202603, 202604]), 3;
