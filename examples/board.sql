-- A customer-base audit: what a board asks about the customers of a shop, from its table of orders.
--
--     psql -d shop -f examples/board.sql
--     psql -d shop -v orders=sales.orders -v customer=client -v at=created -v amount=total -f examples/board.sql
--
--   orders      the table, one row an order; or a subquery with a name: '(SELECT ...) AS o'
--   customer    its columns, or expressions of them
--   at
--   amount
--   until       the day on which this year ends, and that is not part of it: 2026-01-01. Without it the first day
--               after the last month that has orders up to its last day, or that later ones follow. Day 1 to 28
--   zone        whose days they are, such as Europe/Vilnius; without it the session's
--
-- "This year" are the twelve months before until, "last year" the twelve before those. Quarters are counted from
-- until as well. All tables are of one moment, and nothing is left behind. What is an order is for you to say:
-- README.md, "Before the first number".

\if :{?orders}
\else
    \set orders orders
\endif
\if :{?customer}
\else
    \set customer customer_id
\endif
\if :{?at}
\else
    \set at ordered_at
\endif
\if :{?amount}
\else
    \set amount amount
\endif

\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
\pset linestyle unicode
BEGIN ISOLATION LEVEL REPEATABLE READ;
\if :{?zone}
    SET LOCAL TimeZone TO :'zone';
\endif

CREATE TEMP VIEW board_rows AS
SELECT :customer AS customer, (:at)::timestamptz AS ordered_at, (:amount)::numeric AS amount FROM :orders;

\if :{?until}
    \set end_day :until
\else
    SELECT date_trunc('month', least(max(ordered_at) + interval '1 day', now()))::date AS end_day
    FROM board_rows \gset
\endif
SELECT (date :'end_day' - interval '1 year')::date AS this_year,
       (date :'end_day' - interval '2 years')::date AS last_year,
       date :'end_day' > current_date AS is_open \gset
\if :is_open
    \warn board: :end_day is in the future, and nobody knows yet who will have ordered until then
    ROLLBACK;
    \quit
\endif

CREATE TEMP VIEW board_orders AS
SELECT customer, ordered_at, amount,
       bucket_start(ordered_at, '1 year', current_setting('TimeZone'), date :'end_day') AS year
FROM board_rows
WHERE customer IS NOT NULL AND ordered_at < date :'end_day' AND amount IS NOT NULL;

SELECT coalesce(max(year) = date :'this_year', false) AS has_orders,
       min(ordered_at)::date AS first_day,
       min(ordered_at)::date BETWEEN date :'last_year' + 1 AND date :'this_year' - 1 AS is_short,
       min(ordered_at)::date >= date :'this_year' AS is_new,
       count(DISTINCT customer) FILTER (WHERE year = date :'this_year') < 10 AS is_small
FROM board_orders \gset
\if :has_orders
\else
    \warn board: no order from :this_year to the day before :end_day
    ROLLBACK;
    \quit
\endif

-- Each of the two years in numbers; last year only if there were orders before this one.
CREATE TEMP VIEW board_years AS
SELECT year,
       count(amount) AS orders,
       coalesce(sum(amount), 0) AS revenue,
       customer_count(customer) AS customers,
       customer_count(customer) FILTER (WHERE ordered_at >= (year + interval '1 year')::date - 90) AS recent,
       aov(amount) AS order_value,
       repeat_rate(customer) AS repeat_rate,
       top_share(customer, amount) AS top_share
FROM (VALUES (date :'this_year'), (date :'last_year')) AS years (year)
LEFT JOIN board_orders USING (year)
WHERE date :'first_day' < year + interval '1 year'
GROUP BY year;

-- Who was there in each quarter and year, and what they spent, of all time.
CREATE TEMP TABLE board AS
SELECT quarters, rebucket(quarters, '1 year', date :'end_day') AS years, date :'end_day'::timestamptz AS as_of
FROM (SELECT revenue_agg(customer, ordered_at, amount, '3 months', current_setting('TimeZone'), date :'end_day')
      FROM board_orders) AS log (quarters);

\pset title 'What is counted'
SELECT (date :'this_year')::text || ' to ' || (date :'end_day' - 1)::text AS "this year",
       (date :'last_year')::text || ' to ' || (date :'this_year' - 1)::text AS "last year",
       count(*) AS "orders of all time",
       count(*) FILTER (WHERE customer IS NULL) AS "without a customer",
       count(*) FILTER (WHERE customer IS NOT NULL AND amount IS NULL) AS "without an amount"
