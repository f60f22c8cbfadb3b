-- The demo's report. Each query can be copied into psql as it is, given a table orders(customer_id, ordered_at,
-- amount). (The month by month table needs the view rolling_30_days, just above it.)

\pset footer off
\pset linestyle unicode
\echo The shop in one look
\pset tuples_only on
\pset expanded on
SELECT min(ordered_at)::date || ' to ' || max(ordered_at)::date        AS "from, to",
       count(*)                                                        AS "orders",
       customer_count(customer_id)                                     AS "customers",
       sum(amount)                                                     AS "revenue",
       round(aov(amount), 2)                                           AS "average order value",
       round(purchase_frequency(customer_id)::numeric, 2)              AS "orders per customer",
       round(100 * repeat_rate(customer_id)::numeric, 1) || ' %'       AS "repeat rate (2 orders or more)",
       round(100 * repeat_rate(customer_id, 5)::numeric, 1) || ' %'    AS "repeat rate (5 orders or more)",
       round(100 * top_share(customer_id, amount)::numeric, 1) || ' %' AS "revenue from the top 20 %",
       round(clv(customer_id, ordered_at, amount, '3 months', 1, (SELECT max(ordered_at) + interval '1 day' FROM orders)), 2)
                                                                       AS "customer lifetime value, by quarters",
       (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM gap) / 86400)::numeric, 1)
        FROM (SELECT median_order_gap(ordered_at) AS gap FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id) AS customers)
                                                                       AS "median days between orders"
FROM orders;
\pset expanded off
\pset tuples_only off

-- The last 30 days, as of the end of each day, including days without an order.
CREATE TEMP VIEW rolling_30_days AS
SELECT DISTINCT ON (day) day::date,
       customer_count(customer_id) OVER last_30 AS customers,
       repeat_rate(customer_id) OVER last_30 AS repeat_rate
FROM generate_series((SELECT min(ordered_at)::date FROM orders), (SELECT max(ordered_at)::date FROM orders), '1 day') AS day
LEFT JOIN orders ON ordered_at::date = day::date
WINDOW last_30 AS (ORDER BY day RANGE BETWEEN '29 days' PRECEDING AND CURRENT ROW);

-- Each complete month (up to 24) against the month before. In crr 90d a customer is active for 90 days after an
-- order; it is empty until the orders go that far back.
\pset title 'Month by month'
WITH months AS (
    SELECT month, tstzrange(month, month + interval '1 month') AS period
    FROM (SELECT date_trunc('month', min(ordered_at)), date_trunc('month', max(ordered_at) + interval '1 day') FROM orders) AS log (first, until),
         generate_series(greatest(first, until - interval '24 months'), until - interval '1 month', '1 month') AS month
),
metrics AS (
    SELECT month,
           count(*) FILTER (WHERE ordered_at >= month)                    AS orders,
           customer_count(customer_id) FILTER (WHERE ordered_at >= month) AS customers,
           aov(amount) FILTER (WHERE ordered_at >= month)                 AS aov,
           crr(customer_id, ordered_at, period)                           AS crr,
           churn_rate(customer_id, ordered_at, period)                    AS churn_rate,
           crr(customer_id, ordered_at, period, '90 days')                AS crr_90d
    FROM months LEFT JOIN orders ON ordered_at >= month - interval '90 days' AND ordered_at < upper(period)
    GROUP BY month, period
)
SELECT to_char(month, 'YYYY-MM')              AS "month",
       orders, metrics.customers,
       round(aov, 2)                          AS "aov",
       round(100 * crr::numeric, 1)           AS "crr %",
       round(100 * churn_rate::numeric, 1)    AS "churn %",
       CASE WHEN month >= (SELECT min(ordered_at) FROM orders) + interval '90 days'
            THEN round(100 * crr_90d::numeric, 1) END AS "crr 90d %",
       round(100 * repeat_rate::numeric, 1)   AS "repeat 30d %"
FROM metrics LEFT JOIN rolling_30_days ON day = (month + interval '1 month')::date - 1
ORDER BY metrics.month;
\echo 'crr %         of the customers of the month before, how many ordered in this month; churn % are the others'
\echo 'crr 90d %     of the customers of the 90 days before the month, how many ordered in the 90 days before its end.'
\echo '              These overlap by two months, so it is far above crr %: compare each with its own past only'
\echo 'repeat 30d %  of the customers of the last 30 days of the month, how many ordered twice or more in them'
\echo

