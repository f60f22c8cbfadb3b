-- Generates the sample shop: 2024 and 2025, 15,000 customers, the same orders on every machine and every version.
--
-- random() differs between versions, so a random number is a hash of a key and a salt. Customers arrive along a curve
-- (growth, Christmas, weekends); most buy once, some now and then, a few often; after each order a customer may drop out;
-- some orders of a quiet season are left out; amounts are log-normal.

-- chance: a number between 0 and 1, always the same for the same key and salt
CREATE FUNCTION pg_temp.chance(key bigint, salt bigint) RETURNS double precision IMMUTABLE LANGUAGE sql AS
$$ SELECT ((hashint8extended(key, salt) & ((1::bigint << 52) - 1)) + 0.5) / (1::bigint << 52) $$;

-- chance with a standard normal distribution
CREATE FUNCTION pg_temp.normal(key bigint, salt bigint) RETURNS double precision IMMUTABLE LANGUAGE sql AS
$$ SELECT sqrt(-2 * ln(pg_temp.chance(key, salt))) * cos(2 * pi() * pg_temp.chance(key, salt + 1)) $$;

-- how busy a day is: by month, from January on; Saturdays and Sundays a little more
CREATE FUNCTION pg_temp.season(day date) RETURNS double precision STABLE LANGUAGE sql AS
$$ SELECT (ARRAY[.75, .7, .85, .9, .95, .85, .75, .75, .9, 1, 1.3, 1.6])[extract(month FROM day)::int]
        * CASE WHEN extract(isodow FROM day) >= 6 THEN 1.2 ELSE 1 END $$;

CREATE TABLE orders (
    order_id    bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    ordered_at  timestamptz NOT NULL,
    amount      numeric(12,2) NOT NULL
);

WITH days AS (      -- every day, with the share of customers who have arrived before it
    SELECT array_agg(day ORDER BY day) AS day, array_agg(before ORDER BY day) AS before
    FROM (SELECT day, (sum(weight) OVER (ORDER BY day) - weight) / sum(weight) OVER () AS before
          FROM (SELECT d::date AS day, pg_temp.season(d::date) * (1 + (d::date - date '2024-01-01') / 500.0) AS weight
                FROM generate_series(timestamp '2024-01-01', '2025-12-31', '1 day') d) w) s
),
customers AS MATERIALIZED (      -- a first day, a usual gap between orders in days, and the chance to come back after an order
    SELECT id AS customer_id,
           day[width_bucket(pg_temp.chance(id, 1), before)] AS first_day,
           CASE WHEN kind < .12 THEN 14 + 21 * pg_temp.chance(id, 3) ELSE 35 + 60 * pg_temp.chance(id, 3) END AS gap,
           CASE WHEN kind < .12 THEN .98 WHEN kind < .50 THEN .84 ELSE 0 END AS loyalty,
           exp(3.4 + .35 * pg_temp.normal(id, 4)) AS basket
    FROM days, generate_series(1, 15000) id, pg_temp.chance(id, 2) kind
),
visits AS (         -- visit n of a customer: gaps add up, and leaving ends the series
    SELECT c.*, id, n,
           first_day + sum(CASE WHEN n = 0 THEN 0 ELSE gap * (.3 - .7 * ln(pg_temp.chance(id, 10))) END)
                       OVER (PARTITION BY customer_id ORDER BY n) * interval '1 day' AS day
    FROM customers c,
         generate_series(0, CASE WHEN loyalty = 0 THEN 0 ELSE floor(ln(pg_temp.chance(customer_id, 6)) / ln(loyalty))::int END) n,
         LATERAL (SELECT customer_id * 1000 + n) i (id)
)
INSERT INTO orders
SELECT row_number() OVER (ORDER BY ordered_at, id), customer_id, ordered_at,
       round((basket * exp(.45 * pg_temp.normal(id, 20)))::numeric, 2)
FROM visits,
     LATERAL (SELECT date_trunc('day', day) + interval '7 hours' + pg_temp.chance(id, 22) * interval '16 hours') t (at),
     LATERAL (SELECT date_trunc('second', at)::timestamptz) u (ordered_at)
WHERE at < '2026-01-01'
  AND (n = 0 OR pg_temp.chance(id, 23) < pg_temp.season(at::date) / 1.6);
