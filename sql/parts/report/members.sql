-- members: who was new, retained, resurrected or churned in a bucket

CREATE FUNCTION members(summary retention_summary, period date, OUT customer text, OUT state text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'members_of_summary'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10000;

COMMENT ON FUNCTION members(retention_summary, date) IS
'who was new, retained, resurrected or churned in a bucket (docs/growth.md)';
