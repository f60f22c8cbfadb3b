-- growth, cohorts, retention_curve: the reports over a summary or totals

CREATE FUNCTION growth(x retention_totals, as_of timestamptz DEFAULT NULL,
	OUT period date, OUT starting bigint, OUT new_customers bigint, OUT retained bigint,
	OUT resurrected bigint, OUT churned bigint, OUT active bigint, OUT repeat_customers bigint,
	OUT crr double precision, OUT churn_rate double precision, OUT repeat_rate double precision,
	OUT quick_ratio double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'growth_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION growth(retention_totals, timestamptz) IS
'who came, stayed, came back and left, bucket by bucket';

CREATE FUNCTION cohorts(x retention_totals, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	OUT cohort date, OUT age int, OUT period date, OUT customers bigint, OUT retained bigint,
	OUT rate double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cohorts_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 500;

COMMENT ON FUNCTION cohorts(retention_totals, timestamptz, text) IS
'the cohort matrix: of the customers first seen in a bucket, how many were seen so many buckets later';

CREATE FUNCTION retention_curve(x retention_totals, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	weighting text DEFAULT 'pooled',
	OUT age int, OUT cohorts int, OUT customers bigint, OUT retained bigint, OUT rate double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_curve_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION retention_curve(retention_totals, timestamptz, text, text) IS
'the share of customers still seen so many buckets after their first, over all cohorts old enough';

CREATE FUNCTION growth(x retention_summary, as_of timestamptz DEFAULT NULL,
	OUT period date, OUT starting bigint, OUT new_customers bigint, OUT retained bigint,
	OUT resurrected bigint, OUT churned bigint, OUT active bigint, OUT repeat_customers bigint,
	OUT crr double precision, OUT churn_rate double precision, OUT repeat_rate double precision,
	OUT quick_ratio double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'growth_of_summary'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION growth(retention_summary, timestamptz) IS
'who came, stayed, came back and left, bucket by bucket';

CREATE FUNCTION cohorts(x retention_summary, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	OUT cohort date, OUT age int, OUT period date, OUT customers bigint, OUT retained bigint,
	OUT rate double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cohorts_of_summary'
LANGUAGE C STABLE PARALLEL SAFE ROWS 500;

COMMENT ON FUNCTION cohorts(retention_summary, timestamptz, text) IS
'the cohort matrix: of the customers first seen in a bucket, how many were seen so many buckets later';

CREATE FUNCTION retention_curve(x retention_summary, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	weighting text DEFAULT 'pooled',
	OUT age int, OUT cohorts int, OUT customers bigint, OUT retained bigint, OUT rate double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_curve_of_summary'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION retention_curve(retention_summary, timestamptz, text, text) IS
'the share of customers still seen so many buckets after their first, over all cohorts old enough';
