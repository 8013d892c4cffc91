-- Billing. `{s}` is the store's schema. The team leads every primary key, unique key and foreign key.

CREATE TABLE {s}.commits (
    team uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    idempotency_key text COLLATE "C",
    fingerprint bytea,
    complete boolean NOT NULL,
    CONSTRAINT commits_pkey PRIMARY KEY (team, id),
    CONSTRAINT commit_is_complete CHECK (complete),
    CONSTRAINT commits_request CHECK ((idempotency_key IS NULL) = (fingerprint IS NULL))
);
CREATE UNIQUE INDEX commits_idempotency_key ON {s}.commits (team, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- Every version of every record, written once and never changed. The text as it was sent: taking JSON apart and writing
-- it anew, as JSONB would, costs more than all else that is done with it.
CREATE TABLE {s}.versions (
    team uuid NOT NULL,
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    data json NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (team, commit_id, ordinal)
);
-- Reading and writing lz4 costs a fraction of the default compression, where the server has it.
DO $$
BEGIN
    ALTER TABLE {s}.versions ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

CREATE TABLE {s}.clients (
    team uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    name_sort text COLLATE "C" NOT NULL,
    archived boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT clients_pkey PRIMARY KEY (team, id)
);
CREATE INDEX clients_created ON {s}.clients (team, created_at, id);
CREATE INDEX clients_archived ON {s}.clients (team, archived, created_at, id);
CREATE INDEX clients_name ON {s}.clients (team, name_sort, id);

CREATE TABLE {s}.items (
    team uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    code text COLLATE "C",
    name_key text COLLATE "C" NOT NULL,
    name_sort text COLLATE "C" NOT NULL,
    archived boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT items_pkey PRIMARY KEY (team, id),
    -- A deferrable key is looked at after the statement, so that two records may swap their values in it. Two
    -- statements that bring the same value then wait for each other until one is shot as deadlocked: only for
    -- values that are ever swapped, and that not many bring at once.
    CONSTRAINT items_code UNIQUE (team, code) DEFERRABLE
);
CREATE INDEX items_created ON {s}.items (team, created_at, id);
CREATE INDEX items_archived ON {s}.items (team, archived, created_at, id);
CREATE INDEX items_name ON {s}.items (team, name_sort, id);

CREATE TABLE {s}.suppliers (
    team uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    CONSTRAINT suppliers_pkey PRIMARY KEY (team)
);

CREATE TABLE {s}.series (
    team uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    document_type text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    -- The name while the series is in use: an archived one gives it free.
    name_in_use text COLLATE "C",
    archived boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT series_pkey PRIMARY KEY (team, id),
    CONSTRAINT series_name UNIQUE (team, document_type, name_in_use) DEFERRABLE,
    CONSTRAINT series_in_use CHECK (name_in_use IS NOT DISTINCT FROM CASE WHEN archived THEN NULL ELSE name END)
);

-- Rows change with every issue: room in the page keeps the new version beside the old one.
CREATE TABLE {s}.counters (
    team uuid NOT NULL,
    series uuid NOT NULL,
    period text COLLATE "C" NOT NULL,
    numbered_by uuid,
    next bigint NOT NULL CHECK (next >= 1),
    head bytea NOT NULL CHECK (octet_length(head) = 32),
    last_issue_date date,
    CONSTRAINT counters_pkey PRIMARY KEY (team, series, period),
    CONSTRAINT counters_series FOREIGN KEY (team, numbered_by) REFERENCES {s}.series (team, id),
    -- The counter of imports is named after the team and belongs to no series.
    CONSTRAINT counters_numbered_by CHECK (coalesce(numbered_by, team) = series)
) WITH (fillfactor = 50);
CREATE INDEX counters_numbers ON {s}.counters (team, numbered_by);

CREATE TABLE {s}.documents (
    team uuid NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'quote')),
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    subtype text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    payment_state text COLLATE "C",
    client uuid NOT NULL,
    invoice uuid,
    invoice_kind text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN invoice IS NULL THEN NULL ELSE 'invoice' END) STORED,
    number text COLLATE "C",
    series uuid,
    period text COLLATE "C",
    seq bigint,
    issue_date date,
    due_date date,
    last_day date,
    currency text COLLATE "C" NOT NULL CHECK (octet_length(currency) = 3),
    payable bigint NOT NULL,
    due bigint NOT NULL CHECK (due >= 0),
    live boolean NOT NULL,
    written_off boolean NOT NULL,
    customer_name text,
    customer_key text COLLATE "C" NOT NULL,
    customer_sort text COLLATE "C" NOT NULL,
    overdue_noted boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (team, kind, id),
    CONSTRAINT documents_number UNIQUE (team, number),
    CONSTRAINT documents_place UNIQUE (team, series, period, seq),
    CONSTRAINT documents_client FOREIGN KEY (team, client) REFERENCES {s}.clients (team, id),
    CONSTRAINT documents_invoice FOREIGN KEY (team, invoice_kind, invoice) REFERENCES {s}.documents (team, kind, id),
    CONSTRAINT documents_issue CHECK (num_nulls(number, series, period, seq, issue_date) IN (0, 5)),
    CONSTRAINT documents_draft CHECK (kind <> 'invoice' OR (status = 'draft') = (number IS NULL)),
    CONSTRAINT documents_live CHECK (NOT live OR number IS NOT NULL),
    CONSTRAINT documents_due CHECK (due = 0 OR (kind = 'invoice' AND live)),
    CONSTRAINT documents_of_invoice CHECK ((kind = 'credit_note') = (invoice IS NOT NULL)),
    CONSTRAINT documents_seq CHECK (seq >= 1)
);
CREATE INDEX invoices_created ON {s}.documents (team, created_at, id) WHERE kind = 'invoice';
CREATE INDEX invoices_issued ON {s}.documents (team, issue_date, id) WHERE kind = 'invoice' AND issue_date IS NOT NULL;
CREATE INDEX invoices_due ON {s}.documents (team, due_date, id) WHERE kind = 'invoice' AND due_date IS NOT NULL;
CREATE INDEX invoices_amount ON {s}.documents (team, currency, payable, id) WHERE kind = 'invoice';
CREATE INDEX invoices_customer ON {s}.documents (team, customer_sort, id) WHERE kind = 'invoice';
CREATE INDEX invoices_status ON {s}.documents (team, status, created_at, id) WHERE kind = 'invoice';
CREATE INDEX invoices_payment_state ON {s}.documents (team, payment_state, created_at, id) WHERE kind = 'invoice';
CREATE INDEX invoices_open ON {s}.documents (team, due_date, id) INCLUDE (client, due, currency, issue_date)
    WHERE kind = 'invoice' AND live AND due > 0;
