-- sbg_fit and its model's predictions

SET extra_float_digits = 0;
SET DateStyle = 'ISO, YMD';

-- the survivors of cohorts of contracts at the start and after seven renewals, in any order; a NULL leaves its row
-- out
CREATE TABLE contracts (cohort text, age int, survivors int);
INSERT INTO contracts SELECT 'regular', i - 1, n
FROM unnest('{1000, 631, 468, 382, 326, 289, 262, 241}'::int[]) WITH ORDINALITY u(n, i);
INSERT INTO contracts SELECT 'high end', i - 1, n
FROM unnest('{1000, 869, 743, 653, 593, 551, 517, 491, NULL}'::int[]) WITH ORDINALITY u(n, i);
INSERT INTO contracts VALUES (NULL, 0, 10), (NULL, 1, 5), ('regular', NULL, 5), ('high end', NULL, NULL);
SELECT cohort, round((f).alpha::numeric, 3) AS alpha, round((f).beta::numeric, 3) AS beta,
	round((f).log_likelihood::numeric, 4) AS log_likelihood, (f).customers, (f).converged, (f).status
FROM (SELECT cohort, sbg_fit('contracts of ' || cohort, age, survivors ORDER BY hashint4(survivors)) AS f
	FROM contracts WHERE cohort IS NOT NULL GROUP BY cohort) s ORDER BY cohort DESC;

-- several cohorts, the younger with fewer renewals; the last is too young to say anything
CREATE TABLE cohorts (cohort date, age int, survivors bigint);
INSERT INTO cohorts VALUES ('2023-01-01', 0, 1000), ('2023-01-01', 1, 631), ('2023-01-01', 2, 468),
	('2023-01-01', 3, 382), ('2024-01-01', 0, 800), ('2024-01-01', 1, 500), ('2025-01-01', 0, 900);
SELECT round(alpha::numeric, 4) AS alpha, round(beta::numeric, 4) AS beta,
	round(log_likelihood::numeric, 6) AS log_likelihood, customers, converged, status,
	round(se_alpha::numeric, 4) AS se_alpha, round(se_beta::numeric, 4) AS se_beta
FROM (SELECT (sbg_fit(cohort, age, survivors)).* FROM cohorts) s;

-- the likelihood of those 1800 customers by survival(), which is the greatest at the fit; in the second row, the
-- cohort of 2023 was not counted at age 2
CREATE FUNCTION likelihood(m sbg_model, without date, missing int) RETURNS float8 LANGUAGE sql STABLE RETURN (
	SELECT sum((before - survivors) * ln(survival(m, age_before) - survival(m, age)) + kept * ln(survival(m, age)))
	FROM (SELECT age, survivors, lag(survivors) OVER w AS before, lag(age) OVER w AS age_before,
			CASE WHEN lead(age) OVER w IS NULL THEN survivors ELSE 0 END AS kept
		FROM cohorts WHERE (cohort, age) IS DISTINCT FROM (without, missing)
		WINDOW w AS (PARTITION BY cohort ORDER BY age)) s WHERE before IS NOT NULL);
SELECT missing, abs((f).log_likelihood - likelihood(f, '2023-01-01', missing)) < 1e-9 AS same,
	bool_and(likelihood(f, '2023-01-01', missing)
		> likelihood(sbg_model((f).alpha * (1 + a), (f).beta * (1 + b)), '2023-01-01', missing)) AS greatest,
	round((f).alpha::numeric, 4) AS alpha, round((f).beta::numeric, 4) AS beta
FROM (SELECT missing, (SELECT sbg_fit(cohort, age, survivors) FROM cohorts
			WHERE (cohort, age) IS DISTINCT FROM ('2023-01-01', missing)) AS f
		FROM (VALUES (NULL), (2)) m(missing)) s,
	(VALUES (1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3), (1e-3, 1e-3), (-1e-3, -1e-3)) near(a, b)
