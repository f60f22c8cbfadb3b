-- bucket_start: the first day of the bucket that holds an instant

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
SELECT bucket_start('2024-05-15 12:00', '1 day', 'UTC') AS day, bucket_start('2024-05-15 12:00', '7 days', 'UTC') AS week, bucket_start('2024-05-15 12:00', '1 month', 'UTC') AS month,
	bucket_start('2024-05-15 12:00', '3 months', 'UTC') AS quarter, bucket_start('2024-05-15 12:00', '6 months', 'UTC') AS half, bucket_start('2024-05-15 12:00', '1 year', 'UTC') AS year;
-- where date_trunc has no word: counted from January 2000, and from Monday, 2000-01-03
SELECT bucket, bucket_start('2024-05-15', bucket, 'UTC'), bucket_start('1999-12-31', bucket, 'UTC') AS before, bucket_start('2000-01-01', bucket, 'UTC') AS new_year, bucket_start('2000-01-03', bucket, 'UTC') AS monday
FROM unnest('{10 days,14 days,5 months,10 years,1000 years}'::interval[]) bucket;

-- the same instant in the east and in the west; the session's zone, if none is named
SELECT zone, bucket_start('2024-12-31 20:00+00', '1 year', zone) AS year, bucket_start('2024-12-31 20:00+00', '1 day', zone) AS day
FROM unnest('{UTC,Europe/Vilnius,Asia/Tokyo,Pacific/Kiritimati,America/New_York,Pacific/Honolulu,Etc/GMT-5}'::text[]) zone;
SELECT bucket_start('2024-12-31 20:00+00', '1 month') AS utc;
SET TimeZone = 'Asia/Tokyo';
SELECT bucket_start('2024-12-31 20:00+00', '1 month') AS tokyo, bucket_start('2024-12-31 20:00+00', '1 month', 'UTC') AS named;
PREPARE month AS SELECT bucket_start('2024-12-31 20:00+00', '1 month');
EXECUTE month;
SET TimeZone = 'UTC';
EXECUTE month;
-- ... also where it changes between two rows of one query
SELECT zone, set_config('TimeZone', zone, false) IS NOT NULL AS set, bucket_start('2024-12-31 20:00+00', '1 month') FROM unnest('{Asia/Tokyo,UTC,UTC,Asia/Tokyo}'::text[]) zone;
SET TimeZone = 'UTC';

-- days from which buckets are counted: weeks from Sunday, quarters from February, years from April, months from the 26th
SELECT at::date, to_char(at, 'Dy') AS day, bucket_start(at, '7 days', 'UTC', '2024-01-07') AS sunday, bucket_start(at, '3 months', 'UTC', '2024-02-01') AS quarter,
	bucket_start(at, '1 year', 'UTC', '2024-04-01') AS year, bucket_start(at, '1 month', 'UTC', '2024-01-26') AS month, bucket_start(at, '1 year', 'UTC', '2023-04-06') AS tax_year
FROM unnest('{2024-01-25,2024-01-26,2024-01-31,2024-02-01,2024-02-25,2024-02-26,2024-04-05,2024-04-06,2024-04-30,2024-05-01,2024-05-04,2024-05-05}'::timestamptz[]) at;
-- any such day says the same, long before and after
SELECT count(DISTINCT bucket_start('2024-05-15', '7 days', 'UTC', (date '2024-01-07' + 7 * i))) AS weeks,
	count(DISTINCT bucket_start('2024-05-15', '3 months', 'UTC', (date '2024-02-01' + 3 * i * interval '1 month')::date)) AS quarters,
	count(DISTINCT bucket_start('2024-05-15', '1 month', 'UTC', (date '2024-02-26' + i * interval '1 month')::date)) AS months,
	bool_and(bucket_start('2024-05-15', '1 day', 'UTC', date '2024-02-26' + i) = '2024-05-15') AS days
