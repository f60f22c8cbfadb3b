-- loyalty_tier, to_next_tier and tier_history: tiers such as cards of 5, 7 and 10 %
--
-- Their COST is that of unpacking an array and of comparing with each of its elements.

CREATE FUNCTION loyalty_tier(value numeric, thresholds numeric[], names text[])
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION loyalty_tier(numeric, numeric[], text[]) IS
'name of the last tier whose threshold the value reaches; null below the first';

CREATE FUNCTION loyalty_tier(value bigint, thresholds bigint[], names text[])
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION loyalty_tier(bigint, bigint[], text[]) IS
'name of the last tier whose threshold the value reaches; null below the first';

CREATE FUNCTION loyalty_tier(value double precision, thresholds double precision[], names text[])
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION loyalty_tier(double precision, double precision[], text[]) IS
'name of the last tier whose threshold the value reaches; null below the first';

CREATE FUNCTION to_next_tier(value numeric, thresholds numeric[])
RETURNS numeric
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION to_next_tier(numeric, numeric[]) IS
'what the value is short of the next tier; null in the last';

CREATE FUNCTION to_next_tier(value bigint, thresholds bigint[])
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION to_next_tier(bigint, bigint[]) IS
'what the value is short of the next tier; null in the last';

CREATE FUNCTION to_next_tier(value double precision, thresholds double precision[])
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION to_next_tier(double precision, double precision[]) IS
'what the value is short of the next tier; null in the last';

-- A window function is called for NULLs whatever is said here.  What a month and a day are is up to the session's
-- time zone, so that it is STABLE.  COST is in simple operators: a row takes calendar arithmetic, and two exact sums.

CREATE FUNCTION tier_history(value numeric, at timestamptz, thresholds numeric[], names text[], "window" interval,
	grace interval DEFAULT '0')
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C WINDOW STABLE PARALLEL SAFE COST 60;

COMMENT ON FUNCTION tier_history(numeric, timestamptz, numeric[], text[], interval, interval) IS
'name of the tier at each row, by the sum of the values in the trailing window, kept for the grace after it was lost';