GROUP BY missing, f ORDER BY missing NULLS FIRST;
-- a hundred renewals between two counts, as if counted at each
SELECT round(ln((f).alpha)::numeric, 6) = round(ln(0.5)::numeric, 6) AS alpha,
	round(ln((f).beta)::numeric, 6) = round(ln(1.5)::numeric, 6) AS beta
FROM (SELECT sbg_fit(1, age, round(1e15 * survival(sbg_model(0.5, 1.5), age))::bigint) AS f
	FROM unnest('{0, 3, 103, 110}'::int[]) age) s;

-- straight from cohorts(): who has left is who is not seen on or after
CREATE TABLE renewals (customer int, at timestamptz);
INSERT INTO renewals SELECT c, '2024-01-10Z'::timestamptz + m * interval '1 month'
FROM generate_series(0, 999) c, generate_series(c % 4, 9) m
WHERE m - c % 4 <= (SELECT count(*) FROM generate_series(1, 9) k WHERE c / 4.0 < 250 * survival(sbg_model(1, 3), k));
WITH survivors AS (
	SELECT cohort, age, retained
	FROM cohorts((SELECT retention_agg(customer, at, '1 month', 'UTC') FROM renewals), '2024-11-01Z', 'on_or_after')
)
SELECT count(*) AS rows, count(retained) AS counted, (sbg_fit(cohort, age, retained)).customers,
	round((sbg_fit(cohort, age, retained)).alpha::numeric, 2) AS alpha,
	round((sbg_fit(cohort, age, retained)).beta::numeric, 1) AS beta
FROM survivors;

-- cohorts are those of their type, by any name; the same bits in any order, and as the rows come
SELECT (sbg_fit(c, a, s)).customers AS numeric
FROM (VALUES (1.0, 0, 10), (1.00, 1, 5), (2, 0, 7), (2.0, 1, 3)) v(c, a, s);
SELECT (sbg_fit(md5(c::text)::uuid, a, s)).customers AS uuid, (sbg_fit(c::float8, a, s)).customers AS double,
	(sbg_fit('the cohort that is number ' || c, a, s)).customers AS text, (sbg_fit(c, a, s)).customers AS int
FROM (VALUES (1, 0, 10), (1, 1, 6), (1, 2, 4), (2, 0, 7), (2, 1, 3)) v(c, a, s);
SELECT count(DISTINCT fit) FROM (
	SELECT sbg_fit(cohort, age, survivors)::text AS fit FROM contracts
	UNION ALL SELECT sbg_fit(cohort, age, survivors ORDER BY survivors)::text FROM contracts
	UNION ALL SELECT (sbg_fit(cohort, age, survivors) OVER ())::text FROM contracts) s;

-- beside numbers computed with fifty digits: what is left of a cohort, and who stays
WITH m AS (SELECT sbg_model(0.704, 1.182) AS m)
SELECT t, round(survival(m, t)::numeric, 15) AS survival,
	round(retention_rate(m, greatest(t, 1))::numeric, 15) AS retention
FROM m, unnest('{0, 1, 3, 11}'::int[]) t;

-- S(t) is the product of the retention rates, also far ahead; no row is an exception
SELECT t, survival(m, t), product
FROM (SELECT t, m, exp(sum(ln(retention_rate(m, t))) OVER (PARTITION BY m ORDER BY t)) AS product
	FROM generate_series(1, 1000) t,
		(VALUES (sbg_model(0.704, 1.182)),
			(sbg_model(1e6, 1e8))) m(m)) s
WHERE (abs(survival(m, t) / product - 1) < 1e-11) IS NOT TRUE;
SELECT abs(survival(m, 1000000000) / survival(m, 1000000001) / (1 + 0.704 / (1e9 + 1.182)) - 1) < 1e-13
	AS "a long way ahead"
FROM (SELECT sbg_model(0.704, 1.182) AS m) s;

-- residual lifetimes: before the next renewal, and the two other conventions made of it; discounts at which
-- the series ends late
WITH m AS (SELECT sbg_model(0.668, 3.806) AS m)
SELECT round((1 + residual_lifetime(m, 0, 0.1) / 1.1)::numeric, 12) AS new_customer,
	round((residual_lifetime(m, 4, 0.1) / 1.1)::numeric, 12) AS after_the_fourth FROM m;
