-- members: who was new, retained, resurrected or churned in a bucket, and what they spent

CREATE FUNCTION members(summary revenue_summary, period date, OUT customer text, OUT state text,
	OUT before numeric, OUT revenue numeric, OUT movement text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'members_of_revenue_summary'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10000;

COMMENT ON FUNCTION members(revenue_summary, date) IS
'who was new, retained, resurrected or churned in a bucket, and what they spent there and in the one before';
