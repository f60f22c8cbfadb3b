-- gamma_gamma_fit and its predictions

SET extra_float_digits = 0;

-- beside numbers computed with fifty digits: the parameters of a paper, and some without a mean for
-- everybody; no row is a difference
WITH reference (model, frequency, mean_value, expected) AS (VALUES
	(ROW(6.25, 3.74, 15.44, NULL, NULL, NULL, NULL)::gamma_gamma_model, 0, NULL, 35.218978102189781),
	(ROW(6.25, 3.74, 15.44, NULL, NULL, NULL, NULL)::gamma_gamma_model, 2, 22.35, 24.663713910761155),
	(ROW(6.25, 3.74, 15.44, NULL, NULL, NULL, NULL)::gamma_gamma_model, 26, 40, 39.920721374969741),
	(ROW(6, 0.5, 15, NULL, NULL, NULL, NULL)::gamma_gamma_model, 1, 35, 54.545454545454545))
SELECT *, expected_value(model, frequency, mean_value) FROM reference
WHERE (abs(expected_value(model, frequency, mean_value) / expected - 1) <= 1e-12) IS NOT TRUE;
SELECT round(log_likelihood(model, frequency, mean_value)::numeric, 12)
FROM (SELECT ROW(6.25, 3.74, 15.44, NULL, NULL, NULL, NULL)::gamma_gamma_model AS model) m,
	(VALUES (2, 22.35), (7, 73.74), (26, 40), (0, NULL), (NULL, 1), (1, NULL)) c(frequency, mean_value);

-- the most likely model of 117 customers, found to all digits by another program; who has not come back does
-- not count
CREATE TABLE spending (frequency int, mean_value numeric, customers int);
INSERT INTO spending VALUES (1, 20, 30), (1, 55, 20), (2, 15, 12), (2, 35, 25), (3, 42, 15), (5, 28, 10), (8, 61, 5),
	(0, NULL, 100), (0, 0, 100);
SELECT round(p::numeric, 9) AS p, round(q::numeric, 8) AS q, round(gamma::numeric, 7) AS gamma,
	round(log_likelihood::numeric, 9) AS log_likelihood, customers, converged
FROM (SELECT (gamma_gamma_fit(frequency, mean_value)).* FROM spending, generate_series(1, customers)) fit;
SELECT abs(sum(log_likelihood(fit, frequency, mean_value)) - min((fit).log_likelihood)) < 1e-9
	AS "sum of all customers"
FROM (SELECT gamma_gamma_fit(frequency, mean_value) AS fit FROM spending, generate_series(1, customers)) f,
	spending, generate_series(1, customers);

-- everybody spends the same: there is nothing to find, and the answer is what everybody spends
SELECT converged, round(expected_value(fit, 0, NULL)::numeric, 2), round(expected_value(fit, 7, 10)::numeric, 2)
FROM (SELECT fit, (fit).converged FROM (SELECT gamma_gamma_fit(3, 10) AS fit FROM generate_series(1, 100)) s) f;

-- errors
SELECT gamma_gamma_fit(1, 0);
SELECT gamma_gamma_fit(1, -5);
SELECT gamma_gamma_fit(1, 'NaN');
SELECT gamma_gamma_fit(-1, 5);
SELECT expected_value(ROW(6, 0.5, 15, NULL, NULL, NULL, NULL)::gamma_gamma_model, 0, NULL);
SELECT expected_value(ROW(0.2, 0.5, 15, NULL, NULL, NULL, NULL)::gamma_gamma_model, 2, 10);
SELECT expected_value(ROW(6.25, 3.74, 15.44, NULL, NULL, NULL, NULL)::gamma_gamma_model, 2, 'infinity');
SELECT expected_value(ROW(6.25, 3.74, NULL, NULL, NULL, NULL, NULL)::gamma_gamma_model, 2, 10);

DROP TABLE spending;
RESET extra_float_digits;
