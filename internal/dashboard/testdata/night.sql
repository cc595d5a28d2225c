-- A night on which one of two sources failed, and what there is to look into. STORE stands for the database of the tables.
INSERT INTO STORE.runs (run, seq, verb, status, started_at, finished_at, through, load_id, exit_code, receipt, error) VALUES
(10, 1, 'sync', 'done', '2026-03-10 02:00:00', '2026-03-10 02:01:30', '2026-03-09', 1, 0, '{"sources":[{"source":"main","status":"done","listed":12,"new":3}]}', ''),
(11, 2, 'sync', 'partial', '2026-03-11 02:00:00', '2026-03-11 02:02:00', '2026-03-10', 1, 3, '{"sources":[{"source":"emea","status":"failed","error":"the site <b>answers</b> 503"}],"warnings":["one source failed"]}', '');
INSERT INTO STORE.run_sources (run, source, seq, status, started_at, finished_at, requests, listed, landed, rejected, error) VALUES
(10, 'main', 1, 'done', '2026-03-10 02:00:00', '2026-03-10 02:01:00', 4, 12, 3, 0, ''),
(10, 'emea', 2, 'done', '2026-03-10 02:00:00', '2026-03-10 02:01:00', 4, 12, 3, 0, ''),
(11, 'main', 3, 'done', '2026-03-11 02:00:00', '2026-03-11 02:01:00', 4, 12, 3, 1, ''),
(11, 'emea', 4, 'failed', '2026-03-11 02:00:00', '2026-03-11 02:02:00', 9, 0, 0, 0, 'the site <b>answers</b> 503');
INSERT INTO STORE.completeness (run, source, stream, seq, listed, landed, missing) VALUES (11, 'main', 'invoices', 1, 12, 12, 0), (10, 'emea', 'invoices', 1, 3, 3, 0);
INSERT INTO STORE.rejects (load_id, source, customer_id, kind, id, code, detail, object_kind, object_id, object_version, first_seen) VALUES
(1, 'main', 'cus_a', 'item', 'si_x', 'price_missing', 'the item''s price price_9 is <i>not</i> listed', 'subscription', 'sub_a', 7, '2026-03-10 02:01:00');
INSERT INTO STORE.manifest (load_id, table, bucket, part_load) VALUES (1, 'rejects', 0, 1);
INSERT INTO STORE.closings (at, action, month, closed_after, closed_before, who, note, load_id) VALUES ('2026-02-03 09:00:00', 'close', '2026-01-01', '2026-01-31', '1970-01-01', 'ada', 'reported', 1);
