-- One account that begins with 100 and grows by a tenth each month, published through the end of its fourth.
INSERT INTO STORE.movements (load_id, date, source, customer_id, account_id, subscription_id, item_id, plan_id, currency, movement, amount, amount_reporting, reason) VALUES
(1, '2026-01-01', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'new', 100, 100, 'new'),
(1, '2026-02-15', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'expansion', 10, 10, 'quantity'),
(1, '2026-03-15', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'expansion', 11, 11, 'quantity'),
(1, '2026-04-15', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'expansion', 12.1, 12.1, 'quantity'),
(1, '2026-06-10', 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'USD', 'churn', -133.1, -133.1, 'cancel'),
(1, '2026-05-20', 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'basic', 'USD', 'new', 40, 40, 'trial');
INSERT INTO STORE.periods (load_id, source, customer_id, account_id, subscription_id, item_id, plan_id, plan_name, currency, valid_from, valid_to, quantity, mrr, scheduled) VALUES
(1, 'main', 'cus_a', 'acme', 'sub_a', 'si_a', 'basic', 'Basic', 'USD', '2026-04-15', '2026-06-10', 1, 133.1, false),
(1, 'main', 'cus_b', 'bolt', 'sub_b', 'si_b', 'basic', 'Basic', 'USD', '2026-05-20', '2149-06-06', 1, 40, true);
INSERT INTO STORE.manifest (load_id, table, bucket, part_load, through, final_through, first_date, reporting_currency) VALUES
(1, '', 0, 0, '2026-04-30', '2026-04-30', '2026-01-01', 'USD'),
(1, 'movements', 0, 1, 0, 0, 0, ''), (1, 'periods', 0, 1, 0, 0, 0, '');
