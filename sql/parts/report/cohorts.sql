-- cohorts: the cohort matrix

CREATE FUNCTION cohorts(x retention_totals, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	OUT cohort date, OUT age int, OUT period date, OUT customers bigint, OUT retained bigint,
	OUT rate double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cohorts_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 500
SUPPORT totals_cohort_rows;

COMMENT ON FUNCTION cohorts(retention_totals, timestamptz, text) IS
'the cohort matrix: of the customers first seen in a bucket, how many were seen again at each age (docs/growth.md)';

CREATE FUNCTION cohorts(x retention_summary, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	OUT cohort date, OUT age int, OUT period date, OUT customers bigint, OUT retained bigint,
	OUT rate double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cohorts_of_summary'
LANGUAGE C STABLE PARALLEL SAFE ROWS 500
SUPPORT summary_cohort_rows;

COMMENT ON FUNCTION cohorts(retention_summary, timestamptz, text) IS
'the cohort matrix: of the customers first seen in a bucket, how many were seen again at each age (docs/growth.md)';
