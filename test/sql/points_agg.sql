-- ledger_agg: a ledger from the rows of a movement table

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(CASE kind WHEN 'earn' THEN '+' || points ELSE points || '<' END
		|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',') FROM jsonb_array_elements(draws) d), ''), '; ' ORDER BY id)
	FROM movements(p) $$;

-- in any order; rows of 0 points, without points or without a time are ignored
CREATE TABLE moves (member text, points bigint, at timestamptz, expires timestamptz, ref text, available timestamptz);
INSERT INTO moves VALUES
	('ann', -60, '2025-03-01', NULL, 'till 1', NULL), ('ann', 100, '2025-01-01', '2026-01-01', 'order 1', NULL),
	('ann', 50, '2025-02-01', '2025-06-01', 'order 2', '2025-02-15'), ('ann', 0, '2025-01-01', NULL, NULL, NULL),
	('ann', NULL, '2025-01-01', NULL, NULL, NULL), ('ann', 1000, NULL, NULL, NULL, NULL),
	('bob', 10, '2025-01-01', NULL, NULL, NULL), ('cid', 0, '2025-01-01', NULL, NULL, NULL), ('eve', NULL, NULL, NULL, NULL, NULL);
SELECT member, brief(ledger_agg(points, at)) AS two, brief(ledger_agg(points, at, expires)) AS three, brief(ledger_agg(points, at, expires, ref)) AS four,
	brief(ledger_agg(points, at, expires, ref, available)) AS five
FROM moves GROUP BY member ORDER BY member;
SELECT ledger_agg(points, at, expires, ref, available) = redeem(earn(earn(points_ledger(), 100, '2025-01-01', '2026-01-01', 'order 1'),
	50, '2025-02-01', '2025-06-01', 'order 2', '2025-02-15'), 60, '2025-03-01', 'till 1') AS same,
	balance(ledger_agg(points, at, expires, ref, available), '2025-02-14'), balance(ledger_agg(points, at, expires, ref, available), '2025-06-01')
FROM moves WHERE member = 'ann';
SELECT ledger_agg(points, at) IS NULL AS of_nothing FROM moves WHERE false;
SELECT member, ledger_agg(points, at) FROM moves WHERE member >= 'c' GROUP BY member ORDER BY member;

-- at one instant: expiry, becoming available, earns, redemptions
SELECT brief(ledger_agg(points, at, expires, NULL, available)) FROM (VALUES
	(-7, timestamptz '2025-02-01', NULL::timestamptz, NULL::timestamptz), (4, '2025-02-01', NULL, NULL),
	(5, '2025-01-01', '2025-02-01', NULL), (3, '2025-01-01', NULL, '2025-02-01')) m(points, at, expires, available);

-- a redemption that names an expiry draws first from what expires just then, then soonest to expire: 8 = 5 of lot 2, 3 of lot 1
SELECT brief(ledger_agg(points, at, expires)), min(points) FROM (VALUES
	(10, timestamptz '2025-01-01', timestamptz '2025-06-01'), (5, '2025-01-01', '2025-07-01'), (6, '2025-01-01', NULL),
	(-8, '2025-02-01', '2025-07-01')) m(points, at, expires);
\pset format unaligned
SELECT ledger_agg(points, at, expires), bool_and(true) FROM (VALUES
	(10, timestamptz '2025-01-01', timestamptz '2025-06-01'), (5, '2025-01-01', '2025-07-01'), (-8, '2025-02-01', '2025-07-01')) m(points, at, expires);
\pset format aligned
-- of two at one instant, the one that names an expiry is first; an expiry that no lot has, or infinity, has no effect
SELECT brief(ledger_agg(points, at, expires)) FROM (VALUES
	(10, timestamptz '2025-01-01', timestamptz '2025-06-01'), (5, '2025-01-01', '2025-07-01'), (-3, '2025-02-01', NULL),
	(-8, '2025-02-01', '2025-07-01'), (-1, '2025-02-02', '2025-09-01'), (-1, '2025-02-03', 'infinity'), (-1, '2025-02-04', '-infinity')) m(points, at, expires);

