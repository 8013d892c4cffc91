-- One large team and many small ones. $invoices and $teams are filled in, $web and $order are metadata pairs.
-- Rows are alike in what they say of their number `i`, and spread by products of it.
CREATE TEMPORARY TABLE team_sizes AS
    WITH RECURSIVE teams (t) AS (SELECT 0 UNION ALL SELECT t + 1 FROM teams WHERE t < $teams)
    SELECT t, unhex(printf('%032x', t)) AS team, iif(t = 0, $invoices, 10) AS n FROM teams;
CREATE TEMPORARY TABLE numbers (i INTEGER PRIMARY KEY);
INSERT INTO numbers
    WITH RECURSIVE all_of_them (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM all_of_them WHERE i < $invoices)
    SELECT i FROM all_of_them;

INSERT INTO clients
SELECT team, unhex(printf('%016x%016x', t, i)), 1, unhex(printf('%032x', i)), 0, printf('customer %06d', i),
    printf('customer %06d', i), i % 20 = 0, 1577836800000 + i * 1000
FROM team_sizes JOIN numbers ON i <= max(10, n / 100);

INSERT INTO items
SELECT team, unhex(printf('%016x%016x', t, i)), 1, unhex(printf('%032x', i)), 0, 'A-' || i,
    printf('customer %06d', i), printf('customer %06d', i), i % 20 = 0, 1577836800000 + i * 1000
FROM team_sizes JOIN numbers ON i <= max(5, n / 200);

INSERT INTO documents (team, kind, id, version, commit_id, ordinal, subtype, status, payment_state, client,
    number, series, period, seq, issue_date, due_date, currency, payable, due, live, written_off,
    customer_name, customer_key, customer_sort, overdue_noted, created_at, updated_at)
SELECT team, 'invoice', unhex(printf('%016x%016x', t, i)), 1, unhex(printf('%032x', i)), 0,
    iif(h % 50 = 0, 'advance', 'standard'), status,
    CASE WHEN status IN ('draft', 'void', 'credited') THEN 'nothing_due'
        WHEN status IN ('issued', 'sent', 'uncollectible') THEN 'unpaid' ELSE status END,
    unhex(printf('%016x%016x', t, client)),
    iif(numbered, printf('INV-%08d', i), NULL), iif(numbered, team, NULL), iif(numbered, 'all', NULL),
    iif(numbered, i, NULL), iif(numbered, date('2020-01-01', (i * 2000 / n) || ' days'), NULL),
    iif(numbered AND h % 20 <> 1, date('2020-01-31', (i * 2000 / n) || ' days'), NULL),
    CASE WHEN h % 100 < 80 THEN 'EUR' WHEN h % 100 < 95 THEN 'CHF' ELSE 'USD' END,
    amount, iif(status IN ('issued', 'sent', 'partially_paid', 'uncollectible'), amount + 1, 0),
    status NOT IN ('draft', 'void'), 0, printf('Customer %06d', client), printf('customer %06d', client),
    printf('customer %06d', client), h % 2 = 0, 1577836800000 + i * 1000, 1577836800000 + i * 1000
FROM (
    SELECT *, status <> 'draft' AS numbered,
        iif(i * 2246822519 / 8192 % 10 = 0, 1, 1 + i * 3266489917 / 4096 % max(10, n / 100)) AS client,
        i * 2654435761 / 2048 % 1000000 AS amount, i * 668265263 / 1024 % 10007 AS h
    FROM (
        SELECT *, CASE WHEN s < 40 THEN 'sent' WHEN s < 60 THEN 'issued' WHEN s < 75 THEN 'partially_paid'
            WHEN s < 85 THEN 'draft' WHEN s < 90 THEN 'void' WHEN s < 95 THEN 'credited'
            WHEN s < 98 THEN 'uncollectible' WHEN s < 100 THEN 'overpaid' ELSE 'paid' END AS status
        FROM (SELECT *, i * 374761393 / 16384 % 1000 AS s FROM team_sizes JOIN numbers ON i <= n)
    )
);

INSERT INTO documents (team, kind, id, version, commit_id, ordinal, status, client, invoice, number, series, period,
    seq, issue_date, currency, payable, due, live, written_off, customer_key, customer_sort, overdue_noted,
    created_at, updated_at)
SELECT team, 'credit_note', id, 1, commit_id, 0, 'issued', client, id, 'CN' || number, id, 'all', seq, issue_date,
    currency, payable, 0, 1, 0, customer_key, customer_sort, 0, created_at, updated_at
FROM documents WHERE kind = 'invoice' AND seq % 50 = 0;

INSERT INTO documents (team, kind, id, version, commit_id, ordinal, subtype, status, client, number, series, period,
    seq, issue_date, last_day, currency, payable, due, live, written_off, customer_key, customer_sort,
    overdue_noted, created_at, updated_at)
SELECT team, 'quote', id, 1, commit_id, 0, iif(seq % 200 = 0, 'pro_forma', 'quote'),
    CASE seq / 20 % 3 WHEN 0 THEN 'sent' WHEN 1 THEN 'accepted' ELSE 'expired' END, client, 'Q' || number, client,
    'quotes', seq, issue_date, date(issue_date, '14 days'), currency, payable, 0, 1, 0, customer_key,
    customer_sort, 0, created_at, updated_at
FROM documents WHERE kind = 'invoice' AND seq % 20 = 0;

INSERT INTO payments
SELECT team, id, 1, commit_id, 0, client, issue_date, currency, payable, seq % 40 = 0,
    iif(seq % 4 = 0, 'ref ' || seq, NULL), 0, NULL, created_at
FROM documents WHERE kind = 'invoice' AND seq % 2 = 0;
INSERT INTO allocations (team, payment, invoice, created_at) SELECT team, id, id, created_at FROM payments;

INSERT INTO metadata
SELECT team, 'invoice', id, iif(seq = 77, $order, randomblob(16)), created_at
FROM documents WHERE kind = 'invoice' AND seq IS NOT NULL;
INSERT INTO metadata
SELECT team, 'invoice', id, $web, created_at FROM documents WHERE kind = 'invoice' AND seq % 2 = 0;
INSERT INTO metadata SELECT team, 'client', id, $web, created_at FROM clients;
