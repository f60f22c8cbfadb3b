-- points_ledger: a member's loyalty points as one value, movements with lots that expire
--
-- The input function and the cast from jsonb are STABLE, since a time without a time zone is in that of the session;
-- send and receive are, since refs are converted to and from the client's encoding.  Long ledgers are compressed
-- (STORAGE extended): every update writes all of one, to the table and to the WAL.  The casts cost as much as some
-- thousand comparisons: a ledger has tens of movements, each with times to be printed or read.

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
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_recv(internal) IS
'receive function of points_ledger';

CREATE FUNCTION points_ledger_send(points_ledger)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

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
'hash of a ledger';

CREATE FUNCTION points_ledger_hash_extended(points_ledger, bigint)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_hash_extended(points_ledger, bigint) IS
'hash of a ledger, with a seed';

CREATE OPERATOR = (
	LEFTARG = points_ledger,
	RIGHTARG = points_ledger,
	FUNCTION = points_ledger_eq,
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
	FUNCTION = points_ledger_ne,
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
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION points_ledger_to_jsonb(points_ledger) IS
'the movements of a ledger as an array';

CREATE FUNCTION points_ledger_from_jsonb(jsonb)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION points_ledger_from_jsonb(jsonb) IS
'a ledger from an array of movements, which are entered again';

CREATE CAST (points_ledger AS jsonb) WITH FUNCTION points_ledger_to_jsonb(points_ledger) AS ASSIGNMENT;

COMMENT ON CAST (points_ledger AS jsonb) IS
'the movements of a ledger as an array';

CREATE CAST (jsonb AS points_ledger) WITH FUNCTION points_ledger_from_jsonb(jsonb);

COMMENT ON CAST (jsonb AS points_ledger) IS
'a ledger from an array of movements, which are entered again';

