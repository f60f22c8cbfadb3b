-- rebucket, without, rename: changes of stored summaries

CREATE FUNCTION rebucket(summary retention_summary, bucket interval)
RETURNS retention_summary
AS 'MODULE_PATHNAME', 'rebucket'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rebucket(retention_summary, interval) IS
'the same summary in wider buckets, which hold whole ones of the narrow';

CREATE FUNCTION rebucket(summary retention_summary, bucket interval, origin date)
RETURNS retention_summary
AS 'MODULE_PATHNAME', 'rebucket'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rebucket(retention_summary, interval, date) IS
'the same summary in wider buckets, which hold whole ones of the narrow, counted from the origin';

CREATE FUNCTION without(summary retention_summary, customer anyelement)
RETURNS retention_summary
AS 'MODULE_PATHNAME', 'without'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION without(retention_summary, anyelement) IS
'the summary without a customer; NULL if nobody is left';

CREATE FUNCTION rename(summary retention_summary, old_customer anyelement, new_customer anyelement)
RETURNS retention_summary
AS 'MODULE_PATHNAME', 'rename_customer'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION rename(retention_summary, anyelement, anyelement) IS
'the summary in which a customer has become another, with whom they are one from then on';

CREATE FUNCTION rebucket(summary revenue_summary, bucket interval)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'rebucket'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rebucket(revenue_summary, interval) IS
'the same summary in wider buckets, which hold whole ones of the narrow';

CREATE FUNCTION rebucket(summary revenue_summary, bucket interval, origin date)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'rebucket'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rebucket(revenue_summary, interval, date) IS
'the same summary in wider buckets, which hold whole ones of the narrow, counted from the origin';

CREATE FUNCTION without(summary revenue_summary, customer anyelement)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'without'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION without(revenue_summary, anyelement) IS
'the summary without a customer; NULL if nobody is left';

CREATE FUNCTION rename(summary revenue_summary, old_customer anyelement, new_customer anyelement)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'rename_customer'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION rename(revenue_summary, anyelement, anyelement) IS
'the summary in which a customer has become another, with whom they are one from then on';
