-- columns.sql - finds the columns: by the settings, else by their usual names; and whether there is a header.
--
-- A number means a column's place, a name needs a header. Where all three columns are given by number, the first
-- line is an order if it has a time in its column, and a header if it has not: no order is swallowed, and no
-- header is counted.

-- The fields of the first line; folded: without case, spaces and marks.
CREATE TEMP TABLE field AS
SELECT n, coalesce(btrim(name), '') AS name,
       coalesce(regexp_replace(lower(name), '[^[:alnum:]]', '', 'g'), '') AS folded
FROM (SELECT fields FROM record ORDER BY line LIMIT 1) AS first, unnest(fields) WITH ORDINALITY AS f (name, n);

-- The usual names, folded; a later pattern counts where none before it fits any column.
CREATE TEMP TABLE role (place int, setting text, what text, required boolean, usual text[]);
INSERT INTO role VALUES
    (1, 'CUSTOMER', 'customer', true, ARRAY[
        '^(customer|cust|client|user|buyer|member|shopper|account|contact)(id|no|nr|num|number|key|code)?$',
        '^(customer|cust|client|user|buyer|member|shopper|account|contact|billing)?e?mail(address)?$',
        '^(customer|cust|client|user|buyer|member|shopper|account|contact|billing)name$']),
    (2, 'AT', 'time', true, ARRAY[
        '^(order(ed)?|purchased?|invoiced?|transaction|txn|sales?|paid|payment|placed|created?|processed|completed|'
        'receipt)?'
        '(date|time|at|on|day|dt|ts|timestamp|datetime|dateandtime)(utc|gmt)?$|^created(utc|gmt)?$']),
    (3, 'AMOUNT', 'amount', true, ARRAY[
        '^(order|net|gross|grand|line|item|invoice|transaction|paid|payment|total|sub|sales?)*'
        '(amount|amt|total|price|revenue|value|sales?|sum|turnover|amountpaid|spend|spent)'
        '(eur|usd|gbp|chf|cad|aud|sek|nok|dkk|pln|czk|inr|jpy)?$']),
    (4, 'ORDER_ID', 'order id', false, ARRAY[
        'order(id|no|nr|num|number|code|key|ref|reference)$|^order$',
        '^(sales?order|purchase|invoice|receipt|transaction|txn|bill|basket|cart|ticket)'
        '(id|no|nr|num|number|code|key|ref|reference)$|^invoice$']),
    (5, NULL, 'status', false, ARRAY['^(order|payment|financial)?status$']),
    (6, NULL, 'currency', false, ARRAY['^(order|payment|shop)?currency(code)?$']),
    (7, NULL, 'quantity', false, ARRAY['^(order|item|lineitem)?(quantity|qty|units|pieces|pcs)$']);

-- columns_of: the columns that may have a role
CREATE FUNCTION pg_temp.columns_of(given text, usual text[]) RETURNS int[] STABLE LANGUAGE plpgsql AS
$$
DECLARE
	found   int[] := '{}';
	pattern text;
BEGIN
	IF given IS NULL THEN
		FOREACH pattern IN ARRAY usual LOOP
			found := ARRAY(SELECT n FROM field WHERE folded ~ pattern ORDER BY n);
			EXIT WHEN found <> '{}';
		END LOOP;
	ELSIF given ~ '^\d{1,4}$' THEN
		found := ARRAY(SELECT n FROM field WHERE n = given::int);
	ELSE
		found := ARRAY(SELECT n FROM field WHERE name = given ORDER BY n);
		IF found = '{}' THEN
			given := regexp_replace(lower(given), '[^[:alnum:]]', '', 'g');
			found := ARRAY(SELECT n FROM field WHERE folded = given AND folded <> '' ORDER BY n);
		END IF;
	END IF;
	RETURN found;
END
$$;

