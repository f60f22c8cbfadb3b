-- times.sql - how a time may be written. Only forms that are known are read: PostgreSQL itself takes much more for a
-- time, such as "now", 45321 (a day of the year 45) and GMT+1 (which is west of Greenwich there).

-- time_form: the form of a time, or NULL where it is none
CREATE FUNCTION pg_temp.time_form(at text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
$$
DECLARE
	clock CONSTANT text := '(,?( ?T ?| )\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AaPp][Mm])?'
		'( ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?))?)?$';
	numbered CONSTANT text := '(-\d{1,2}-|/\d{1,2}/|\.\d{1,2}\.)';
	month CONSTANT text := '(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|'
		'oct(ober)?|nov(ember)?|dec(ember)?)';
	named CONSTANT text := '^((mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?(\d{1,2}[- ]' || month || '[- ](\d{4}|\d{2})|'
		|| month || ' \d{1,2},? \d{4})' || clock;
BEGIN
	RETURN CASE
		WHEN at ~ ('^\d{4}' || numbered || '\d{1,2}' || clock) THEN 'year first'
		WHEN at ~ ('^\d{1,2}' || numbered || '(\d{4}|\d{2})' || clock) THEN 'year last'
		WHEN at ~* named THEN 'named month'
		WHEN at ~ '^(19|20)\d{6}$' THEN 'no marks'
		WHEN at ~ '^1\d{9}(\.\d+)?$' THEN 'seconds'
		WHEN at ~ '^1\d{12}$' THEN 'milliseconds' END;
END
$$;

-- has_zone: whether a time of some form says its own zone
CREATE FUNCTION pg_temp.has_zone(at text, form text) RETURNS boolean IMMUTABLE LANGUAGE sql AS
$$ SELECT at ~ ':\d.*(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)$' OR form IN ('seconds', 'milliseconds') $$;

-- read_time: the time, or NULL where it does not exist, such as 31 April
CREATE FUNCTION pg_temp.read_time(at text, form text, date_order text) RETURNS timestamptz STABLE LANGUAGE plpgsql AS
$$
DECLARE
	iso   text := CASE date_order WHEN 'DMY' THEN '\3-\2-\1' WHEN 'MDY' THEN '\3-\1-\2' ELSE '\1-\2-\3' END;
	parts text := '^(\d+).(\d+).(\d+)';
BEGIN
	RETURN CASE form
		WHEN 'seconds' THEN to_timestamp(at::double precision)
		WHEN 'milliseconds' THEN to_timestamp(at::double precision / 1000)
		WHEN 'year first' THEN replace(regexp_replace(at, parts, '\1-\2-\3'), ',', '')::timestamptz
		WHEN 'year last'
		THEN replace(regexp_replace(regexp_replace(at, parts, iso), '^(\d\d?)-', '20\1-'), ',', '')::timestamptz
		ELSE at::timestamptz END;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
	RETURN NULL;
END
$$;
