# Simulation - customers whose orders come from the models that are fitted to them.
package Simulation;

use strict;
use warnings FATAL => 'all';

# u(seed, i): between 0 and 1. gam(shape, seed, i): a gamma variate of a whole shape. Both need RANDOM_SQL.
#
# A customer of rate lambda orders until the age, until the lifetime is over, or until an order is the last one, for
# which the chance is p after each order, and p_first at the beginning.
use constant SQL => q{
	CREATE FUNCTION u(seed bigint, i bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
		RETURN (rnd(seed, i, 1000000007) + 0.5) / 1000000007.0::float8;
	CREATE FUNCTION gam(shape int, seed bigint, i bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
		RETURN (SELECT -sum(ln(u(seed + k, i))) FROM generate_series(1, shape) k);
	CREATE FUNCTION orders(id bigint, lambda float8, p_first float8, p float8, lifetime float8, age float8,
		OUT frequency bigint, OUT recency float8)
	IMMUTABLE LANGUAGE plpgsql AS $$
	DECLARE t float8 := 0;
	BEGIN
		frequency := 0; recency := 0;
		IF u(999, id) < p_first THEN RETURN; END IF;
		LOOP
			t := t - ln(u(1000 + frequency * 2, id)) / lambda;
			EXIT WHEN t > least(age, lifetime);
			frequency := frequency + 1; recency := t;
			EXIT WHEN u(1001 + frequency * 2, id) < p;
		END LOOP;
	END$$;
	-- 30,000 customers, and what each model makes of them
	CREATE TABLE shop AS
	SELECT i AS id, 20 + 40 * u(1, i) AS age, gam(2, 10, i) / 15 AS lambda, gam(1, 20, i) AS g, gam(3, 30, i) AS h,
		gam(2, 40, i) / 40 AS mu
	FROM generate_series(1, 30000) i;
	CREATE TABLE bgnbd AS SELECT o.*, age FROM shop, orders(id, lambda, 0, g / (g + h), 'infinity', age) o;
	CREATE TABLE mbgnbd AS SELECT o.*, age FROM shop, orders(id, lambda, g / (g + h), g / (g + h), 'infinity', age) o;
	CREATE TABLE pnbd AS SELECT o.*, age FROM shop, orders(id, lambda, 0, 0, -ln(u(2, id)) / mu, age) o;
	-- customers who are all alike: rate 0.1, a chance of 0.2 that an order is the last
	CREATE TABLE alike AS SELECT o.*, age FROM shop, orders(id, 0.1, 0, 0.2, 'infinity', age) o WHERE id <= 5000;
};

1;
