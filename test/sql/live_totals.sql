-- live_totals, live_revenue_totals

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA shop;
SET search_path = shop, public;
CREATE TABLE orders (id int, customer int, ordered_at timestamptz, amount numeric, status text);
CREATE INDEX ON orders (customer);
SELECT live_report_create('monthly', 'orders', 'customer', 'ordered_at', '1 month', 'UTC', 'amount');
SELECT live_report_create('sold', 'orders', 'customer', 'ordered_at', '1 month', 'Europe/Vilnius', filter => $$status <> 'cancelled'$$);
-- both reports as they are, beside all orders
CREATE VIEW report AS
SELECT period, g.starting, new_customers AS new, retained, g.churned, active, repeat_customers AS repeat, revenue
FROM growth(live_totals('monthly')) g FULL JOIN revenue_growth(live_revenue_totals('monthly')) r USING (period);
CREATE VIEW state AS
SELECT live_totals('monthly')::text IS NOT DISTINCT FROM (SELECT totals(retention_agg(customer, ordered_at, '1 month', 'UTC') FILTER (WHERE amount IS NOT NULL))::text FROM orders)
	AND live_revenue_totals('monthly')::text IS NOT DISTINCT FROM (SELECT totals(revenue_agg(customer, ordered_at, amount, '1 month', 'UTC'))::text FROM orders)
	AND live_totals('sold')::text IS NOT DISTINCT FROM (SELECT totals(retention_agg(customer, ordered_at, '1 month', 'Europe/Vilnius'))::text FROM orders WHERE status <> 'cancelled') AS same,
	(SELECT string_agg(changed::text, ', ' ORDER BY report::text) FROM live_reports) AS changed;

-- no orders: NULL, of which there is no growth
SELECT live_totals('monthly') IS NULL AS counts, live_revenue_totals('monthly') IS NULL AS money, customer_count(live_totals('monthly')) FROM orders RIGHT JOIN (SELECT 1) s ON true;
SELECT * FROM report;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT live_totals('monthly') IS NULL AS counts, live_revenue_totals('monthly') IS NULL AS money, state.* FROM state;
-- orders that are none: without a customer, without a time
INSERT INTO orders VALUES (1, NULL, '2024-01-05Z', 5, 'paid'), (2, 9, NULL, 5, 'paid');
SELECT live_totals('monthly') IS NULL AS counts, live_revenue_totals('monthly') IS NULL AS money, state.* FROM state;
-- the first ones
INSERT INTO orders VALUES (3, 1, '2024-01-05Z', 10, 'paid'), (4, 1, '2024-01-25Z', 10, 'paid'), (5, 2, '2024-01-31 22:30Z', 5, 'paid'), (6, 2, '2024-03-05Z', 5.5, 'paid');
SELECT * FROM report;
SELECT * FROM state;
-- 22:30 is in the next month in Vilnius
SELECT period, starting, new_customers AS new, churned, active FROM growth(live_totals('sold'));
-- without an amount it is no order for the money, nor for the counts beside it
INSERT INTO orders VALUES (7, 3, '2024-02-05Z', NULL, 'paid');
SELECT period, active FROM report;
SELECT period, active FROM growth(live_totals('sold'));
SELECT * FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT period, active FROM report;
SELECT * FROM state;

-- late, and in more than one order
INSERT INTO orders VALUES (8, 1, '2024-02-10Z', 10, 'paid'), (9, 4, '2023-12-10Z', 1, 'paid');
SELECT * FROM report;
-- moved to another month
UPDATE orders SET ordered_at = '2024-02-20Z' WHERE id = 4;
SELECT * FROM report;
-- of another customer: 2 is merged into 1
UPDATE orders SET customer = 1 WHERE customer = 2;
SELECT * FROM report;
-- erased
DELETE FROM orders WHERE customer = 4;
SELECT * FROM report;
SELECT * FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT * FROM report;
SELECT * FROM state;

