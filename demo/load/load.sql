-- load.sql - the steps from the records of a CSV file to the table orders. Called by load, with its settings as
-- variables of psql; one transaction.

\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET lc_messages = 'C';
SET datestyle = 'ISO, MDY';

SELECT set_config('demo.' || name, btrim(value), false)
FROM (VALUES ('customer', :'customer'), ('at', :'at'), ('amount', :'amount'), ('order_id', :'order_id'),
             ('amount_of', lower(:'amount_of')), ('decimal', lower(:'decimal')), ('datestyle', upper(:'datestyle')),
             ('timezone', :'timezone'), ('encoding', :'encoding')) AS settings (name, value)
\g /dev/null

-- refuse: the end of it all, with the cure in the hint
CREATE FUNCTION pg_temp.refuse(problem text, cure text) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', problem USING HINT = cure; END $$;

-- setting: what a variable of load holds, or NULL
CREATE FUNCTION pg_temp.setting(name text) RETURNS text STABLE LANGUAGE sql AS
$$ SELECT nullif(current_setting('demo.' || name), '') $$;

-- lines: numbers of lines in words, the first three of them
CREATE FUNCTION pg_temp.lines(numbers bigint[]) RETURNS text IMMUTABLE LANGUAGE sql AS
$$
SELECT CASE WHEN count(*) = 1 THEN 'line ' ELSE 'lines ' END
       || string_agg(number::text, ', ' ORDER BY number) FILTER (WHERE place <= 3)
       || CASE WHEN count(*) > 3 THEN ', ...' ELSE '' END
FROM (SELECT number, row_number() OVER (ORDER BY number) AS place FROM unnest(numbers) AS number) AS ordered
$$;

-- counted: 1 order, 2 orders, 3,000 orders
CREATE FUNCTION pg_temp.counted(n bigint, word text) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT ltrim(to_char(n, '999,999,999,999')) || ' ' || word || CASE WHEN n = 1 THEN '' ELSE 's' END $$;

-- What is worth saying about the file: printed at the end, by place, in the order in which it was found.
CREATE TEMP TABLE said (n serial, place int, about text, what text);

\ir settings.sql
\ir file.sql
\ir times.sql
\ir columns.sql
\ir incoming.sql
\ir read_times.sql
\ir amounts.sql
\ir orders.sql
\ir assumed.sql
