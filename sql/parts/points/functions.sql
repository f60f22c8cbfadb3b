-- points_ledger: the functions that return a ledger
--
-- Times default to clock_timestamp(), not now(): an UPDATE that waited for a lock gets a later time than the one that
-- it waited for.  The functions are IMMUTABLE, since what they return depends on their arguments only.  They are not
-- STRICT: a NULL ledger is an error, since an UPDATE would otherwise lose what was to be entered.  Their COST is that
-- of reading a ledger of some tens of movements and of writing it again.

CREATE FUNCTION points_ledger()
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_empty'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger() IS
'an empty ledger';

CREATE FUNCTION earn(ledger points_ledger, points bigint, at timestamptz DEFAULT clock_timestamp(),
	expires timestamptz DEFAULT NULL, ref text DEFAULT NULL, available timestamptz DEFAULT NULL)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_earn'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION earn(points_ledger, bigint, timestamptz, timestamptz, text, timestamptz) IS
'the ledger with points earned, which count from available until they expire; the same ref again changes nothing';

CREATE FUNCTION redeem(ledger points_ledger, points bigint, at timestamptz DEFAULT clock_timestamp(),
	ref text DEFAULT NULL)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_redeem'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION redeem(points_ledger, bigint, timestamptz, text) IS
'the ledger with points redeemed, soonest to expire first; the same ref again changes nothing';

CREATE FUNCTION reverse(ledger points_ledger, ref text, at timestamptz DEFAULT clock_timestamp(),
	points bigint DEFAULT NULL, reversal_ref text DEFAULT NULL, allow_negative boolean DEFAULT false)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_reverse'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION reverse(points_ledger, text, timestamptz, bigint, text, boolean) IS
'the ledger with a movement undone, or some of its points; with allow_negative, points that are gone become a debt';

CREATE FUNCTION transfer(ledger points_ledger, points bigint, at timestamptz DEFAULT clock_timestamp(),
	ref text DEFAULT NULL, OUT giver points_ledger, OUT parcel points_ledger)
RETURNS record
AS 'MODULE_PATHNAME', 'points_ledger_transfer'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION transfer(points_ledger, bigint, timestamptz, text) IS
'the ledger without points that go to another, and these points, with issue date and expiry, to be merged there';

CREATE FUNCTION extend(ledger points_ledger, expires timestamptz, at timestamptz DEFAULT clock_timestamp(),
	ref text DEFAULT NULL)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_extend'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION extend(points_ledger, timestamptz, timestamptz, text) IS
'the ledger in which points that have not expired, and would sooner, expire at a later time';

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

CREATE FUNCTION close(ledger points_ledger, until timestamptz)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_close'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION close(points_ledger, timestamptz) IS
'the ledger into which nothing can be entered at a time or before any more';

CREATE FUNCTION compact(ledger points_ledger, before timestamptz)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_compact'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION compact(points_ledger, timestamptz) IS
'the ledger closed until a time, with opening lots for all that was before; from then on it answers as it did';

CREATE FUNCTION points_ledger_concat(points_ledger, points_ledger)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION points_ledger_concat(points_ledger, points_ledger) IS
'implementation of || operator';

CREATE OPERATOR || (
	LEFTARG = points_ledger,
	RIGHTARG = points_ledger,
	FUNCTION = points_ledger_concat
);

COMMENT ON OPERATOR || (points_ledger, points_ledger) IS
'the ledgers of two members merged into one';

CREATE FUNCTION merge(a points_ledger, b points_ledger, prefix text)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_merge'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION merge(points_ledger, points_ledger, text) IS
'the ledgers of two members merged into one, with a prefix before the refs of the second that the first has, too';

CREATE FUNCTION prefix_refs(ledger points_ledger, prefix text)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_prefix_refs'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;

COMMENT ON FUNCTION prefix_refs(points_ledger, text) IS
'the ledger with a prefix before every ref';

