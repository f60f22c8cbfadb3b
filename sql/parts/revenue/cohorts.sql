-- revenue_cohorts: what the customers first seen in a bucket spent at each age

CREATE FUNCTION revenue_cohorts(x revenue_totals, as_of timestamptz DEFAULT NULL,
	OUT cohort date, OUT age int, OUT period date, OUT customers bigint, OUT payers bigint,
	OUT revenue numeric, OUT cumulative numeric, OUT per_customer numeric, OUT rate double precision,
	OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'revenue_cohorts_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 500
SUPPORT totals_cohort_rows;

COMMENT ON FUNCTION revenue_cohorts(revenue_totals, timestamptz) IS
'what the customers first seen in a bucket spent at each age';

CREATE FUNCTION revenue_cohorts(x revenue_summary, as_of timestamptz DEFAULT NULL,
	OUT cohort date, OUT age int, OUT period date, OUT customers bigint, OUT payers bigint,
	OUT revenue numeric, OUT cumulative numeric, OUT per_customer numeric, OUT rate double precision,
	OUT complete boolean)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
BEGIN ATOMIC
	SELECT * FROM revenue_cohorts(totals(x), as_of);
END;

COMMENT ON FUNCTION revenue_cohorts(revenue_summary, timestamptz) IS
'what the customers first seen in a bucket spent at each age';