FROM generate_series(-1000, 1000) i;
SELECT bucket_start('2024-05-15', '7 days', 'UTC', '4713-11-01 BC') AS weeks, to_char(date '4713-11-01 BC', 'Dy') AS from, to_char(bucket_start('2024-05-15', '7 days', 'UTC', '4713-11-01 BC'), 'Dy') AS day,
	bucket_start('2024-05-15', '1 year', 'UTC', '4713-11-01 BC') AS years, bucket_start('2024-05-15', '1 year', 'UTC', '5874897-12-28') AS years;
-- bucket and origin are columns
SELECT bucket, origin, bucket_start('2024-05-15', bucket, 'UTC', origin) FROM (VALUES (interval '1 month', date '2024-01-26'), ('1 month', '2024-01-01'), ('1 month', '2024-01-10'), ('7 days', '2024-01-10'),
	('7 days', '2024-01-07'), ('1 year', '2024-01-07'), ('1 year', '2024-06-07'), ('12 months', '2024-06-07')) v(bucket, origin);

-- date_trunc says the same of every hour, in zones where midnight is skipped or comes twice
CREATE TABLE hours AS SELECT zone, begin + i * interval '20 minutes' AS at
FROM (VALUES ('Europe/Vilnius', timestamptz '2024-03-28Z'), ('Europe/Vilnius', '2024-10-25Z'), ('America/Sao_Paulo', '2018-11-02Z'), ('America/Sao_Paulo', '2018-02-16Z'), ('Asia/Beirut', '2023-03-24Z'),
	('Asia/Beirut', '2023-10-27Z'), ('America/St_Johns', '2006-10-27Z'), ('America/St_Johns', '2006-03-31Z'), ('Pacific/Apia', '2011-12-28Z'), ('America/Havana', '2024-11-01Z'),
	('Australia/Lord_Howe', '2024-04-05Z'), ('America/Juneau', '1867-10-16Z'), ('Asia/Manila', '1844-12-29Z')) z(zone, begin), generate_series(0, 6 * 72) i;
SELECT zone, count(*) AS times, count(DISTINCT bucket_start(at, '1 day', zone)) AS days,
	count(*) FILTER (WHERE bucket_start(at, '1 day', zone) <> (at AT TIME ZONE zone)::date) AS wrong_days,
	count(*) FILTER (WHERE bucket_start(at, '7 days', zone) <> date_trunc('week', at AT TIME ZONE zone)::date) AS wrong_weeks,
	count(*) FILTER (WHERE bucket_start(at, '1 month', zone) <> date_trunc('month', at AT TIME ZONE zone)::date) AS wrong_months,
	count(*) FILTER (WHERE bucket_start(at, '7 days', zone, '2024-01-07') <> date_trunc('week', at AT TIME ZONE zone + interval '1 day')::date - 1) AS wrong_from_sunday
FROM hours GROUP BY zone ORDER BY zone;

-- GROUP BY agrees with growth, bucket by bucket
SELECT here, bucket, count(*) AS buckets, count(*) FILTER (WHERE active IS DISTINCT FROM n) AS wrong
FROM unnest('{Europe/Vilnius,America/Sao_Paulo,Pacific/Apia}'::text[]) here, unnest('{1 day,7 days,1 month}'::interval[]) bucket,
	LATERAL (SELECT period, active, n FROM (SELECT bucket_start(at, bucket, here) AS period, count(DISTINCT at) AS n FROM hours WHERE zone = here GROUP BY 1) b
		FULL JOIN (SELECT period, active FROM growth((SELECT retention_agg(at, at, bucket, here) FROM hours WHERE zone = here)) WHERE active > 0) g USING (period)) both_ways
GROUP BY here, bucket ORDER BY here, bucket;

