-- retention_totals: equality, hash, and an order that only serves to sort

CREATE FUNCTION retention_totals_eq(one retention_totals, other retention_totals)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_eq(retention_totals, retention_totals) IS
'implementation of = operator';

CREATE FUNCTION retention_totals_ne(one retention_totals, other retention_totals)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_ne(retention_totals, retention_totals) IS
'implementation of <> operator';

CREATE FUNCTION retention_totals_lt(one retention_totals, other retention_totals)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_lt(retention_totals, retention_totals) IS
'implementation of < operator';

CREATE FUNCTION retention_totals_le(one retention_totals, other retention_totals)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_le(retention_totals, retention_totals) IS
'implementation of <= operator';

CREATE FUNCTION retention_totals_gt(one retention_totals, other retention_totals)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_gt(retention_totals, retention_totals) IS
'implementation of > operator';

CREATE FUNCTION retention_totals_ge(one retention_totals, other retention_totals)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_ge(retention_totals, retention_totals) IS
'implementation of >= operator';

CREATE FUNCTION retention_totals_cmp(one retention_totals, other retention_totals)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_cmp(retention_totals, retention_totals) IS
'comparison function of retention_totals';

CREATE FUNCTION retention_totals_hash(value retention_totals)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_hash(retention_totals) IS
'hash of retention_totals';

CREATE FUNCTION retention_totals_hash_extended(value retention_totals, seed bigint)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_hash_extended(retention_totals, bigint) IS
'seeded hash of retention_totals';

CREATE OPERATOR = (
	LEFTARG = retention_totals,
	RIGHTARG = retention_totals,
	FUNCTION = retention_totals_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES,
	MERGES
);

COMMENT ON OPERATOR = (retention_totals, retention_totals) IS
'equal';

CREATE OPERATOR <> (
	LEFTARG = retention_totals,
	RIGHTARG = retention_totals,
	FUNCTION = retention_totals_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);

COMMENT ON OPERATOR <> (retention_totals, retention_totals) IS
'not equal';

CREATE OPERATOR < (
	LEFTARG = retention_totals,
	RIGHTARG = retention_totals,
	FUNCTION = retention_totals_lt,
	COMMUTATOR = >,
	NEGATOR = >=,
	RESTRICT = pg_catalog.scalarltsel,
	JOIN = pg_catalog.scalarltjoinsel
);

COMMENT ON OPERATOR < (retention_totals, retention_totals) IS
'sorts before; the order has no meaning';

CREATE OPERATOR <= (
	LEFTARG = retention_totals,
	RIGHTARG = retention_totals,
	FUNCTION = retention_totals_le,
	COMMUTATOR = >=,
	NEGATOR = >,
	RESTRICT = pg_catalog.scalarlesel,
	JOIN = pg_catalog.scalarlejoinsel
);

COMMENT ON OPERATOR <= (retention_totals, retention_totals) IS
'sorts before or equal; the order has no meaning';

CREATE OPERATOR > (
	LEFTARG = retention_totals,
	RIGHTARG = retention_totals,
	FUNCTION = retention_totals_gt,
	COMMUTATOR = <,
	NEGATOR = <=,
	RESTRICT = pg_catalog.scalargtsel,
	JOIN = pg_catalog.scalargtjoinsel
);

COMMENT ON OPERATOR > (retention_totals, retention_totals) IS
'sorts after; the order has no meaning';

CREATE OPERATOR >= (
	LEFTARG = retention_totals,
	RIGHTARG = retention_totals,
	FUNCTION = retention_totals_ge,
	COMMUTATOR = <=,
	NEGATOR = <,
	RESTRICT = pg_catalog.scalargesel,
	JOIN = pg_catalog.scalargejoinsel
);

COMMENT ON OPERATOR >= (retention_totals, retention_totals) IS
'sorts after or equal; the order has no meaning';

CREATE OPERATOR CLASS retention_totals_hash_ops
DEFAULT FOR TYPE retention_totals USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 retention_totals_hash(retention_totals),
	FUNCTION 2 retention_totals_hash_extended(retention_totals, bigint);

COMMENT ON OPERATOR CLASS retention_totals_hash_ops USING hash IS
'hashing of equal values';

CREATE OPERATOR CLASS retention_totals_btree_ops
DEFAULT FOR TYPE retention_totals USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 retention_totals_cmp(retention_totals, retention_totals);

COMMENT ON OPERATOR CLASS retention_totals_btree_ops USING btree IS
'an order that only serves to sort';