\pset title 'Each complete quarter (up to 8) against the quarter before'
WITH quarters AS (
    SELECT quarter, tstzrange(quarter, quarter + interval '3 months') AS period
    FROM (SELECT date_trunc('quarter', min(ordered_at)), date_trunc('quarter', max(ordered_at) + interval '1 day') FROM orders) AS log (first, until),
         generate_series(greatest(first, until - interval '24 months'), until - interval '3 months', '3 months') AS quarter
)
SELECT to_char(quarter, 'YYYY "Q"Q')                                    AS "quarter",
       count(*) FILTER (WHERE ordered_at >= quarter)                    AS "orders",
       customer_count(customer_id) FILTER (WHERE ordered_at >= quarter) AS "customers",
       sum(amount) FILTER (WHERE ordered_at >= quarter)                 AS "revenue",
       round(100 * crr(customer_id, ordered_at, period)::numeric, 1)    AS "crr %",
       round(100 * churn_rate(customer_id, ordered_at, period)::numeric, 1) AS "churn %"
FROM quarters LEFT JOIN orders ON ordered_at >= quarter - interval '3 months' AND ordered_at < upper(period)
GROUP BY quarter, period
ORDER BY quarters.quarter;

-- Customers with at least three orders: the last order plus the median gap between their orders.
\pset title 'Customers who are due to order again next'
SELECT customer_id                                                             AS "customer",
       count(*)                                                                AS "orders",
       sum(amount)                                                             AS "revenue",
       max(ordered_at)::date                                                   AS "last order",
       round(extract(epoch FROM median_order_gap(ordered_at)) / 86400)         AS "usual gap, days",
       next_order_at(ordered_at)::date                                         AS "next order"
FROM orders
WHERE customer_id IS NOT NULL
GROUP BY customer_id
HAVING count(*) >= 3 AND next_order_at(ordered_at) > (SELECT max(ordered_at) FROM orders)
ORDER BY next_order_at(ordered_at)::date, sum(amount) DESC, customer_id
LIMIT 10;

-- Scores for how recently, how often and for how much customers ordered, among all customers. rfm_segments() says
-- what to do about each segment.
\pset title 'Segments by recency and frequency (RFM)'
SELECT segment                                                             AS "segment",
       count(*)                                                            AS "customers",
       sum(revenue)                                                        AS "revenue",
       round(100 * sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0), 1) AS "revenue %",
       round(100.0 * count(*) / sum(count(*)) OVER (), 1)                  AS "customers %"
FROM (SELECT sum(amount) AS revenue, rfm_segment(max(ordered_at), count(*), sum(amount)) OVER () AS segment
      FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id) AS customers
GROUP BY segment
ORDER BY sum(revenue) DESC NULLS LAST, segment;

-- Every month in one pass: the orders are read once, and all five reports use the summary, three of them without its
-- money. They end with the last day of the log.
CREATE TEMP TABLE seen AS
SELECT money, money::retention_summary AS summary, as_of
FROM (SELECT revenue_agg(customer_id, ordered_at, amount, '1 month') AS money, date_trunc('day', max(ordered_at)) + interval '1 day' AS as_of
      FROM orders) AS log;

\pset title 'Who came, stayed, came back and left (the last 12 months)'
SELECT to_char(period, 'YYYY-MM')            AS "month",
       starting, new_customers AS "new", retained, resurrected, churned, active,
       round(100 * crr::numeric, 1)          AS "crr %",
       round(100 * repeat_rate::numeric, 1)  AS "repeat %",
       round(quick_ratio::numeric, 2)        AS "quick ratio"
FROM (SELECT *, row_number() OVER (ORDER BY period DESC) AS ago FROM seen, growth(summary, as_of)) AS months
WHERE ago <= 12
ORDER BY period;
\echo 'starting      the customers of the month before: retained ordered again, churned did not'
\echo 'resurrected   customers who had ordered before, but not in the month before'
\echo 'quick ratio   (new + resurrected) / churned: above 1 there are more customers than the month before'
\echo

\pset title 'Cohorts: % of the customers first seen in a month who were seen again n months later'
SELECT to_char(cohort, 'YYYY-MM') AS "first order", customers,
       max(pct) FILTER (WHERE age = 1) AS "1", max(pct) FILTER (WHERE age = 2) AS "2", max(pct) FILTER (WHERE age = 3) AS "3",
       max(pct) FILTER (WHERE age = 4) AS "4", max(pct) FILTER (WHERE age = 5) AS "5", max(pct) FILTER (WHERE age = 6) AS "6",
       max(pct) FILTER (WHERE age = 9) AS "9", max(pct) FILTER (WHERE age = 12) AS "12"
FROM (SELECT *, round(100 * rate::numeric, 1) AS pct, dense_rank() OVER (ORDER BY cohort DESC) AS ago
      FROM seen, cohorts(summary, as_of)) AS cells
