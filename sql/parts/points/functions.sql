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

CREATE FUNCTION prefix_refs(ledger points_ledger, prefix text)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_prefix_refs'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;

COMMENT ON FUNCTION prefix_refs(points_ledger, text) IS
'the ledger with a prefix before every ref';

