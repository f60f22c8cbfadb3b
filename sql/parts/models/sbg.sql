-- sbg_fit and what its model predicts: contracts
--
-- COST here is measured, in units of the time of an addition.

CREATE TYPE sbg_model AS (
	alpha double precision,
	beta double precision,
	log_likelihood double precision,
	customers bigint,
	iterations int,
	converged boolean,
	status text,
	se_alpha double precision,
	se_beta double precision
);

COMMENT ON TYPE sbg_model IS
'how long contracts are renewed: parameters of the shifted beta-geometric model, made by sbg_fit';

CREATE FUNCTION sbg_model(alpha double precision, beta double precision)
RETURNS sbg_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN ROW(alpha, beta, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::sbg_model;

COMMENT ON FUNCTION sbg_model(double precision, double precision) IS
'shifted beta-geometric model with these parameters, from elsewhere than a fit (docs/models.md)';

CREATE FUNCTION sbg_accum(state internal, cohort anyelement, age bigint, survivors bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION sbg_accum(internal, anyelement, bigint, bigint) IS
'internal: transition function of sbg_fit';

CREATE FUNCTION sbg_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION sbg_combine(internal, internal) IS
'internal: combine function of sbg_fit';

CREATE FUNCTION sbg_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION sbg_serialize(internal) IS
'internal: serialization function of sbg_fit';

CREATE FUNCTION sbg_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION sbg_deserialize(bytea, internal) IS
'internal: deserialization function of sbg_fit';

CREATE FUNCTION sbg_fit_final(state internal)
RETURNS sbg_model
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION sbg_fit_final(internal) IS
'internal: final function of sbg_fit';

CREATE AGGREGATE sbg_fit(cohort anyelement, age bigint, survivors bigint) (
	SFUNC = sbg_accum,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = sbg_fit_final,
	COMBINEFUNC = sbg_combine,
	SERIALFUNC = sbg_serialize,
	DESERIALFUNC = sbg_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE sbg_fit(anyelement, bigint, bigint) IS
'shifted beta-geometric model, most likely for cohorts of contracts with these survivors at age 0 and after '
'renewals (docs/models.md)';

CREATE FUNCTION survival(model sbg_model, renewals bigint)
RETURNS double precision
AS 'MODULE_PATHNAME', 'sbg_survival'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION survival(sbg_model, bigint) IS
'share of a cohort that survives this number of renewals (docs/models.md)';

CREATE FUNCTION retention_rate(model sbg_model, renewals bigint)
RETURNS double precision
AS 'MODULE_PATHNAME', 'sbg_retention_rate'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;

COMMENT ON FUNCTION retention_rate(sbg_model, bigint) IS
'share of the survivors before the renewal of this number, from 1, who make it (docs/models.md)';

CREATE FUNCTION residual_lifetime(model sbg_model, renewals bigint, discount double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'sbg_residual_lifetime'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;

COMMENT ON FUNCTION residual_lifetime(sbg_model, bigint, double precision) IS
'expected number of further renewals: the next one counts in full, each later one less by this rate of discount '
'(docs/models.md)';

