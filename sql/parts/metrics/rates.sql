-- crr and churn_rate from counts

CREATE FUNCTION crr(at_start double precision, at_end double precision, acquired double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_from_counts'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(double precision, double precision, double precision) IS
'customer retention rate from counts: (at_end - acquired) / at_start';

CREATE FUNCTION crr(at_start double precision, at_end double precision, acquired text)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_from_counts_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(double precision, double precision, text) IS
'customer retention rate from counts, the last of them as text: (at_end - acquired) / at_start';

CREATE FUNCTION crr(at_start text, at_end text, acquired text)
RETURNS double precision
AS 'MODULE_PATHNAME', 'crr_from_texts'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION crr(text, text, text) IS
'customer retention rate from counts that come without a type: (at_end - acquired) / at_start';

CREATE FUNCTION churn_rate(at_start double precision, lost double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_from_counts'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(double precision, double precision) IS
'churn rate from counts: lost / at_start';

CREATE FUNCTION churn_rate(at_start text, lost text)
RETURNS double precision
AS 'MODULE_PATHNAME', 'churn_rate_from_texts'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate(text, text) IS
'churn rate from counts that come without a type: lost / at_start';
