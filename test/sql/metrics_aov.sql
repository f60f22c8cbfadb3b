-- aov: revenue per order

SELECT aov(n) AS numeric, aov(b) AS bigint, aov(f) AS double, pg_typeof(aov(n)), pg_typeof(aov(b)),
	pg_typeof(aov(f)), pg_typeof(aov(i))
FROM (VALUES (10.10, 10::bigint, 10.5::float8, 1), (20.20, 20, 20.5, 2), (NULL, NULL, NULL, NULL)) o(n, b, f, i);

-- exact where double precision is not: a tenth, ten times; and sums past 64 bits
SELECT aov(0.1) = 0.1 AS tenth, aov(9223372036854775807) AS large FROM generate_series(1, 10);

-- zero rows, all NULL
SELECT aov(1.0), aov(1::bigint), aov(1::float8) WHERE false;
SELECT aov(NULL::numeric), aov(NULL::bigint), aov(NULL::float8);

-- per group, over a window, moving
SELECT day, aov(amount) OVER (ORDER BY day), aov(amount) OVER (ORDER BY day ROWS 1 PRECEDING) AS moving
FROM (VALUES (1, 10.00), (2, 20.00), (3, 60.00)) o(day, amount);

-- the mean of the different amounts is another one
SELECT aov(DISTINCT amount) FROM (VALUES (10.00), (10.00), (70.00)) o(amount);
SELECT aov(DISTINCT amount) FROM (VALUES (10::bigint), (10), (70)) o(amount);
SELECT aov(DISTINCT amount) FROM (VALUES (10::float8), (10), (70)) o(amount);
SELECT shop, aov(DISTINCT amount) FROM (VALUES ('a', 10.00), ('b', 10.00)) o(shop, amount) GROUP BY shop;
SELECT avg(DISTINCT amount), aov(DISTINCT amount) FROM (VALUES (10.00), (10.00), (70.00)) o(amount);
SELECT avg(amount), aov(amount), avg(DISTINCT amount) FROM (VALUES (10.00), (10.00), (70.00)) o(amount);

-- the documents' identity: aov * purchase_frequency = revenue / customers
SELECT aov(amount) * purchase_frequency(customer)::numeric = sum(amount) / count(DISTINCT customer) AS holds
FROM (VALUES (1, 10.00), (1, 20.00), (2, 60.00), (2, 30.00)) o(customer, amount);
