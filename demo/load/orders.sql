-- orders.sql - makes orders of the rows: those with one order id are one order. Table orders; and grouped, the orders
-- of several rows.

CREATE TEMP TABLE row_of_order AS
SELECT coalesce(order_id, 'line ' || line) AS order_id, line, customer, ordered_at, value AS amount
FROM incoming LEFT JOIN times USING (line) LEFT JOIN amounts USING (line);

-- An order of several rows may say its time and its amount in one of them.
SELECT pg_temp.refuse(format('%s: there is no %s', pg_temp.lines(array_agg(line)), lacks),
                      'remove what is not an order; an item of an order needs an order id, ORDER_ID=...')
FROM (SELECT min(line) AS line, CASE WHEN count(ordered_at) = 0 THEN 'time' ELSE 'amount' END AS lacks
      FROM row_of_order GROUP BY order_id HAVING count(ordered_at) = 0 OR count(amount) = 0) AS lacking
GROUP BY lacks
ORDER BY lacks DESC;

SELECT pg_temp.refuse(format('the order id "%s" has two customers: ', order_id)
                      || string_agg(format('"%s" in line %s', customer, line), ' and ' ORDER BY line),
                      'if each row is an order of its own, set ORDER_ID=none; '
                      'if another column has the number of the order, ORDER_ID=... with its name')
FROM (SELECT order_id, customer, min(line) AS line FROM row_of_order
      WHERE order_id = (SELECT order_id FROM row_of_order GROUP BY order_id HAVING min(customer) <> max(customer)
                        ORDER BY min(line) LIMIT 1)
      GROUP BY order_id, customer ORDER BY min(line) LIMIT 2) AS customers
GROUP BY order_id;

CREATE TEMP TABLE grouped AS
SELECT order_id, min(line) AS line, count(*) AS items, count(amount) > 1 AND min(amount) = max(amount) AS same_amount,
       min(amount) <> max(amount) AS other_amount, max(ordered_at)::date > min(ordered_at)::date AS several_days
FROM row_of_order GROUP BY order_id HAVING count(*) > 1;

-- The rows of an order have one amount: each that of an item, or all of them that of the order?
SELECT pg_temp.refuse(format('the rows of an order have the same amount, as those of order "%s", from line %s',
                             order_id, line),
                      E'if it is the amount of the order, set AMOUNT_OF=order\n'
                      'if it is that of an item, and they are to be added up, set AMOUNT_OF=item\n'
                      'if each row is an order of its own, set ORDER_ID=none')
FROM grouped
WHERE same_amount AND pg_temp.setting('amount_of') IS NULL AND NOT EXISTS (SELECT FROM grouped WHERE other_amount)
ORDER BY line LIMIT 1;

SELECT pg_temp.refuse(format('the rows of order "%s", from line %s, have different amounts', order_id, line),
                      'with AMOUNT_OF=order each must have that of the order')
FROM grouped WHERE other_amount AND pg_temp.setting('amount_of') = 'order' ORDER BY line LIMIT 1;

CREATE TABLE orders (
    order_id    text,
    customer_id text NOT NULL,
    ordered_at  timestamptz NOT NULL,
    amount      numeric NOT NULL
);
INSERT INTO orders
SELECT order_id, min(customer), min(ordered_at),
       CASE WHEN pg_temp.setting('amount_of') = 'order' THEN max(amount) ELSE sum(amount) END
FROM row_of_order GROUP BY order_id;