CREATE INDEX invoices_open_of_client ON {s}.documents (team, client, due_date) INCLUDE (due, currency, issue_date)
    WHERE kind = 'invoice' AND live AND due > 0;
CREATE INDEX documents_of_client ON {s}.documents (team, client, kind, created_at, id);
CREATE INDEX documents_created ON {s}.documents (team, kind, created_at, id) WHERE kind <> 'invoice';
CREATE INDEX credit_notes_of_invoice ON {s}.documents (team, invoice, created_at, id) WHERE invoice IS NOT NULL;
CREATE INDEX quotes_open ON {s}.documents (team, last_day, id) WHERE kind = 'quote' AND status IN ('issued', 'sent');

CREATE TABLE {s}.payments (
    team uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    commit_id uuid NOT NULL,
    ordinal integer NOT NULL,
    client uuid NOT NULL,
    date date NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (octet_length(currency) = 3),
    amount bigint NOT NULL,
    unallocated bigint NOT NULL CHECK (unallocated >= 0),
    external_reference text COLLATE "C",
    refunded boolean NOT NULL,
    reversed_on date,
    created_at timestamptz NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (team, id),
    CONSTRAINT payments_external_reference UNIQUE (team, external_reference),
    CONSTRAINT payments_client FOREIGN KEY (team, client) REFERENCES {s}.clients (team, id)
);
CREATE INDEX payments_created ON {s}.payments (team, created_at, id);
CREATE INDEX payments_of_client ON {s}.payments (team, client, created_at, id);
CREATE INDEX payments_unallocated ON {s}.payments (team, created_at, id) WHERE unallocated > 0;

