-- retention_summary: equality, hash, and an order that only serves to sort

CREATE FUNCTION retention_summary_eq(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_eq(retention_summary, retention_summary) IS
'implementation of = operator';

CREATE FUNCTION retention_summary_ne(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_ne(retention_summary, retention_summary) IS
'implementation of <> operator';

CREATE FUNCTION retention_summary_lt(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_lt(retention_summary, retention_summary) IS
'implementation of < operator';

CREATE FUNCTION retention_summary_le(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_le(retention_summary, retention_summary) IS
'implementation of <= operator';

CREATE FUNCTION retention_summary_gt(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_gt(retention_summary, retention_summary) IS
'implementation of > operator';

CREATE FUNCTION retention_summary_ge(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_ge(retention_summary, retention_summary) IS
'implementation of >= operator';

CREATE FUNCTION retention_summary_cmp(one retention_summary, other retention_summary)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_cmp(retention_summary, retention_summary) IS
'comparison function of retention_summary';

CREATE FUNCTION retention_summary_hash(value retention_summary)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_hash(retention_summary) IS
'hash of retention_summary';

CREATE FUNCTION retention_summary_hash_extended(value retention_summary, seed bigint)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_hash_extended(retention_summary, bigint) IS
'seeded hash of retention_summary';

CREATE OPERATOR = (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES,
	MERGES
);

COMMENT ON OPERATOR = (retention_summary, retention_summary) IS
'equal';

CREATE OPERATOR <> (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);

COMMENT ON OPERATOR <> (retention_summary, retention_summary) IS
'not equal';

CREATE OPERATOR < (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_lt,
	COMMUTATOR = >,
	NEGATOR = >=,
	RESTRICT = pg_catalog.scalarltsel,
	JOIN = pg_catalog.scalarltjoinsel
);

COMMENT ON OPERATOR < (retention_summary, retention_summary) IS
'sorts before; the order has no meaning';

CREATE OPERATOR <= (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_le,
	COMMUTATOR = >=,
	NEGATOR = >,
	RESTRICT = pg_catalog.scalarlesel,
	JOIN = pg_catalog.scalarlejoinsel
);

COMMENT ON OPERATOR <= (retention_summary, retention_summary) IS
'sorts before or equal; the order has no meaning';

CREATE OPERATOR > (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_gt,
	COMMUTATOR = <,
	NEGATOR = <=,
	RESTRICT = pg_catalog.scalargtsel,
	JOIN = pg_catalog.scalargtjoinsel
);

COMMENT ON OPERATOR > (retention_summary, retention_summary) IS
'sorts after; the order has no meaning';

CREATE OPERATOR >= (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_ge,
	COMMUTATOR = <=,
	NEGATOR = <,
	RESTRICT = pg_catalog.scalargesel,
	JOIN = pg_catalog.scalargejoinsel
);

COMMENT ON OPERATOR >= (retention_summary, retention_summary) IS
'sorts after or equal; the order has no meaning';

CREATE OPERATOR CLASS retention_summary_hash_ops
DEFAULT FOR TYPE retention_summary USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 retention_summary_hash(retention_summary),
	FUNCTION 2 retention_summary_hash_extended(retention_summary, bigint);

COMMENT ON OPERATOR CLASS retention_summary_hash_ops USING hash IS
'hashing of equal values';

CREATE OPERATOR CLASS retention_summary_btree_ops
DEFAULT FOR TYPE retention_summary USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 retention_summary_cmp(retention_summary, retention_summary);

COMMENT ON OPERATOR CLASS retention_summary_btree_ops USING btree IS
'an order that only serves to sort';
