-- live_report_create, live_report_drop, live_reports

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id int, customer_id int, ordered_at timestamptz, amount numeric(10, 2), status text);
CREATE INDEX ON shop.orders (customer_id);
INSERT INTO shop.orders VALUES (1, 1, '2024-01-05Z', 10, 'paid'), (2, 2, '2024-01-06Z', 20, 'paid'), (3, 1, '2024-02-05Z', 30, 'cancelled');

-- what a report is made of: three tables, a view and four triggers
SELECT live_report_create('monthly', 'shop.orders', 'customer_id', 'ordered_at', '1 month', 'Europe/Vilnius', 'amount');
SELECT relname, relkind, relpersistence, relreplident, obj_description(oid, 'pg_class') AS comment
FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'v') AND relname LIKE 'monthly%' ORDER BY 1;
SELECT attrelid::regclass AS relation, attname AS column, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'v') AND relname LIKE 'monthly%' AND attnum > 0 ORDER BY attrelid::regclass::text, attnum;
SELECT replace(pg_get_viewdef('shop.monthly_orders'), 'orders.', '') AS orders;
SELECT tgname, tgenabled, tgfoid::regproc FROM pg_trigger WHERE tgrelid = 'shop.orders'::regclass ORDER BY 1;
-- of its only row nothing is counted yet
SELECT bucket, zone, totals IS NULL AS nothing, counted_as, refreshed_at, one_row FROM shop.monthly;
INSERT INTO shop.monthly (bucket, zone) VALUES ('1 day', 'UTC');
SELECT report, source, bucket, zone, customers, changed, refreshed_at, size > 0 AS has_size FROM live_reports;
SELECT live_refresh('shop.monthly');
SELECT report, source, bucket, zone, customers, changed, refreshed_at BETWEEN now() - interval '1 minute' AND clock_timestamp() AS refreshed, size > 0 AS has_size FROM live_reports;
DELETE FROM shop.orders WHERE customer_id = 2;
INSERT INTO shop.orders VALUES (4, 3, '2024-02-07Z', 40, 'paid'), (5, 3, '2024-02-08Z', 40, 'paid');
SELECT report, customers, changed FROM live_reports;
SELECT bucket, zone, customers, changed FROM live_report_status('shop.monthly');
SELECT customer, customer_count(summary) FROM shop.monthly_customers ORDER BY 1;
SELECT DISTINCT customer FROM shop.monthly_changed ORDER BY 1;

-- a second report of the table, with names and a filter; a report of a partitioned table has one trigger
SELECT live_report_create(name => 'sold', source => 'shop.orders', customer => 'customer_id', ordered_at => 'ordered_at', bucket => '7 days', zone => 'UTC',
	filter => $$status <> 'cancelled' AND amount > 0 -- of all
	$$);
SELECT replace(pg_get_viewdef('shop.sold_orders'), 'orders.', '') AS orders;
CREATE TABLE shop.parts (customer_id int, ordered_at timestamptz) PARTITION BY RANGE (ordered_at);
CREATE TABLE shop.part PARTITION OF shop.parts DEFAULT;
CREATE INDEX ON shop.parts (customer_id);
SET search_path = shop, public;
SELECT live_report_create('by_day', 'parts', 'customer_id', 'ordered_at', '1 day', 'UTC');
SELECT tgrelid::regclass AS relation, tgname, tgenabled FROM pg_trigger WHERE tgfoid = 'live_note'::regproc AND tgrelid <> 'orders'::regclass ORDER BY 1;
SELECT report, source, bucket, zone, customers, changed FROM live_reports ORDER BY report::text;

-- what is taken
SELECT live_report_create('monthly', 'orders', 'customer_id', 'ordered_at', '1 month', 'UTC');
\echo :SQLSTATE
CREATE TABLE yearly_changed (x int);
SELECT live_report_create('yearly', 'orders', 'customer_id', 'ordered_at', '1 year', 'UTC');
\echo :SQLSTATE
SELECT relname FROM pg_class WHERE relname LIKE 'yearly%';
DROP TABLE yearly_changed;