CREATE TABLE {s}.allocations (
    team uuid NOT NULL,
    payment uuid NOT NULL,
    invoice uuid NOT NULL,
    invoice_kind text COLLATE "C" NOT NULL DEFAULT 'invoice' CHECK (invoice_kind = 'invoice'),
    -- Of the payment, so that an invoice's payments come in the order of lists.
    created_at timestamptz NOT NULL,
    CONSTRAINT allocations_pkey PRIMARY KEY (team, payment, invoice),
    CONSTRAINT allocations_payment FOREIGN KEY (team, payment) REFERENCES {s}.payments (team, id) ON DELETE CASCADE,
    CONSTRAINT allocations_invoice FOREIGN KEY (team, invoice_kind, invoice) REFERENCES {s}.documents (team, kind, id)
);
CREATE INDEX allocations_of_invoice ON {s}.allocations (team, invoice, created_at, payment);

-- Metadata of invoices and clients, by pair: the first 16 bytes of SHA-256 over key, a zero byte, value.
CREATE TABLE {s}.metadata (
    team uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    pair bytea NOT NULL CHECK (octet_length(pair) = 16),
    created_at timestamptz NOT NULL,
    CONSTRAINT metadata_pkey PRIMARY KEY (team, kind, id, pair)
);
CREATE INDEX metadata_pair ON {s}.metadata (team, kind, pair, created_at, id);

CREATE TABLE {s}.audit (
    team uuid NOT NULL,
    id uuid NOT NULL,
    commit_id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor uuid,
    subject_kind text COLLATE "C" NOT NULL,
    subject uuid NOT NULL,
    version bigint NOT NULL,
    actions text COLLATE "C" NOT NULL,
    number text COLLATE "C",
    reason text,
    CONSTRAINT audit_pkey PRIMARY KEY (team, id)
);
CREATE INDEX audit_subject ON {s}.audit (team, subject_kind, subject, id);

-- Events that wait for their delivery; serves all teams.
CREATE TABLE {s}.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY,
    team uuid NOT NULL,
    id uuid NOT NULL,
    aggregate_kind text COLLATE "C" NOT NULL,
    aggregate uuid NOT NULL,
    aggregate_version bigint NOT NULL,
    ordinal integer NOT NULL,
    event json NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    not_before timestamptz,
    buried_reason text,
    CONSTRAINT outbox_pkey PRIMARY KEY (position),
    CONSTRAINT outbox_event UNIQUE (team, id)
);
CREATE INDEX outbox_lane ON {s}.outbox (team, aggregate_kind, aggregate, aggregate_version, ordinal, id)
    WHERE buried_reason IS NULL;
CREATE INDEX outbox_buried ON {s}.outbox (position) WHERE buried_reason IS NOT NULL;

-- Sums of what is issued and not void, kept by every commit. What is taken back is inserted with the other sign
-- and added to the row that is there, so no check of a sign can stand here.
CREATE TABLE {s}.monthly_taxes (
    team uuid NOT NULL,
    month date NOT NULL,
    currency text COLLATE "C" NOT NULL,
    scheme text COLLATE "C" NOT NULL,
    -- Empty for none.
    category text COLLATE "C" NOT NULL,
    rate text COLLATE "C" NOT NULL,
    withheld boolean NOT NULL,
    taxable numeric(38, 0) NOT NULL,
    tax numeric(38, 0) NOT NULL,
    documents bigint NOT NULL,
    CONSTRAINT monthly_taxes_pkey PRIMARY KEY (team, month, currency, scheme, category, rate, withheld)
) WITH (fillfactor = 70);

CREATE TABLE {s}.monthly_revenue (
    team uuid NOT NULL,
    month date NOT NULL,
    currency text COLLATE "C" NOT NULL,
    invoiced numeric(38, 0) NOT NULL,
    credited numeric(38, 0) NOT NULL,
    invoices bigint NOT NULL,
    credit_notes bigint NOT NULL,
    CONSTRAINT monthly_revenue_pkey PRIMARY KEY (team, month, currency)
) WITH (fillfactor = 70);

-- What is due now, summed; a due date of 9999-12-31 stands for none.
CREATE TABLE {s}.receivables (
    team uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    due_date date NOT NULL,
    issue_date date NOT NULL,
    amount numeric(38, 0) NOT NULL,
    CONSTRAINT receivables_pkey PRIMARY KEY (team, currency, due_date, issue_date)
) WITH (fillfactor = 70);
