-- assumed.sql - prints what the file was taken for: what was said on the way, and what the orders show.

INSERT INTO said (place, about, what)
SELECT 4, '', format('%s are items of %s, by the order id: ', pg_temp.counted(sum(items)::bigint, 'row'),
                     pg_temp.counted(count(*), 'order'))
       || CASE WHEN pg_temp.setting('amount_of') = 'order' THEN 'each order''s amount is counted once'
               ELSE 'their amounts are added up' END
       || ', the earliest time counts'
FROM grouped HAVING count(*) > 0
UNION ALL
SELECT 4, '', format('%s with items of several days (%s)', pg_temp.counted(count(*), 'order'),
                     pg_temp.lines(array_agg(line)))
FROM grouped WHERE several_days HAVING count(*) > 0
UNION ALL
SELECT 4, 'order id', format('none: each row is an order; but %s with the customer and time of another: if these are '
                             'items of one order, name the column that says which with ORDER_ID=...',
                             pg_temp.counted(sum(n - 1)::bigint, 'row'))
FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id, ordered_at HAVING count(*) > 1) AS twins
WHERE :order_id_at IS NULL AND pg_temp.setting('order_id') IS NULL HAVING count(*) > 0
UNION ALL
SELECT place, what, format('column %s is not looked at: ', pg_temp.listed(columns))
                    || string_agg(format('%s %s', n, value), ', ' ORDER BY n DESC, value)
FROM choice,
     LATERAL (SELECT coalesce(pg_temp.filled(fields[columns[1]]), '(empty)') AS value, count(*) AS n
              FROM record JOIN incoming USING (line) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 6) AS values
WHERE what IN ('status', 'currency') GROUP BY place, what, columns HAVING count(*) > 1
UNION ALL
SELECT 8, 'orders', format('%s of %s, %s to %s', pg_temp.counted(count(*), 'order'),
                           pg_temp.counted(count(DISTINCT customer_id), 'customer'),
                           min(ordered_at)::date, max(ordered_at)::date)
FROM orders
UNION ALL
SELECT 9, 'skipped', format('%s: %s (%s)', pg_temp.counted(count(*), 'row'), reason, pg_temp.lines(array_agg(line)))
FROM skipped GROUP BY reason
UNION ALL
SELECT 10, 'look at', format('%s %s (%s)', pg_temp.counted(count(*), 'order'), odd, pg_temp.lines(array_agg(line)))
FROM (SELECT order_id, min(line) AS line FROM row_of_order GROUP BY order_id) AS first_row
     JOIN orders USING (order_id),
     LATERAL (VALUES (amount < 0, 'with a negative amount: a refund is not an order, but counts as one here'),
                     (amount = 0, 'with the amount 0'),
                     (ordered_at > now(), 'in the future'),
                     (ordered_at < '1990-01-01', 'before 1990')) AS checks (is_so, odd)
WHERE is_so GROUP BY odd
UNION ALL
SELECT 10, 'look at', format('%s different from another by case only, such as "%s" and "%s": each counts for itself',
                             pg_temp.counted(sum(n - 1)::bigint, 'customer'), min(one),
                             (array_agg(other ORDER BY one))[1])
FROM (SELECT count(DISTINCT customer_id) AS n, min(customer_id) AS one, max(customer_id) AS other
      FROM orders GROUP BY lower(customer_id) HAVING min(customer_id) <> max(customer_id)) AS alike
HAVING count(*) > 0
UNION ALL
SELECT 10, 'look at', format('customer "%s" has %s of all %s: an account that many share?', customer_id,
                             pg_temp.counted(n, 'order'), total)
FROM (SELECT customer_id, count(*) AS n, sum(count(*)) OVER () AS total, count(*) OVER () AS customers
      FROM orders GROUP BY customer_id) AS c
WHERE customers >= 10 AND n >= 20 AND n > total / 10;

\pset format aligned
\pset border 0
\echo How :file was read
SELECT rpad(about, 8) AS about, what FROM said ORDER BY place, n;
