-- clv as a plain function

-- the product: 50 every other month for two years
SELECT clv(50, 0.5, 24), clv(50, 0.5, 24, 0.3) AS profit, clv(50.00, 6, 2) AS by_year,
	clv(50::float8, 0.5, 24) AS double,
	clv(50, 1, 12) AS ints;
SELECT pg_typeof(clv(50, 0.5, 24)), pg_typeof(clv(50, 0.5::float8, 24)), pg_typeof(clv(50, 1, 24));
-- a margin of double precision, as drivers send it, leaves money exact
SELECT clv(50.00, 0.5, 24, 0.29::float8) AS exact, pg_typeof(clv(50.00, 0.5, 24, 0.29::float8)),
	clv(50::bigint, 6::bigint, 2::bigint, 0.3::float8) AS counts;
SELECT clv(average_order_value => 35.28, purchase_frequency => 2.9355, lifespan => 3, margin => 0.25);
SELECT clv(-5, 2.0, 3), clv(50, 0, 24.0), clv(50, 0.5, 24, 0), clv(NULL, 0.5, 24), clv(50, 0.5, NULL::float8);
SELECT clv('NaN', 0.5, 24.0::numeric);
SELECT clv(50.0, -0.5, 24);
SELECT clv(50.0, 0.5, 'Infinity'::numeric);
SELECT clv(50.0, 0.5, 24, 30);
SELECT clv(50.0, 0.5, 24, 'NaN'::numeric);
SELECT clv('-Infinity'::float8, 0.5, 24);
SELECT clv(50, 'NaN'::float8, 24);
SELECT clv(50::float8, 0.5, -1);
SELECT clv(50::float8, 0.5, 24, -0.1);
SELECT clv(1e300::float8, 1e300, 1);
