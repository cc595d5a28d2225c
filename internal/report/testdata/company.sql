-- A company of four accounts, two currencies and two sources, published through
-- 2026-03-10. STORE stands for the database of the tables.
INSERT INTO STORE.movements (load_id, date, source, customer_id, account_id, subscription_id, item_id, plan_id, currency, movement, amount, amount_reporting, reason, segments) VALUES
(1, '2026-01-05', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'new', 1250, 1250, 'new', map('csm', 'ada')),
(1, '2026-01-20', 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'basic', 'EUR', 'new', 83.3333, 90, 'new', map()),
(1, '2026-02-03', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'expansion', -1250, -1250, 'plan', map('csm', 'ada')),
(1, '2026-02-03', 'main', 'cus_a', 'acme', 'sub_a', 'si_a2', 'pro', 'USD', 'expansion', 1600, 1600, 'plan', map('csm', 'ada')),
(1, '2026-02-10', 'main', 'cus_c', 'core', 'sub_c', 'si_c', 'pro', 'USD', 'new', 400, 400, 'new', map()),
(1, '2026-02-20', 'main', 'cus_c', 'core', 'sub_c', 'si_c', 'pro', 'USD', 'churn', -400, -400, 'cancel', map()),
(1, '2026-03-01', 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'basic', 'EUR', 'expansion', -83.3333, -91, 'transfer', map()),
(1, '2026-03-01', 'emea', 'B-1', 'bolt', 'S1', 'I1', 'basic', 'EUR', 'expansion', 83.3333, 91, 'transfer', map()),
(1, '2026-03-02', 'main', 'cus_a', 'acme', 'sub_a', 'si_a2', 'pro', 'USD', 'contraction', -100.5, -100.5, 'quantity', map('csm', 'zoe')),
(1, '2026-03-04', 'main', 'cus_c', 'core', 'sub_c2', 'si_c2', 'basic', 'USD', 'reactivation', 75, 75, 'resume', map('csm', 'bo'));
INSERT INTO STORE.periods (load_id, source, customer_id, account_id, subscription_id, item_id, plan_id, plan_name, currency, valid_from, valid_to, quantity, mrr, segments) VALUES
(1, 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'Basic', 'USD', '2026-01-05', '2026-02-03', 1, 1250, map('csm', 'ada')),
(1, 'main', 'cus_a', 'acme', 'sub_a', 'si_a2', 'pro', 'Pro', 'USD', '2026-02-03', '2026-03-02', 1, 1600, map('csm', 'ada')),
(1, 'main', 'cus_a', 'acme', 'sub_a', 'si_a2', 'pro', 'Pro', 'USD', '2026-03-02', '2149-06-06', 1, 1499.5, map('csm', 'zoe')),
(1, 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'basic', 'Basic', 'EUR', '2026-01-20', '2026-03-01', 1, 83.3333, map()),
(1, 'emea', 'B-1', 'bolt', 'S1', 'I1', 'basic', 'Basic', 'EUR', '2026-03-01', '2149-06-06', 1, 83.3333, map()),
(1, 'main', 'cus_c', 'core', 'sub_c', 'si_c', 'pro', 'Pro', 'USD', '2026-02-10', '2026-02-20', 1, 400, map()),
(1, 'main', 'cus_c', 'core', 'sub_c2', 'si_c2', 'basic', 'Basic', 'USD', '2026-03-04', '2149-06-06', 1, 75, map('csm', 'bo'));
INSERT INTO STORE.daily (load_id, source, customer_id, account_id, subscription_id, item_id, plan_id, plan_name, currency, date, quantity, mrr, mrr_reporting, segments)
SELECT load_id, source, customer_id, account_id, subscription_id, item_id, plan_id, plan_name, currency,
    toDate(arrayJoin(range(toUInt32(valid_from), toUInt32(least(valid_to, toDate('2026-03-11')))))) AS day, quantity, mrr,
    toDecimal64(round(mrr * multiIf(currency = 'USD', toDecimal64('1', 4), day < '2026-02-01', toDecimal64('1.08', 4), toDecimal64('1.1', 4)), 4), 4), segments