FROM board_rows
WHERE ordered_at < date :'end_day';
\echo 'Orders without a customer or an amount are in no number below. An empty cell is not known.'
\echo 'New is who has no older order in the table, whose first one is of' :first_day
\if :is_short
    \echo 'That is inside last year, which may not be whole: what is compared with it says little.'
\elif :is_new
    \echo 'That is inside this year: nothing is known of last year, and everybody is new.'
\endif
\echo

\echo '1. How different are our customers?'
\echo
\pset title 'This year''s customers, in tenths by what they spent'
SELECT tenth,
       count(*) AS "customers",
       sum(revenue) AS "revenue",
       round(100 * sum(revenue) / nullif(greatest(sum(sum(revenue)) OVER (), 0), 0), 1) AS "revenue %",
       round(100 * sum(sum(revenue)) OVER (ORDER BY tenth) / nullif(greatest(sum(sum(revenue)) OVER (), 0), 0), 1)
           AS "so far %",
       round(sum(revenue) / count(*), 2) AS "revenue each",
       round(sum(orders) / count(*), 2) AS "orders each",
       round(sum(revenue) / sum(orders), 2) AS "order value"
FROM (SELECT *, ntile(10) OVER (ORDER BY revenue DESC, orders DESC, customer::text) AS tenth
      FROM (SELECT customer, count(*) AS orders, sum(amount) AS revenue
            FROM board_orders WHERE year = date :'this_year' GROUP BY customer) AS spent) AS ranked
GROUP BY tenth
ORDER BY tenth;
\echo 'tenth         1 are the tenth of the customers who spent most'
\if :is_small
    \echo '              there are fewer than ten customers, and so fewer tenths, each of one of them'
\endif
\echo 'so far %      the share of the revenue that this tenth and those before it brought'
\echo 'order value   revenue / orders'
\echo

\pset title 'This year''s customers, by how often they ordered'
SELECT CASE WHEN orders < 6 THEN orders::text ELSE '6 or more' END AS "orders",
       count(*) AS "customers",
       round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS "customers %",
       sum(revenue) AS "revenue",
       round(100 * sum(revenue) / nullif(greatest(sum(sum(revenue)) OVER (), 0), 0), 1) AS "revenue %"
FROM (SELECT customer, least(count(*), 6) AS orders, sum(amount) AS revenue
      FROM board_orders WHERE year = date :'this_year' GROUP BY customer) AS spent
GROUP BY spent.orders
ORDER BY spent.orders;
\echo

\echo '2. What changed since last year?'
\echo
\pset title 'Kept, lost and new customers'
SELECT CASE WHEN grouping(n) = 1 THEN 'all' ELSE min(name) END AS "customers who were",
       count(m.customer) AS "customers",
       coalesce(sum(m.before), 0) AS "last year",
       coalesce(sum(m.revenue), 0) AS "this year",
       coalesce(sum(m.revenue - m.before), 0) AS "change",
       CASE WHEN grouping(n) = 1 THEN 'the changes add up to that of the revenue'
            ELSE min(definition) END AS "definition"
FROM (VALUES
    (1, 'retained', true, 'kept, and spent more', 'ordered in both years, and spent as much or more in this one'),
    (2, 'retained', false, 'kept, and spent less', 'ordered in both years'),
    (3, 'churned', NULL, 'lost', 'ordered last year, and not in this one'),
    (4, 'new', NULL, 'new', 'ordered for the first time ever this year'),
    (5, 'resurrected', NULL, 'won back', 'ordered this year and before last year, but not in it')
) AS kinds (n, state, more, name, definition)
LEFT JOIN (SELECT m.* FROM board, members(years, date :'this_year') AS m) AS m
     ON m.state = kinds.state AND (more IS NULL OR more = (m.revenue >= m.before))
GROUP BY ROLLUP (n)
ORDER BY n;
\echo

\pset title 'Where the change of the revenue comes from'
SELECT factor, round(before, 2) AS "last year", round(after, 2) AS "this year",
       round(100 * (after / nullif(greatest(before, 0), 0) - 1), 1) AS "change %",
       CASE WHEN n = 4 THEN after - before
            WHEN a.revenue > 0 AND b.revenue > 0
            THEN round(ln(after / before)
                       * coalesce((a.revenue - b.revenue) / nullif(ln(a.revenue / b.revenue), 0), a.revenue), 2)
       END AS "share of the change",
       definition
