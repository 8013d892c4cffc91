-- Accounts, teams, and how people and programs get in.
--
-- A record is its JSON, written whole; columns of their own hold what is looked up, checked on every
-- request or constrained. Two of them win over the JSON: last_seen_at and last_used_at move by touches.

CREATE TABLE users (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    email_key TEXT NOT NULL,
    name_search TEXT NOT NULL,
    email_search TEXT NOT NULL,
    uv INTEGER NOT NULL CHECK (uv >= 1),
    disabled_at INTEGER,
    data TEXT NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email UNIQUE (email_key)
) STRICT;

CREATE TABLE teams (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    data TEXT NOT NULL,
    CONSTRAINT teams_pkey PRIMARY KEY (id)
) STRICT;

-- The member's search keys are kept here as well, so that searching one team reads its matches and
-- neither all of its members nor everybody else of that name.
CREATE TABLE memberships (
    team_id BLOB NOT NULL CHECK (length(team_id) = 16),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'accountant', 'admin', 'owner')),
    name_search TEXT NOT NULL,
    email_search TEXT NOT NULL,
    data TEXT NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (team_id, user_id),
    CONSTRAINT memberships_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;
CREATE INDEX memberships_by_user ON memberships (user_id, team_id);
CREATE INDEX memberships_by_name ON memberships (team_id, name_search, user_id);
CREATE INDEX memberships_by_email ON memberships (team_id, email_search, user_id);

CREATE TABLE invitations (
    team_id BLOB NOT NULL CHECK (length(team_id) = 16),
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    data TEXT NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (team_id, id),
    CONSTRAINT invitations_fingerprint UNIQUE (fingerprint),
    CONSTRAINT invitations_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE sessions (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    sv INTEGER NOT NULL CHECK (sv >= 1),
    last_seen_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    refresh BLOB NOT NULL CHECK (length(refresh) = 32),
    previous_refresh BLOB CHECK (length(previous_refresh) = 32),
    secret BLOB,
    data TEXT NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh UNIQUE (refresh),
    CONSTRAINT sessions_previous_refresh UNIQUE (previous_refresh),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_end CHECK (idle_expires_at <= absolute_expires_at)
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (absolute_expires_at);

CREATE TABLE one_time_tokens (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    purpose TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used IN (0, 1)),
    data TEXT NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT one_time_tokens_fingerprint UNIQUE (fingerprint),
    CONSTRAINT one_time_tokens_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose, used, id);
CREATE INDEX one_time_tokens_by_end ON one_time_tokens (expires_at);

CREATE TABLE api_keys (
    team_id BLOB NOT NULL CHECK (length(team_id) = 16),
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    last_used_at INTEGER,
    data TEXT NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (team_id, id),
    CONSTRAINT api_keys_fingerprint UNIQUE (fingerprint),
    CONSTRAINT api_keys_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE signing_keys (
    kid TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid)
) STRICT;

-- Without foreign keys: the audit outlives whom it tells of.
CREATE TABLE security_events (
    id BLOB NOT NULL CHECK (length(id) = 16),
    team_id BLOB CHECK (length(team_id) = 16),
    user_id BLOB CHECK (length(user_id) = 16),
    data TEXT NOT NULL,
    CONSTRAINT security_events_pkey PRIMARY KEY (id)
) STRICT;
CREATE INDEX security_events_of_team ON security_events (team_id, id) WHERE team_id IS NOT NULL;
CREATE INDEX security_events_of_user ON security_events (user_id, id) WHERE user_id IS NOT NULL;

CREATE TABLE identity_commits (
    id BLOB NOT NULL CHECK (length(id) = 16),
    CONSTRAINT identity_commits_pkey PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
