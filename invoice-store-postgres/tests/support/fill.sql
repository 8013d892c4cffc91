-- One large team and many small ones. $invoices and $teams are filled in; rows are alike in what they say of
-- their number `i`, and spread by its hash `h`.
CREATE TEMPORARY TABLE team_sizes AS
    SELECT t, lpad(to_hex(t), 32, '0')::uuid AS team, CASE t WHEN 0 THEN $invoices ELSE 10 END AS n
    FROM generate_series(0, $teams) t;

CREATE FUNCTION pg_temp.id(t integer, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(t), 16, '0') || lpad(to_hex(i), 16, '0'))::uuid $$;
CREATE FUNCTION pg_temp.hash(i integer, salt integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
    $$ SELECT hashint4(i # salt) & 2147483647 $$;
CREATE FUNCTION pg_temp.made(i bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
    $$ SELECT to_timestamp(1577836800 + i) $$;
CREATE FUNCTION pg_temp.pair(key text, value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
    $$ SELECT substr(sha256(convert_to(key, 'UTF8') || '\x00'::bytea || convert_to(value, 'UTF8')), 1, 16) $$;

INSERT INTO {s}.clients
SELECT team, pg_temp.id(t, i), 1, pg_temp.id(t, i), 0, 'customer ' || lpad(i::text, 6, '0'),
    'customer ' || lpad(i::text, 6, '0'), i % 20 = 0, pg_temp.made(i)
FROM team_sizes, generate_series(1, greatest(10, n / 100)) i;

INSERT INTO {s}.items
SELECT team, pg_temp.id(t, i), 1, pg_temp.id(t, i), 0, 'A-' || i, 'customer ' || lpad(i::text, 6, '0'),
    'customer ' || lpad(i::text, 6, '0'), i % 20 = 0, pg_temp.made(i)
FROM team_sizes, generate_series(1, greatest(5, n / 200)) i;

INSERT INTO {s}.documents (team, kind, id, version, commit_id, ordinal, subtype, status, payment_state, client,
    number, series, period, seq, issue_date, due_date, currency, payable, due, live, written_off,
    customer_name, customer_key, customer_sort, overdue_noted, created_at, updated_at)
SELECT team, 'invoice', pg_temp.id(t, i), 1, pg_temp.id(t, i), 0,
    CASE WHEN h % 50 = 0 THEN 'advance' ELSE 'standard' END, status,
    CASE WHEN status IN ('draft', 'void', 'credited') THEN 'nothing_due'
        WHEN status IN ('issued', 'sent', 'uncollectible') THEN 'unpaid' ELSE status END,
    pg_temp.id(t, client),
    CASE WHEN status <> 'draft' THEN 'INV-' || lpad(i::text, 8, '0') END,
    CASE WHEN status <> 'draft' THEN pg_temp.id(t, 1) END,
    CASE WHEN status <> 'draft' THEN 'all' END,
    CASE WHEN status <> 'draft' THEN i END,
    CASE WHEN status <> 'draft' THEN day END,
    CASE WHEN status <> 'draft' AND h % 20 <> 1 THEN day + 30 END,
    CASE WHEN h % 100 < 80 THEN 'EUR' WHEN h % 100 < 95 THEN 'CHF' ELSE 'USD' END,
    amount, CASE WHEN open THEN amount + 1 ELSE 0 END,
    status NOT IN ('draft', 'void'), h % 100 = 3,
    'Customer ' || lpad(client::text, 6, '0'), 'customer ' || lpad(client::text, 6, '0'),
    'customer ' || lpad(client::text, 6, '0'), h % 2 = 0, pg_temp.made(i), pg_temp.made(i)
FROM (
    SELECT *, status IN ('issued', 'sent', 'partially_paid', 'uncollectible') AS open,
        CASE WHEN pg_temp.hash(i, 1) % 10 = 0 THEN 1 ELSE 1 + pg_temp.hash(i, 2) % greatest(10, n / 100) END
            AS client,
        pg_temp.hash(i, 3) % 1000000 AS amount,
        date '2020-01-01' + (i::bigint * 2000 / n)::integer AS day
    FROM (
        SELECT t, team, n, i, h, (ARRAY['sent', 'issued', 'partially_paid', 'draft', 'void', 'credited',
            'uncollectible', 'overpaid', 'paid'])[width_bucket(pg_temp.hash(i, 4) % 1000,
            ARRAY[0, 40, 60, 75, 85, 90, 95, 98, 100])] AS status
        FROM team_sizes, generate_series(1, n) i, LATERAL (SELECT pg_temp.hash(i, 5) AS h) hash
    ) row
) row;

INSERT INTO {s}.documents (team, kind, id, version, commit_id, ordinal, status, client, invoice, number, series,
    period, seq, issue_date, currency, payable, due, live, written_off, customer_key, customer_sort,
    overdue_noted, created_at, updated_at)
SELECT d.team, 'credit_note', d.id, 1, d.commit_id, 0, CASE WHEN draft THEN 'draft' ELSE 'issued' END,
    d.client, d.id, CASE WHEN NOT draft THEN 'CN' || d.number END, CASE WHEN NOT draft THEN pg_temp.id(0, 2) END,
    CASE WHEN NOT draft THEN 'all' END, CASE WHEN NOT draft THEN d.seq END,
    CASE WHEN NOT draft THEN d.issue_date END, d.currency, d.payable, 0, NOT draft, false, d.customer_key,
    d.customer_sort, false, d.created_at, d.updated_at
FROM {s}.documents d, LATERAL (SELECT d.seq % 100 = 0 AS draft) of
WHERE d.kind = 'invoice' AND d.seq % 50 = 0;

INSERT INTO {s}.documents (team, kind, id, version, commit_id, ordinal, subtype, status, client, number, series,
    period, seq, issue_date, last_day, currency, payable, due, live, written_off, customer_key, customer_sort,
    overdue_noted, created_at, updated_at)
SELECT d.team, 'quote', d.id, 1, d.commit_id, 0, CASE WHEN d.seq % 200 = 0 THEN 'pro_forma' ELSE 'quote' END,
    (ARRAY['sent', 'issued', 'accepted', 'declined', 'expired', 'converted'])[1 + d.seq / 20 % 6],
    d.client, 'Q' || d.number, pg_temp.id(0, 3), 'all', d.seq, d.issue_date, d.issue_date + 14, d.currency,
    d.payable, 0, true, false, d.customer_key, d.customer_sort, false, d.created_at, d.updated_at
FROM {s}.documents d WHERE d.kind = 'invoice' AND d.seq % 20 = 0;

INSERT INTO {s}.payments
SELECT team, id, 1, commit_id, 0, client, issue_date, currency, payable, CASE WHEN seq % 40 = 0 THEN 1 ELSE 0 END,
    CASE WHEN seq % 4 = 0 THEN 'ref ' || seq END, false, NULL, created_at
FROM {s}.documents WHERE kind = 'invoice' AND seq % 2 = 0;

INSERT INTO {s}.allocations (team, payment, invoice, created_at)
SELECT team, id, id, created_at FROM {s}.payments;

INSERT INTO {s}.metadata
SELECT team, 'invoice', id, pg_temp.pair('order', seq::text), created_at
FROM {s}.documents WHERE kind = 'invoice' AND seq IS NOT NULL;
INSERT INTO {s}.metadata
SELECT team, 'invoice', id, pg_temp.pair('source', 'web'), created_at
FROM {s}.documents WHERE kind = 'invoice' AND seq % 2 = 0;
INSERT INTO {s}.metadata
SELECT team, 'client', id, pg_temp.pair('source', 'web'), created_at FROM {s}.clients;
