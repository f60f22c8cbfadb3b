-- rfm_cuts: the cuts of RFM scores, a type
--
-- The input function is STABLE, since an as_of without a time zone is read in the session's.
--
-- The order of values has no meaning; what sorts needs one: DISTINCT, UNION, unique indexes, merge joins.
--
-- The casts to json are AS ASSIGNMENT, as those of every type to text are: nothing is lost.  A cast from json must be
-- asked for, since it can fail.  The one to json has a function, because to_json looks for one, to_jsonb too.

CREATE TYPE rfm_cuts;

CREATE FUNCTION rfm_cuts_in(cstring)
RETURNS rfm_cuts
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_in(cstring) IS
'internal: input function of rfm_cuts';

CREATE FUNCTION rfm_cuts_out(rfm_cuts)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_out(rfm_cuts) IS
'internal: output function of rfm_cuts';

CREATE FUNCTION rfm_cuts_recv(internal)
RETURNS rfm_cuts
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_recv(internal) IS
'internal: receive function of rfm_cuts';

CREATE FUNCTION rfm_cuts_send(rfm_cuts)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_send(rfm_cuts) IS
'internal: send function of rfm_cuts';

CREATE TYPE rfm_cuts (
	INPUT = rfm_cuts_in,
	OUTPUT = rfm_cuts_out,
	RECEIVE = rfm_cuts_recv,
	SEND = rfm_cuts_send,
	ALIGNMENT = double,
	STORAGE = extended
);

COMMENT ON TYPE rfm_cuts IS
'what a customer has to reach for each RFM score: ages of the last order, numbers of orders, revenues';

CREATE FUNCTION rfm_cuts_to_json(rfm_cuts)
RETURNS json
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_to_json(rfm_cuts) IS
'internal: cuts as a JSON object';

CREATE CAST (rfm_cuts AS json) WITH FUNCTION rfm_cuts_to_json(rfm_cuts) AS ASSIGNMENT;

COMMENT ON CAST (rfm_cuts AS json) IS
'cuts as a JSON object; to_json and to_jsonb use it';

CREATE CAST (rfm_cuts AS jsonb) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (rfm_cuts AS jsonb) IS
'cuts as a JSON object';

CREATE CAST (json AS rfm_cuts) WITH INOUT;

COMMENT ON CAST (json AS rfm_cuts) IS
'cuts from a JSON object';

CREATE CAST (jsonb AS rfm_cuts) WITH INOUT;

COMMENT ON CAST (jsonb AS rfm_cuts) IS
'cuts from a JSON object';

CREATE FUNCTION rfm_cuts(recency interval[], orders bigint[], revenue numeric[])
RETURNS rfm_cuts
AS 'MODULE_PATHNAME', 'rfm_cuts_from_arrays'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts(interval[], bigint[], numeric[]) IS
'cuts of one''s own: for each score from 2 upwards the greatest age of the last order, the fewest orders, the least '
'revenue (docs/rfm.md)';

CREATE FUNCTION cuts(cuts rfm_cuts)
RETURNS TABLE (dimension text, score int, from_value text)
AS 'MODULE_PATHNAME', 'rfm_cuts_rows'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 12;

COMMENT ON FUNCTION cuts(rfm_cuts) IS
'cuts as rows: what has to be reached for each score from 2 upwards, NULL if nobody can (docs/rfm.md)';
