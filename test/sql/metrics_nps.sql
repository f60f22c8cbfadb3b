-- nps: net promoter score

-- 3 promoters, 1 passive, 1 detractor of 5: 100 * (3 - 1) / 5
SELECT nps(score) FROM (VALUES (10), (9), (9), (8), (0), (NULL)) s(score);
SELECT nps(score) FROM generate_series(0, 10) score;
SELECT score, nps(score) FROM generate_series(0, 10) score GROUP BY score ORDER BY score;
SELECT nps(10), nps(0), nps(7) FROM generate_series(1, 3);

-- nobody answered
SELECT nps(score) FROM (VALUES (1)) s(score) WHERE false;
SELECT nps(NULL), nps(NULL::smallint);

-- running and moving
SELECT i, score, nps(score) OVER (ORDER BY i) AS running, nps(score) OVER (ORDER BY i ROWS 1 PRECEDING) AS moving
FROM (VALUES (1, 10), (2, 0), (3, NULL), (4, NULL), (5, 7), (6, 9)) s(i, score) ORDER BY i;

-- scores of any integer type
SELECT nps(score::smallint) AS smallint, nps(score) AS int, nps(score::bigint) AS bigint
FROM (VALUES (10), (9), (9), (8), (0), (NULL)) s(score);

-- errors
SELECT nps(11);
SELECT nps(-1);
SELECT nps(9223372036854775807);
SELECT nps(DISTINCT score) FROM (VALUES (10), (10), (0)) s(score);
SELECT shop, nps(DISTINCT score) FROM (VALUES ('a', 10), ('b', 10), ('b', 0)) s(shop, score) GROUP BY shop;
SELECT nps(DISTINCT score) FROM (VALUES (10)) s(score) WHERE false;
\set VERBOSITY sqlstate
SELECT nps(11);
SELECT nps(DISTINCT 10);
\set VERBOSITY default

-- its functions can be called by anybody with anything
SELECT nps_accum('{0,0}', 10), nps_accum_inv('{1,1}', 10), nps_combine('{2,1}', '{3,-1}'), nps_final('{4,1}');
SELECT nps_accum('{0}', 1);
SELECT nps_accum('{0,NULL}', 1);
SELECT nps_combine('{0,0}', '{{0,0}}');
SELECT nps_final('{}');
SELECT nps_combine('{9223372036854775807,1}', '{1,1}');
WITH constant AS (SELECT '{0,0}'::bigint[] AS c) SELECT nps_accum(c, 10), c FROM constant;