WHERE ago <= 15
GROUP BY cohort, customers
ORDER BY cells.cohort;
\echo 'A month that is not over, or not in the orders, is empty.'
\echo

\pset title 'All cohorts in one curve'
SELECT age AS "months after the first order", cohorts, customers, retained AS "seen", round(100 * rate::numeric, 1) AS "%"
FROM seen, retention_curve(summary, as_of)
WHERE age <= 12;

\pset title 'How long until the second order'
SELECT extract(day FROM elapsed)              AS "days after the first order",
       at_risk                                AS "still waiting",
       events                                 AS "ordered again",
       censored                               AS "seen no longer",
       round(100 * (1 - survival)::numeric, 1) AS "came back %",
       round(100 * (1 - high)::numeric, 1) || ' to ' || round(100 * (1 - low)::numeric, 1) AS "sure to"
FROM (SELECT time_to_order(customer_id, ordered_at, 2, (SELECT as_of FROM seen)) AS waits FROM orders) AS log,
     survival_curve(waits, '30 days')
WHERE elapsed <= '360 days';
\echo 'still waiting   had not ordered again just before, and their first order is so long ago'
\echo 'seen no longer  their first order is not so long ago as the next row: nobody knows yet'
\echo 'came back %     of all customers, as far as each is known (Kaplan and Meier); the true share is in the range in 95 of 100 cases'
\echo

\pset title 'Revenue that came, came back, grew, shrank and left (the last 12 months)'
SELECT to_char(period, 'YYYY-MM')            AS "month",
       starting, new_revenue AS "new", reactivated, expansion, contraction, churned, revenue,
       round(100 * nrr::numeric, 1)          AS "nrr %",
       round(100 * grr::numeric, 1)          AS "grr %"
FROM (SELECT *, row_number() OVER (ORDER BY period DESC) AS ago FROM seen, revenue_growth(money, as_of)) AS months
WHERE ago <= 12
ORDER BY period;
\echo 'starting      the revenue of the month before; with all that came, went and changed it makes that of this month'
\echo 'expansion     what those who ordered in both months spent more in this one, contraction what they spent less'
\echo 'nrr %         of the revenue of the month before, how much the same customers spent in this one; grr % without expansion'
\echo

\pset title 'Revenue per customer, so many months after the first order'
SELECT age AS "months after the first order", cohorts, customers, revenue, round(per_customer, 2) AS "revenue per customer so far"
FROM seen, ltv_curve(money, as_of)
WHERE age <= 12;

-- Points that no shop has given, to show what ledgers do. A loyalty card for everybody: a point for each whole unit of
-- an order, available after two weeks and valid for a year; half of the points of every third order are spent as soon
-- as they are available. A card is one value.
CREATE TEMP TABLE cards AS
WITH movements AS (
    SELECT customer_id, ordered_at, floor(amount)::bigint AS points, ordered_at + interval '14 days' AS available,
           ordered_at + interval '1 year' AS expires, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, amount) AS n
    FROM orders WHERE amount >= 1 AND customer_id IS NOT NULL
)
SELECT customer_id, ledger_agg(points, at, expires, NULL, available) AS points
FROM (SELECT customer_id, points, ordered_at AS at, expires, available FROM movements
      UNION ALL
      SELECT customer_id, -points / 2, available, NULL, NULL FROM movements WHERE n % 3 = 0) AS both_kinds
GROUP BY customer_id;

\echo 'The points in the next two tables are hypothetical, no customer has them: a point for each whole unit of an order,'
\echo 'valid for a year. Any other rule would do.'
\echo
\pset title 'A hypothetical loyalty card: the points of the customer with the most orders, at the end of each quarter'
SELECT to_char(quarter - interval '1 day', 'YYYY-MM-DD') AS "until",
       earned, redeemed, expired, pending, available,
       expiring(cards.points, quarter + interval '30 days', quarter) AS "expire in 30 days",
       n.expires::date AS "next expiry", n.points AS "of"
FROM cards,
     (SELECT date_trunc('quarter', min(ordered_at)), date_trunc('quarter', max(ordered_at) + interval '1 day') FROM orders) AS log (first, until),
     generate_series(greatest(first, until - interval '21 months') + interval '3 months', until, '3 months') AS quarter,
     statement(cards.points, quarter) AS s, next_expiry(cards.points, quarter) AS n
WHERE customer_id = (SELECT customer_id FROM orders WHERE amount >= 1 AND customer_id IS NOT NULL GROUP BY customer_id
                     ORDER BY count(*) DESC, sum(amount) DESC, customer_id LIMIT 1)
ORDER BY quarter;

