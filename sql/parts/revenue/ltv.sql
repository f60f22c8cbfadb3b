-- ltv_curve: what a customer has spent up to each age, over all cohorts old enough

CREATE FUNCTION ltv_curve(x revenue_totals, as_of timestamptz DEFAULT NULL,
	OUT age int, OUT cohorts int, OUT customers bigint, OUT revenue numeric, OUT per_customer numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'ltv_curve_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50
SUPPORT totals_bucket_rows;

COMMENT ON FUNCTION ltv_curve(revenue_totals, timestamptz) IS
'what a customer has spent up to each age, over all cohorts old enough';

CREATE FUNCTION ltv_curve(x revenue_summary, as_of timestamptz DEFAULT NULL,
	OUT age int, OUT cohorts int, OUT customers bigint, OUT revenue numeric, OUT per_customer numeric)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
BEGIN ATOMIC
	SELECT * FROM ltv_curve(totals(x), as_of);
END;

COMMENT ON FUNCTION ltv_curve(revenue_summary, timestamptz) IS
'what a customer has spent up to each age, over all cohorts old enough';

CREATE FUNCTION payback_age(x revenue_totals, cost numeric, margin double precision DEFAULT 1,
	as_of timestamptz DEFAULT NULL)
RETURNS int
AS 'MODULE_PATHNAME', 'payback_age_of_totals'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION payback_age(revenue_totals, numeric, double precision, timestamptz) IS
'the first age at which the margin of what a customer has spent pays for winning one; NULL if it has not yet';

CREATE FUNCTION payback_age(x revenue_summary, cost numeric, margin double precision DEFAULT 1,
	as_of timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
RETURN payback_age(totals(x), cost, margin, as_of);

COMMENT ON FUNCTION payback_age(revenue_summary, numeric, double precision, timestamptz) IS
'the first age at which the margin of what a customer has spent pays for winning one; NULL if it has not yet';
