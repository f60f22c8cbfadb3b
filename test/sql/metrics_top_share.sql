-- top_share: how much of the revenue the best customers bring

-- ten customers of 10, 20 ... 100: the best two bring 190 of 550
CREATE TABLE orders (customer int, amount numeric);
INSERT INTO orders SELECT i, i * 10 FROM generate_series(1, 10) i;
SELECT top_share(customer, amount) = 190 / 550.0::float8 AS fifth, top_share(customer, amount, 0.1) AS tenth,
	top_share(customer, amount, 1) AS all, top_share(customer, amount, 0.01) AS never_less_than_one,
	top_share(customer, amount, 0.29) = 190 / 550.0::float8 AS floor,
	top_share(customer, amount, 0.3) = 270 / 550.0::float8 AS exact_product
FROM orders;
SELECT top_share(customer, amount::bigint) = 190 / 550.0::float8 AS bigint,
	top_share(customer, amount::float8) = 190 / 550.0::float8 AS double,
	top_share(customer, amount::int) = 190 / 550.0::float8 AS int
FROM orders;

-- the fraction is the decimal that it is written as: 0.29 of 100 customers are 29, although 0.29 * 100 is less
SELECT 0.29::float8 * 100 < 29 AS less, count(*) AS fractions, count(*) FILTER (WHERE share <> hundredth * (201 - hundredth) / 10100.0::float8) AS wrong
FROM (SELECT hundredth, top_share(customer, 101 - customer, hundredth / 100.0::float8) AS share
	FROM generate_series(1, 100) hundredth, generate_series(1, 100) customer GROUP BY hundredth) s;
PREPARE share AS SELECT top_share(customer, amount, $1) = 190 / 550.0::float8 AS fifth FROM orders;
EXECUTE share('0.29');
EXECUTE share(0.29::numeric);
DEALLOCATE share;
-- the least fraction, and one that no short decimal stands for
SELECT top_share(customer, amount, 4.9e-324) = 100 / 550.0::float8 AS one, top_share(customer, amount, 0.1::float8 + 0.2::float8) = 270 / 550.0::float8 AS three
FROM orders;

-- a customer's orders are added, in whatever order they come; ties make no difference
SELECT top_share(customer, amount) FROM (VALUES (1, 5.5), (2, 4), (1, 4.5), (3, 10), (4, 10), (5, 6)) o(customer, amount);

-- NULLs are left out, customers and amounts alike
SELECT top_share(customer, amount) FROM (VALUES (1, 3), (NULL, 100), (2, NULL), (3, 1)) o(customer, amount);

-- no rows, no revenue, one row
SELECT top_share(customer, amount) FROM orders WHERE false;
SELECT top_share(customer, amount) FROM (VALUES (1, 0), (2, 0)) o(customer, amount);
SELECT top_share(customer, amount) FROM (VALUES (1, 5), (2, -7)) o(customer, amount);
SELECT top_share(customer, amount), top_share(NULL::int, amount) FROM orders WHERE customer = 3;

-- more than four decimals, more than 64 bits, both and neither, sums that pass 64 bits
SELECT top_share(customer, amount, 0.5) AS share
FROM (VALUES (1, 0.00001), (1, 0.00002), (2, 0.00001)) o(customer, amount);
SELECT top_share(customer, amount, 0.5) AS share
FROM (VALUES (1, 3e30), (2, 1e30), (1, 0.5)) o(customer, amount);
SELECT top_share(customer, amount, 0.5) AS share
FROM (SELECT i % 2, CASE i % 2 WHEN 1 THEN 900000000000 ELSE 300000000000 END FROM generate_series(1, 20000) i) o(customer, amount);
SELECT top_share(customer, amount, 0.5) AS share
FROM (VALUES (1, 9223372036854775807), (1, 9223372036854775807), (2, 9223372036854775807)) o(customer, amount);
-- bigint and numeric around the largest amount that is added as an integer
SELECT a, top_share(customer, amount, 0.5) AS bigint, top_share(customer, amount::numeric, 0.5) AS numeric
FROM (VALUES (999999999999), (1000000000000), (1000000000001)) v(a), LATERAL (VALUES (1, a), (1, -1), (2, a)) o(customer, amount)
GROUP BY a ORDER BY a;
SELECT top_share(customer, amount, 0.5) AS share
FROM (SELECT 1, 1e16::float8 UNION ALL SELECT 1, 1 FROM generate_series(1, 1000) UNION ALL SELECT 2, 1e16) o(customer, amount);

SELECT top_share(customer, amount, 0.5) AS share FROM (VALUES (1, 1e-400), (2, 1e-400)) o(customer, amount);
SELECT top_share(customer, amount, 0.5) AS share FROM (VALUES (1, 3e-31), (2, 1e-31)) o(customer, amount);

-- every way in which numeric stores a value
SELECT count(*) AS values, count(*) FILTER (WHERE share IS DISTINCT FROM expected) AS wrong FROM (
	SELECT v, (SELECT top_share(c, a, 0.5) FROM (VALUES (1, v), (2, 1e9)) o(c, a)) AS share,
		(round(greatest(v, 1e9), 30) / nullif(greatest(v + 1e9, 0), 0))::float8 AS expected
	FROM (SELECT m * 10::numeric ^ e FROM unnest(ARRAY[1, -1, 9, 10, 99, 1234, -12345, 100000, 99999999]) m,
		generate_series(-6, 9) e) s(v)) t;

-- running
SELECT customer, top_share(customer, amount) OVER (ORDER BY customer) FROM orders ORDER BY customer;

-- errors
SELECT top_share(customer, amount, 0) FROM orders;
SELECT top_share(customer, amount, 1.01) FROM orders;
SELECT top_share(customer, amount, 'NaN') FROM orders;
SELECT top_share(customer, amount, NULL) FROM orders;
SELECT top_share(customer, amount, customer / 10.0) FROM orders;
SELECT top_share(customer, amount, 1.0000000001) FROM orders;
SELECT top_share(DISTINCT customer, amount) FROM orders;
SELECT customer, top_share(DISTINCT customer, amount::float8, 0.5) FROM orders GROUP BY customer;
SELECT top_share(DISTINCT customer, amount::bigint) FROM orders WHERE false;
SELECT top_share(customer, 'NaN'::numeric) FROM orders;
SELECT top_share(customer, 'Infinity'::numeric) FROM orders;
SELECT top_share(customer, '-Infinity'::float8) FROM orders;
SELECT top_share(1, 1e308::float8) FROM generate_series(1, 2);
SELECT top_share(customer, 1e308::float8, 1) FROM generate_series(1, 2) customer;

DROP TABLE orders;
