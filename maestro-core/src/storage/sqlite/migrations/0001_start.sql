-- The whole store. The tenant leads every key and every unique index.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. Ids are text, so that people can read and ask
-- for them; content is `(key_id, codec, bytes)`, and nothing in here looks inside.

CREATE TABLE record (
    tenant_id  TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    schema     INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    unique_key TEXT,
    grp        TEXT,
    parent     TEXT,
    requires   TEXT,
    priority   INTEGER NOT NULL,
    due_at     INTEGER,
    -- The links as JSON, in order; `record_link` finds them.
    links      TEXT,
    key_id     TEXT    NOT NULL,
    codec      TEXT    NOT NULL,
    body       BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX record_key    ON record (tenant_id, kind, id);
CREATE UNIQUE INDEX record_unique ON record (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX record_state  ON record (tenant_id, kind, state, id);
CREATE INDEX record_ready  ON record (tenant_id, kind, state, grp, priority DESC, id);
CREATE INDEX record_parent ON record (tenant_id, kind, parent, id) WHERE parent IS NOT NULL;
-- Due records are looked for by sweepers, for all tenants at once.
CREATE INDEX record_due    ON record (kind, due_at, id, tenant_id) WHERE due_at IS NOT NULL;

CREATE TABLE record_link (
    tenant_id TEXT NOT NULL,
    kind      TEXT NOT NULL,
    rel       TEXT NOT NULL,
    target    TEXT NOT NULL,
    id        TEXT NOT NULL,
    PRIMARY KEY (tenant_id, kind, rel, target, id)
) STRICT, WITHOUT ROWID;

-- A lease outlives its holder and its record, so that a token is never given twice: `token` is
-- the latest of the record that there is now, `last_token` the latest ever.
CREATE TABLE lease (
    tenant_id  TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    node_id    TEXT,
    token      INTEGER NOT NULL,
    last_token INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lease_holder ON lease (kind, node_id) WHERE node_id IS NOT NULL;
CREATE INDEX lease_lapse  ON lease (kind, until) WHERE node_id IS NOT NULL;

-- One row for each place of a counted scope that a lease holds: capacity is counted, never cached.
CREATE TABLE permit (
    tenant_id TEXT NOT NULL,
    scope     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    id        TEXT NOT NULL,
    PRIMARY KEY (tenant_id, scope, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX permit_holder ON permit (tenant_id, kind, id);

CREATE TABLE stream (
    tenant_id TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    next_seq  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- `position` is the feed. SQLite lets one transaction write at a time (BEGIN IMMEDIATE), so a
-- position is drawn only after every lower one was committed or given up, and AUTOINCREMENT never
-- draws one twice: a reader that has seen position N misses nothing by asking for `position > N`.
-- Stores where writers overlap cannot do this.
CREATE TABLE event (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id   TEXT    NOT NULL,
    stream      TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    actor_kind  TEXT    NOT NULL,
    actor_id    TEXT    NOT NULL,
    project_id  TEXT,
    session_id  TEXT,
    turn_id     TEXT,
    task_id     TEXT,
    attempt     INTEGER,
    node_id     TEXT,
    trace_id    TEXT,
    schema      INTEGER NOT NULL,
    data_key_id TEXT    NOT NULL,
    data_codec  TEXT    NOT NULL,
    data        BLOB    NOT NULL,
    raw_key_id  TEXT,
    raw_codec   TEXT,
    raw         BLOB
) STRICT;

CREATE UNIQUE INDEX event_home ON event (tenant_id, stream, seq);
CREATE INDEX event_session ON event (tenant_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX event_task    ON event (tenant_id, task_id) WHERE task_id IS NOT NULL;
CREATE INDEX event_project ON event (tenant_id, project_id) WHERE project_id IS NOT NULL;

-- What each commit did, for a caller that has to ask again. Trimmed after a day.
CREATE TABLE commit_log (
    commit_id TEXT    NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    receipt   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX commit_log_at ON commit_log (at);

-- For people. The columns are those of the wire; `body` is null where it is encrypted.
CREATE VIEW records AS
SELECT r.tenant_id, r.kind, r.id, r.version, r.state, r.grp AS "group", r.parent, r.requires,
       r.priority, r.unique_key,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.due_at / 1e6, 'unixepoch') AS due_at,
       l.node_id AS held_by, l.token AS lease_token,
       CASE WHEN l.node_id IS NOT NULL
            THEN strftime('%Y-%m-%dT%H:%M:%fZ', l.until / 1e6, 'unixepoch') END AS held_until,
       CASE WHEN r.codec = 'json' AND r.key_id = '' THEN CAST(r.body AS TEXT) END AS body
FROM record r
LEFT JOIN lease l ON l.tenant_id = r.tenant_id AND l.kind = r.kind AND l.id = r.id;

CREATE VIEW projects AS
SELECT tenant_id, id, state, body ->> '$.name' AS name, body ->> '$.path.path' AS path,
       body ->> '$.created_at' AS created_at, version, body
FROM records WHERE kind = 'project';

CREATE VIEW tasks AS
SELECT tenant_id, id, state, body ->> '$.reason' AS reason, body ->> '$.spec.title' AS title,
       body ->> '$.spec.kind' AS kind, body ->> '$.spec.prompt' AS prompt, priority,
       body ->> '$.project_id' AS project_id, body ->> '$.session_id' AS session_id,
       body ->> '$.workspace_id' AS workspace_id,
       json_array_length(body, '$.attempts') AS attempts,
       body ->> '$.outcome.outcome' AS outcome, held_by, held_until, due_at,
       body ->> '$.created_at' AS created_at, body ->> '$.started_at' AS started_at,
       body ->> '$.ended_at' AS ended_at, version, body
FROM records WHERE kind = 'task';

CREATE VIEW sessions AS
SELECT tenant_id, id, state, body ->> '$.spec.agent' AS agent, body ->> '$.model' AS model,
       body ->> '$.mode' AS mode, body ->> '$.project_id' AS project_id,
       body ->> '$.task_id' AS task_id, body ->> '$.turns' AS turns, held_by, held_until,
       body ->> '$.created_at' AS created_at, body ->> '$.closed_at' AS closed_at, version, body
FROM records WHERE kind = 'session';

CREATE VIEW approvals AS
SELECT tenant_id, id, state, body ->> '$.kind' AS kind, body ->> '$.tool' AS tool,
       body ->> '$.title' AS title, body ->> '$.session_id' AS session_id,
       body ->> '$.task_id' AS task_id, body ->> '$.created_at' AS created_at,
       body ->> '$.expires_at' AS expires_at, version, body
FROM records WHERE kind = 'approval';

CREATE VIEW workspaces AS
SELECT tenant_id, id, state, body ->> '$.project_id' AS project_id,
       body ->> '$.task_id' AS task_id, body ->> '$.workspace.root.path' AS path,
       body ->> '$.workspace.branch' AS branch, body ->> '$.merged_into' AS merged_into,
       body ->> '$.created_at' AS created_at, version, body
FROM records WHERE kind = 'workspace';

CREATE VIEW nodes AS
SELECT tenant_id, id, state, body ->> '$.version' AS software_version,
       body ->> '$.concurrency' AS concurrency, body ->> '$.started_at' AS started_at,
       held_until, version, body
FROM records WHERE kind = 'node';

CREATE VIEW events AS
SELECT position, tenant_id, stream, seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at, type,
       actor_kind || ':' || actor_id AS actor, project_id, session_id, turn_id, task_id, attempt,
       node_id, trace_id,
       CASE WHEN data_codec = 'json' AND data_key_id = '' THEN CAST(data AS TEXT) END AS data,
       CASE WHEN raw_key_id = '' THEN CAST(raw AS TEXT) END AS raw
FROM event;
