-- file.sql - reads the file's records, each with the line on which it begins and its fields as text: table record.

-- refuse_file: an error of COPY in words that need no knowledge of COPY
CREATE FUNCTION pg_temp.refuse_file(problem text, context text, separator text, encoding text) RETURNS text
STABLE LANGUAGE sql AS
$$
SELECT CASE
       WHEN problem ~ 'extra data'
       THEN pg_temp.refuse(line || ' has more columns than the first line' || excerpt,
                           CASE WHEN separator = ','
                                THEN E'a value with a comma in it, such as 12,50, must be in quotes\n' ELSE '' END
                           || 'if the first line is a title above the table, remove it')
       WHEN problem ~ 'missing data'
       THEN pg_temp.refuse(line || ' has fewer columns than the first line' || excerpt,
                           'if it is not an order, remove it')
       WHEN problem ~ 'unterminated'
       THEN pg_temp.refuse('a value begins with a quotation mark (") and has none at its end, up to ' || line,
                           'look for a quotation mark that stands alone')
       WHEN problem ~ 'byte sequence'
       THEN pg_temp.refuse(format('%s is not text in %s: %s', line, encoding, problem),
                           'save it as UTF-8 (in a spreadsheet: Save as, "CSV UTF-8"), or say what it is: '
                           'ENCODING=WIN1252 is usual in western Europe and America, WIN1250 in central Europe, '
                           'WIN1257 on the Baltic, WIN1251 for Cyrillic')
       ELSE pg_temp.refuse(concat_ws(': ', line, problem), 'is it a CSV file?') END
FROM (VALUES ('line ' || substring(context FROM 'COPY raw, line (\d+)'),
              coalesce(': ' || substring(context FROM 'COPY raw, line \d+: ("[^\n]*")'), '')))
     AS place (line, excerpt)
$$;

CREATE FUNCTION pg_temp.read_file(path text, separator text, width int, encoding text) RETURNS void
LANGUAGE plpgsql AS
$$
DECLARE
	columns text := (SELECT string_agg('c' || n, ', ') FROM generate_series(1, width) AS n);
	problem text;
	context text;
BEGIN
	EXECUTE format('CREATE TEMP TABLE raw (record bigint GENERATED ALWAYS AS IDENTITY, %s text)',
				   replace(columns, ',', ' text,'));
	BEGIN
		EXECUTE format('COPY raw (%s) FROM %L (FORMAT csv, DELIMITER %L, ENCODING %L)', columns, path, separator, encoding);
	EXCEPTION WHEN others THEN
		GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
		PERFORM pg_temp.refuse_file(problem, context, separator, encoding);
	END;
	EXECUTE format('CREATE TEMP TABLE record AS
					SELECT (sum(1 + newlines) OVER (ORDER BY record) - newlines)::bigint AS line, ARRAY[%s] AS fields
					FROM raw, regexp_count(raw::text, E''\n'') AS newlines', columns);
	DROP TABLE raw;
END
$$;
SELECT pg_temp.read_file(:'records', :'separator', :width, coalesce(pg_temp.setting('encoding'), 'UTF8')) \g /dev/null

-- Blank lines, and rows of empty cells.
DELETE FROM record WHERE array_to_string(fields, '') !~ '\S';
