-- retention_projection: customers and revenue of the periods to come

CREATE FUNCTION retention_projection(customers double precision, value numeric, retention double precision,
	periods bigint,
	OUT period int, OUT customers numeric, OUT revenue numeric, OUT cumulative numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_projection_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 12;

COMMENT ON FUNCTION retention_projection(double precision, numeric, double precision, bigint) IS
'customers and revenue of the periods to come, if they compound: each adds a share of the one before';

CREATE FUNCTION retention_projection(customers double precision, value numeric, retention double precision,
	periods bigint, acquired double precision,
	OUT period int, OUT customers numeric, OUT revenue numeric, OUT cumulative numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_projection_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 12;

COMMENT ON FUNCTION retention_projection(double precision, numeric, double precision, bigint, double precision) IS
'customers and revenue of the periods to come, if a share of the last ones stays and as many new ones come in each';

CREATE FUNCTION retention_projection(customers double precision, value double precision, retention double precision,
	periods bigint,
	OUT period int, OUT customers numeric, OUT revenue numeric, OUT cumulative numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_projection_double'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 12;

COMMENT ON FUNCTION retention_projection(double precision, double precision, double precision, bigint) IS
'customers and revenue of the periods to come, if they compound: each adds a share of the one before';

CREATE FUNCTION retention_projection(customers double precision, value double precision, retention double precision,
	periods bigint, acquired double precision,
	OUT period int, OUT customers numeric, OUT revenue numeric, OUT cumulative numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'retention_projection_double'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 12;

COMMENT ON FUNCTION retention_projection(double precision, double precision, double precision, bigint,
	double precision) IS
'customers and revenue of the periods to come, if a share of the last ones stays and as many new ones come in each';
