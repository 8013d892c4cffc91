-- Billing. The team leads every primary key, unique index and foreign key. Identifiers are the 16 bytes of
-- a UUID, instants milliseconds since 1970 in UTC, dates texts such as 2026-03-01, amounts minor units.

CREATE TABLE commits (
    team BLOB NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    idempotency_key TEXT,
    fingerprint BLOB,
    CONSTRAINT commits_pkey PRIMARY KEY (team, id),
    CONSTRAINT commits_request CHECK ((idempotency_key IS NULL) = (fingerprint IS NULL)),
    CONSTRAINT commits_ids CHECK (length(team) = 16 AND length(id) = 16)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX commits_idempotency_key ON commits (team, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- Every version of every record, written once and never changed.
CREATE TABLE versions (
    team BLOB NOT NULL,
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    data TEXT NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (team, commit_id, ordinal)
) STRICT;

CREATE TABLE clients (
    team BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    archived INTEGER NOT NULL CHECK (archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    CONSTRAINT clients_pkey PRIMARY KEY (team, id)
) STRICT;
CREATE INDEX clients_created ON clients (team, created_at, id);
CREATE INDEX clients_archived ON clients (team, archived, created_at, id);
CREATE INDEX clients_name ON clients (team, name_sort, id);

CREATE TABLE items (
    team BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    code TEXT,
    name_key TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    archived INTEGER NOT NULL CHECK (archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    CONSTRAINT items_pkey PRIMARY KEY (team, id)
) STRICT;
CREATE UNIQUE INDEX items_code ON items (team, code) WHERE code IS NOT NULL;
CREATE INDEX items_created ON items (team, created_at, id);
CREATE INDEX items_archived ON items (team, archived, created_at, id);
CREATE INDEX items_name ON items (team, name_sort, id);

CREATE TABLE suppliers (
    team BLOB NOT NULL CHECK (length(team) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    CONSTRAINT suppliers_pkey PRIMARY KEY (team)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    team BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    document_type TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The name while the series is in use: an archived one gives it free.
    name_in_use TEXT,
    archived INTEGER NOT NULL CHECK (archived IN (0, 1)),
    created_at INTEGER NOT NULL,
    CONSTRAINT series_pkey PRIMARY KEY (team, id),
    CONSTRAINT series_in_use CHECK (name_in_use IS NULL OR NOT archived)
) STRICT;
CREATE UNIQUE INDEX series_name ON series (team, document_type, name_in_use) WHERE name_in_use IS NOT NULL;

CREATE TABLE counters (
    team BLOB NOT NULL,
    series BLOB NOT NULL,
    period TEXT NOT NULL,
    -- The series; NULL for the counter of imports, which is named after the team.
    numbered_by BLOB,
    next INTEGER NOT NULL CHECK (next >= 1),
    head BLOB NOT NULL CHECK (length(head) = 32),
    last_issue_date TEXT,
    CONSTRAINT counters_pkey PRIMARY KEY (team, series, period),
    CONSTRAINT counters_series FOREIGN KEY (team, numbered_by) REFERENCES series (team, id),
    CONSTRAINT counters_numbered_by CHECK (coalesce(numbered_by, team) = series)
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_numbers ON counters (team, numbered_by) WHERE numbered_by IS NOT NULL;

CREATE TABLE documents (
    team BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'quote')),
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    subtype TEXT,
    status TEXT NOT NULL,
    payment_state TEXT,
    client BLOB NOT NULL,
    invoice BLOB,
    invoice_kind TEXT GENERATED ALWAYS AS (CASE WHEN invoice IS NULL THEN NULL ELSE 'invoice' END) VIRTUAL,
    number TEXT,
    series BLOB,
    period TEXT,
    seq INTEGER CHECK (seq >= 1),
    issue_date TEXT,
    due_date TEXT,
    last_day TEXT,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    payable INTEGER NOT NULL,
    due INTEGER NOT NULL CHECK (due >= 0),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    written_off INTEGER NOT NULL CHECK (written_off IN (0, 1)),
    customer_name TEXT,
    customer_key TEXT NOT NULL,
    customer_sort TEXT NOT NULL,
    overdue_noted INTEGER NOT NULL CHECK (overdue_noted IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (team, kind, id),
    CONSTRAINT documents_client FOREIGN KEY (team, client) REFERENCES clients (team, id),
    CONSTRAINT documents_invoice FOREIGN KEY (team, invoice_kind, invoice) REFERENCES documents (team, kind, id),
    CONSTRAINT documents_issue CHECK (
        (number IS NULL) + (series IS NULL) + (period IS NULL) + (seq IS NULL) + (issue_date IS NULL) IN (0, 5)
    ),
    CONSTRAINT documents_draft CHECK (kind = 'credit_note' OR (status = 'draft') = (number IS NULL)),
    CONSTRAINT documents_live CHECK (NOT live OR number IS NOT NULL),
    CONSTRAINT documents_due CHECK (due = 0 OR kind = 'invoice'),
    CONSTRAINT documents_of_invoice CHECK ((kind = 'credit_note') = (invoice IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX documents_number ON documents (team, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX documents_place ON documents (team, series, period, seq) WHERE series IS NOT NULL;
CREATE INDEX documents_created ON documents (team, kind, created_at, id);
CREATE INDEX documents_of_client ON documents (team, client, kind, created_at, id);
CREATE INDEX invoices_issued ON documents (team, issue_date, id) WHERE kind = 'invoice' AND issue_date IS NOT NULL;
CREATE INDEX invoices_due ON documents (team, due_date, id) WHERE kind = 'invoice' AND due_date IS NOT NULL;
CREATE INDEX invoices_amount ON documents (team, currency, payable, id) WHERE kind = 'invoice';
CREATE INDEX invoices_customer ON documents (team, customer_sort, id) WHERE kind = 'invoice';
CREATE INDEX invoices_status ON documents (team, status, created_at, id) WHERE kind = 'invoice';
CREATE INDEX invoices_payment_state ON documents (team, payment_state, created_at, id) WHERE kind = 'invoice';
CREATE INDEX invoices_open ON documents (team, due_date, id, due) WHERE kind = 'invoice' AND live AND due > 0;
CREATE INDEX invoices_open_of_client ON documents (team, client, due_date, due, currency, issue_date)
    WHERE kind = 'invoice' AND live AND due > 0;
CREATE INDEX credit_notes_of_invoice ON documents (team, invoice, created_at, id) WHERE invoice IS NOT NULL;
CREATE INDEX quotes_open ON documents (team, last_day, id) WHERE kind = 'quote' AND status IN ('issued', 'sent');

CREATE TABLE payments (
    team BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    commit_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    client BLOB NOT NULL,
    date TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    amount INTEGER NOT NULL,
    unallocated INTEGER NOT NULL CHECK (unallocated >= 0),
    external_reference TEXT,
    refunded INTEGER NOT NULL CHECK (refunded IN (0, 1)),
    reversed_on TEXT,
    created_at INTEGER NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (team, id),
    CONSTRAINT payments_client FOREIGN KEY (team, client) REFERENCES clients (team, id)
) STRICT;
CREATE UNIQUE INDEX payments_external_reference ON payments (team, external_reference)
    WHERE external_reference IS NOT NULL;
CREATE INDEX payments_created ON payments (team, created_at, id);
CREATE INDEX payments_of_client ON payments (team, client, created_at, id);
CREATE INDEX payments_unallocated ON payments (team, created_at, id) WHERE unallocated > 0;

CREATE TABLE allocations (
    team BLOB NOT NULL,
    payment BLOB NOT NULL,
    invoice BLOB NOT NULL,
    invoice_kind TEXT NOT NULL DEFAULT 'invoice' CHECK (invoice_kind = 'invoice'),
    -- Of the payment, so that an invoice's payments come in the order of lists.
    created_at INTEGER NOT NULL,
    CONSTRAINT allocations_pkey PRIMARY KEY (team, payment, invoice),
    CONSTRAINT allocations_payment FOREIGN KEY (team, payment) REFERENCES payments (team, id) ON DELETE CASCADE,
    CONSTRAINT allocations_invoice FOREIGN KEY (team, invoice_kind, invoice) REFERENCES documents (team, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX allocations_of_invoice ON allocations (team, invoice, created_at, payment);

-- Metadata of invoices and clients, by pair: the first 16 bytes of SHA-256 over key, a zero byte, value.
CREATE TABLE metadata (
    team BLOB NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    pair BLOB NOT NULL CHECK (length(pair) = 16),
    created_at INTEGER NOT NULL,
    CONSTRAINT metadata_pkey PRIMARY KEY (team, kind, id, pair)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_pair ON metadata (team, kind, pair, created_at, id);

CREATE TABLE audit (
    team BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    commit_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    actor BLOB,
    subject_kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    version INTEGER NOT NULL,
    -- Texts such as invoice.issued, joined by commas.
    actions TEXT NOT NULL,
    number TEXT,
    reason TEXT,
    CONSTRAINT audit_pkey PRIMARY KEY (team, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_subject ON audit (team, subject_kind, subject, id);

-- Events that wait for their delivery; serves all teams.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY,
    team BLOB NOT NULL,
    id BLOB NOT NULL,
    aggregate_kind TEXT NOT NULL,
    aggregate BLOB NOT NULL,
    aggregate_version INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    event TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    not_before INTEGER,
    buried_reason TEXT
) STRICT;
CREATE UNIQUE INDEX outbox_event ON outbox (team, id);
CREATE INDEX outbox_lane ON outbox (team, aggregate_kind, aggregate, aggregate_version, ordinal, id)
    WHERE buried_reason IS NULL;
CREATE INDEX outbox_buried ON outbox (position, id) WHERE buried_reason IS NOT NULL;

-- Sums of what is issued and not void, kept by every commit. An integer of 64 bits holds any amount, but not
-- the sum of many: billions of minor units and the rest are summed apart, neither of which can overflow.
CREATE TABLE monthly_taxes (
    team BLOB NOT NULL,
    month TEXT NOT NULL,
    currency TEXT NOT NULL,
    scheme TEXT NOT NULL,
    -- Empty for none.
    category TEXT NOT NULL,
    rate TEXT NOT NULL,
    withheld INTEGER NOT NULL CHECK (withheld IN (0, 1)),
    taxable_billions INTEGER NOT NULL,
    taxable_rest INTEGER NOT NULL,
    tax_billions INTEGER NOT NULL,
    tax_rest INTEGER NOT NULL,
    documents INTEGER NOT NULL CHECK (documents >= 0),
    CONSTRAINT monthly_taxes_pkey PRIMARY KEY (team, month, currency, scheme, category, rate, withheld)
) STRICT, WITHOUT ROWID;

CREATE TABLE monthly_revenue (
    team BLOB NOT NULL,
    month TEXT NOT NULL,
    currency TEXT NOT NULL,
    invoiced_billions INTEGER NOT NULL,
    invoiced_rest INTEGER NOT NULL,
    credited_billions INTEGER NOT NULL,
    credited_rest INTEGER NOT NULL,
    invoices INTEGER NOT NULL CHECK (invoices >= 0),
    credit_notes INTEGER NOT NULL CHECK (credit_notes >= 0),
    CONSTRAINT monthly_revenue_pkey PRIMARY KEY (team, month, currency)
) STRICT, WITHOUT ROWID;

-- What is due now, summed; a due date of 9999-12-31 stands for none.
CREATE TABLE receivables (
    team BLOB NOT NULL,
    currency TEXT NOT NULL,
    due_date TEXT NOT NULL,
    issue_date TEXT NOT NULL,
    due_billions INTEGER NOT NULL,
    due_rest INTEGER NOT NULL,
    documents INTEGER NOT NULL CHECK (documents >= 0),
    CONSTRAINT receivables_pkey PRIMARY KEY (team, currency, due_date, issue_date)
) STRICT, WITHOUT ROWID;
