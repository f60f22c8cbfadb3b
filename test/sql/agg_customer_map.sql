-- Large maps of customers, in each of their forms: a table, an array where numbers lie close together, and the ways from
-- one to the other.  Whatever the numbers are, the answers are those of plain SQL and of the same customers with text keys.
SET timezone = 'UTC';
CREATE TABLE keys AS
SELECT *, k::text AS t, md5(k::text)::uuid AS u
FROM (SELECT scenario, i, at,
	CASE scenario
		WHEN 'serial' THEN j
		WHEN 'descending' THEN 20000 - j
		WHEN 'negative' THEN -1 - j
		WHEN 'around zero' THEN j - 10000
		WHEN 'at the top' THEN 9223372036854775807 - j
		WHEN 'at the bottom' THEN (-9223372036854775808) + j
		WHEN 'growing' THEN i / 3
		WHEN 'shrinking' THEN 100000 - i / 3
		WHEN 'shrinking to zero' THEN 20000 - i / 3
		WHEN 'growing to the top' THEN 9223372036854775807 - 20000 + i / 3
		WHEN 'by fives' THEN j * 5
		WHEN 'by nines' THEN j * 9
		WHEN 'a gap' THEN j + i / 30000 * 50000
		WHEN 'a wide gap' THEN j + i / 30000 * 50000000
		WHEN 'a number far above' THEN CASE WHEN i = 40000 THEN 9223372036854775807 ELSE j END
		WHEN 'a number far below' THEN CASE WHEN i = 40000 THEN 0 ELSE j + 1000000000 END
		WHEN 'a negative number' THEN CASE WHEN i % 20000 = 19999 THEN -5 ELSE j END
		WHEN 'scattered' THEN hashint8extended(j, 1)
		WHEN 'in random order' THEN j * 7919 % 20011
	END AS k
FROM unnest('{serial,descending,negative,around zero,at the top,at the bottom,growing,shrinking,shrinking to zero,
		growing to the top,by fives,by nines,a gap,a wide gap,a number far above,a number far below,a negative number,
		scattered,in random order}'::text[]) scenario,
	generate_series(0, 59999) i,
	LATERAL (SELECT (i % 20000)::bigint AS j, timestamptz '2024-01-01 00:00Z' + i * interval '13 minutes' AS at) r) x;
ANALYZE keys;
SELECT * FROM (
	SELECT scenario, customer_count(k) AS customers, round(repeat_rate(k, 3)::numeric, 4) AS repeat_rate,
		customer_count(k) = count(DISTINCT k) AS as_distinct,
		repeat_rate(k, 3) = repeat_rate(t, 3) AS as_text,
		repeat_rate(k, 3) IS NOT DISTINCT FROM repeat_rate(u, 3) AS as_uuid,
		round(crr(k, at, period('[2025-01-01,2025-02-01)'), '90 days')::numeric, 4) AS crr,
		crr(k, at, period('[2025-01-01,2025-02-01)'), '90 days') = crr(t, at, period('[2025-01-01,2025-02-01)'), '90 days') AS crr_as_text,
		top_share(k, i) = top_share(t, i) AS share_as_text,
		-- 19,900 of 20,000 orders are free of charge, and their customers count
		round(top_share(k, i % 20000 / 19900, 0.005)::numeric, 4) AS share,
		top_share(k, i % 20000 / 19900, 0.005) = top_share(k, (i % 20000 / 19900)::float8, 0.005) AS share_as_double
	FROM keys GROUP BY scenario) x
ORDER BY scenario COLLATE "C";

-- stored values: the customers, and what growth makes of them
CREATE FUNCTION digest(x retention_summary) RETURNS text AS
	'SELECT md5(string_agg(g::text, '' '' ORDER BY period)) FROM growth(x, ''2026-01-01 00:00Z'') g' LANGUAGE sql;
SELECT scenario, months = months_by_row AS months_merged, days = days_by_row AS days_merged,
	digest(months) = digest(months_of_text) AS months_as_text, digest(days) = digest(days_of_text) AS days_as_text,
	(SELECT sum(active) FROM growth(days)) = customer_days AS as_distinct
FROM (SELECT scenario, retention_agg(k, at, '1 month', 'UTC') AS months, retention_agg(k, at, '1 day', 'UTC') AS days,
		retention_agg(t, at, '1 month', 'UTC') AS months_of_text, retention_agg(t, at, '1 day', 'UTC') AS days_of_text
	FROM keys GROUP BY scenario) x
JOIN (SELECT scenario, rollup(months) AS months_by_row, rollup(days) AS days_by_row
	FROM (SELECT scenario, retention_agg(k, at, '1 month', 'UTC') AS months, retention_agg(k, at, '1 day', 'UTC') AS days
		FROM keys GROUP BY scenario, i / 1000) x
	GROUP BY scenario) y USING (scenario)
JOIN (SELECT scenario, count(DISTINCT hashint8extended(k, i * 13 / 1440)) AS customer_days FROM keys GROUP BY scenario) z USING (scenario)
ORDER BY scenario COLLATE "C";

-- a final function may be asked before the last row
SELECT i, customer_count, repeat_rate::numeric(5,4) FROM (
	SELECT i, customer_count(k) OVER w, repeat_rate(k) OVER w FROM keys WHERE scenario = 'a wide gap' WINDOW w AS (ORDER BY i)) x
WHERE i IN (0, 10000, 19999, 20000, 29999, 30000, 30001, 59999) ORDER BY i;
DROP FUNCTION digest;
DROP TABLE keys;
