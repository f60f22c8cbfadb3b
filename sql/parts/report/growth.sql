-- growth: who came, stayed, came back and left, bucket by bucket

CREATE FUNCTION growth(x retention_totals, as_of timestamptz DEFAULT NULL,
	OUT period date, OUT starting bigint, OUT new_customers bigint, OUT retained bigint,
	OUT resurrected bigint, OUT churned bigint, OUT active bigint, OUT repeat_customers bigint,
	OUT crr double precision, OUT churn_rate double precision, OUT repeat_rate double precision,
	OUT quick_ratio double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'growth_of_totals'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50
SUPPORT totals_bucket_rows;

COMMENT ON FUNCTION growth(retention_totals, timestamptz) IS
'who came, stayed, came back and left, bucket by bucket (docs/growth.md)';

CREATE FUNCTION growth(x retention_summary, as_of timestamptz DEFAULT NULL, lookback bigint DEFAULT 1,
	OUT period date, OUT starting bigint, OUT new_customers bigint, OUT retained bigint,
	OUT resurrected bigint, OUT churned bigint, OUT active bigint, OUT repeat_customers bigint,
	OUT crr double precision, OUT churn_rate double precision, OUT repeat_rate double precision,
	OUT quick_ratio double precision, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'growth_of_summary'
LANGUAGE C STABLE PARALLEL SAFE ROWS 50
SUPPORT summary_bucket_rows;

COMMENT ON FUNCTION growth(retention_summary, timestamptz, bigint) IS
'who came, stayed, came back and left, bucket by bucket; active is who was seen in the last so many buckets '
'(docs/growth.md)';
