-- planner support: how many rows a report will have

CREATE FUNCTION summary_bucket_rows(request internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION summary_bucket_rows(internal) IS
'internal: planner support of growth and retention_curve of a summary';

CREATE FUNCTION summary_cohort_rows(request internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION summary_cohort_rows(internal) IS
'internal: planner support of cohorts of a summary';

CREATE FUNCTION totals_bucket_rows(request internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION totals_bucket_rows(internal) IS
'internal: planner support of growth and retention_curve of totals';

CREATE FUNCTION totals_cohort_rows(request internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION totals_cohort_rows(internal) IS
'internal: planner support of cohorts of totals';
