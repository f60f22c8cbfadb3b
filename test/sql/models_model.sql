-- what all fits of customer models share: which rows count, what is refused, models written by hand

SET extra_float_digits = 0;

-- no row, no row without a NULL, customers who say nothing
SELECT bgnbd_fit(1, 2, 3), mbgnbd_fit(1, 2, 3), pnbd_fit(1, 2, 3), gamma_gamma_fit(1, 2), sbg_fit(1, 0, 5)
WHERE false;
SELECT bgnbd_fit(f, r, a), mbgnbd_fit(f, r, a), pnbd_fit(f, r, a), gamma_gamma_fit(f, r)
FROM (VALUES (NULL::bigint, 2.0::float8, 3.0::float8), (1, NULL, NULL)) h(f, r, a);
SELECT gamma_gamma_fit(0, NULL), gamma_gamma_fit(0, 0), sbg_fit(1, 0, NULL), sbg_fit(NULL::int, 0, 5);

-- a NULL leaves its row out; numbers of other types are converted
CREATE TABLE histories (frequency int, recency numeric, age numeric, customers int);
INSERT INTO histories VALUES (0, 0, 38, 500), (0, 0, 30, 350), (1, 10, 38, 60), (1, 3, 30, 70), (2, 4, 38, 30),
	(2, 28, 30, 12), (3, 12, 30, 9), (3, 35, 38, 10), (6, 36, 38, 10);
SELECT (bgnbd_fit(frequency, recency, age)).customers, (bgnbd_fit(frequency, recency, nullif(age, 38))).customers
FROM histories, generate_series(1, customers);

-- the same bits in any order, in a window, and beside another fit that shares the state
SELECT count(DISTINCT fit) FROM (
	SELECT bgnbd_fit(frequency, recency, age)::text AS fit FROM histories, generate_series(1, customers) n
	UNION ALL
	SELECT bgnbd_fit(frequency, recency, age ORDER BY hashint4(n), age)::text
	FROM histories, generate_series(1, customers) n
	UNION ALL
	SELECT (bgnbd_fit(frequency, recency, age) OVER ())::text
	FROM (SELECT * FROM histories, generate_series(1, customers) n) s
	UNION ALL
	(SELECT b::text
	FROM (SELECT mbgnbd_fit(frequency, recency, age) AS m, bgnbd_fit(frequency, recency, age) AS b
		FROM histories, generate_series(1, customers) n) s WHERE m IS NOT NULL)) fits;

-- nobody came back; one customer; no time at all: an end, no claim to have found anything, and predictions
-- all the same
CREATE TABLE odd (what text, frequency int, recency float8, age float8);
INSERT INTO odd SELECT 'nobody came back', 0, 0, age FROM generate_series(1, 50) age;
INSERT INTO odd VALUES ('one customer', 3, 5, 10), ('no time', 0, 0, 0), ('large', 4000000, 3e9, 4e9),
	('large', 1000, 4e9, 4e9);
SET client_min_messages = error;
SELECT what, (b).status AS b, (m).status AS m, (p).status AS p,
	(b).converged OR (m).converged OR (p).converged AS converged,
	bool_and(n.chance BETWEEN 0 AND 1), bool_and(n.orders BETWEEN 0 AND 1e9)
FROM (SELECT what, bgnbd_fit(frequency, recency, age) AS b, mbgnbd_fit(frequency, recency, age) AS m,
		pnbd_fit(frequency, recency, age) AS p
	FROM odd GROUP BY what OFFSET 0) f
JOIN odd USING (what), LATERAL (VALUES
	(p_alive(b, frequency, recency, age), expected_orders(b, 10, frequency, recency, age)),
	(p_alive(m, frequency, recency, age), expected_orders(m, 10, frequency, recency, age)),
	(p_alive(p, frequency, recency, age), expected_orders(p, 10, frequency, recency, age))) n(chance, orders)
GROUP BY what, b, m, p ORDER BY what;
RESET client_min_messages;

-- a model by hand, read once for all rows, and for each row where it changes
SELECT round(p_alive(m, 2, 30.43, 38.86)::numeric, 12)
FROM (SELECT bgnbd_model(0.243, 4.414, 0.793, 2.426)) s(m);
SELECT b, round(p_alive(m, 2, 30.43, 38.86)::numeric, 12)
FROM (VALUES (2.426), (2.426), (24.26), (2.426)) v(b),
	LATERAL (SELECT bgnbd_model(0.243, 4.414, 0.793, b)) s(m);