-- dropped: nothing is left behind
SELECT live_report_drop('sold'), live_report_drop('by_day');
SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'v', 'p') ORDER BY 1;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgfoid = 'live_note'::regproc ORDER BY 2;
SELECT live_report_drop('orders');
\echo :SQLSTATE
SELECT live_report_drop('monthly_customers');
\echo :SQLSTATE
SELECT live_report_drop('nowhere');
\echo :SQLSTATE
SELECT live_report_drop(0);
\echo :SQLSTATE
SELECT live_report_drop(NULL) IS NULL AS nothing;
CREATE VIEW on_top AS SELECT * FROM growth(live_totals('monthly'));
SELECT live_report_drop('monthly');
SELECT * FROM on_top;
DROP VIEW on_top;
SELECT live_report_drop('monthly');

-- the server keeps what a report needs
SELECT live_report_create('monthly', 'orders', 'customer_id', 'ordered_at', '1 month', 'UTC', 'amount');
ALTER TABLE orders DROP COLUMN customer_id;
\echo :SQLSTATE
\set VERBOSITY terse
ALTER TABLE orders ALTER ordered_at TYPE timestamp;
\set VERBOSITY default
\echo :SQLSTATE
DROP TABLE monthly_changed;
\echo :SQLSTATE
DROP VIEW monthly_orders;
\echo :SQLSTATE
ALTER TABLE orders RENAME customer_id TO who;
SELECT replace(pg_get_viewdef('monthly_orders'), 'orders.', '') AS orders;
ALTER TABLE orders RENAME who TO customer_id;
-- with CASCADE the source goes, and the rest of its report by its name
SET client_min_messages = warning;
DROP TABLE orders CASCADE;
RESET client_min_messages;
SELECT live_totals('monthly');
\echo :SQLSTATE
SELECT live_refresh('monthly');
\echo :SQLSTATE
SELECT live_report_drop('monthly');
SELECT relname FROM pg_class WHERE relname LIKE 'monthly%';

