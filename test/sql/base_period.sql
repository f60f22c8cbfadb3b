-- period: a range of days as a range of time

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'Europe/Vilnius';
SELECT period('[2024-03-01,2024-04-01)') AS march_with_clock_change,
	upper(period('[2024-03-01,2024-04-01)')) - lower(period('[2024-03-01,2024-04-01)')) AS length;
SELECT period('[2024-01-01,2024-01-31]') AS closed_range_of_days;
SELECT period('[2024-01-01,2024-02-01)', 'America/New_York') AS zone_named,
	period('[2024-01-01,2024-02-01)', 'UTC') AS utc;
SET TimeZone = 'UTC';
SELECT period('[2024-01-01,2024-02-01)', 'Europe/Vilnius') AS same_in_any_session;

-- open, empty, infinite and NULL
SELECT period('[2024-01-01,)'), period('(,2024-01-01)'), period('(,)'), period('empty');
SELECT period('[-infinity,infinity)'), period('[2024-01-01,2024-02-01)', NULL), period(NULL);
SELECT period('[2024-01-01,)', 'Asia/Tokyo'), period('empty', 'Asia/Tokyo');

-- each row its own, the same again, and the session's zone changed in between
SELECT day, period(daterange(day, day + 1)) FROM (VALUES (date '2024-01-01'), ('2024-01-01'), ('2024-01-02')) d(day);
PREPARE january AS SELECT period('[2024-01-01,2024-02-01)');
EXECUTE january;
SET TimeZone = 'Asia/Tokyo';
EXECUTE january;
RESET TimeZone;

-- the server's own conversion, for all days of years in which clocks change at midnight, over it and not at all
CREATE TABLE wrong (zone text, day date, ours tstzrange);
DO $$DECLARE zone text; BEGIN
	FOR zone IN SELECT unnest(ARRAY['Europe/Vilnius', 'America/Sao_Paulo', 'Asia/Beirut', 'Pacific/Apia', 'America/Santiago', 'UTC']) LOOP
		PERFORM set_config('TimeZone', zone, true);
		INSERT INTO wrong SELECT zone, day, ours FROM generate_series(date '2010-01-01', '2012-12-31', '1 day') d(at),
			LATERAL (SELECT at::date) e(day), LATERAL (SELECT period(daterange(day, day + 30), zone)) p(ours)
		WHERE ours <> tstzrange(day::timestamptz, (day + 30)::timestamptz) OR ours <> period(daterange(day, day + 30));
	END LOOP;
END$$;
TABLE wrong;
DROP TABLE wrong;

-- errors
SELECT period('[2024-01-01,2024-02-01)', 'Mars/Olympus');
-- an offset would be counted to the west, as AT TIME ZONE does; the zone that a session has will do
SELECT period('[2024-01-01,2024-02-01)', '+02');
SELECT period('[2024-01-01,2024-02-01)', 'UTC+2');
SELECT period('[2024-01-01,2024-02-01)', '-05:30');
SELECT period('[2024-01-01,2024-02-01)', 'Etc/GMT-2') = tstzrange('2023-12-31 22:00Z', '2024-01-31 22:00Z') AS east,
	period('[2024-01-01,2024-02-01)', 'GMT0') = period('[2024-01-01,2024-02-01)', 'UTC') AS utc;
BEGIN;
SET LOCAL TimeZone = '+02';
SELECT current_setting('TimeZone') AS zone, period('[2024-01-01,2024-02-01)', current_setting('TimeZone')) = period('[2024-01-01,2024-02-01)') AS same;
COMMIT;
SELECT period('[2024-01-01,2024-02-01)', 'MSK');
SELECT period('[2024-02-01,2024-01-01)');
SELECT period('[5874897-01-01,5874897-02-01)');
