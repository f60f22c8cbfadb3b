-- live_refresh

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA shop;
SET search_path = shop, public;
CREATE TABLE orders (id int, customer int, ordered_at timestamptz, amount numeric);
CREATE INDEX ON orders (customer);
INSERT INTO orders SELECT i, i % 3, '2024-01-01Z'::timestamptz + i * interval '10 days', i FROM generate_series(0, 8) i;
SELECT live_report_create('monthly', 'orders', 'customer', 'ordered_at', '1 month', 'UTC', 'amount');
CREATE VIEW report AS
SELECT (SELECT string_agg(active || '/' || revenue, ', ' ORDER BY period) FROM revenue_growth(live_revenue_totals('monthly')) JOIN growth(live_totals('monthly')) USING (period)) AS active,
	customers, changed, live_revenue_totals('monthly')::text IS NOT DISTINCT FROM (SELECT totals(revenue_agg(customer, ordered_at, amount, '1 month', 'UTC'))::text FROM orders) AS same
FROM live_reports;

-- it says how many customers it has counted: all at first, then those that have changed, whatever became of them
SELECT * FROM report;
SELECT live_refresh('monthly');
SELECT * FROM report;
SELECT live_refresh('monthly');
INSERT INTO orders VALUES (9, 1, '2024-04-05Z', 9), (10, 5, '2024-04-06Z', 10), (11, 5, '2024-04-07Z', 11);
DELETE FROM orders WHERE customer = 0;
SELECT * FROM report;
SELECT live_refresh('monthly');
SELECT * FROM report;
SELECT customer, s.* FROM monthly_customers, revenue_growth(summary) s WHERE customer = 5;
-- a customer who has come and gone
INSERT INTO orders VALUES (12, 6, '2024-04-05Z', 12);
DELETE FROM orders WHERE customer = 6;
SELECT live_refresh('monthly');
SELECT * FROM report;
SELECT live_refresh(report => 'monthly', recount => true);
SELECT * FROM report;
-- the totals that are stored are those of the customers
SELECT totals::text = (SELECT totals_agg(summary)::text FROM monthly_customers) AS same, counted_as IS NOT NULL AS counted FROM monthly;

-- refreshed_at is when it was
BEGIN;
SELECT live_refresh('monthly');
SELECT refreshed_at > now() AS after_the_beginning, refreshed_at <= clock_timestamp() AS not_in_the_future FROM live_reports;
ROLLBACK;

-- TRUNCATE, then all are counted anew
TRUNCATE orders;
SELECT * FROM report;
SELECT live_refresh('monthly');
SELECT * FROM report;
INSERT INTO orders SELECT i, i % 3, '2024-01-01Z'::timestamptz + i * interval '10 days', i FROM generate_series(0, 8) i;
SELECT * FROM report;
SELECT live_refresh('monthly');
SELECT * FROM report;

-- triggers that do not fit are made anew, and the next refresh counts
ALTER TABLE orders DISABLE TRIGGER monthly_insert;
INSERT INTO orders VALUES (9, 1, '2024-04-05Z', 9);
SELECT * FROM report;
SELECT live_refresh('monthly');
SELECT * FROM report;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'orders'::regclass ORDER BY 1;
SELECT live_refresh('monthly');
SELECT * FROM report;
-- the same of a table that becomes a partition, by whose parent rows come then
CREATE TABLE everything (LIKE orders) PARTITION BY RANGE (ordered_at);
ALTER TABLE everything ATTACH PARTITION orders DEFAULT;
INSERT INTO everything VALUES (10, 7, '2024-04-05Z', 10);
SELECT * FROM report;
SELECT live_refresh('monthly'), live_refresh('monthly');
SELECT * FROM report;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'orders'::regclass ORDER BY 1;
UPDATE everything SET customer = 8 WHERE customer = 7;
SELECT * FROM report;
ALTER TABLE everything DETACH PARTITION orders;
SELECT live_refresh('monthly'), live_refresh('monthly');

-- a recount sees what is committed, and nothing less
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT live_refresh('monthly', recount => true);
\echo :SQLSTATE
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE orders SET customer = 7 WHERE customer = 8;
SELECT live_refresh('monthly');
SELECT * FROM report;
COMMIT;
SELECT * FROM report;
BEGIN READ ONLY;
SELECT live_refresh('monthly');
\echo :SQLSTATE
ROLLBACK;

-- what cannot be refreshed
DROP INDEX orders_customer_idx;
SELECT live_refresh('monthly');
\echo :SQLSTATE
CREATE INDEX ON orders (customer);
ALTER TABLE orders SET UNLOGGED;
SELECT live_refresh('monthly');
\echo :SQLSTATE
SELECT same FROM report;
ALTER TABLE orders SET LOGGED;
CREATE TABLE heir () INHERITS (orders);
SELECT live_refresh('monthly');
\echo :SQLSTATE
INSERT INTO heir VALUES (11, 11, '2024-04-05Z', 11);
SELECT * FROM report;
DROP TABLE heir;
SELECT live_refresh('orders');
\echo :SQLSTATE
SELECT live_refresh(0);
\echo :SQLSTATE
SELECT live_refresh(NULL) IS NULL AS nothing, live_refresh('monthly', NULL) IS NULL AS nothing_either;
DELETE FROM monthly;
SELECT live_refresh('monthly');
\echo :SQLSTATE
-- a row with its bucket and zone is enough
INSERT INTO monthly (bucket, zone) VALUES ('1 month', 'UTC');
SELECT live_refresh('monthly');
SELECT * FROM report;

-- a table that is not as it was made stands in the way of orders, which would be missing
ALTER TABLE monthly_changed ADD CHECK (customer > 0);
INSERT INTO orders VALUES (12, 12, '2024-04-05Z', 12);
\echo :SQLSTATE
ALTER TABLE monthly_changed DROP CONSTRAINT monthly_changed_customer_check;
ALTER TABLE monthly_changed RENAME TO somewhere;
INSERT INTO orders VALUES (12, 12, '2024-04-05Z', 12);
\echo :SQLSTATE
SELECT live_totals('monthly');
\echo :SQLSTATE
ALTER TABLE somewhere RENAME TO monthly_changed;
INSERT INTO orders VALUES (12, 12, '2024-04-05Z', 12);
SELECT * FROM report;

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
