-- survival_curve: the curve of Kaplan and Meier

CREATE FUNCTION survival_curve(x durations, step interval DEFAULT '1 day', confidence double precision DEFAULT 0.95,
	OUT elapsed interval, OUT at_risk bigint, OUT events bigint, OUT censored bigint,
	OUT survival double precision, OUT low double precision, OUT high double precision)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 400;

COMMENT ON FUNCTION survival_curve(durations, interval, double precision) IS
'the share to whom it has not happened, at every step, by Kaplan and Meier, with limits of confidence';
