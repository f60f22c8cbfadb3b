-- live_refresh

CREATE FUNCTION live_refresh(report regclass, recount boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION live_refresh(regclass, boolean) IS
'counts the changed customers of a live report anew, or all of them, and keeps the result; returns how many they were';
