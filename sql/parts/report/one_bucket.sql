-- crr, churn_rate, customer_count, members: one bucket of a summary or totals

CREATE FUNCTION crr(x retention_totals, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_of_totals_date'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(retention_totals, date) IS
'share of the customers of the bucket before who were seen in this one; NULL if it goes on';

CREATE FUNCTION crr(x retention_totals, period timestamptz)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_of_totals_instant'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(retention_totals, timestamptz) IS
'share of the customers of the bucket before who were seen in this one; NULL if it goes on';

CREATE FUNCTION crr(x retention_summary, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_of_summary_date'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(retention_summary, date) IS
'share of the customers of the bucket before who were seen in this one; NULL if it goes on';

CREATE FUNCTION crr(x retention_summary, period timestamptz)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_of_summary_instant'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(retention_summary, timestamptz) IS
'share of the customers of the bucket before who were seen in this one; NULL if it goes on';

CREATE FUNCTION churn_rate(x retention_totals, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_of_totals_date'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(retention_totals, date) IS
'share of the customers of the bucket before who were not seen in this one; NULL if it goes on';

CREATE FUNCTION churn_rate(x retention_totals, period timestamptz)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_of_totals_instant'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(retention_totals, timestamptz) IS
'share of the customers of the bucket before who were not seen in this one; NULL if it goes on';

CREATE FUNCTION churn_rate(x retention_summary, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_of_summary_date'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(retention_summary, date) IS
'share of the customers of the bucket before who were not seen in this one; NULL if it goes on';

CREATE FUNCTION churn_rate(x retention_summary, period timestamptz)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_of_summary_instant'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(retention_summary, timestamptz) IS
'share of the customers of the bucket before who were not seen in this one; NULL if it goes on';

CREATE FUNCTION customer_count(x retention_totals, period date)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_totals_date'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_totals, date) IS
'customers seen in a bucket';

CREATE FUNCTION customer_count(x retention_totals, period timestamptz)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_totals_instant'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_totals, timestamptz) IS
'customers seen in a bucket';

CREATE FUNCTION customer_count(x retention_summary, period date)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_summary_date'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_summary, date) IS
'customers seen in a bucket';

CREATE FUNCTION customer_count(x retention_summary, period timestamptz)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_summary_instant'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_summary, timestamptz) IS
'customers seen in a bucket';

CREATE FUNCTION customer_count(x retention_totals)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_totals'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_totals) IS
'all customers';

CREATE FUNCTION customer_count(x retention_summary)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_summary'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_summary) IS
'all customers';

CREATE FUNCTION members(summary retention_summary, period date, OUT customer text, OUT state text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'members_of_summary'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10000;

COMMENT ON FUNCTION members(retention_summary, date) IS
'who was new, retained, resurrected or churned in a bucket';
