-- bucket_start: the first day of the bucket that holds an instant

CREATE FUNCTION bucket_start(at timestamptz, bucket interval)
RETURNS date
AS 'MODULE_PATHNAME', 'bucket_start_of'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bucket_start(timestamptz, interval) IS
'the first day of the calendar bucket that holds an instant, in the session''s time zone; as the reports count it';

CREATE FUNCTION bucket_start(at timestamptz, bucket interval, zone text)
RETURNS date
AS 'MODULE_PATHNAME', 'bucket_start_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bucket_start(timestamptz, interval, text) IS
'the first day of the calendar bucket that holds an instant, in the given time zone; as the reports count it';

CREATE FUNCTION bucket_start(at timestamptz, bucket interval, zone text, origin date)
RETURNS date
AS 'MODULE_PATHNAME', 'bucket_start_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bucket_start(timestamptz, interval, text, date) IS
'the first day of the calendar bucket that holds an instant, counted from the origin, in the given time zone; as the reports count it';
