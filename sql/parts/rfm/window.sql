-- rfm_score and rfm_segment: customers scored by recency, frequency and monetary value
--
-- Window functions are called for NULLs whatever is said here; those with stored cuts are STRICT.
--
-- The cuts come first in those with cuts: behind the revenue they would compete with bins for an argument that has no
-- type yet.
--
-- COST is in simple operators: to score a row takes some 25, and reading cuts as double precision as many again.

CREATE FUNCTION rfm_score(last_order timestamptz, orders bigint, revenue numeric, bins bigint DEFAULT 5)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_numeric'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(timestamptz, bigint, numeric, bigint) IS
'RFM score among the customers of the partition: 100 * recency + 10 * frequency + monetary value, each from 1 to '
'bins (docs/rfm.md)';

CREATE FUNCTION rfm_score(last_order timestamptz, orders bigint, revenue bigint, bins bigint DEFAULT 5)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_bigint'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(timestamptz, bigint, bigint, bigint) IS
'RFM score among the customers of the partition: 100 * recency + 10 * frequency + monetary value, each from 1 to '
'bins (docs/rfm.md)';

CREATE FUNCTION rfm_score(last_order timestamptz, orders bigint, revenue double precision, bins bigint DEFAULT 5)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_double'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(timestamptz, bigint, double precision, bigint) IS
'RFM score among the customers of the partition: 100 * recency + 10 * frequency + monetary value, each from 1 to '
'bins (docs/rfm.md)';

CREATE FUNCTION rfm_segment(last_order timestamptz, orders bigint, revenue numeric)
RETURNS text
AS 'MODULE_PATHNAME', 'rfm_segment_numeric'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_segment(timestamptz, bigint, numeric) IS
'name of the RFM segment among the customers of the partition (docs/rfm.md)';

CREATE FUNCTION rfm_segment(last_order timestamptz, orders bigint, revenue bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'rfm_segment_bigint'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_segment(timestamptz, bigint, bigint) IS
'name of the RFM segment among the customers of the partition (docs/rfm.md)';

CREATE FUNCTION rfm_segment(last_order timestamptz, orders bigint, revenue double precision)
RETURNS text
AS 'MODULE_PATHNAME', 'rfm_segment_double'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_segment(timestamptz, bigint, double precision) IS
'name of the RFM segment among the customers of the partition (docs/rfm.md)';

CREATE FUNCTION rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue numeric)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_by_cuts_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(rfm_cuts, timestamptz, bigint, numeric) IS
'RFM score by stored cuts, with ages as of the cuts'' own time (docs/rfm.md)';

CREATE FUNCTION rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue numeric, as_of timestamptz)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_by_cuts_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(rfm_cuts, timestamptz, bigint, numeric, timestamptz) IS
'RFM score by stored cuts, with ages as of a time (docs/rfm.md)';

CREATE FUNCTION rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue bigint)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_by_cuts_bigint'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(rfm_cuts, timestamptz, bigint, bigint) IS
'RFM score by stored cuts, with ages as of the cuts'' own time (docs/rfm.md)';

CREATE FUNCTION rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue bigint, as_of timestamptz)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_by_cuts_bigint'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;

COMMENT ON FUNCTION rfm_score(rfm_cuts, timestamptz, bigint, bigint, timestamptz) IS
'RFM score by stored cuts, with ages as of a time (docs/rfm.md)';

CREATE FUNCTION rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue double precision)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_by_cuts_double'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION rfm_score(rfm_cuts, timestamptz, bigint, double precision) IS
'RFM score by stored cuts, with ages as of the cuts'' own time (docs/rfm.md)';

CREATE FUNCTION rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue double precision,
	as_of timestamptz)
RETURNS int
AS 'MODULE_PATHNAME', 'rfm_score_by_cuts_double'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION rfm_score(rfm_cuts, timestamptz, bigint, double precision, timestamptz) IS
'RFM score by stored cuts, with ages as of a time (docs/rfm.md)';