-- the same ref twice is one movement, the earlier; or an error
SELECT brief(ledger_agg(points, at, NULL, ref)) FROM (VALUES
	(5, timestamptz '2025-01-02', 'a'), (5, '2025-01-01', 'a'), (-4, '2025-01-01', 'b'), (-4, '2025-01-03', 'b')) m(points, at, ref);
SELECT ledger_agg(points, at, NULL, ref) FROM (VALUES (5, timestamptz '2025-01-02', 'a'), (6, '2025-01-01', 'a')) m(points, at, ref);
SELECT ledger_agg(points, at, NULL, ref) FROM (VALUES (5, timestamptz '2025-01-02', 'a'), (-5, '2025-01-01', 'a')) m(points, at, ref);

-- the rules; every error names the row
SELECT ledger_agg(points, at) FROM (VALUES (5, timestamptz '2025-01-02'), (-6, '2025-01-03')) m(points, at);
SELECT ledger_agg(points, at) FROM (VALUES (5, timestamptz '2025-01-02'), (-5, '2025-01-01')) m(points, at);
SELECT ledger_agg(points, at) FROM (VALUES (5, timestamptz 'infinity')) m(points, at);
SELECT ledger_agg(5, timestamptz '2025-01-02', '2025-01-02');
SELECT ledger_agg(5, timestamptz '2025-01-02', NULL, '');
SELECT ledger_agg(points, at) FROM (VALUES (-9223372036854775808, timestamptz '2025-01-02')) m(points, at);
SELECT ledger_agg(9223372036854775807, timestamptz '2025-01-02') FROM generate_series(1, 2);
SELECT ledger_agg(points, at, NULL, ref) FROM (VALUES (9223372036854775807, timestamptz '2025-01-02', 'a'), (1, '2025-01-03', 'b')) m(points, at, ref);

-- the row that overspends, in whatever order the rows come: of the 100 points 50 are left in March, and till 2 wants 60
CREATE FUNCTION overspend(k int, OUT detail text, OUT context text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ledger_agg(points, at, NULL, ref ORDER BY hashint4extended(n, k)) FROM (VALUES
		(1, 100, timestamptz '2025-01-01', 'order 1'), (2, -50, '2025-02-01', 'till 1'), (3, -60, '2025-03-01', 'till 2'),
		(4, 20, '2025-04-01', 'refund'), (5, -70, '2025-04-02', 'till 3')) m(n, points, at, ref);
EXCEPTION WHEN check_violation THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	context := split_part(context, E'\n', 1);
END $$;
SELECT o.*, count(*) FROM generate_series(1, 100) k, overspend(k) o GROUP BY detail, context;
DROP FUNCTION overspend;

-- two rows without a ref may be two movements that are alike: DISTINCT would make them one
SELECT ledger_agg(DISTINCT points, at) FROM moves;
SELECT member, ledger_agg(DISTINCT points, at, expires, ref, available) FROM moves GROUP BY member;

-- running; a final function leaves the state as it is
SELECT at::date, points, brief(ledger_agg(points, at) OVER (ORDER BY at, points DESC)) FROM moves WHERE member = 'ann' AND points <> 0 ORDER BY at, points DESC;

-- more rows than the first chunk takes, in ten orders
SELECT count(DISTINCT l::text), min(balance(l, '2026-01-01')) FROM (
	SELECT ledger_agg(CASE WHEN i % 3 = 0 THEN -i ELSE i END, '2025-01-01'::timestamptz + i * interval '1 hour', NULL, 'ref ' || i ORDER BY hashint4(i + k)) AS l
	FROM generate_series(1, 10) k, generate_series(1, 1000) i GROUP BY k) s;
SELECT sum(CASE WHEN i % 3 = 0 THEN -i ELSE i END) FROM generate_series(1, 1000) i;

DROP TABLE moves;
DROP FUNCTION brief;
RESET TimeZone;
