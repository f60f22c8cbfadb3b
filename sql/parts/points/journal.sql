-- journal: all that happened to a points_ledger
--
-- The COST is that of going through a ledger in time order.  The ROWS are two or three for each movement.

CREATE FUNCTION journal(ledger points_ledger, after timestamptz, until timestamptz)
RETURNS TABLE (happened_at timestamptz, event text, lot int, issued_at timestamptz, points bigint)
AS 'MODULE_PATHNAME', 'points_ledger_journal'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 50;

COMMENT ON FUNCTION journal(points_ledger, timestamptz, timestamptz) IS
'a row for each change after a time until another, with this: by event, sums are the change of the statement''s '
'columns (docs/points.md)';
