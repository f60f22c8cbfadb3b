-- period: a range of days as a range of time
--
-- STABLE where the session's time zone decides, IMMUTABLE where the call names the zone, as core's own
-- conversions of dates are.

CREATE FUNCTION period(days daterange)
RETURNS tstzrange
AS 'MODULE_PATHNAME', 'period_from_daterange'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION period(daterange) IS
'range of days as a range of time, from local midnight to local midnight in the session''s time zone';

CREATE FUNCTION period(days daterange, zone text)
RETURNS tstzrange
AS 'MODULE_PATHNAME', 'period_from_daterange_zone'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION period(daterange, text) IS
'range of days as a range of time, from local midnight to local midnight in the named time zone';
