-- revenue_growth: what came, stayed, came back and left, in money, bucket by bucket

CREATE FUNCTION revenue_growth(x revenue_totals, as_of timestamptz DEFAULT NULL,
	OUT period date, OUT starting numeric, OUT new_revenue numeric, OUT reactivated numeric,
	OUT expansion numeric, OUT contraction numeric, OUT churned numeric, OUT revenue numeric,
	OUT payers bigint, OUT nrr double precision, OUT grr double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'revenue_growth_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50
SUPPORT totals_bucket_rows;

COMMENT ON FUNCTION revenue_growth(revenue_totals, timestamptz) IS
'what came, stayed, came back and left, in money, bucket by bucket';

CREATE FUNCTION revenue_growth(x revenue_summary, as_of timestamptz DEFAULT NULL,
	OUT period date, OUT starting numeric, OUT new_revenue numeric, OUT reactivated numeric,
	OUT expansion numeric, OUT contraction numeric, OUT churned numeric, OUT revenue numeric,
	OUT payers bigint, OUT nrr double precision, OUT grr double precision, OUT complete boolean)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
BEGIN ATOMIC
	SELECT * FROM revenue_growth(totals(x), as_of);
END;

COMMENT ON FUNCTION revenue_growth(revenue_summary, timestamptz) IS
'what came, stayed, came back and left, in money, bucket by bucket';
