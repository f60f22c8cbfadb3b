-- settings.sql - refuses a setting that says nothing, before the file is read; sets the zone.

SELECT pg_temp.refuse(format('%s=%s is not known', upper(name), pg_temp.setting(name)), 'it may be ' || allowed)
FROM (VALUES ('datestyle', '^(DMY|MDY|YMD)$', 'DMY (31/12/2025), MDY (12/31/2025) or YMD (25/12/31)'),
             ('decimal', '^(point|comma)$', 'point (1234.56) or comma (1234,56)'),
             ('amount_of', '^(item|order)$',
              'item (each row has the amount of an item) or order (each row repeats that of its order)'))
     AS checks (name, form, allowed)
WHERE pg_temp.setting(name) !~ form;

SELECT pg_temp.refuse(format('there is no time zone "%s"', pg_temp.setting('timezone')),
                      'TIMEZONE is a name such as Europe/Vilnius or UTC')
WHERE pg_temp.setting('timezone') IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE lower(name) = lower(pg_temp.setting('timezone')));

SELECT pg_temp.refuse(format('there is no encoding "%s"', pg_temp.setting('encoding')),
                      'ENCODING is a name such as UTF8, WIN1252, WIN1257 or LATIN1')
WHERE pg_char_to_encoding(pg_temp.setting('encoding')) = -1;

-- The zone stays, for those who look at the orders later.
SELECT format('ALTER DATABASE %I SET TimeZone = %L', current_database(), pg_temp.setting('timezone')),
       format('SET TimeZone = %L', pg_temp.setting('timezone'))
WHERE pg_temp.setting('timezone') IS NOT NULL
\gexec
