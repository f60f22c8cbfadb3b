-- amounts.sql - reads the amounts of incoming: table amounts. Which mark begins the decimals is found for all of
-- them together.

-- Sign, currency, sign, digits with their marks, exponent, currency, sign.
CREATE TEMP TABLE amounts AS
SELECT line, amount, part[4] AS digits, coalesce(part[5], '') AS exponent,
       nullif(concat(part[2], part[6]), '') AS currency,
       '-' IN (part[1], part[3], part[7]) OR part[1] = '(' AS negative
FROM incoming,
     regexp_match(translate(amount, E'\u00a0\u202f\u2009\u2212\u2019', '   -'''),
                  '^([-+(]?) *([^-0-9.,+() ]{1,4}\.?)? *([-+]?) *'
                  '(\d(?:[\d., '']*\d)?|[.,]\d+)([eE][-+]?\d{1,2})?'
                  ' *([^-0-9.,+() ]{1,4}\.?)? *([-)]?)$') AS part
WHERE amount IS NOT NULL;

SELECT pg_temp.refuse(format('%s: "%s" is not an amount', pg_temp.lines(array_agg(line)),
                             (array_agg(amount ORDER BY line))[1]),
                      'amounts may look like 1234.56, -5, 1,234.56, 1.234,56 or € 12.50; '
                      'if they are in another column, say so with AMOUNT=...')
FROM amounts WHERE digits IS NULL HAVING count(*) > 0;

SELECT pg_temp.refuse('there are amounts in several currencies: '
                      || string_agg(format('"%s" in line %s', currency, line), ', ' ORDER BY line),
                      'they cannot be added up: load one currency at a time, or a column with amounts in one')
FROM (SELECT currency, min(line) AS line FROM amounts WHERE currency IS NOT NULL GROUP BY currency) AS currencies
HAVING count(*) > 1;

-- shows_decimal: whether digits show that a mark begins decimals: 1.5, 1,234.5 and 0.125 do, 1.234 does not
CREATE FUNCTION pg_temp.shows_decimal(mark text, other text, digits text, exponent text) RETURNS boolean
IMMUTABLE LANGUAGE sql AS
$$
SELECT digits ~ format('^[^%1$s]*[%1$s](\d{1,2}|\d{4,})$|[%2$s].*[%1$s]|[%2$s]\d+[%2$s]|^(0?|0\d+|\d{4,})[%1$s]\d',
                       mark, other)
       OR exponent <> '' AND strpos(digits, mark) > 0
$$;

CREATE TEMP TABLE marks AS
SELECT min(line) FILTER (WHERE pg_temp.shows_decimal('.', ',', digits, exponent)) AS point,
       min(line) FILTER (WHERE pg_temp.shows_decimal(',', '.', digits, exponent)) AS comma,
       min(line) FILTER (WHERE digits ~ '[.,]') AS any_mark
FROM amounts;

SELECT pg_temp.refuse(format('the decimals begin with a point in line %s, %s, and with a comma in line %s, %s',
                             point, a.amount, comma, b.amount),
                      'all amounts must be written in one way')
FROM marks JOIN amounts AS a ON a.line = point JOIN amounts AS b ON b.line = comma
WHERE pg_temp.setting('decimal') IS NULL;

SELECT pg_temp.refuse(format('line %s: "%s" may be %s or %s', line, amount,
                             translate(digits, '.,', ''), translate(digits, ',', '.')),
                      'say which mark begins the decimals: DECIMAL=point or DECIMAL=comma')
FROM marks JOIN amounts ON line = any_mark
WHERE pg_temp.setting('decimal') IS NULL AND point IS NULL AND comma IS NULL;

SELECT coalesce(pg_temp.setting('decimal'), CASE WHEN comma IS NOT NULL THEN 'comma' ELSE 'point' END) AS decimal_mark
FROM marks
\gset
UPDATE amounts SET digits = translate(digits, '.,', ',.') WHERE :'decimal_mark' = 'comma' AND digits ~ '[.,]';

SELECT pg_temp.refuse(format('%s: "%s" is not an amount with a decimal %s', pg_temp.lines(array_agg(line)),
                             (array_agg(amount ORDER BY line))[1], :'decimal_mark'),
                      'correct it, or set DECIMAL=point or DECIMAL=comma')
FROM amounts WHERE digits !~ '^(\d+|\d{1,3}([, '']\d{2,3})*[, '']\d{3})?(\.\d+)?$' HAVING count(*) > 0;

ALTER TABLE amounts ADD COLUMN value numeric;
UPDATE amounts
SET value = (CASE WHEN negative THEN '-' ELSE '' END || translate(digits, ', ''', '') || exponent)::numeric;

-- A number of something else, of an article perhaps. The sums of the report could not hold many of these.
SELECT pg_temp.refuse(format('%s: "%s" is not the amount of an order', pg_temp.lines(array_agg(line)),
                             (array_agg(amount ORDER BY line))[1]),
                      'amounts below 1,000,000,000,000 are read: is this the column of the amount?')
FROM amounts WHERE abs(value) >= 1e12 HAVING count(*) > 0;

INSERT INTO said (place, about, what)
SELECT 3, '', format('%s is read as %s', amount, value)
FROM (SELECT amount, value FROM amounts WHERE amount <> value::text
      ORDER BY length(amount) DESC, line LIMIT 1) AS example
UNION ALL
SELECT 3, '', format('all in one currency, as "%s" says', min(currency))
              || CASE WHEN count(currency) < count(*)
                      THEN format(' (%s without it)', pg_temp.counted(count(*) - count(currency), 'row')) ELSE '' END
FROM amounts HAVING count(currency) > 0;
