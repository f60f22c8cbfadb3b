-- rfm_segments and rfm_segment of a score: the names

SELECT segment, r_min, r_max, f_min, f_max FROM rfm_segments();
SELECT count(*) AS segments, count(DISTINCT segment) AS names, count(meaning) AS meanings, count(action) AS actions
FROM rfm_segments();

-- the 25 cells: each has just one name, the same in the map, of a score, and over a window
SELECT r, f, string_agg(segment, ' and ') AS map, rfm_segment(100 * r + 10 * f + 1) AS name
FROM generate_series(5, 1, -1) r CROSS JOIN generate_series(1, 5) f
JOIN rfm_segments() s ON r BETWEEN r_min AND r_max AND f BETWEEN f_min AND f_max
GROUP BY r, f ORDER BY r DESC, f;
SELECT count(*) AS cells, count(*) FILTER (WHERE segment <> rfm_segment(score)) AS wrong FROM (
	SELECT rfm_segment(timestamptz '2024-01-01' + r * interval '1 day', f, 0) OVER () AS segment,
		rfm_score(timestamptz '2024-01-01' + r * interval '1 day', f, 0) OVER () AS score
	FROM generate_series(1, 5) r, generate_series(1, 5) f) s;
-- monetary value has no part in it
SELECT DISTINCT rfm_segment(440 + m) FROM generate_series(1, 5) m;
SELECT rfm_segment(NULL::int);

-- errors
SELECT rfm_segment(611);
SELECT rfm_segment(161);
SELECT rfm_segment(550);
SELECT rfm_segment(55);
SELECT rfm_segment(5555);
SELECT rfm_segment(-555);
SELECT rfm_segment(-2147483648);
\set VERBOSITY sqlstate
SELECT rfm_segment(611);
\set VERBOSITY default