-- the first and the last times there are: the first day of all stands for a bucket that begins before it
SELECT bucket, bucket_start('4714-11-24 00:00:00+00 BC', bucket, 'UTC') AS first, bucket_start('294276-12-31 23:59:59.999999+00', bucket, 'UTC') AS last FROM unnest('{1 day,7 days,1 month,1 year,100 years}'::interval[]) bucket;
SELECT bucket_start('294276-12-31 23:59:59.999999+00', '1 day', 'Asia/Tokyo') AS east, bucket_start('4714-11-24 00:00:00+00 BC', '1 day', 'America/New_York') AS west;
SELECT bucket, bucket_start('2024-05-15', bucket, 'UTC') AS after, bucket_start('1999-05-15', bucket, 'UTC') AS before FROM unnest('{2147483647 days,2147483647 months}'::interval[]) bucket;

-- the widest buckets from another day: of months there is a limit
SELECT bucket, bucket_start('2024-05-15', bucket, 'UTC', '1999-02-03') AS after, bucket_start('1999-01-15', bucket, 'UTC', '1999-02-03') AS before, bucket_start('2024-05-15', bucket, 'UTC', '2024-05-16') AS tomorrow
FROM unnest('{2147483647 days,67108863 months}'::interval[]) bucket;
-- NULL of NULL
SELECT bucket_start(NULL, '1 day', 'UTC', '2024-01-01') AS at, bucket_start(now(), NULL, 'UTC', '2024-01-01') AS bucket, bucket_start(now(), '1 day', NULL, '2024-01-01') AS zone,
	bucket_start(now(), '1 day', 'UTC', NULL) AS origin, bucket_start(NULL, '1 day') AS two, bucket_start(NULL, '1 day', 'UTC') AS three;

-- with a zone it can stand in an index
CREATE TABLE orders (at timestamptz);
CREATE INDEX ON orders (bucket_start(at, '1 month', 'UTC'));
CREATE INDEX ON orders (bucket_start(at, '1 month', 'UTC', '2024-01-26'));
\set VERBOSITY sqlstate
CREATE INDEX ON orders (bucket_start(at, '1 month'));
\set VERBOSITY default
SELECT oid::regprocedure AS function, provolatile, proisstrict, proparallel FROM pg_proc WHERE proname = 'bucket_start' ORDER BY pronargs;

-- errors
CREATE FUNCTION fault(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT at, fault(format('bucket_start(%L, ''1 month'', ''UTC'')', at)) FROM unnest('{infinity,-infinity}'::text[]) at;
SELECT bucket, fault(format('bucket_start(now(), %L, ''UTC'')', bucket)) FROM unnest('{0,-1 month,1 month 1 day,1 hour,24 hours}'::text[]) bucket;
SELECT zone, fault(format('bucket_start(now(), ''1 month'', %L)', zone)) FROM unnest('{Europe/Atlantis,+02,UTC+2,""}'::text[]) zone;
SELECT origin, fault(format('bucket_start(now(), ''1 month'', ''UTC'', %L)', origin)) FROM unnest('{2024-01-28,2024-01-29,2024-02-29,2024-01-30,2024-01-31,infinity,-infinity}'::text[]) origin;
SELECT origin, fault(format('bucket_start(now(), ''10 days'', ''UTC'', %L)', origin)) FROM unnest('{2024-01-31,infinity}'::text[]) origin;
SELECT bucket, fault(format('bucket_start(now(), %L, ''UTC'', ''2024-01-01'')', bucket)) FROM unnest('{67108864 months,2147483647 months}'::text[]) bucket;
-- an error leaves nothing behind
DO $$DECLARE origin date; BEGIN
	FOR origin IN SELECT unnest('{2024-01-26,2024-01-31,2024-01-31,2024-01-10}'::date[]) LOOP
		BEGIN
			RAISE NOTICE '%: %', origin, bucket_start('2024-05-15', '1 month', 'UTC', origin);
		EXCEPTION WHEN invalid_parameter_value THEN
			RAISE NOTICE '%: %', origin, SQLERRM;
		END;
	END LOOP;
END$$;

DROP FUNCTION fault(text);
DROP TABLE hours, orders;
