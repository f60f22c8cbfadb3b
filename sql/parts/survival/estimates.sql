-- survival_at, median_survival, logrank_test: what can be read off a curve, or two

CREATE FUNCTION survival_at(x durations, elapsed interval)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION survival_at(durations, interval) IS
'the share to whom it has not happened up to a time, by Kaplan and Meier; NULL if nobody was watched for so long';

CREATE FUNCTION median_survival(x durations)
RETURNS interval
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION median_survival(durations) IS
'after how long it has happened to half; NULL if it has not';

CREATE FUNCTION logrank_test(a durations, b durations,
	OUT chi_square double precision, OUT p_value double precision)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;

COMMENT ON FUNCTION logrank_test(durations, durations) IS
'how likely two groups differ so much by chance: the log-rank test, with one degree of freedom';
