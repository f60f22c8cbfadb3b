-- points_ledger: the functions that look into a ledger
--
-- Their COST is that of reading a ledger of some tens of movements.  The ROWS of lots and movements are those of such a
-- ledger; if the planner knows the value, points_ledger_rows says how many there are.

CREATE FUNCTION points_ledger_rows(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_ledger_rows(internal) IS
'planner support: rows of a known ledger';

CREATE FUNCTION balance(ledger points_ledger, at timestamptz DEFAULT clock_timestamp())
RETURNS bigint
AS 'MODULE_PATHNAME', 'points_ledger_balance'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION balance(points_ledger, timestamptz) IS
'points that can be redeemed at a time; negative if a debt is not paid';

CREATE FUNCTION pending(ledger points_ledger, at timestamptz DEFAULT clock_timestamp())
RETURNS bigint
AS 'MODULE_PATHNAME', 'points_ledger_pending'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION pending(points_ledger, timestamptz) IS
'points earned that are not available yet at a time';

CREATE FUNCTION expiring(ledger points_ledger, until timestamptz, at timestamptz DEFAULT clock_timestamp())
RETURNS bigint
AS 'MODULE_PATHNAME', 'points_ledger_expiring'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION expiring(points_ledger, timestamptz, timestamptz) IS
'points available at a time that expire by another';

CREATE FUNCTION next_expiry(ledger points_ledger, at timestamptz DEFAULT clock_timestamp(),
	OUT expires timestamptz, OUT points bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'points_ledger_next_expiry'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION next_expiry(points_ledger, timestamptz) IS
'when the first of the points available at a time expire, and how many do; NULL if none does';

CREATE FUNCTION has_ref(ledger points_ledger, ref text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'points_ledger_has_ref'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION has_ref(points_ledger, text) IS
'has a movement with this ref been entered?';

CREATE FUNCTION lots(ledger points_ledger, at timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id int, ref text, earned_at timestamptz, available timestamptz, expires timestamptz, earned bigint,
	redeemed bigint, expired bigint, reversed bigint, remaining bigint, state text, issued_at timestamptz, held bigint)
AS 'MODULE_PATHNAME', 'points_ledger_lots'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20 SUPPORT points_ledger_rows;

COMMENT ON FUNCTION lots(points_ledger, timestamptz) IS
'a row for each lot earned by a time, with what had become of its points then';

CREATE FUNCTION movements(ledger points_ledger)
RETURNS TABLE (id int, kind text, moved_at timestamptz, points bigint, ref text, available timestamptz,
	expires timestamptz, reverses int, draws jsonb, debt bigint, issued_at timestamptz, held_until timestamptz,
	hold int)
AS 'MODULE_PATHNAME', 'points_ledger_movements'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 50 SUPPORT points_ledger_rows;

COMMENT ON FUNCTION movements(points_ledger) IS
'a row for each movement in the order of entry, with the lots that it drew from';

CREATE FUNCTION statement(ledger points_ledger, at timestamptz DEFAULT clock_timestamp(),
	OUT earned bigint, OUT available bigint, OUT pending bigint, OUT held bigint, OUT redeemed bigint,
	OUT expired bigint, OUT reversed bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'points_ledger_statement'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION statement(points_ledger, timestamptz) IS
'sums at a time: earned = available + pending + held + redeemed + expired + reversed';
