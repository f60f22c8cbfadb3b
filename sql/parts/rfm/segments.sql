-- rfm_segment of a score, and rfm_segments: the names of RFM scores

CREATE FUNCTION rfm_segment(score bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'rfm_segment_of_score'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_segment(bigint) IS
'name of the segment of an RFM score in fifths, such as 543 (docs/rfm.md)';

CREATE FUNCTION rfm_segments()
RETURNS TABLE (segment text, r_min int, r_max int, f_min int, f_max int, meaning text, action text)
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION rfm_segments() IS
'the map of RFM segments: which scores of recency and frequency each has, what it means, and what to do '
'(docs/rfm.md)';
