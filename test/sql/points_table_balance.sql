-- points_balance

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
-- a day of January
CREATE FUNCTION d(day numeric) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN '2025-01-01Z'::timestamptz + (day - 1) * interval '1 day';
CREATE TABLE points (member text, points bigint, at timestamptz, expires timestamptz);

-- unexpired credits minus all debits ever would be 20 on day 10: the 60 were spent of what expired then
INSERT INTO points VALUES ('ann', -60, d(3), NULL), ('ann', 100, d(1), d(10)), ('ann', 80, d(2), d(20));
-- what expires first is spent first, whenever it was earned
INSERT INTO points VALUES ('bob', 100, d(1), NULL), ('bob', 50, d(2), d(9)), ('bob', 30, d(3), d(6)), ('bob', -60, d(4), NULL);
-- with an expiry: from that lot, and what it lacks from the first to expire
INSERT INTO points VALUES ('cid', 10, d(1), d(5)), ('cid', 20, d(1), d(6)), ('cid', 40, d(1), d(7)), ('cid', -45, d(2), d(7));
-- a deficit is paid by the next points
INSERT INTO points VALUES ('dee', 10, d(1), d(5)), ('dee', -35, d(2), NULL), ('dee', 20, d(3), d(9)), ('dee', 20, d(4), d(8));
SELECT member, day, points_balance(points, at, expires, d(day)) AS balance
FROM points, generate_series(1, 10) AS day GROUP BY member, day ORDER BY member, day \crosstabview
SELECT member, points_balance(points, at, expires) FROM points GROUP BY member ORDER BY member;
-- the rows may lie in any order; no row is a difference
SELECT member, day FROM points, generate_series(1, 10) AS day GROUP BY member, day
HAVING points_balance(points, at, expires, d(day) ORDER BY points) <> points_balance(points, at, expires, d(day) ORDER BY points DESC)
	OR points_balance(points, at, expires, d(day) ORDER BY at DESC) <> points_balance(points, at, expires, d(day) ORDER BY expires, at);

-- at one instant: expiry, becoming available, earns, redemptions
SELECT what, points_balance(points, at, expires, d(5), available) AS balance,
	points_balance(points, at, expires, d(5) - interval '1 microsecond', available) AS before, points_balance(points, at, expires, d(6), available) AS after
FROM (VALUES
	('expired points are not spent', 10, d(1), d(5), NULL), ('expired points are not spent', -10, d(5), NULL, NULL),
	('points earned now are', 10, d(5), d(9), NULL), ('points earned now are', -10, d(5), NULL, NULL),
	('points available now are', 10, d(1), d(9), d(5)), ('points available now are', -10, d(5), NULL, NULL),
	('points earned later pay', 10, d(6), d(9), NULL), ('points earned later pay', -10, d(5), NULL, NULL)
) p(what, points, at, expires, available) GROUP BY what ORDER BY what;
-- of the points that come at one instant those that were pending pay a deficit first, then those that expire first:
-- of 10, 20 and 40 the 10 and 5 of the 20
SELECT day, points_balance(points, at, expires, d(day), available) AS balance,
	points_balance(points, at, expires, d(day), available) FILTER (WHERE available IS NULL) AS without_pending
FROM (VALUES (-15, d(1), NULL, NULL), (10, d(2), d(9), d(3)), (20, d(3), d(5), NULL), (40, d(3), d(7), NULL)) p(points, at, expires, available),
	generate_series(2, 9) AS day GROUP BY day ORDER BY day;

-- pending points; they are taken back by a row with the same times
SELECT day, points_balance(points, at, expires, d(day), available) AS balance,
	points_balance(points, at, expires, d(day), available) FILTER (WHERE points > 0) AS not_taken_back
FROM (VALUES (100, d(1), d(6), d(3)), (50, d(1), NULL, NULL), (-100, d(2), d(6), d(3))) p(points, at, expires, available),
	generate_series(1, 6) AS day GROUP BY day ORDER BY day;

