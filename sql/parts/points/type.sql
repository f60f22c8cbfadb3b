-- points_ledger: a member's loyalty points as one value, movements with lots that expire
--
-- The input function and the cast from jsonb are STABLE, since a time without a time zone is in that of the session;
-- send and receive are, since refs are converted to and from the client's encoding.  Long ledgers are compressed
-- (STORAGE extended): every update writes all of one, to the table and to the WAL.  The casts cost as much as some
-- thousand comparisons: a ledger has tens of movements, each with times to be printed or read.
--
-- The order of ledgers has no meaning; what sorts needs one: DISTINCT, UNION, unique indexes, merge joins.
--
-- The casts to json and jsonb are AS ASSIGNMENT, as those of every type to text are: nothing is lost.  A cast from them
-- must be asked for, since the movements are entered again, which can fail.  The one to json has a function, because
-- to_json looks for one, to_jsonb too.

CREATE TYPE points_ledger;

CREATE FUNCTION points_ledger_in(cstring)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_in(cstring) IS
'internal: input function of points_ledger';

CREATE FUNCTION points_ledger_out(points_ledger)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_out(points_ledger) IS
'internal: output function of points_ledger';

CREATE FUNCTION points_ledger_recv(internal)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_recv(internal) IS
'internal: receive function of points_ledger';

CREATE FUNCTION points_ledger_send(points_ledger)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_send(points_ledger) IS
'internal: send function of points_ledger';

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

CREATE FUNCTION points_ledger_to_json(points_ledger)
RETURNS json
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION points_ledger_to_json(points_ledger) IS
'internal: the movements of a ledger as an array';

CREATE FUNCTION points_ledger_to_jsonb(points_ledger)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION points_ledger_to_jsonb(points_ledger) IS
'internal: the movements of a ledger as an array';

CREATE FUNCTION points_ledger_from_jsonb(jsonb)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION points_ledger_from_jsonb(jsonb) IS
'internal: a ledger from an array of movements, which are entered again';

CREATE CAST (points_ledger AS json) WITH FUNCTION points_ledger_to_json(points_ledger) AS ASSIGNMENT;

COMMENT ON CAST (points_ledger AS json) IS
'the movements of a ledger as an array; to_json and to_jsonb use it';

CREATE CAST (points_ledger AS jsonb) WITH FUNCTION points_ledger_to_jsonb(points_ledger) AS ASSIGNMENT;

COMMENT ON CAST (points_ledger AS jsonb) IS
'the movements of a ledger as an array';

CREATE CAST (json AS points_ledger) WITH INOUT;

COMMENT ON CAST (json AS points_ledger) IS
'a ledger from an array of movements, which are entered again';

CREATE CAST (jsonb AS points_ledger) WITH FUNCTION points_ledger_from_jsonb(jsonb);

COMMENT ON CAST (jsonb AS points_ledger) IS
'a ledger from an array of movements, which are entered again';