FROM board_years AS a
LEFT JOIN board_years AS b ON b.year = date :'last_year',
LATERAL (VALUES
    (1, 'customers', b.customers::numeric, a.customers::numeric, 'who ordered in the year'),
    (2, 'orders per customer', 1.0 * b.orders / nullif(b.customers, 0), 1.0 * a.orders / a.customers,
        'orders / customers'),
    (3, 'order value', b.order_value, a.order_value, 'revenue / orders'),
    (4, 'revenue', b.revenue, a.revenue, 'the product of the three; their shares add up to its change')
) AS f (n, factor, before, after, definition)
WHERE a.year = date :'this_year'
ORDER BY n;
\echo

\echo '3. How does a cohort evolve?'
\echo
SELECT coalesce(min(cohort), date :'last_year') AS cohort
FROM board, revenue_cohorts(quarters, as_of) WHERE cohort >= date :'last_year' \gset
\set title 'The customers who first ordered in the quarter from ' :cohort
\pset title :title
SELECT r.age AS "quarter", r.period AS "from", r.customers, c.retained AS "ordered",
       round(100 * c.rate::numeric, 1) AS "ordered %",
       r.revenue, round(100 * r.rate::numeric, 1) AS "revenue %",
       round(r.revenue / nullif(c.retained, 0), 2) AS "revenue each", round(r.per_customer, 2) AS "worth so far"
FROM board
CROSS JOIN LATERAL revenue_cohorts(quarters, as_of) AS r
JOIN LATERAL cohorts(quarters::retention_summary, as_of) AS c ON c.cohort = r.cohort AND c.age = r.age
WHERE r.cohort = date :'cohort'
ORDER BY r.age;
\echo 'quarter       0 is the one of the first order'
\echo 'ordered       customers of the cohort who ordered in the quarter; ordered % of all its customers'
\echo 'revenue %     of the revenue of quarter 0'
\echo 'revenue each  revenue / those who ordered'
\echo 'worth so far  revenue of this quarter and those before it / all customers of the cohort'
\echo

\echo '4. How do cohorts compare?'
\echo
\pset title 'Customers by the quarter of their first order: % who ordered again so many quarters later'
SELECT cohort AS "first order", customers,
       max(pct) FILTER (WHERE age = 1) AS "1", max(pct) FILTER (WHERE age = 2) AS "2",
       max(pct) FILTER (WHERE age = 3) AS "3", max(pct) FILTER (WHERE age = 4) AS "4",
       max(pct) FILTER (WHERE age = 5) AS "5", max(pct) FILTER (WHERE age = 6) AS "6",
       max(pct) FILTER (WHERE age = 7) AS "7"
FROM (SELECT c.*, round(100 * rate::numeric, 1) AS pct
      FROM board, cohorts(quarters::retention_summary, as_of) AS c) AS cells
WHERE cohort >= date :'last_year'
GROUP BY cohort, customers
ORDER BY cohort;
\echo

\pset title 'What a customer of each cohort had spent after so many quarters'
SELECT cohort AS "first order", customers,
       max(worth) FILTER (WHERE age = 0) AS "0", max(worth) FILTER (WHERE age = 1) AS "1",
       max(worth) FILTER (WHERE age = 2) AS "2", max(worth) FILTER (WHERE age = 3) AS "3",
       max(worth) FILTER (WHERE age = 4) AS "4", max(worth) FILTER (WHERE age = 5) AS "5",
       max(worth) FILTER (WHERE age = 6) AS "6", max(worth) FILTER (WHERE age = 7) AS "7"
FROM (SELECT r.*, round(per_customer, 2) AS worth FROM board, revenue_cohorts(quarters, as_of) AS r) AS cells
WHERE cohort >= date :'last_year'
GROUP BY cohort, customers
ORDER BY cohort;
\echo 'revenue of the cohort up to that quarter / all its customers'
\echo

\pset title 'Do the newest customers come back as those of a year before did?'
WITH firsts AS (
    SELECT c.cohort, c.customers, c.retained
    FROM board, cohorts(quarters::retention_summary, as_of) AS c
    WHERE c.age = 1
)
SELECT older.cohort AS "cohort", newer.cohort AS "a year later",
       round(100.0 * older.retained / older.customers, 1) AS "ordered again %",
       round(100.0 * newer.retained / newer.customers, 1) AS "a year later %",
       round(100 * d.difference::numeric, 1) AS "difference",
       round(100 * d.low::numeric, 1) AS "at least", round(100 * d.high::numeric, 1) AS "at most",
       round(d.p_value::numeric, 4) AS "by chance"
