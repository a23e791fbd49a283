-- The account that an event is billed to. Additive: older versions leave it empty.
ALTER TABLE event ADD COLUMN account_id TEXT;

DROP VIEW events;
CREATE VIEW events AS
SELECT position, tenant_id, stream, seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at, type,
       actor_kind || ':' || actor_id AS actor, project_id, session_id, turn_id, task_id, attempt,
       account_id, node_id, trace_id,
       CASE WHEN data_codec = 'json' AND data_key_id = '' THEN CAST(data AS TEXT) END AS data,
       CASE WHEN raw_key_id = '' THEN CAST(raw AS TEXT) END AS raw
FROM event;
