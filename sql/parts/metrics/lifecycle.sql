-- order_lifecycle: what an order is in the life of its customer
--
-- STABLE, since a month of inactivity is one of the session's time zone.

CREATE FUNCTION order_lifecycle(ordered_at timestamptz, inactivity interval)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C WINDOW STABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION order_lifecycle(timestamptz, interval) IS
'new, repeat or reactivated: whether an order is the customer''s first, follows in time, or comes after inactivity';