FROM firsts AS newer
JOIN firsts AS older ON older.cohort = (newer.cohort - interval '1 year')::date,
rate_difference(newer.retained, newer.customers, older.retained, older.customers) AS d
WHERE newer.cohort >= date :'this_year'
ORDER BY newer.cohort;
\echo 'ordered again  in the quarter after that of the first order'
\echo 'at least, most the limits of 95 % of the difference, in points'
\echo 'by chance      how likely so great a difference is if there is none; above 0.05 do not build on it'
\echo

\echo '5. How healthy is the customer base?'
\echo
\pset title 'The base in numbers'
WITH bases AS (
    SELECT y.*, g.crr, g.churn_rate, g.quick_ratio, r.nrr, r.grr,
           CASE WHEN g.starting > 0 THEN coalesce(c.revenue, 0) / nullif(greatest(r.revenue, 0), 0) END AS new_share
    FROM board
    CROSS JOIN LATERAL growth(years::retention_summary, as_of) AS g
    JOIN LATERAL revenue_growth(years, as_of) AS r ON r.period = g.period
    LEFT JOIN LATERAL revenue_cohorts(years, as_of) AS c ON c.cohort = g.period AND c.age = 0
    JOIN board_years AS y ON y.year = g.period
)
SELECT number,
       round(before::numeric, decimals) AS "last year", round(after::numeric, decimals) AS "this year",
       definition
FROM bases AS a
LEFT JOIN bases AS b ON b.year = date :'last_year',
LATERAL (VALUES
    (1, 0, 'customers', b.customers, a.customers, 'who ordered in the year'),
    (2, 1, 'still there %', 100.0 * b.recent / nullif(b.customers, 0), 100.0 * a.recent / a.customers,
        'of them, who ordered in its last 90 days'),
    (3, 1, 'repeat rate %', 100 * b.repeat_rate, 100 * a.repeat_rate,
        'of them, who ordered twice or more in the year'),
    (4, 1, 'retention rate %', 100 * b.crr, 100 * a.crr,
        'of the customers of the year before, who ordered in this one'),
    (5, 1, 'churn rate %', 100 * b.churn_rate, 100 * a.churn_rate,
        'of the customers of the year before, who did not'),
    (6, 2, 'quick ratio', b.quick_ratio, a.quick_ratio,
        '(new + won back) / lost; below 1 there are fewer customers'),
    (7, 1, 'net revenue retention %', 100 * b.nrr, 100 * a.nrr,
        'what the customers of the year before spent, / what they had spent'),
    (8, 1, 'gross revenue retention %', 100 * b.grr, 100 * a.grr,
        'the same, without what some spent more'),
    (9, 1, 'revenue of new customers %', 100 * b.new_share, 100 * a.new_share,
        'the share of those who had never ordered before the year'),
    (10, 1, 'revenue of the best fifth %', 100 * b.top_share, 100 * a.top_share,
        'the share of the fifth of the customers who spent most')
) AS n (n, decimals, number, before, after, definition)
WHERE a.year = date :'this_year'
ORDER BY n;
\echo

\pset title 'This year''s revenue, by the year in which its customers came'
SELECT r.cohort AS "first order in the year from", r.customers AS "came", c.retained AS "ordered this year",
       round(100 * c.rate::numeric, 1) AS "of those who came %",
       r.revenue, round(100 * r.revenue / nullif(greatest(sum(r.revenue) OVER (), 0), 0), 1) AS "revenue %",
       round(r.revenue / nullif(c.retained, 0), 2) AS "revenue each"
FROM board
CROSS JOIN LATERAL revenue_cohorts(years, as_of) AS r
JOIN LATERAL cohorts(years::retention_summary, as_of) AS c ON c.cohort = r.cohort AND c.age = r.age
WHERE r.period = date :'this_year'
ORDER BY r.cohort DESC;
\echo

\pset title 'Quarter by quarter'
SELECT g.period AS "from", g.starting, g.new_customers AS "new", g.retained AS "kept",
       g.resurrected AS "won back", g.churned AS "lost", g.active,
       round(100 * g.crr::numeric, 1) AS "kept %", round(g.quick_ratio::numeric, 2) AS "quick ratio", r.revenue
FROM board
CROSS JOIN LATERAL growth(quarters::retention_summary, as_of) AS g
JOIN LATERAL revenue_growth(quarters, as_of) AS r ON r.period = g.period
WHERE g.period >= date :'last_year'
ORDER BY g.period;
\echo 'starting      customers of the quarter before: kept ordered again, lost did not'
\echo 'active        new + kept + won back'
\pset title
ROLLBACK;
