-- points_ledger: a member's loyalty points as one value, movements with lots that expire
--
-- Times default to clock_timestamp(), not now(): an UPDATE that waited for a lock is stamped after the one that it
-- waited for.  What a function answers depends on its arguments alone, which is why it is IMMUTABLE.  The functions that
-- return a ledger are not STRICT: a NULL ledger is an error, since an UPDATE would otherwise lose what it was told.
-- The input function is STABLE, since a time without a time zone is read in the session's.  Long ledgers are compressed
-- (STORAGE extended): every update writes all of one, to the table and to the WAL.

CREATE TYPE points_ledger;

CREATE FUNCTION points_ledger_in(cstring)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_in(cstring) IS
'input function of points_ledger';

CREATE FUNCTION points_ledger_out(points_ledger)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_out(points_ledger) IS
'output function of points_ledger';

CREATE FUNCTION points_ledger_recv(internal)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_recv(internal) IS
'receive function of points_ledger';

CREATE FUNCTION points_ledger_send(points_ledger)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_send(points_ledger) IS
'send function of points_ledger';

CREATE TYPE points_ledger (
	INPUT = points_ledger_in,
	OUTPUT = points_ledger_out,
	RECEIVE = points_ledger_recv,
	SEND = points_ledger_send,
	ALIGNMENT = int4,
	STORAGE = extended
);

COMMENT ON TYPE points_ledger IS
'a member''s loyalty points: what was earned, redeemed and reversed, in lots that may expire';

CREATE FUNCTION points_ledger_eq(points_ledger, points_ledger)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_eq(points_ledger, points_ledger) IS
'implementation of = operator';

CREATE FUNCTION points_ledger_ne(points_ledger, points_ledger)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_ne(points_ledger, points_ledger) IS
'implementation of <> operator';

CREATE FUNCTION points_ledger_hash(points_ledger)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_hash(points_ledger) IS
'hash';

CREATE FUNCTION points_ledger_hash_extended(points_ledger, bigint)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_hash_extended(points_ledger, bigint) IS
'hash';

CREATE OPERATOR = (
	LEFTARG = points_ledger,
	RIGHTARG = points_ledger,
	PROCEDURE = points_ledger_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES
);

COMMENT ON OPERATOR = (points_ledger, points_ledger) IS
'equal';

CREATE OPERATOR <> (
	LEFTARG = points_ledger,
	RIGHTARG = points_ledger,
	PROCEDURE = points_ledger_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);

COMMENT ON OPERATOR <> (points_ledger, points_ledger) IS
'not equal';

CREATE OPERATOR CLASS points_ledger_ops
DEFAULT FOR TYPE points_ledger USING hash AS
	OPERATOR 1 = (points_ledger, points_ledger),
	FUNCTION 1 points_ledger_hash(points_ledger),
	FUNCTION 2 points_ledger_hash_extended(points_ledger, bigint);

COMMENT ON OPERATOR CLASS points_ledger_ops USING hash IS
'equality of points_ledger';

CREATE FUNCTION points_ledger_to_jsonb(points_ledger)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_to_jsonb(points_ledger) IS
'the movements of a ledger as an array';

CREATE FUNCTION points_ledger_from_jsonb(jsonb)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_from_jsonb(jsonb) IS
'a ledger of an array of movements, which are entered again';

CREATE CAST (points_ledger AS jsonb) WITH FUNCTION points_ledger_to_jsonb(points_ledger) AS ASSIGNMENT;

COMMENT ON CAST (points_ledger AS jsonb) IS
'the movements of a ledger as an array';

CREATE CAST (jsonb AS points_ledger) WITH FUNCTION points_ledger_from_jsonb(jsonb);

COMMENT ON CAST (jsonb AS points_ledger) IS
'a ledger of an array of movements, which are entered again';

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
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION earn(points_ledger, bigint, timestamptz, timestamptz, text, timestamptz) IS
'the ledger with points earned at a time, which count from available on until they expire; again with the same ref changes nothing';

CREATE FUNCTION redeem(ledger points_ledger, points bigint, at timestamptz DEFAULT clock_timestamp(), ref text DEFAULT NULL)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_redeem'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION redeem(points_ledger, bigint, timestamptz, text) IS
'the ledger with points redeemed at a time, soonest to expire first; again with the same ref changes nothing';

CREATE FUNCTION reverse(ledger points_ledger, ref text, at timestamptz DEFAULT clock_timestamp(),
	points bigint DEFAULT NULL, reversal_ref text DEFAULT NULL, allow_negative boolean DEFAULT false)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_reverse'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION reverse(points_ledger, text, timestamptz, bigint, text, boolean) IS
'the ledger with the movement of a ref undone at a time, or so many points of it; with allow_negative, points that are gone become a debt';

CREATE FUNCTION points_ledger_merge(points_ledger, points_ledger)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_merge(points_ledger, points_ledger) IS
'implementation of || operator';

CREATE OPERATOR || (
	LEFTARG = points_ledger,
	RIGHTARG = points_ledger,
	PROCEDURE = points_ledger_merge
);

COMMENT ON OPERATOR || (points_ledger, points_ledger) IS
'the movements of two members as those of one';

CREATE FUNCTION prefix_refs(ledger points_ledger, prefix text)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_prefix_refs'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION prefix_refs(points_ledger, text) IS
'the ledger with something put in front of every ref';

CREATE FUNCTION balance(ledger points_ledger, at timestamptz DEFAULT clock_timestamp())
RETURNS bigint
AS 'MODULE_PATHNAME', 'points_ledger_balance'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION balance(points_ledger, timestamptz) IS
'points that can be redeemed at a time; negative if a debt is not paid';

CREATE FUNCTION pending(ledger points_ledger, at timestamptz DEFAULT clock_timestamp())
RETURNS bigint
AS 'MODULE_PATHNAME', 'points_ledger_pending'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION pending(points_ledger, timestamptz) IS
'points earned that are not available yet at a time';

CREATE FUNCTION expiring(ledger points_ledger, until timestamptz, at timestamptz DEFAULT clock_timestamp())
RETURNS bigint
AS 'MODULE_PATHNAME', 'points_ledger_expiring'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION expiring(points_ledger, timestamptz, timestamptz) IS
'of the points that are available at a time, those that expire until another';

CREATE FUNCTION has_ref(ledger points_ledger, ref text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'points_ledger_has_ref'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION has_ref(points_ledger, text) IS
'has a movement with this ref been entered?';

CREATE FUNCTION lots(ledger points_ledger, at timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id int, ref text, earned_at timestamptz, available timestamptz, expires timestamptz, earned bigint,
	redeemed bigint, expired bigint, reversed bigint, remaining bigint, state text)
AS 'MODULE_PATHNAME', 'points_ledger_lots'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION lots(points_ledger, timestamptz) IS
'a row for each lot that was earned until a time, and what had become of its points then';

CREATE FUNCTION movements(ledger points_ledger)
RETURNS TABLE (id int, kind text, moved_at timestamptz, points bigint, ref text, available timestamptz,
	expires timestamptz, reverses int, draws jsonb, debt bigint)
AS 'MODULE_PATHNAME', 'points_ledger_movements'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION movements(points_ledger) IS
'a row for each movement, in the order of their entry, with the lots that it drew from';

CREATE FUNCTION statement(ledger points_ledger, at timestamptz DEFAULT clock_timestamp(),
	OUT earned bigint, OUT available bigint, OUT pending bigint, OUT redeemed bigint, OUT expired bigint, OUT reversed bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'points_ledger_statement'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION statement(points_ledger, timestamptz) IS
'sums at a time: earned = available + pending + redeemed + expired + reversed';