-- the planner knows what predictions cost: cheap conditions come first, wherever they stand; no row is an exception
CREATE TABLE customers (name text, frequency bigint, recency float8, age float8, mean_value float8);
CREATE FUNCTION filter_of(conditions text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT FROM customers WHERE ' || conditions LOOP
		IF line ~ 'Filter:' THEN RETURN line; END IF;
	END LOOP;
	RETURN NULL;
END$$;
CREATE TABLE predictions (call text);
INSERT INTO predictions
SELECT replace(replace(call, 'HISTORY', 'frequency, recency, age'),
	'MODEL', format('%s(0.5, 6, 0.8, 2.4)', model))
FROM unnest('{bgnbd_model, mbgnbd_model, pnbd_model}'::text[]) model, (VALUES
	('p_alive(MODEL, HISTORY)'), ('expected_orders(MODEL, 39, HISTORY)'), ('expected_orders(MODEL, age)'),
	('log_likelihood(MODEL, HISTORY)'),
	('clv(MODEL, gamma_gamma_model(6, 4, 15), HISTORY, mean_value, 39, 0.002)')) p(call)
UNION ALL
SELECT replace(call, 'MODEL', 'gamma_gamma_model(6, 4, 15)')
FROM (VALUES ('expected_value(MODEL, frequency, mean_value)'),
	('log_likelihood(MODEL, frequency, mean_value)')) p(call)
UNION ALL
SELECT replace(call, 'MODEL', 'sbg_model(0.7, 1.2)')
FROM (VALUES ('survival(MODEL, frequency)'), ('retention_rate(MODEL, frequency)'),
	('residual_lifetime(MODEL, frequency, 0.1)')) p(call);
SELECT count(*) FROM predictions;
SELECT call, cheap FROM predictions, (VALUES ($$name LIKE 'x%'$$), ($$lower(name) LIKE 'x%'$$)) c(cheap)
WHERE (filter_of(call || ' > 0.5 AND ' || cheap) ~ '^ *Filter: .*name.*~~.* AND .* > ') IS NOT TRUE;
-- a probability before a value, which is an integral
SELECT filter_of(value || ' > 100 AND ' || chance || ' > 0.5') ~ 'p_alive.*clv'
FROM (SELECT min(call) FILTER (WHERE call LIKE 'clv(%') AS value,
	min(call) FILTER (WHERE call LIKE 'p_alive%') AS chance FROM predictions) s;

-- models that are none
SELECT p_alive(bgnbd_model(NULL, 4.414, 0.793, 2.426), 2, 30, 38);
SELECT p_alive(bgnbd_model(0.243, -4.414, 0.793, 2.426), 2, 30, 38);
SELECT p_alive(mbgnbd_model(0.243, 4.414, 0, 2.426), 2, 30, 38);
SELECT p_alive(pnbd_model(0.243, 4.414, 0.6, 'infinity'), 2, 30, 38);
SELECT p_alive(pnbd_model('NaN', 4.414, 0.6, 2), 2, 30, 38);
SELECT survival(sbg_model(1e10, 1), 1);
SELECT p_alive(NULL::bgnbd_model, 2, 30, 38);

-- histories that are none, in fits and in predictions
SELECT bgnbd_fit(-1, 0, 3);
SELECT bgnbd_fit(1, 2, -3);
SELECT bgnbd_fit(DISTINCT 1, 2, 3);
SELECT mbgnbd_fit(DISTINCT 1, 2, 3);
SELECT pnbd_fit(DISTINCT 1, 2, 3);
SELECT mbgnbd_fit(1, 2, 'NaN');
SELECT mbgnbd_fit(1, 2, 'infinity');
SELECT pnbd_fit(1, 4, 3);
SELECT pnbd_fit(1, -1, 3);
SELECT pnbd_fit(1, 'NaN', 3);
SELECT pnbd_fit(0, 1, 3);
SELECT p_alive(bgnbd_model(0.243, 4.414, 0.793, 2.426), 2, 39, 38);
SELECT expected_orders(mbgnbd_model(0.243, 4.414, 0.793, 2.426), 10, -2, 30, 38);
SELECT expected_orders(pnbd_model(0.243, 4.414, 0.793, 2.426), -10, 2, 30, 38);
SELECT expected_orders(bgnbd_model(0.243, 4.414, 0.793, 2.426), 'infinity');

DROP TABLE histories, odd, customers, predictions;
DROP FUNCTION filter_of;
RESET extra_float_digits;