-- what counts for nothing: 0, nulls, rows after as_of
SELECT points_balance(points, at, expires, d(5)) AS balance
FROM (VALUES (7, d(1), NULL), (0, d(9), d(1)), (NULL, d(9), d(1)), (5, NULL, d(1)), (0, 'infinity', NULL), (5, d(6), NULL), (-5, d(6), NULL)) p(points, at, expires);
SELECT points_balance(5, NULL, NULL), points_balance(NULL, d(1), NULL), points_balance(5, d(6), NULL, d(5));
SELECT points_balance(5, d(6), NULL) AS no_row WHERE false;
SELECT points_balance(5, d(6), NULL) AS no_row WHERE false GROUP BY ();
-- points that never expire, and the ends of time
SELECT as_of, points_balance(points, at, expires, as_of)
FROM (VALUES (1, d(1), NULL::timestamptz), (10, d(1), 'infinity'), (100, d(1), '294276-12-31 23:59:59.999999Z'), (1000, '4713-01-01 BC', '4712-01-01 BC')) p(points, at, expires),
	(VALUES (timestamptz '-infinity'), ('4713-01-01 BC'), (d(1)), ('infinity')) t(as_of) GROUP BY as_of ORDER BY as_of;
SELECT points_balance(points, at, 'infinity', d(9)) AS the_most_that_fits
FROM (VALUES (9223372036854775807, d(1)), (-9223372036854775807, d(2)), (-9223372036854775807, d(3)), (9223372036854775807, d(4)), (9223372036854775807, d(5))) p(points, at);

-- now() is the time of the transaction
BEGIN;
SELECT points_balance(3, now(), NULL), points_balance(3, now() + interval '1 microsecond', NULL) AS later,
	points_balance(3, now() - interval '1 hour', now()) AS expired;
COMMIT;

-- over a window, with a state that two calls share; a final function leaves it as it is
SELECT at, points_balance(points, at, expires, d(4)) OVER w AS balance, points_balance(points, at, expires, d(4)) OVER w + 1 AS one_more
FROM (VALUES (10, d(3), d(9)), (-4, d(2), NULL), (5, d(1), d(3)), (-1, d(4), NULL)) p(points, at, expires) WINDOW w AS (ORDER BY at DESC);

-- numbers of movements around the sizes at which the state grows, beside a sum; no row is a difference
WITH p AS (SELECT n, i * (CASE WHEN i % 3 = 0 THEN -1 ELSE 1 END) AS points, d(i % 7) AS at FROM generate_series(1, 100) n, LATERAL generate_series(1, n) i)
SELECT n, points_balance(points, at, NULL, d(40)), sum(points) FROM p GROUP BY n HAVING points_balance(points, at, NULL, d(40)) <> sum(points);

-- two rows may be two movements that are alike: DISTINCT would make them one
SELECT points_balance(DISTINCT 5, d(2), NULL) FROM generate_series(1, 2);
SELECT points_balance(DISTINCT 5, d(2), NULL) FROM generate_series(1, 0);

-- errors
SELECT points_balance(5, d(2), d(2));
SELECT points_balance(-5, d(2), d(1));
SELECT points_balance(5, d(2), '-infinity');
SELECT points_balance(5, d(2), d(9), d(9), d(1));
SELECT points_balance(5, d(2), d(9), d(9), d(9));
SELECT points_balance(5, d(2), d(9), d(9), '-infinity');
SELECT points_balance(5, d(2), NULL, d(9), 'infinity');
SELECT points_balance(5, d(8), d(7), d(5)) AS wrong_though_later;
SELECT points_balance(5, 'infinity', NULL);
SELECT points_balance(5, '-infinity', NULL);
SELECT points_balance(-9223372036854775808, d(1), NULL);
SELECT points_balance(9223372036854775807, d(g), NULL) FROM generate_series(1, 2) g;
SELECT points_balance(-9223372036854775807, d(g), NULL) FROM generate_series(1, 2) g;
SELECT points_balance(5, d(g), NULL, d(g)) FROM generate_series(1, 2) g;
SELECT points_balance(5, d(1), NULL, NULL);
\set VERBOSITY sqlstate
SELECT points_balance(5, d(2), d(2));
SELECT points_balance(5, d(2), d(9), d(9), d(1));
SELECT points_balance(5, 'infinity', NULL);
SELECT points_balance(9223372036854775807, d(g), NULL) FROM generate_series(1, 2) g;
SELECT points_balance(5, d(g), NULL, d(g)) FROM generate_series(1, 2) g;
SELECT points_balance(5, d(1), NULL, NULL);
\set VERBOSITY default

DROP TABLE points;
DROP FUNCTION d;
RESET TimeZone;
