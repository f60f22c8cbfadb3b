-- points_running

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
-- a day of January
CREATE FUNCTION d(day numeric) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN '2025-01-01Z'::timestamptz + (day - 1) * interval '1 day';
CREATE TABLE points (id int, member int, points bigint, at timestamptz, expires timestamptz);
INSERT INTO points VALUES
	(1, 1, 100, d(1), d(10)), (2, 1, 80, d(2), d(20)), (3, 1, -60, d(3), NULL), (4, 1, -30, d(12), NULL), (5, 1, -60, d(13), NULL), (6, 1, 25, d(21), NULL),
	(7, 2, 10, d(1), NULL), (8, 2, -4, d(2), d(7));

-- after each movement: 100, 180, 120; on day 10 what is left of the 100 is gone, so 80 - 30; a deficit of 10; and paid
SELECT *, points_running(points, at, expires) OVER (PARTITION BY member ORDER BY at) AS balance FROM points ORDER BY id;
-- the same as points_balance at the time of each row
SELECT id, points_running(points, at, expires) OVER w AS running,
	(SELECT points_balance(p.points, p.at, p.expires, points.at) FROM points p WHERE p.member = points.member) AS balance
FROM points WINDOW w AS (PARTITION BY member ORDER BY at) ORDER BY id;

-- peers: one instant has one balance in the frame that SQL has by default; row by row it is that of the rows so far
SELECT id, points, points_running(points, at, NULL) OVER (ORDER BY at) AS by_time,
	points_running(points, at, NULL) OVER (ORDER BY at, id ROWS UNBOUNDED PRECEDING) AS by_row
FROM (VALUES (1, 50, d(1)), (2, -70, d(2)), (3, 30, d(2)), (4, 5, d(2)), (5, 1, d(3))) p(id, points, at) ORDER BY id;
-- at the instant of their expiry points are not spent: 50, the 50 are gone and 20 missing, 30 pay them, 10 expire
SELECT id, points_running(points, at, expires) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS balance
FROM (VALUES (1, 50, d(1), d(5)), (2, -20, d(5), NULL), (3, 30, d(5), d(6)), (4, 7, d(6), NULL)) p(id, points, at, expires) ORDER BY id;

-- a calendar: rows without points move the time on
SELECT at::date AS day, points_running(points, at, expires) OVER (ORDER BY at) AS balance
FROM (SELECT day AS at, points, expires FROM generate_series(d(1), d(6), '1 day') AS day
	  LEFT JOIN (VALUES (10, d(1), d(4)), (5, d(2), d(6)), (-3, d(3), NULL)) p(points, at, expires) ON at = day) c ORDER BY at;
-- a row without a time is ignored, and so is the expiry of a row without points
SELECT id, points_running(points, at, expires) OVER (ORDER BY id) AS balance
FROM (VALUES (1, 9, NULL, NULL), (2, 10, d(2), NULL), (3, 9, NULL, d(1)), (4, 0, d(3), d(1)), (5, NULL, d(3), d(1)), (6, 1, d(3), NULL)) p(id, points, at, expires) ORDER BY id;

-- not ordered by time: as of the latest time of the frame, beside points_balance at that time
SELECT id, running, running = (SELECT points_balance(p.points, p.at, p.expires, latest) FROM points p WHERE p.member = 1 AND p.id >= s.id) AS same
FROM (SELECT id, points_running(points, at, expires) OVER w AS running, max(at) OVER w AS latest
	  FROM points WHERE member = 1 WINDOW w AS (ORDER BY id DESC)) s ORDER BY id;
-- a row that is late, and rows in order after it: 10; 6 (4 of the 10); 3, which come earlier but expire later, make 9 until
-- the rest of the 10 expires; 20 and 3, and on that day 25 are spent; 2 to pay what is missing
SELECT id, points_running(points, at, expires) OVER (ORDER BY id) AS balance
FROM (VALUES (1, 10, d(2), d(5)), (2, -4, d(4), NULL), (3, 3, d(1), d(9)), (4, 20, d(6), NULL), (5, -25, d(6), NULL), (6, 2, d(7), NULL)) p(id, points, at, expires) ORDER BY id;

-- sliding frames: the balance of the movements in the frame alone
SELECT id, points_running(points, at, expires) OVER w AS balance,
	(SELECT points_balance(p.points, p.at, p.expires, points.at) FROM points p WHERE p.member = 1 AND p.id BETWEEN points.id - 2 AND points.id) AS plain
FROM points WHERE member = 1 WINDOW w AS (ORDER BY id ROWS 2 PRECEDING) ORDER BY id;
SELECT id, points_running(points, at, expires) OVER (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING) AS ahead,
	points_running(points, at, expires) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS without
FROM points WHERE member = 1 ORDER BY id;

-- as a plain aggregate: at the latest time
SELECT member, points_running(points, at, expires), points_running(points, at, expires ORDER BY id DESC) AS reverse FROM points GROUP BY member ORDER BY member;
SELECT points_running(5, NULL, NULL), points_running(NULL, d(1), NULL);
SELECT points_running(5, d(1), NULL) AS no_row WHERE false;

-- the most that fits
SELECT id, points_running(points, at, NULL) OVER (ORDER BY at) AS balance
FROM (VALUES (1, 9223372036854775807, d(1)), (2, -9223372036854775807, d(2)), (3, -9223372036854775807, d(3))) p(id, points, at) ORDER BY id;

-- errors
SELECT points_running(DISTINCT 5, d(2), NULL) FROM generate_series(1, 2);
SELECT points_running(DISTINCT 5, d(2), NULL) OVER () FROM generate_series(1, 2);
SELECT points_running(5, d(2), d(2)) OVER ();
SELECT points_running(5, 'infinity', NULL) OVER ();
SELECT points_running(0, '-infinity', NULL) OVER ();
SELECT points_running(-9223372036854775808, d(1), NULL) OVER ();
SELECT points_running(9223372036854775807, d(g), NULL) OVER (ORDER BY g) FROM generate_series(1, 2) g;
SELECT points_running(9223372036854775807, d(1), NULL) OVER () FROM generate_series(1, 2) g;
SELECT points_running(-9223372036854775807, d(1), NULL) OVER () FROM generate_series(1, 2) g;

DROP TABLE points;
DROP FUNCTION d;
RESET TimeZone;