-- what cannot be followed
CREATE TABLE orders (customer_id int, ordered_at timestamptz, ordered_on timestamp, day date, amount numeric, price float8, cents bigint, words text, list int[], doc json, place point);
CREATE FUNCTION try(source text, customer text DEFAULT 'customer_id', ordered_at text DEFAULT 'ordered_at', bucket text DEFAULT '1 month', zone text DEFAULT 'UTC',
	amount text DEFAULT NULL, filter text DEFAULT NULL, name text DEFAULT 'r', OUT state text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM live_report_create(name, source::regclass, customer, ordered_at, bucket::interval, zone, amount, filter);
	state := 'made';
	PERFORM live_report_drop(name::regclass);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END$$;
\x on
SELECT * FROM try('orders');
CREATE INDEX partial ON orders (customer_id) WHERE amount > 0;
CREATE INDEX second ON orders (ordered_at, customer_id);
SELECT state, message FROM try('orders');
DROP INDEX partial, second;
CREATE INDEX ON orders (customer_id, ordered_at);
CREATE INDEX ON orders (list);
SELECT * FROM try('orders');
CREATE VIEW a_view AS TABLE orders;
SELECT * FROM try('a_view');
CREATE MATERIALIZED VIEW a_matview AS TABLE orders;
SELECT state, message, detail FROM try('a_matview');
SELECT state, message, detail FROM try('orders_customer_id_ordered_at_idx');
CREATE TEMP TABLE temporary AS TABLE orders;
SELECT state, message, detail FROM try('temporary');
CREATE UNLOGGED TABLE unlogged AS TABLE orders;
SELECT state, message, detail FROM try('unlogged');
CREATE TABLE parent (LIKE orders INCLUDING ALL);
CREATE TABLE heir () INHERITS (parent);
SELECT state, message, detail FROM try('parent');
CREATE UNLOGGED TABLE part_2 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
SELECT state, message, detail FROM try('parts');
DROP TABLE part_2;
SELECT state, message FROM try('pg_authid', 'rolname', 'rolvaliduntil');
-- columns
SELECT * FROM try('orders', customer => 'who');
SELECT * FROM try('orders', customer => 'CUSTOMER_ID');
SELECT * FROM try('orders', customer => 'ctid');
SELECT * FROM try('orders', customer => 'list');
SELECT * FROM try('orders', customer => 'doc');
SELECT * FROM try('orders', customer => 'place');
SELECT * FROM try('orders', ordered_at => 'at');
SELECT * FROM try('orders', ordered_at => 'ordered_on');
SELECT state, message FROM try('orders', ordered_at => 'day');
SELECT * FROM try('orders', amount => 'price');
SELECT state, message FROM try('orders', amount => 'words');
SELECT * FROM try('orders', amount => 'cents');
-- bucket and zone
SELECT * FROM try('orders', bucket => '1 month 1 day');
SELECT state, message FROM try('orders', bucket => '-1 month');
SELECT state, message FROM try('orders', bucket => '1 hour');
SELECT * FROM try('orders', zone => 'Nowhere');
-- filters
SELECT * FROM try('orders', filter => 'ordered_at > now() - interval ''1 year''');
SELECT state, message FROM try('orders', filter => 'ordered_on > ''2024-01-01''');
SELECT state, message FROM try('orders', filter => 'ordered_at > ''2024-01-01 00:00 Europe/Vilnius''');
SELECT state, message FROM try('orders', filter => 'ordered_at::date > ''2024-01-01''');
SELECT state, message FROM try('orders', filter => 'random() < 0.5');
SELECT * FROM try('orders', filter => 'customer_id IN (SELECT 1)');
SELECT state, message FROM try('orders', filter => 'count(*) > 1');
SELECT state, message FROM try('orders', filter => 'row_number() OVER () > 1');
SELECT state, message FROM try('orders', filter => 'generate_series(1, 2) > 1');
SELECT * FROM try('orders', filter => 'true) UNION SELECT 1, now() WHERE (true');
SELECT * FROM try('orders', filter => 'true); DROP TABLE shop.orders; SELECT (true');
SELECT * FROM try('orders', filter => 'true) GROUP BY 1, (2');
SELECT * FROM try('orders', filter => 'customer_id = $1');
SELECT state, message FROM try('orders', filter => 'wrong > 1');
SELECT state, message FROM try('orders', filter => 'customer_id');
SELECT state, message FROM try('orders', filter => '');
SELECT * FROM try('orders', filter => 'orders IS NOT NULL');
CREATE FUNCTION mine(int) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > 0;
SELECT * FROM try('orders', filter => 'mine(customer_id)');
SELECT * FROM try('orders', filter => 'amount > 0 OR words ~ ''^x'' -- and so on');
-- names
SELECT * FROM try('orders', name => '');
SELECT * FROM try('orders', name => repeat('x', 54));
SELECT * FROM try('orders', name => repeat('ä', 27));
SELECT state FROM try('orders', name => repeat('x', 53));
SELECT * FROM try('orders', name => 'orders');
-- NULL
SELECT * FROM try('orders', name => NULL);
SELECT state, message FROM try(NULL);
SELECT state, message FROM try('orders', customer => NULL);
SELECT state, message FROM try('orders', ordered_at => NULL);
SELECT state, message FROM try('orders', bucket => NULL);
SELECT state, message FROM try('orders', zone => NULL);
\x off
SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relname LIKE 'r\_%';

-- not the owner's
CREATE ROLE regress_live_somebody;
GRANT ALL ON SCHEMA shop TO regress_live_somebody;
GRANT ALL ON orders TO regress_live_somebody;
SELECT live_report_create('monthly', 'orders', 'customer_id', 'ordered_at', '1 month', 'UTC');
SET ROLE regress_live_somebody;
SELECT state, message FROM try('orders');
SELECT live_totals('monthly');
\echo :SQLSTATE
SELECT live_refresh('monthly');
\echo :SQLSTATE
SELECT live_report_drop('monthly');
\echo :SQLSTATE
SELECT report, source, bucket, zone, customers, changed, refreshed_at, size FROM live_reports;
RESET ROLE;
SELECT live_note();
\echo :SQLSTATE
CREATE TRIGGER mine BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION live_note('monthly');
INSERT INTO orders VALUES (1, now());
\echo :SQLSTATE
DROP TRIGGER mine ON orders;
DROP OWNED BY regress_live_somebody;
DROP ROLE regress_live_somebody;

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
SELECT * FROM live_reports;
