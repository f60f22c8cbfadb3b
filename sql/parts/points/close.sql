-- points_ledger: books that are closed, and made shorter
--
-- Volatility, strictness and COST are as in points/functions.

CREATE FUNCTION close(ledger points_ledger, until timestamptz)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_close'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION close(points_ledger, timestamptz) IS
'the ledger into which nothing can be entered at a time or before any more';

CREATE FUNCTION compact(ledger points_ledger, before timestamptz)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_compact'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION compact(points_ledger, timestamptz) IS
'the ledger closed until a time, with opening lots for all that was before; from then on it answers as it did';
