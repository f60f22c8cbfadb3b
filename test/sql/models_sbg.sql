-- sbg_fit and its model's predictions

SET extra_float_digits = 0;

-- the survivors of a cohort of contracts at the start and after seven renewals, in any order
SELECT round(alpha::numeric, 3) AS alpha, round(beta::numeric, 3) AS beta,
	round(log_likelihood::numeric, 4) AS log_likelihood, customers, converged
FROM (SELECT (sbg_fit(n)).* FROM unnest('{1000, 631, 468, 382, 326, 289, 262, 241}'::int[]) n) s
UNION ALL
SELECT round(alpha::numeric, 3), round(beta::numeric, 3), round(log_likelihood::numeric, 4), customers, converged
FROM (SELECT (sbg_fit(n)).* FROM unnest('{491, NULL, 1000, 653, 869, 743, 517, 593, 551}'::bigint[]) n) s
ORDER BY alpha DESC;

-- beside numbers computed with fifty digits: what is left of a cohort, and who stays
WITH m AS (SELECT ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model AS m)
SELECT t, round(survival(m, t)::numeric, 15) AS survival,
	round(retention_rate(m, greatest(t, 1))::numeric, 15) AS retention
FROM m, unnest('{0, 1, 3, 11}'::int[]) t;

-- S(t) is the product of the retention rates, also far ahead; no row is an exception
SELECT t, survival(m, t), product
FROM (SELECT t, m, exp(sum(ln(retention_rate(m, t))) OVER (PARTITION BY m ORDER BY t)) AS product
	FROM generate_series(1, 1000) t,
		(VALUES (ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model),
			(ROW(1e6, 1e8, NULL, NULL, NULL, NULL)::sbg_model)) m(m)) s
WHERE (abs(survival(m, t) / product - 1) < 1e-11) IS NOT TRUE;
SELECT abs(survival(m, 1000000000) / survival(m, 1000000001) / (1 + 0.704 / (1e9 + 1.182)) - 1) < 1e-13
	AS "a long way ahead"
FROM (SELECT ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model AS m) s;

-- residual lifetimes: before the next renewal, and the two other conventions made of it; discounts at which
-- the series ends late
WITH m AS (SELECT ROW(0.668, 3.806, NULL, NULL, NULL, NULL)::sbg_model AS m)
SELECT round((1 + residual_lifetime(m, 0, 0.1) / 1.1)::numeric, 12) AS new_customer,
	round((residual_lifetime(m, 4, 0.1) / 1.1)::numeric, 12) AS after_the_fourth FROM m;
WITH reference (alpha, discount, renewals, expected) AS (VALUES
	(0.6678, 0.01, 0, 19.012109006105621), (0.6678, 0.01, 7, 32.181680559975338))
SELECT renewals, round((residual_lifetime(m, renewals, discount) / expected - 1)::numeric, 12)
FROM reference, LATERAL (SELECT ROW(alpha, 3.8041, NULL, NULL, NULL, NULL)::sbg_model) s(m);
SELECT d, round((residual_lifetime(m, 3, d::float8) / (5.5 / 1.5))::numeric, 3)
FROM (SELECT ROW(2.5, 2.5, NULL, NULL, NULL, NULL)::sbg_model AS m) s, (VALUES (1e-1), (1e-6), (1e-12), (0)) v(d);

-- nobody leaves, everybody leaves, a constant rate: nothing to find, and a sensible answer
SELECT n, (f).converged, round(survival(f, 1)::numeric, 3) AS s1, round(survival(f, 4)::numeric, 3) AS s4
FROM (SELECT n, (SELECT sbg_fit(x) FROM unnest(n) x) AS f
	FROM (VALUES ('{1000, 1000, 1000}'::int[]), ('{1000, 0}'), ('{1000, 500, 250, 125}'), ('{5, 0, 0, 0}')) v(n)) s;

-- errors
SELECT sbg_fit(-1);
SELECT survival(ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model, -1);
SELECT retention_rate(ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model, 0);
SELECT residual_lifetime(ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model, 0, 0);
SELECT residual_lifetime(ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model, 0, -0.1);
SELECT residual_lifetime(ROW(0.704, 1.182, NULL, NULL, NULL, NULL)::sbg_model, -1, 0.1);

RESET extra_float_digits;
