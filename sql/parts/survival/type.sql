-- durations: how long each was watched, and when it happened
--
-- Bytes only, whatever the machine, so that the type needs no alignment beyond that of its length.

CREATE TYPE durations;

CREATE FUNCTION durations_in(input cstring)
RETURNS durations
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION durations_in(cstring) IS
'internal: input function of durations';

CREATE FUNCTION durations_out(value durations)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION durations_out(durations) IS
'internal: output function of durations';

CREATE FUNCTION durations_recv(message internal)
RETURNS durations
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION durations_recv(internal) IS
'internal: receive function of durations';

CREATE FUNCTION durations_send(value durations)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION durations_send(durations) IS
'internal: send function of durations';

CREATE TYPE durations (
	INPUT = durations_in,
	OUTPUT = durations_out,
	RECEIVE = durations_recv,
	SEND = durations_send,
	ALIGNMENT = int4,
	STORAGE = EXTERNAL
);

COMMENT ON TYPE durations IS
'how long each was watched, and after how long it happened; made by time_to_order and survival_agg, read by survival_curve, '
'happened_within and others';
