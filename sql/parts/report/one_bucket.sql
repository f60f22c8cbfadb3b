-- crr, churn_rate, customer_count: one bucket of a summary or totals

CREATE FUNCTION crr(x retention_totals, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_of_totals'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(retention_totals, date) IS
'share of the customers of the bucket before who were seen in this one; NULL if it has not ended (docs/growth.md)';

CREATE FUNCTION crr(x retention_summary, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_of_summary'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(retention_summary, date) IS
'share of the customers of the bucket before who were seen in this one; NULL if it has not ended (docs/growth.md)';

CREATE FUNCTION churn_rate(x retention_totals, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_of_totals'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(retention_totals, date) IS
'share of the customers of the bucket before who were not seen in this one; NULL if it has not ended '
'(docs/growth.md)';

CREATE FUNCTION churn_rate(x retention_summary, period date)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_of_summary'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(retention_summary, date) IS
'share of the customers of the bucket before who were not seen in this one; NULL if it has not ended '
'(docs/growth.md)';

CREATE FUNCTION customer_count(x retention_totals, period date)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_totals_in_bucket'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_totals, date) IS
'customers seen in a bucket (docs/growth.md)';

CREATE FUNCTION customer_count(x retention_summary, period date)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_summary_in_bucket'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_summary, date) IS
'customers seen in a bucket (docs/growth.md)';

CREATE FUNCTION customer_count(x retention_totals)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_totals'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_totals) IS
'all customers (docs/growth.md)';

CREATE FUNCTION customer_count(x retention_summary)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_summary'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(retention_summary) IS
'all customers (docs/growth.md)';
