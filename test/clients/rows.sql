-- Few enough rows to compute every answer of calls.tsv by hand.

CREATE TABLE orders (customer_id bigint, ordered_at timestamptz, amount numeric(10, 2));
INSERT INTO orders VALUES
	(1, '2025-01-05', 10), (1, '2025-02-05', 20), (1, '2025-03-05', 30),
	(2, '2025-01-10', 40), (2, '2025-01-20', 50),
	(3, '2025-02-10', 15), (3, '2025-03-20', 25),
	(4, '2025-03-25', 10);

CREATE VIEW customers AS
SELECT customer_id, max(ordered_at) AS last_order, count(*) AS orders, sum(amount) AS revenue FROM orders GROUP BY customer_id;

CREATE TABLE contracts (customer_id bigint, active tstzrange);
INSERT INTO contracts VALUES (1, '[2025-01-01,)'), (2, '[2025-01-01,2025-03-01)'), (3, '[2025-02-15,2025-06-01)');

CREATE TABLE answers (score bigint);
INSERT INTO answers VALUES (10), (9), (8), (3);

CREATE TABLE stored (summary retention_summary, totals retention_totals, money revenue_summary, money_totals revenue_totals, cuts rfm_cuts, ledger points_ledger,
	orders_model bgnbd_model, value_model gamma_gamma_model, contracts_model sbg_model);
INSERT INTO stored
SELECT s, totals(s), m, totals(m), c, earn(points_ledger(), 100, '2025-01-10', '2026-01-10', 'order 1'),
	bgnbd_model(0.243, 4.414, 0.793, 2.426), gamma_gamma_model(6.25, 3.74, 15.44), sbg_model(2, 3)
FROM (SELECT retention_agg(customer_id, ordered_at, '1 month', 'UTC'), revenue_agg(customer_id, ordered_at, amount, '1 month', 'UTC') FROM orders) x(s, m),
	(SELECT rfm_cuts(last_order, orders, revenue, 5, '2025-04-01') FROM customers) y(c);

CREATE INDEX ON orders (customer_id);
SELECT live_report_create('live_orders', 'orders', 'customer_id', 'ordered_at', '1 month', 'UTC', 'amount');
SELECT live_refresh('live_orders');
