-- points_ledger: points that go to another ledger, or live longer; two ledgers that become one
--
-- Volatility, strictness and COST are as in points/functions.

CREATE FUNCTION transfer(ledger points_ledger, points bigint, at timestamptz DEFAULT clock_timestamp(),
	ref text DEFAULT NULL, OUT giver points_ledger, OUT parcel points_ledger)
RETURNS record
AS 'MODULE_PATHNAME', 'points_ledger_transfer'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION transfer(points_ledger, bigint, timestamptz, text) IS
'the ledger without points that go to another, and these points, with issue date and expiry, to be received there '
'(docs/points.md)';

CREATE FUNCTION receive(ledger points_ledger, parcel points_ledger)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_receive'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION receive(points_ledger, points_ledger) IS
'the ledger with the points of a parcel that transfer gave (docs/points.md)';

CREATE FUNCTION extend(ledger points_ledger, expires timestamptz, at timestamptz DEFAULT clock_timestamp(),
	ref text DEFAULT NULL)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_extend'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION extend(points_ledger, timestamptz, timestamptz, text) IS
'the ledger in which points that have not expired, and would sooner, expire at a later time (docs/points.md)';

CREATE FUNCTION merge(a points_ledger, b points_ledger, prefix text)
RETURNS points_ledger
AS 'MODULE_PATHNAME', 'points_ledger_merge'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;

COMMENT ON FUNCTION merge(points_ledger, points_ledger, text) IS
'the ledgers of two members merged into one, with a prefix before the refs of the second that the first has, too '
'(docs/points.md)';