CREATE TEMP TABLE choice AS
SELECT place, setting, what, required, given, pg_temp.columns_of(given, usual) AS columns
FROM role, LATERAL (VALUES (pg_temp.setting(lower(setting)))) AS s (given)
WHERE (setting = 'ORDER_ID' AND lower(given) = 'none') IS NOT TRUE;
DELETE FROM choice WHERE setting IS NULL AND cardinality(columns) <> 1;

-- The price of one unit is not the amount of a row.
UPDATE choice SET columns = '{}'
FROM field
WHERE setting = 'AMOUNT' AND given IS NULL AND columns = ARRAY[n::int] AND folded ~ '^(item|sales)?price'
  AND EXISTS (SELECT FROM choice AS other WHERE other.what = 'quantity');

-- No header: there is a time in the first line, and no column's name.
SELECT pg_temp.refuse('there is no header: the first line looks like an order, ' || string_agg(name, ', ' ORDER BY n),
                      'add a header, or say by number which columns these are, as in CUSTOMER=1 AT=2 AMOUNT=3')
FROM field
HAVING bool_or(pg_temp.time_form(name) IS NOT NULL)
   AND NOT EXISTS (SELECT FROM choice WHERE required AND (given ~ '^\d+$' OR columns <> '{}'));

-- listed: some of the columns, in words
CREATE FUNCTION pg_temp.listed(columns int[]) RETURNS text STABLE LANGUAGE sql AS
$$ SELECT string_agg(format('%s "%s"', n, name), ', ' ORDER BY n) FROM field WHERE n = ANY (columns) $$;

SELECT pg_temp.refuse(string_agg(CASE
           WHEN cardinality(columns) > 1
           THEN format('the %s may be any of the columns %s: choose with %s=%s', what, pg_temp.listed(columns),
                       setting, array_to_string(columns, format(' or %s=', setting)))
           WHEN given IS NOT NULL THEN format('there is no column "%s": name it with %s=...', given, setting)
           WHEN what = 'amount' AND EXISTS (SELECT FROM field WHERE folded ~ '^(item|sales)?price')
           THEN 'no column is surely the amount: with a quantity in another column, the price may be that of one '
                'unit: name the amount of a row with AMOUNT=...'
           ELSE format('no column looks like the %s: name it with %s=...', what, setting) END, E'\n' ORDER BY place),
       'the columns are: ' || pg_temp.listed(ARRAY(SELECT n::int FROM field)))
FROM choice
WHERE cardinality(columns) > 1 OR cardinality(columns) = 0 AND (required OR given IS NOT NULL)
HAVING count(*) > 0;

SELECT pg_temp.refuse(format('%s are the same column, %s', string_agg(setting, ' and ' ORDER BY place),
                             pg_temp.listed(columns)),
                      'they must be different columns')
FROM choice WHERE setting IS NOT NULL AND columns <> '{}' GROUP BY columns HAVING count(*) > 1;

-- For the other files: where the columns are, NULL for one that is not there.
SELECT max(columns[1]) FILTER (WHERE what = 'customer')                      AS customer_at,
       max(columns[1]) FILTER (WHERE what = 'time')                          AS time_at,
       max(columns[1]) FILTER (WHERE what = 'amount')                        AS amount_at,
       coalesce((max(columns[1]) FILTER (WHERE what = 'order id'))::text, 'NULL') AS order_id_at,
       bool_and(given ~ '^\d+$') FILTER (WHERE required) IS NOT TRUE         AS named
FROM choice
\gset
SELECT :'named' OR pg_temp.time_form(name) IS NULL AS has_header FROM field WHERE n = :time_at \gset

INSERT INTO said (place, about, what)
SELECT 0, 'header', CASE WHEN :'has_header' THEN 'the first line' ELSE 'none: the first line is an order' END
UNION ALL
SELECT place, what, 'column ' || CASE WHEN :'has_header' THEN format('%s, "%s"', n, name) ELSE n::text END
FROM choice JOIN field ON n = columns[1] WHERE setting IS NOT NULL;
