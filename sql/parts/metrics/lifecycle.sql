-- order_lifecycle: what an order is in the life of its customer
--
-- STABLE without a zone, since a month of inactivity then is one of the session's.

CREATE FUNCTION order_lifecycle(ordered_at timestamptz, inactivity interval)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C WINDOW STABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION order_lifecycle(timestamptz, interval) IS
'new, repeat or reactivated: whether an order is the customer''s first, follows in time, or comes after inactivity '
'(docs/rfm.md)';

CREATE FUNCTION order_lifecycle(ordered_at timestamptz, inactivity interval, zone text)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION order_lifecycle(timestamptz, interval, text) IS
'new, repeat or reactivated: whether an order is the customer''s first, follows in time, or comes after inactivity '
'(docs/rfm.md)';
