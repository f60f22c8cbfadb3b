-- Text is compared under the call's collation.  Needs ICU and UTF-8; the other expected file is for servers
-- without.

SELECT getdatabaseencoding() <> 'UTF8'
	OR NOT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS skip_test \gset
\if :skip_test
\quit
\endif

CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- an address typed in two ways is one customer, where the collation says so
SELECT customer_count(k) AS exact, customer_count(k COLLATE any_case) AS any_case,
	repeat_rate(k) AS exact, repeat_rate(k COLLATE any_case) AS any_case
FROM (VALUES ('ann@x'), ('Ann@X'), ('bob@x')) o(k);

-- in a large map too, and under a sliding frame
SELECT customer_count(k), customer_count(k COLLATE any_case), purchase_frequency(k COLLATE any_case)
FROM (SELECT CASE j WHEN 1 THEN 'user' ELSE 'USER' END || i
	  FROM generate_series(1, 20000) i, generate_series(1, 2) j) o(k);
SELECT max(n), min(n) FROM (
	SELECT customer_count(k COLLATE any_case) OVER (ORDER BY i ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS n
	FROM (SELECT i, CASE i % 2 WHEN 1 THEN 'u' ELSE 'U' END || (i / 2) FROM generate_series(1, 200) i) o(i, k)) w;

-- a column's own collation
CREATE TABLE members (email text COLLATE any_case, at timestamptz);
INSERT INTO members VALUES ('ann@x', '2024-01-05'), ('ANN@x', '2024-02-05'), ('bob@x', '2024-01-06');
SELECT customer_count(email), crr(email, at, '[2024-02-01,2024-03-01)'), top_share(email, 1) FROM members;

-- summaries remember the collation where it decides who is the same, and do not mix
SELECT customer_count(s), customer, state FROM (SELECT retention_agg(email, at, '1 month', 'UTC') FROM members) x(s), members(s, '2024-02-01') ORDER BY lower(customer);
SELECT rollup(s) = (SELECT retention_agg(upper(email COLLATE "C") COLLATE any_case, at, '1 month', 'UTC') FROM members) AS same
FROM (SELECT retention_agg(email, at, '1 month', 'UTC') AS s FROM members GROUP BY at) x;
SELECT rollup(s) FROM (SELECT retention_agg(email, at, '1 month', 'UTC') AS s FROM members
	UNION ALL SELECT retention_agg(email COLLATE "C", at, '1 month', 'UTC') FROM members) x;

DROP TABLE members;
DROP COLLATION any_case;
