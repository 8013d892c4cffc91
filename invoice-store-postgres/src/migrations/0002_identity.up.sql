-- Accounts, teams, and how people and programs get in.
--
-- A record is its JSON, written whole; columns of their own hold what is looked up, checked on every
-- request or constrained. Two of them win over the JSON: last_seen_at and last_used_at move by touches.

CREATE TABLE {s}.users (
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    email_key text COLLATE "C" NOT NULL,
    name_search text COLLATE "C" NOT NULL,
    email_search text COLLATE "C" NOT NULL,
    uv bigint NOT NULL CHECK (uv >= 1),
    disabled_at timestamptz,
    data jsonb NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email UNIQUE (email_key)
);

CREATE TABLE {s}.teams (
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    data jsonb NOT NULL,
    CONSTRAINT teams_pkey PRIMARY KEY (id)
);

-- The member's search keys are kept here as well, so that searching one team reads its matches and
-- neither all of its members nor everybody else of that name.
CREATE TABLE {s}.memberships (
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    role text NOT NULL CHECK (role IN ('viewer', 'member', 'accountant', 'admin', 'owner')),
    name_search text COLLATE "C" NOT NULL,
    email_search text COLLATE "C" NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (team_id, user_id),
    CONSTRAINT memberships_team FOREIGN KEY (team_id) REFERENCES {s}.teams (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user FOREIGN KEY (user_id) REFERENCES {s}.users (id)
);
CREATE INDEX memberships_by_user ON {s}.memberships (user_id, team_id);
CREATE INDEX memberships_by_name ON {s}.memberships (team_id, name_search, user_id);
CREATE INDEX memberships_by_email ON {s}.memberships (team_id, email_search, user_id);

CREATE TABLE {s}.invitations (
    team_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    data jsonb NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (team_id, id),
    CONSTRAINT invitations_fingerprint UNIQUE (fingerprint),
    CONSTRAINT invitations_team FOREIGN KEY (team_id) REFERENCES {s}.teams (id) ON DELETE CASCADE
);

-- Touched often: room on the page keeps a touch from moving index entries.
CREATE TABLE {s}.sessions (
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    user_id uuid NOT NULL,
    sv bigint NOT NULL CHECK (sv >= 1),
    last_seen_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    refresh bytea NOT NULL CHECK (octet_length(refresh) = 32),
    previous_refresh bytea CHECK (octet_length(previous_refresh) = 32),
    secret bytea,
    data jsonb NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh UNIQUE (refresh),
    CONSTRAINT sessions_previous_refresh UNIQUE (previous_refresh),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES {s}.users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_end CHECK (idle_expires_at <= absolute_expires_at)
) WITH (fillfactor = 80);
CREATE INDEX sessions_by_user ON {s}.sessions (user_id, id);
CREATE INDEX sessions_by_end ON {s}.sessions (absolute_expires_at);

CREATE TABLE {s}.one_time_tokens (
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    user_id uuid NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    expires_at timestamptz NOT NULL,
    used boolean NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT one_time_tokens_fingerprint UNIQUE (fingerprint),
    CONSTRAINT one_time_tokens_user FOREIGN KEY (user_id) REFERENCES {s}.users (id) ON DELETE CASCADE
);
CREATE INDEX one_time_tokens_by_user ON {s}.one_time_tokens (user_id, purpose, used, id);
CREATE INDEX one_time_tokens_by_end ON {s}.one_time_tokens (expires_at);

CREATE TABLE {s}.api_keys (
    team_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    last_used_at timestamptz,
    data jsonb NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (team_id, id),
    CONSTRAINT api_keys_fingerprint UNIQUE (fingerprint),
    CONSTRAINT api_keys_team FOREIGN KEY (team_id) REFERENCES {s}.teams (id) ON DELETE CASCADE
) WITH (fillfactor = 80);

CREATE TABLE {s}.signing_keys (
    kid text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid)
);

-- Without foreign keys: the audit outlives whom it tells of.
CREATE TABLE {s}.security_events (
    id uuid NOT NULL,
    team_id uuid,
    user_id uuid,
    data jsonb NOT NULL,
    CONSTRAINT security_events_pkey PRIMARY KEY (id)
);
CREATE INDEX security_events_of_team ON {s}.security_events (team_id, id) WHERE team_id IS NOT NULL;
CREATE INDEX security_events_of_user ON {s}.security_events (user_id, id) WHERE user_id IS NOT NULL;

CREATE TABLE {s}.identity_commits (
    id uuid NOT NULL,
    CONSTRAINT identity_commits_pkey PRIMARY KEY (id)
);
