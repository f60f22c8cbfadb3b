-- retention_help: which function answers a question
--
-- All is read from the catalogs, where each function has its COMMENT, and so cannot be out of date.  Where a
-- COMMENT begins with "internal:", the server calls the function and nobody else.  One that ends with
-- "(docs/growth.md)" names the page of its function; the others are in docs/reference.md.

CREATE FUNCTION retention_help(word text DEFAULT '')
RETURNS TABLE (name text, arguments text, answers text, page text)
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 50
BEGIN ATOMIC
	SELECT f.name, f.arguments, f.answers, f.page
	FROM (SELECT p.proname::text AS name,
				pg_catalog.regexp_replace(pg_catalog.pg_get_function_arguments(p.oid), '(, )?\mOUT .*|::[^,]*', '', 'g')
					AS arguments,
				pg_catalog.regexp_replace(d.description, ' \(docs/\S+\)$', '') AS answers,
				COALESCE(pg_catalog.substring(d.description, '\((docs/\S+)\)$'), 'docs/reference.md') AS page
			FROM pg_catalog.pg_extension e
				JOIN pg_catalog.pg_depend m ON m.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
					AND m.refobjid OPERATOR(pg_catalog.=) e.oid
					AND m.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
				JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) m.objid
				JOIN pg_catalog.pg_description d ON d.classoid OPERATOR(pg_catalog.=) m.classid
					AND d.objoid OPERATOR(pg_catalog.=) m.objid AND d.objsubid OPERATOR(pg_catalog.=) 0
			WHERE e.extname OPERATOR(pg_catalog.=) 'retention'
				AND d.description OPERATOR(pg_catalog.!~) '^internal:') f
	WHERE NOT EXISTS (
			SELECT FROM pg_catalog.regexp_split_to_table(pg_catalog.lower(retention_help.word), '[\s_]+') w(part)
			WHERE pg_catalog.strpos(pg_catalog.lower(pg_catalog.concat_ws(' ', f.name, f.arguments, f.answers)), w.part)
				OPERATOR(pg_catalog.=) 0)
	ORDER BY f.name, f.arguments;
END;

COMMENT ON FUNCTION retention_help(text) IS
'the functions whose name, arguments or answer have the word, or all of them; the way to find the right one';
