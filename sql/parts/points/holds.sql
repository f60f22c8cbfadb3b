-- points_ledger: points that are held at checkout, until they are captured or released
--
-- Volatility, strictness and COST are as in points/functions.

CREATE FUNCTION hold(ledger points_ledger, points bigint, until timestamptz,
	at timestamptz DEFAULT clock_timestamp(), ref text DEFAULT NULL)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_hold'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION hold(points_ledger, bigint, timestamptz, timestamptz, text) IS
'the ledger with points reserved, which do not count until they are captured, released, or the time is over';

CREATE FUNCTION capture(ledger points_ledger, ref text, points bigint DEFAULT NULL,
	at timestamptz DEFAULT clock_timestamp())
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_capture'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION capture(points_ledger, text, bigint, timestamptz) IS
'the ledger with a hold spent, all of it or some of its points; the rest is free again';

CREATE FUNCTION release(ledger points_ledger, ref text, at timestamptz DEFAULT clock_timestamp())
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_release'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION release(points_ledger, text, timestamptz) IS
'the ledger with what was held free again';