FROM STORE.periods;
INSERT INTO STORE.customers (load_id, source, customer_id, account_id, name, created_at, first_mrr_date) VALUES
(1, 'main', 'cus_a', 'acme', '=Acme <script>alert(1)</script> & "Söhne"', '2026-01-01', '2026-01-05'),
(1, 'main', 'cus_b', 'bolt', '', '2026-01-01', '2026-01-20'),
(1, 'emea', 'B-1', 'bolt', '富士ボルト\x1B[31m\xE2\x80\xAEgnp', '2026-03-01', '2026-01-20'),
(1, 'main', 'cus_c', 'core', 'A company with a name so long that no terminal and no chart has room for all of it', '2026-02-01', '2026-02-10');
INSERT INTO STORE.invoice_lines (load_id, source, invoice_id, line_id, customer_id, account_id, subscription_id, plan_id, issued_at, period_start, period_end, currency, amount, treatment) VALUES
(1, 'main', 'in_1', 'il_1', 'cus_a', 'acme', 'sub_a', 'basic', '2026-01-05', '2026-01-05', '2026-02-05', 'USD', 1250, 'committed'),
(1, 'main', 'in_1', 'il_1', 'cus_a', 'acme', 'sub_a', 'basic', '2026-01-05', '2026-01-05', '2026-02-05', 'USD', -50, 'discount'),
(1, 'main', 'in_1', 'il_1', 'cus_a', 'acme', 'sub_a', 'basic', '2026-01-05', '2026-01-05', '2026-02-05', 'USD', 228, 'tax'),
(1, 'main', 'in_1', 'il_2', 'cus_a', 'acme', 'sub_a', 'setup', '2026-01-05', '2026-01-05', '2026-01-05', 'USD', 300, 'one_time'),
(1, 'main', 'in_2', 'il_3', 'cus_a', 'acme', 'sub_a', 'calls', '2026-02-05', '2026-01-05', '2026-02-05', 'USD', 100, 'committed_usage'),
(1, 'main', 'in_2', 'il_3', 'cus_a', 'acme', 'sub_a', 'calls', '2026-02-05', '2026-01-05', '2026-02-05', 'USD', 41.25, 'uncommitted_usage'),
(1, 'main', 'in_2', '', 'cus_a', 'acme', '', '', '2026-02-05', '2026-02-05', '2026-02-05', 'USD', -41.25, 'credit'),
(1, 'emea', 'E-1', 'L1', 'B-1', 'bolt', 'S1', 'basic', '2026-03-01', '2026-03-01', '2027-03-01', 'EUR', 1000, 'committed'),
(1, 'emea', 'C-1', 'L1', 'B-1', 'bolt', 'S1', 'basic', '2026-03-09', '2026-03-01', '2027-03-01', 'EUR', -100, 'proration');
INSERT INTO STORE.rates (load_id, currency, date, rate) SELECT 1, 'USD', toDate('2026-01-05') + number, 1 FROM numbers(65);
INSERT INTO STORE.rates (load_id, currency, date, rate) SELECT 1, 'EUR', toDate('2026-01-20') + number AS day, if(day < '2026-02-15', 1.08, 1.092) FROM numbers(50);
INSERT INTO STORE.manifest (load_id, table, bucket, part_load, through, final_through, first_date, reporting_currency) VALUES
(1, '', 0, 0, '2026-03-10', '2026-03-10', '2026-01-05', 'USD'),
(1, 'movements', 0, 1, 0, 0, 0, ''), (1, 'rates', 0, 1, 0, 0, 0, ''), (1, 'periods', 0, 1, 0, 0, 0, ''), (1, 'customers', 0, 1, 0, 0, 0, ''),
(1, 'daily', 202601, 1, 0, 0, 0, ''), (1, 'daily', 202602, 1, 0, 0, 0, ''), (1, 'daily', 202603, 1, 0, 0, 0, ''),
(1, 'invoice_lines', 202601, 1, 0, 0, 0, ''), (1, 'invoice_lines', 202602, 1, 0, 0, 0, ''), (1, 'invoice_lines', 202603, 1, 0, 0, 0, '');
INSERT INTO STORE.restatements (load_id, account_id, currency, valid_from, valid_to, mrr_before, mrr_after, reason, evidence) VALUES
(1, 'acme', 'USD', '2026-02-10', '2026-03-01', 1400, 1500, 'late_evidence', 'event, invoice'),
(1, 'bolt', 'EUR', '2026-03-01', '2026-03-10', 0, 83.3333, 'identity+policy', ''),
(2, 'acme', 'USD', '2026-02-10', '2026-03-01', 1500, 0, 'derivation', '');
