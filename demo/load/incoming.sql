-- incoming.sql - the rows that are orders, or items of orders, with their fields still as text: table incoming; and
-- those that are skipped, with the reason.

-- filled: a field without the spaces around it; NULL if it is empty, or a word for that
CREATE FUNCTION pg_temp.filled(value text) RETURNS text IMMUTABLE LANGUAGE sql AS
$$
SELECT CASE WHEN lower(btrim(value, E' \t\n\u00a0')) NOT IN ('', 'null', '(null)', '\n', 'n/a', '#n/a', 'na', 'nan', 'none',
                                                           'nil', 'undefined', '-')
            THEN btrim(value, E' \t\n\u00a0') END
$$;

CREATE TEMP TABLE incoming AS
SELECT line, pg_temp.filled(fields[:order_id_at]) AS order_id, pg_temp.filled(fields[:customer_at]) AS customer,
       pg_temp.filled(fields[:time_at]) AS at, pg_temp.time_form(pg_temp.filled(fields[:time_at])) AS form,
       pg_temp.filled(fields[:amount_at]) AS amount, btrim(fields[:customer_at]) AS customer_as_written,
       CASE WHEN pg_temp.filled(fields[:time_at]) IS NULL OR fields[:customer_at] ~* 'total'
            THEN btrim(substring(array_to_string(fields, E'\n') FROM '\S[^\n]*')) END AS first_field,
       :'has_header' AND fields = first_value(fields) OVER (ORDER BY line) AS is_header
FROM record;

CREATE TEMP TABLE skipped (line bigint, reason text);

-- The header, and those of files that were put together.
INSERT INTO skipped
SELECT line, 'the header once more' FROM incoming WHERE is_header AND line > (SELECT min(line) FROM record);
DELETE FROM incoming WHERE is_header;
SELECT pg_temp.refuse('there is no order in it, only a header', 'is it the right file?')
WHERE NOT EXISTS (SELECT FROM incoming);

-- Totals below the table.
WITH totals AS (
    DELETE FROM incoming
    WHERE lower(customer) ~ '^(grand[ -]?|sub[ -]?|overall[ -]?)?totals?:?$'
       OR at IS NULL AND lower(first_field) ~ '^(grand[ -]?|sub[ -]?|overall[ -]?)?(totals?|sum)\M'
    RETURNING line, first_field
)
INSERT INTO skipped SELECT line, format('a total, "%s"', first_field) FROM totals;

-- An order of several rows may say its customer in one of them.
UPDATE incoming SET customer = known.customer
FROM (SELECT order_id, min(customer) AS customer FROM incoming
      WHERE order_id IS NOT NULL GROUP BY order_id HAVING count(*) > count(customer)) AS known
WHERE incoming.order_id = known.order_id AND incoming.customer IS NULL;

-- Nobody's orders, and those of accounts that many share.
WITH nobody AS (
    DELETE FROM incoming
    WHERE customer IS NULL
       OR lower(customer) ~ '^(guest|guest[ _-]?(customer|checkout|user)|anonymous|unknown|walk[ -]?in)$'
    RETURNING line, customer_as_written
)
INSERT INTO skipped
SELECT line, CASE WHEN customer_as_written <> '' THEN format('the customer is "%s"', customer_as_written)
                  ELSE 'there is no customer' END
FROM nobody;

SELECT pg_temp.refuse('every row was skipped', string_agg(format('%s: %s', reason, lines), '; ' ORDER BY reason))
FROM (SELECT reason, pg_temp.lines(array_agg(line)) AS lines FROM skipped GROUP BY reason) AS reasons
HAVING NOT EXISTS (SELECT FROM incoming);

-- Numbers that a spreadsheet has shortened are many customers in one.
SELECT pg_temp.refuse(format('%s: %s "%s"', pg_temp.lines(array_agg(line)), what,
                             (array_agg(value ORDER BY line))[1]),
                      'a spreadsheet has shortened long numbers, so that different ones are equal now: '
                      'export the file again, and do not save it from the spreadsheet')
FROM incoming, LATERAL (VALUES ('customer', customer), ('order id', order_id)) AS keys (what, value)
WHERE value ~ '^\d([.,]\d+)?E\+\d+$'
GROUP BY what;
