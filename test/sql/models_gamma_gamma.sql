-- gamma_gamma_fit and its predictions

SET extra_float_digits = 0;

-- beside numbers computed with fifty digits: the parameters of a paper, and some without a mean for
-- everybody; no row is a difference
WITH reference (model, frequency, mean_value, expected) AS (VALUES
	(gamma_gamma_model(6.25, 3.74, 15.44), 0, NULL, 35.218978102189781),
	(gamma_gamma_model(6.25, 3.74, 15.44), 2, 22.35, 24.663713910761155),
	(gamma_gamma_model(6.25, 3.74, 15.44), 26, 40, 39.920721374969741),
	(gamma_gamma_model(6, 0.5, 15), 1, 35, 54.545454545454545))
SELECT *, expected_value(model, frequency, mean_value) FROM reference
WHERE (abs(expected_value(model, frequency, mean_value) / expected - 1) <= 1e-12) IS NOT TRUE;
SELECT round(log_likelihood(model, frequency, mean_value)::numeric, 12)
FROM (SELECT gamma_gamma_model(6.25, 3.74, 15.44) AS model) m,
	(VALUES (2, 22.35), (7, 73.74), (26, 40), (0, NULL), (NULL, 1), (1, NULL)) c(frequency, mean_value);

-- the most likely model of 117 customers, found to all digits by another program; who has not come back does
-- not count
CREATE TABLE spending (frequency int, mean_value numeric, customers int);
INSERT INTO spending VALUES (1, 20, 30), (1, 55, 20), (2, 15, 12), (2, 35, 25), (3, 42, 15), (5, 28, 10), (8, 61, 5),
	(0, NULL, 100), (0, 0, 100);
SELECT round(p::numeric, 9) AS p, round(q::numeric, 8) AS q, round(gamma::numeric, 7) AS gamma,
	round(log_likelihood::numeric, 9) AS log_likelihood, customers, converged, status
FROM (SELECT (gamma_gamma_fit(frequency, mean_value)).* FROM spending, generate_series(1, customers)) fit;
SELECT abs(sum(log_likelihood(fit, frequency, mean_value)) - min((fit).log_likelihood)) < 1e-9
	AS "sum of all customers"
FROM (SELECT gamma_gamma_fit(frequency, mean_value) AS fit FROM spending, generate_series(1, customers)) f,
	spending, generate_series(1, customers);

-- standard errors, from the inverse of the second derivatives by the parameters, found by another program
SELECT round((se_p / 1.4921777777809556 - 1)::numeric, 6) AS se_p,
	round((se_q / 6.0962315059959082 - 1)::numeric, 6) AS se_q,
	round((se_gamma / 61.728824394815051 - 1)::numeric, 6) AS se_gamma
FROM (SELECT (gamma_gamma_fit(frequency, mean_value)).* FROM spending, generate_series(1, customers)) fit;

-- everybody spends the same: there is nothing to find, and the answer is what everybody spends
SELECT converged, status, round(expected_value(fit, 0, NULL)::numeric, 2),
	round(expected_value(fit, 7, 10)::numeric, 2)
FROM (SELECT fit, (fit).converged, (fit).status
	FROM (SELECT gamma_gamma_fit(3, 10) AS fit FROM generate_series(1, 100) OFFSET 0) s) f;
-- one order each, of values that hardly differ: no maximum, and still the mean
SELECT (fit).converged, (fit).status, round(expected_value(fit, 0, NULL)::numeric, 2)
FROM (SELECT gamma_gamma_fit(1, 10 + n % 7) AS fit FROM generate_series(1, 100) n OFFSET 0) s;

-- errors
SELECT gamma_gamma_fit(1, 0);
SELECT gamma_gamma_fit(1, -5);
SELECT gamma_gamma_fit(1, 'NaN');
SELECT gamma_gamma_fit(-1, 5);
SELECT expected_value(gamma_gamma_model(6.25, 3.74, 15.44), 2, -0.5);
SELECT log_likelihood(gamma_gamma_model(6.25, 3.74, 15.44), 2, 0);
SELECT gamma_gamma_fit(DISTINCT 1, 5);
-- and the cure
SELECT (gamma_gamma_fit(f, m) FILTER (WHERE m > 0)).customers
FROM (VALUES (1, 30.0), (2, 12.5), (5, 20), (3, -4.0), (2, 0), (0, 0)) c(f, m);
SELECT f, m, CASE WHEN f = 0 OR m > 0
	THEN round(expected_value(gamma_gamma_model(6.25, 3.74, 15.44), f, m)::numeric, 2) END
FROM (VALUES (0, 0.0), (1, 30), (3, -4)) c(f, m);
SELECT expected_value(gamma_gamma_model(6, 0.5, 15), 0, NULL);
SELECT expected_value(gamma_gamma_model(0.2, 0.5, 15), 2, 10);
SELECT expected_value(gamma_gamma_model(6.25, 3.74, 15.44), 2, 'infinity');
SELECT expected_value(gamma_gamma_model(6.25, 3.74, NULL), 2, 10);

DROP TABLE spending;
RESET extra_float_digits;
