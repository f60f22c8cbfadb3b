-- Comparison: equality, hash, and an order that only serves to sort.  The install script has this part once for each type that a
-- column may hold, with its name in the place of @type@, and that of the C functions in the place of @c@.

CREATE FUNCTION @type@_eq(one @type@, other @type@)
RETURNS boolean
AS 'MODULE_PATHNAME', '@c@_eq'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_eq(@type@, @type@) IS
'internal: implementation of = operator';

CREATE FUNCTION @type@_ne(one @type@, other @type@)
RETURNS boolean
AS 'MODULE_PATHNAME', '@c@_ne'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_ne(@type@, @type@) IS
'internal: implementation of <> operator';

CREATE FUNCTION @type@_lt(one @type@, other @type@)
RETURNS boolean
AS 'MODULE_PATHNAME', '@c@_lt'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_lt(@type@, @type@) IS
'internal: implementation of < operator';

CREATE FUNCTION @type@_le(one @type@, other @type@)
RETURNS boolean
AS 'MODULE_PATHNAME', '@c@_le'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_le(@type@, @type@) IS
'internal: implementation of <= operator';

CREATE FUNCTION @type@_gt(one @type@, other @type@)
RETURNS boolean
AS 'MODULE_PATHNAME', '@c@_gt'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_gt(@type@, @type@) IS
'internal: implementation of > operator';

CREATE FUNCTION @type@_ge(one @type@, other @type@)
RETURNS boolean
AS 'MODULE_PATHNAME', '@c@_ge'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_ge(@type@, @type@) IS
'internal: implementation of >= operator';

CREATE FUNCTION @type@_cmp(one @type@, other @type@)
RETURNS int
AS 'MODULE_PATHNAME', '@c@_cmp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_cmp(@type@, @type@) IS
'internal: which of two values sorts first';

CREATE FUNCTION @type@_hash(value @type@)
RETURNS int
AS 'MODULE_PATHNAME', '@c@_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_hash(@type@) IS
'internal: hash of equal values';

CREATE FUNCTION @type@_hash_extended(value @type@, seed bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', '@c@_hash_extended'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @type@_hash_extended(@type@, bigint) IS
'internal: hash of equal values, with a seed';

CREATE OPERATOR = (
	LEFTARG = @type@,
	RIGHTARG = @type@,
	FUNCTION = @type@_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES,
	MERGES
);

COMMENT ON OPERATOR = (@type@, @type@) IS
'equal';

CREATE OPERATOR <> (
	LEFTARG = @type@,
	RIGHTARG = @type@,
	FUNCTION = @type@_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);

COMMENT ON OPERATOR <> (@type@, @type@) IS
'not equal';

CREATE OPERATOR < (
	LEFTARG = @type@,
	RIGHTARG = @type@,
	FUNCTION = @type@_lt,
	COMMUTATOR = >,
	NEGATOR = >=,
	RESTRICT = pg_catalog.scalarltsel,
	JOIN = pg_catalog.scalarltjoinsel
);

COMMENT ON OPERATOR < (@type@, @type@) IS
'sorts before; the order has no meaning';

CREATE OPERATOR <= (
	LEFTARG = @type@,
	RIGHTARG = @type@,
	FUNCTION = @type@_le,
	COMMUTATOR = >=,
	NEGATOR = >,
	RESTRICT = pg_catalog.scalarlesel,
	JOIN = pg_catalog.scalarlejoinsel
);

COMMENT ON OPERATOR <= (@type@, @type@) IS
'sorts before or equal; the order has no meaning';

CREATE OPERATOR > (
	LEFTARG = @type@,
	RIGHTARG = @type@,
	FUNCTION = @type@_gt,
	COMMUTATOR = <,
	NEGATOR = <=,
	RESTRICT = pg_catalog.scalargtsel,
	JOIN = pg_catalog.scalargtjoinsel
);

COMMENT ON OPERATOR > (@type@, @type@) IS
'sorts after; the order has no meaning';

CREATE OPERATOR >= (
	LEFTARG = @type@,
	RIGHTARG = @type@,
	FUNCTION = @type@_ge,
	COMMUTATOR = <=,
	NEGATOR = <,
	RESTRICT = pg_catalog.scalargesel,
	JOIN = pg_catalog.scalargejoinsel
);

COMMENT ON OPERATOR >= (@type@, @type@) IS
'sorts after or equal; the order has no meaning';

CREATE OPERATOR CLASS @type@_ops
DEFAULT FOR TYPE @type@ USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 @type@_hash(@type@),
	FUNCTION 2 @type@_hash_extended(@type@, bigint);

COMMENT ON OPERATOR CLASS @type@_ops USING hash IS
'equality of @type@';

CREATE OPERATOR CLASS @type@_ops
DEFAULT FOR TYPE @type@ USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 @type@_cmp(@type@, @type@);

COMMENT ON OPERATOR CLASS @type@_ops USING btree IS
'order of @type@, which has no meaning: for DISTINCT, ORDER BY, unique indexes and merge joins';