-- the latest time tells what is known of an open month: on 20 March the orders of March are seen up to the 5th
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
-- a later order says that those before 20 March cannot be told any more
INSERT INTO orders VALUES (10, 5, '2024-03-25Z', 1, 'paid');
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
-- ... until it is cancelled
DELETE FROM orders WHERE id = 10;
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
-- folded in, and then cancelled
INSERT INTO orders VALUES (10, 5, '2024-03-25Z', 1, 'paid');
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
DELETE FROM orders WHERE id = 10;
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
SELECT * FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
SELECT * FROM state;
-- the same time in the hands of two customers
INSERT INTO orders VALUES (11, 6, '2024-03-25Z', 1, 'paid'), (12, 7, '2024-03-25Z', 1, 'paid');
SELECT live_refresh('monthly'), live_refresh('sold');
DELETE FROM orders WHERE id = 11;
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
DELETE FROM orders WHERE id = 12;
SELECT period, active, complete FROM growth(live_totals('monthly'), '2024-03-20Z');
SELECT * FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');

-- money is shown with as many decimals as the amount that has the most
SELECT period, revenue FROM report;
INSERT INTO orders VALUES (13, 6, '2024-02-15Z', 1.0000, 'paid');
SELECT period, revenue FROM report;
SELECT live_refresh('monthly'), live_refresh('sold');
UPDATE orders SET amount = 1.00 WHERE id = 13;
SELECT period, revenue FROM report;
SELECT live_refresh('monthly'), live_refresh('sold');
DELETE FROM orders WHERE id = 13;
SELECT period, revenue FROM report;
UPDATE orders SET amount = trunc(amount);
SELECT period, revenue FROM report;
SELECT * FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT period, revenue FROM report;

-- the filter: an order leaves, comes, and is neither
UPDATE orders SET status = 'cancelled' WHERE id IN (3, 6);
SELECT period, active FROM growth(live_totals('sold'));
SELECT * FROM state;
UPDATE orders SET status = NULL WHERE id = 6;
UPDATE orders SET status = 'paid' WHERE id = 3;
SELECT period, active FROM growth(live_totals('sold'));
SELECT * FROM state;

-- counted when much may have happened that was not noted
TRUNCATE orders;
SELECT live_totals('monthly') IS NULL AS counts, live_revenue_totals('monthly') IS NULL AS money, state.* FROM state;
INSERT INTO orders SELECT i, i % 4, '2024-01-15Z'::timestamptz + i * interval '10 days', i FROM generate_series(1, 12) i;
SELECT * FROM report;
SELECT * FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT * FROM state;
-- without the index, too
DROP INDEX orders_customer_idx;
DELETE FROM orders WHERE customer = 2;
SELECT period, active, revenue FROM report;
SELECT * FROM state;
CREATE INDEX ON orders (customer);
SELECT period, active, revenue FROM report;
-- everybody erased
DELETE FROM orders;
SELECT live_totals('monthly') IS NULL AS counts, live_revenue_totals('monthly') IS NULL AS money, state.* FROM state;
SELECT live_refresh('monthly'), live_refresh('sold');
SELECT live_totals('monthly') IS NULL AS counts, live_revenue_totals('monthly') IS NULL AS money, state.* FROM state;

-- what is none
SELECT live_revenue_totals('sold');
\echo :SQLSTATE
SELECT live_totals('orders');
\echo :SQLSTATE
SELECT live_totals('monthly_orders');
\echo :SQLSTATE
SELECT live_totals('pg_class');
\echo :SQLSTATE
SELECT live_totals(0), live_revenue_totals(0);
\echo :SQLSTATE
SELECT live_totals('nowhere');
\echo :SQLSTATE
SELECT live_totals(NULL) IS NULL AS counts, live_revenue_totals(NULL) IS NULL AS money;
DELETE FROM monthly;
SELECT live_totals('monthly');
\echo :SQLSTATE
SELECT proname, provolatile, proparallel, proisstrict FROM pg_proc WHERE proname LIKE 'live%' ORDER BY 1;

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
