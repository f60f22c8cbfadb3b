-- nps: net promoter score

CREATE FUNCTION nps_accum(state bigint[], score bigint)
RETURNS bigint[]
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION nps_accum(bigint[], bigint) IS
'internal: transition function of nps';

CREATE FUNCTION nps_accum_inv(state bigint[], score bigint)
RETURNS bigint[]
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION nps_accum_inv(bigint[], bigint) IS
'internal: inverse transition function of nps';

CREATE FUNCTION nps_combine(state bigint[], other bigint[])
RETURNS bigint[]
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION nps_combine(bigint[], bigint[]) IS
'internal: combine function of nps';

CREATE FUNCTION nps_final(state bigint[])
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION nps_final(bigint[]) IS
'internal: final function of nps';

CREATE AGGREGATE nps(score bigint) (
	SFUNC = nps_accum,
	STYPE = bigint[],
	INITCOND = '{0,0}',
	FINALFUNC = nps_final,
	COMBINEFUNC = nps_combine,
	MSFUNC = nps_accum,
	MINVFUNC = nps_accum_inv,
	MSTYPE = bigint[],
	MINITCOND = '{0,0}',
	MFINALFUNC = nps_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE nps(bigint) IS
'net promoter score, -100 to 100: percentage of the scores 9 and 10 less that of 0 to 6';