\pset title 'Hypothetical points of all customers at the end of the log, by quarter of issue'
SELECT to_char(earned_at, 'YYYY "Q"Q')                        AS "issued",
       sum(earned)                                            AS "earned",
       sum(redeemed)                                          AS "redeemed",
       sum(expired)                                           AS "expired",
       sum(remaining)                                         AS "owed",
       round(100 * sum(redeemed) / sum(earned), 1)            AS "redeemed %",
       round(100 * sum(expired) / sum(earned), 1)             AS "expired %"
FROM cards, (SELECT date_trunc('day', max(ordered_at)) + interval '1 day' FROM orders) AS log (until), lots(points, until)
GROUP BY 1
ORDER BY 1;
\echo 'owed          points that are still valid at the end of the log, available or not yet'
\echo

-- What customers will be worth: the BG/NBD model for orders and dropout, the Gamma-Gamma model for the value of
-- an order. Time is in days; orders of one day count as one, and the first is not a repeat order.
CREATE TEMP VIEW histories AS
SELECT customer_id, (history).*
FROM (SELECT customer_id, purchase_history(ordered_at, amount, '1 day', (SELECT max(ordered_at) FROM orders)) AS history
      FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id) AS customers;

CREATE TEMP TABLE models AS
SELECT bgnbd_fit(frequency, recency, age) AS buying, gamma_gamma_fit(frequency, mean_value) FILTER (WHERE mean_value > 0) AS spending
FROM histories;

\pset title 'Models of buying and spending'
SELECT 'BG/NBD' AS "model", format('r %s, alpha %s, a %s, b %s', round((buying).r::numeric, 3), round((buying).alpha::numeric, 2),
                                   round((buying).a::numeric, 3), round((buying).b::numeric, 2)) AS "parameters",
       (buying).customers AS "customers", (buying).status AS "status" FROM models
UNION ALL
SELECT 'Gamma-Gamma', format('p %s, q %s, gamma %s', round((spending).p::numeric, 3), round((spending).q::numeric, 3), round((spending).gamma::numeric, 2)),
       (spending).customers, (spending).status FROM models;

-- Customers with a repeat order, by the value of their orders in the next 365 days, discounted at 15 % a year.
\pset title 'The ten most valuable customers of the next year'
SELECT customer_id                                                                     AS "customer",
       frequency + 1                                                                   AS "days with orders",
       recency                                                                         AS "first to last, days",
       age - recency                                                                   AS "quiet for, days",
       round(100 * p_alive(buying, frequency, recency, age)::numeric, 1)               AS "still there %",
       round(expected_orders(buying, 365, frequency, recency, age)::numeric, 1)        AS "orders to come",
       round(expected_value(spending, frequency, mean_value)::numeric, 2)              AS "value of each",
       round(clv(buying, spending, frequency, recency, age, mean_value, 365, 1.15 ^ (1 / 365.0) - 1)::numeric, 2) AS "worth"
FROM histories, models
WHERE mean_value > 0 AND (spending).p * frequency + (spending).q > 1
ORDER BY 8 DESC, customer_id
LIMIT 10;

-- A live report counts all orders once. After that a reading counts again only who has changed, also within the
-- transaction that has changed them. What is done to the orders here is undone at the end.
CREATE INDEX ON orders (customer_id);
SELECT live_report_create('live', 'orders', 'customer_id', 'ordered_at', '1 month', current_setting('TimeZone')) \g /dev/null
SELECT live_refresh('live') \g /dev/null

CREATE TEMP VIEW last_month AS
SELECT to_char(period, 'YYYY-MM') AS "month", new_customers AS "new", retained, resurrected, active
FROM growth(live_totals('live')) ORDER BY period DESC LIMIT 1;

CREATE TEMP TABLE readings AS SELECT 'as they were' AS "the orders", * FROM last_month;
CREATE TEMP TABLE cancelled AS SELECT * FROM orders ORDER BY ordered_at DESC, order_id LIMIT 1;

INSERT INTO orders (order_id, customer_id, ordered_at, amount) SELECT '0', '-1', ordered_at, amount FROM cancelled;
INSERT INTO readings SELECT 'one more, of a new customer', * FROM last_month;
DELETE FROM orders WHERE order_id = (SELECT order_id FROM cancelled);
INSERT INTO readings SELECT 'and the last one cancelled', * FROM last_month;
DELETE FROM orders WHERE order_id = '0';
INSERT INTO orders SELECT * FROM cancelled;
INSERT INTO readings SELECT 'as they were again', * FROM last_month;

\pset title 'A report that is always current: the last month'
TABLE readings;
\echo 'Late, changed and cancelled orders are in the next reading, which takes milliseconds. docs/live.md says how.'
