-- read_times.sql - reads the times of incoming: table times. Which of day and month is first is found for all of
-- them together.

SELECT pg_temp.refuse(format('%s: "%s" is not a time that can be read', pg_temp.lines(array_agg(line)),
                             (array_agg(at ORDER BY line))[1]),
                      CASE WHEN bool_and(at ~ '^\d{5}([.,]\d+)?$')
                           THEN 'this is how a spreadsheet counts days: give the column a date format such as '
                                'yyyy-mm-dd there, and save it again'
                           ELSE 'times may look like 2025-12-31, 2025-12-31 23:59:59+02:00, 31/12/2025 23:59, '
                                '12/31/2025 or 31 Dec 2025; if they are in another column, say so with AT=...' END)
FROM incoming
WHERE at IS NOT NULL AND form IS NULL
HAVING count(*) > 0;

-- Dates with the year last, such as 04/02/2025: the first line with one, and those that show which is the day.
CREATE TEMP TABLE dates AS
SELECT min(line) AS line, bool_or(part[2] = '.') AS dots,
       min(line) FILTER (WHERE part[1]::int > 12) AS day_first,
       min(line) FILTER (WHERE part[3]::int > 12) AS month_first
FROM incoming, regexp_match(at, '^(\d+)(.)(\d+)') AS part
WHERE form = 'year last';

SELECT pg_temp.refuse(format('the day is first in line %s, %s, and second in line %s, %s',
                             day_first, a.at, month_first, b.at),
                      'all dates must be written in one way')
FROM dates JOIN incoming AS a ON a.line = day_first JOIN incoming AS b ON b.line = month_first
WHERE pg_temp.setting('datestyle') IS NULL;

SELECT coalesce(pg_temp.setting('datestyle'),
                CASE WHEN day_first IS NOT NULL OR month_first IS NULL AND dots THEN 'DMY' ELSE 'MDY' END)
       AS date_order
FROM dates
\gset

-- Times without a zone are of the session's, unless their column's name says that they are of UTC.
SELECT :'has_header' AND folded ~ '(utc|gmt)$'
       AND NOT EXISTS (SELECT FROM incoming WHERE at !~ ':\d' OR pg_temp.has_zone(at, form)) AS is_utc
FROM field WHERE n = :time_at
\gset

CREATE TEMP TABLE times AS
SELECT line, pg_temp.read_time(at || CASE WHEN :'is_utc' THEN ' UTC' ELSE '' END, form, :'date_order') AS ordered_at
FROM incoming WHERE at IS NOT NULL;

SELECT pg_temp.refuse(format('%s: "%s" is no date', pg_temp.lines(array_agg(line)), (array_agg(at ORDER BY line))[1])
                      || CASE WHEN has_order THEN format(', read in the order %s', :'date_order') ELSE '' END,
                      'correct or remove it'
                      || CASE WHEN has_order THEN ', or set DATESTYLE=DMY, MDY or YMD' ELSE '' END)
FROM times JOIN incoming USING (line), LATERAL (VALUES (form = 'year last')) AS f (has_order)
WHERE ordered_at IS NULL
GROUP BY has_order;

-- Years such as 9999 stand for "no date"; and the report has a row for each day from the first order to the last.
SELECT pg_temp.refuse(format('%s: "%s" is not the time of an order', pg_temp.lines(array_agg(line)),
                             (array_agg(at ORDER BY line))[1]),
                      'years from 1900 to 2999 are read: correct or remove it')
FROM times JOIN incoming USING (line)
WHERE extract(year FROM ordered_at) NOT BETWEEN 1900 AND 2999
HAVING count(*) > 0;

INSERT INTO said (place, about, what)
SELECT 2, '', format('%s is read as %s, the %s first, ', at, to_char(ordered_at, 'FMDD FMMonth YYYY'),
                     CASE :'date_order' WHEN 'DMY' THEN 'day' WHEN 'MDY' THEN 'month' ELSE 'year' END)
       || CASE WHEN pg_temp.setting('datestyle') IS NOT NULL THEN format('as DATESTYLE=%s says', :'date_order')
               WHEN shown IS NOT NULL
               THEN format('as in line %s (%s)', shown, (SELECT at FROM incoming WHERE line = shown))
               WHEN dots THEN 'as usual with dots; no day above 12 shows it: if that is wrong, set DATESTYLE=MDY'
               ELSE 'as PostgreSQL reads it; no day above 12 shows it: if that is wrong, set DATESTYLE=DMY' END
FROM dates JOIN incoming USING (line) JOIN times USING (line),
     LATERAL (VALUES (coalesce(day_first, month_first))) AS l (shown)
UNION ALL
SELECT 2, '', format('years of two digits are of this century: %s is of %s', min(at),
                     min(extract(year FROM ordered_at)))
FROM incoming JOIN times USING (line)
WHERE line = (SELECT min(line) FROM incoming WHERE form = 'year last' AND at !~ '\d{4}')
HAVING count(*) > 0
UNION ALL
SELECT 2, '', format('%s is %s in UTC, in %s since 1970', min(at), min(ordered_at AT TIME ZONE 'UTC'), form)
FROM incoming JOIN times USING (line)
WHERE form IN ('seconds', 'milliseconds')
GROUP BY form
UNION ALL
SELECT 2, '', 'dates are written in several ways, as if a spreadsheet had changed some of them: '
              || string_agg(format('%s as in line %s (%s)', n, incoming.line, at), ', ' ORDER BY incoming.line)
FROM (SELECT count(*) AS n, min(line) AS line FROM incoming WHERE at IS NOT NULL GROUP BY form) AS forms
     JOIN incoming USING (line)
HAVING count(*) > 1
UNION ALL
SELECT 2, '', CASE WHEN :'is_utc' THEN 'times are of UTC, as the column''s name says; '
                   WHEN n = own THEN 'each time says its own zone; '
                   WHEN own > 0
                   THEN format('%s with a zone, the others are of %s; ', pg_temp.counted(own, 'time'), zone)
                   ELSE format('times are of the zone %s; ', zone) END
       || format('days and months are those of %s (TIMEZONE=... for another)', zone)
FROM (SELECT count(*) AS n, count(*) FILTER (WHERE pg_temp.has_zone(at, form)) AS own
      FROM incoming WHERE at IS NOT NULL) AS times,
     current_setting('TimeZone') AS zone;
