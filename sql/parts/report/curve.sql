-- retention_curve: the share of customers still seen at each age

CREATE FUNCTION retention_curve(x retention_totals, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	weighting text DEFAULT 'pooled',
	OUT age int, OUT cohorts int, OUT customers bigint, OUT retained bigint, OUT rate double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_curve_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50
SUPPORT totals_bucket_rows;

COMMENT ON FUNCTION retention_curve(retention_totals, timestamptz, text, text) IS
'the share of customers still seen at each age, over all cohorts old enough (docs/growth.md)';

CREATE FUNCTION retention_curve(x retention_summary, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	weighting text DEFAULT 'pooled',
	OUT age int, OUT cohorts int, OUT customers bigint, OUT retained bigint, OUT rate double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_curve_of_summary'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50
SUPPORT summary_bucket_rows;

COMMENT ON FUNCTION retention_curve(retention_summary, timestamptz, text, text) IS
'the share of customers still seen at each age, over all cohorts old enough (docs/growth.md)';
