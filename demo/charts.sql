-- The pictures of the demo's page. Each query can be copied into psql as it is, given a table orders(customer_id,
-- ordered_at, amount) and the summary here; what it prints is one SVG, that \g file.svg writes for a browser.

\pset tuples_only on
\pset format unaligned

CREATE TEMP TABLE seen AS
SELECT money, money::retention_summary AS summary, as_of
FROM (SELECT revenue_agg(customer_id, ordered_at, amount, '1 month') AS money, date_trunc('day', max(ordered_at)) + interval '1 day' AS as_of
      FROM orders) AS log;

SELECT growth_chart(summary, as_of) FROM seen;
SELECT cohort_heatmap(summary, as_of) FROM seen;
SELECT retention_chart(summary, as_of) FROM seen;
SELECT ltv_chart(money, as_of) FROM seen;