WITH reference (alpha, discount, renewals, expected) AS (VALUES
	(0.6678, 0.01, 0, 19.012109006105621), (0.6678, 0.01, 7, 32.181680559975338))
SELECT renewals, round((residual_lifetime(m, renewals, discount) / expected - 1)::numeric, 12)
FROM reference, LATERAL (SELECT sbg_model(alpha, 3.8041)) s(m);
SELECT d, round((residual_lifetime(m, 3, d::float8) / (5.5 / 1.5))::numeric, 3)
FROM (SELECT sbg_model(2.5, 2.5) AS m) s, (VALUES (1e-1), (1e-6), (1e-12), (0)) v(d);

-- nobody leaves, everybody leaves, a constant rate, one renewal: nothing to find, a warning, and a sensible answer
SELECT n, (f).converged, (f).status, (f).se_alpha, (f).se_beta, round(survival(f, 1)::numeric, 3) AS s1,
	round(survival(f, 4)::numeric, 3) AS s4
FROM (SELECT n, (SELECT sbg_fit(0, i - 1, x) FROM unnest(n) WITH ORDINALITY u(x, i)) AS f
	FROM (VALUES ('{1000, 1000, 1000}'::int[]), ('{1000, 0}'), ('{1000, 500, 250, 125}'), ('{5, 0, 0, 0}')) v(n)
	OFFSET 0) s;
SELECT (f).converged, (f).status, (f).se_alpha, (f).se_beta, round(survival(f, 1)::numeric, 3) AS s1
FROM (SELECT sbg_fit('2025-01-01'::date, age, n) AS f FROM (VALUES (0, 1000), (1, 631)) v(age, n)) s;
-- the same of as many customers as there could be
SELECT n, (f).status FROM (SELECT n, (SELECT sbg_fit(0, i - 1, x) FROM unnest(n) WITH ORDINALITY u(x, i)) AS f
	FROM (VALUES ('{1000000000000, 1000000000000, 1000000000000}'::bigint[]), ('{1000000000000, 600000000000}')) v(n)
	OFFSET 0) s;
-- no customers
SELECT sbg_fit(1, age, 0) FROM generate_series(0, 3) age;

-- errors
SELECT sbg_fit(1, 0, -1);
SELECT sbg_fit('2024-05-01'::date, -1, 10);
SELECT sbg_fit('2024-05-01'::date, age, survivors) FROM (VALUES (0, 100), (2, 60), (1, 50)) v(age, survivors);
SELECT sbg_fit('a long name for a cohort'::text, age, survivors) FROM (VALUES (2, 50), (3, 40)) v(age, survivors);
SELECT sbg_fit('spring'::text, age, survivors) FROM (VALUES (1, 50), (0, 70), (1, 40)) v(age, survivors);
SELECT sbg_fit('b10da8ed-8ad6-4d4f-9b6e-0a2ba4d1f2a6'::uuid, 1, 50);
SELECT sbg_fit(2.50, 1, 50);
SELECT sbg_fit(point(1, 2), 0, 50);
SELECT sbg_fit(i, 0, 1000) FROM generate_series(1, 3) i;
SELECT sbg_fit(i, age, 9e18::bigint) FROM generate_series(1, 2) i, generate_series(0, 1) age;
SELECT sbg_fit(DISTINCT cohort, age, survivors) FROM contracts;
SELECT survival(sbg_model(0.704, 1.182), -1);
SELECT retention_rate(sbg_model(0.704, 1.182), 0);
SELECT residual_lifetime(sbg_model(0.704, 1.182), 0, 0);
SELECT residual_lifetime(sbg_model(0.704, 1.182), 0, -0.1);
SELECT residual_lifetime(sbg_model(0.704, 1.182), -1, 0.1);

DROP FUNCTION likelihood;
DROP TABLE contracts, cohorts, renewals;
RESET extra_float_digits;
RESET DateStyle;
