/*
 * rfm/cuts_type.c
 *		The type rfm_cuts: the cuts of RFM scores as a value that can be stored.
 *
 * For each of recency, frequency and monetary value it holds what a customer has to reach for the scores 2, 3
 * and so on.  Recency is held as an age, the time between the last order and as_of, so that cuts made in one
 * quarter mean the same in the next.  An age is elapsed time: a day of it is 24 hours, and it has no months.
 *
 * The highest scores cannot be reached under heavy ties; their cuts are NULL, which is why a dimension has a number
 * of cuts that may be less than bins - 1.  Equal cuts leave out a score.
 *
 *		| length 4 | version 1 | bins 1 | unused 2 | as_of 8 | numbers of cuts 3 | padding 5 |
 *		| age 8 ... | orders 8 ... | revenue, a numeric without trailing zeros, padded to 4 ... |
 *
 * There is one way to store equal values, so that values are equal if their bytes are.  Every value, whether
 * it comes from text, from a binary message, from arrays or from rows, is made by rfm_cuts_make, which checks
 * it.  The text is JSON, read by the server's own parser.
 */
#include "rfm/cuts_type.h"

#include "base/period.h"

#include "base/numutil.h"
#include "base/text.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#define RFM_CUTS_VERSION 1
#define NO_AS_OF DT_NOBEGIN
#define TEXT_KEYS 5

static const char *const dimension_names[RFM_DIMENSIONS] = {"recency", "orders", "revenue"};

PG_FUNCTION_INFO_V1(rfm_cuts_in);
PG_FUNCTION_INFO_V1(rfm_cuts_out);
PG_FUNCTION_INFO_V1(rfm_cuts_recv);
PG_FUNCTION_INFO_V1(rfm_cuts_send);
PG_FUNCTION_INFO_V1(rfm_cuts_eq);
PG_FUNCTION_INFO_V1(rfm_cuts_ne);
PG_FUNCTION_INFO_V1(rfm_cuts_hash);
PG_FUNCTION_INFO_V1(rfm_cuts_hash_extended);
PG_FUNCTION_INFO_V1(rfm_cuts_from_arrays);
PG_FUNCTION_INFO_V1(rfm_cuts_rows);

static void
check_cut_count(int ncuts, int bins, int dimension)
{
	if (ncuts > bins - 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d bins have %d cuts, not %d cuts of %s", bins, bins - 1, ncuts,
						dimension_names[dimension])));
}

static void
check_cut_order(int comparison, int dimension)
{
	if (comparison > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the cuts of %s are not in order", dimension_names[dimension]),
				 errhint("Cuts stand from the score 2 upwards: ages fall, orders and revenue rise.")));
}

static void
check_cut_null(bool seen_null, int dimension)
{
	if (seen_null)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cut of %s stands behind NULL", dimension_names[dimension]),
				 errhint("NULL stands for a score that cannot be reached; no higher one can be reached then.")));
}

static void
check_cut_revenue(Numeric revenue)
{
	if (!numeric_is_finite(revenue))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a cut of revenue must be finite, not %s", numeric_normalize(revenue))));
}

pg_noreturn static void
age_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("the age of a last order is out of range")));
}

static int
compare_integers(int64 one, int64 other)
{
	return (one > other) - (one < other);
}

/*
 * The one door by which stored values come in; it leads to code that knows their version.
 */
RfmCuts *
rfm_cuts_of_datum(Datum datum)
{
	RfmCuts    *cuts = (RfmCuts *) PG_DETOAST_DATUM(datum);

	if (cuts->version != RFM_CUTS_VERSION || cuts->unused != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rfm_cuts version %d is not supported", cuts->version),
				 errhint("It was stored by a later version of the extension.")));
	return cuts;
}

/*
 * Check the parts of a value and join them.  Revenues are brought into their one form.
 */
RfmCuts *
rfm_cuts_make(RfmCutParts *parts)
{
	Size		size = offsetof(RfmCuts, data);
	RfmCuts    *cuts;
	char	   *at;
	int			d;
	int			k;

	rfm_check_bins(parts->bins);
	if (parts->as_of != NO_AS_OF)
		period_check_as_of(parts->as_of);
	for (d = 0; d < RFM_DIMENSIONS; d++)
		check_cut_count(parts->ncuts[d], parts->bins, d);
	for (k = 1; k < parts->ncuts[RFM_RECENCY]; k++)
		check_cut_order(compare_integers(parts->ages[k], parts->ages[k - 1]), RFM_RECENCY);
	for (k = 1; k < parts->ncuts[RFM_FREQUENCY]; k++)
		check_cut_order(compare_integers(parts->orders[k - 1], parts->orders[k]), RFM_FREQUENCY);
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
	{
		check_cut_revenue(parts->revenues[k]);
		parts->revenues[k] = DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale,
																 NumericGetDatum(parts->revenues[k])));
		if (k > 0)
			check_cut_order(numeric_compare(parts->revenues[k - 1], parts->revenues[k]), RFM_MONETARY);
		size += INTALIGN(VARSIZE(parts->revenues[k]));
	}
	size += (parts->ncuts[RFM_RECENCY] + parts->ncuts[RFM_FREQUENCY]) * sizeof(int64);

	cuts = palloc0(size);
	SET_VARSIZE(cuts, size);
	cuts->version = RFM_CUTS_VERSION;
	cuts->bins = parts->bins;
	cuts->as_of = parts->as_of;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		cuts->ncuts[d] = parts->ncuts[d];

	at = (char *) cuts->data;
	memcpy(at, parts->ages, parts->ncuts[RFM_RECENCY] * sizeof(int64));
	at += parts->ncuts[RFM_RECENCY] * sizeof(int64);
	memcpy(at, parts->orders, parts->ncuts[RFM_FREQUENCY] * sizeof(int64));
	at += parts->ncuts[RFM_FREQUENCY] * sizeof(int64);
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
	{
		memcpy(at, parts->revenues[k], VARSIZE(parts->revenues[k]));
		at += INTALIGN(VARSIZE(parts->revenues[k]));
	}
	Assert(at == (char *) cuts + size);
	return cuts;
}

/*
 * The parts of a value; revenues lie inside it.
 */
static void
take_apart(const RfmCuts *cuts, RfmCutParts *parts)
{
	const char *at = (const char *) cuts->data;
	int			d;
	int			k;

	parts->bins = cuts->bins;
	parts->as_of = cuts->as_of;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		parts->ncuts[d] = cuts->ncuts[d];
	memcpy(parts->ages, at, parts->ncuts[RFM_RECENCY] * sizeof(int64));
	at += parts->ncuts[RFM_RECENCY] * sizeof(int64);
	memcpy(parts->orders, at, parts->ncuts[RFM_FREQUENCY] * sizeof(int64));
	at += parts->ncuts[RFM_FREQUENCY] * sizeof(int64);
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
	{
		parts->revenues[k] = (Numeric) unconstify(char *, at);
		at += INTALIGN(VARSIZE(at));
	}
}

static int64
age_at(TimestampTz as_of, TimestampTz last_order)
{
	int64		age;

	if (pg_sub_s64_overflow(as_of, last_order, &age))
		age_out_of_range();
	return age;
}

RfmCuts *
rfm_cuts_of_scale(const RfmScale *scale, TimestampTz as_of, AmountType type)
{
	RfmCutParts parts;
	int			d;
	int			k;

	parts.bins = scale->bins;
	parts.as_of = as_of;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		parts.ncuts[d] = scale->ncuts[d];
	for (k = 0; k < scale->ncuts[RFM_RECENCY]; k++)
		parts.ages[k] = age_at(as_of, scale->cuts[RFM_RECENCY][k].key);
	for (k = 0; k < scale->ncuts[RFM_FREQUENCY]; k++)
		parts.orders[k] = scale->cuts[RFM_FREQUENCY][k].key;
	for (k = 0; k < scale->ncuts[RFM_MONETARY]; k++)
		parts.revenues[k] = rfm_revenue_as_numeric(scale->cuts[RFM_MONETARY][k], type);
	return rfm_cuts_make(&parts);
}

/*
 * The time for which a value's rows were scored.
 */
TimestampTz
rfm_cuts_as_of(const RfmCuts *cuts)
{
	if (cuts->as_of == NO_AS_OF)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these cuts have no as_of of their own"),
				 errhint("Pass the time at which the ages of last orders are taken: rfm_score(last_order, orders, revenue, cuts, as_of).")));
	return cuts->as_of;
}

/*
 * A double's cut is the double nearest to the stored number, which is the very one that it came from.
 */
static RfmValue
revenue_cut(Numeric revenue, AmountType type)
{
	Datum		cut = NumericGetDatum(revenue);

	if (type != AMOUNT_DOUBLE)
		return rfm_revenue(cut, AMOUNT_NUMERIC);
	return rfm_revenue(DirectFunctionCall1(numeric_float8, cut), AMOUNT_DOUBLE);
}

/*
 * The scale of a value at a time, for revenue of a type.
 */
void
rfm_cuts_scale(const RfmCuts *cuts, TimestampTz as_of, AmountType type, RfmScale *scale)
{
	RfmCutParts parts;
	int			d;
	int			k;

	period_check_as_of(as_of);
	take_apart(cuts, &parts);
	scale->bins = parts.bins;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		scale->ncuts[d] = parts.ncuts[d];
	for (k = 0; k < parts.ncuts[RFM_RECENCY]; k++)
	{
		RfmValue	cut = {0, NULL};

		if (pg_sub_s64_overflow(as_of, parts.ages[k], &cut.key))
			age_out_of_range();
		scale->cuts[RFM_RECENCY][k] = cut;
	}
	for (k = 0; k < parts.ncuts[RFM_FREQUENCY]; k++)
	{
		RfmValue	cut = {parts.orders[k], NULL};

		scale->cuts[RFM_FREQUENCY][k] = cut;
	}
	for (k = 0; k < parts.ncuts[RFM_MONETARY]; k++)
		scale->cuts[RFM_MONETARY][k] = revenue_cut(parts.revenues[k], type);
}

static int64
age_of_interval(const Interval *interval)
{
	int64		age;

	if (interval->month != 0 || INTERVAL_NOT_FINITE(interval))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cut of recency is a number of days and hours, not %s",
						interval_text(interval)),
				 errhint("Months differ in length: write interval '90 days'.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &age) ||
		pg_add_s64_overflow(age, interval->time, &age))
		age_out_of_range();
	return age;
}

/*
 * An age as text, whatever IntervalStyle is; every style reads it.
 */
static char *
age_text(int64 age)
{
	Interval	interval = {0};
	struct pg_itm parts;
	char		text[MAXDATELEN + 1];

	interval.day = age / USECS_PER_DAY;
	interval.time = age % USECS_PER_DAY;
	interval2itm(interval, &parts);
	EncodeInterval(&parts, INTSTYLE_POSTGRES, text);
	return pstrdup(text);
}

/*
 * A cut as text, NULL if the value has none.
 */
static char *
cut_text(const RfmCutParts *parts, int dimension, int k)
{
	if (k >= parts->ncuts[dimension])
		return NULL;
	switch (dimension)
	{
		case RFM_RECENCY:
			return age_text(parts->ages[k]);
		case RFM_FREQUENCY:
			return psprintf(INT64_FORMAT, parts->orders[k]);
		default:
			return numeric_normalize(parts->revenues[k]);
	}
}

Datum
rfm_cuts_out(PG_FUNCTION_ARGS)
{
	RfmCutParts parts;
	StringInfoData text;
	char		as_of[MAXDATELEN + 1];
	int			utc = 0;
	int			d;
	int			k;

	take_apart(rfm_cuts_of_datum(PG_GETARG_DATUM(0)), &parts);
	initStringInfo(&text);
	appendStringInfo(&text, "{\"bins\": %d, \"as_of\": ", parts.bins);
	if (parts.as_of == NO_AS_OF)
		appendStringInfoString(&text, "null");
	else
		appendStringInfo(&text, "\"%s\"",
						 JsonEncodeDateTime(as_of, TimestampTzGetDatum(parts.as_of), TIMESTAMPTZOID, &utc));
	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		const char *quote = d == RFM_RECENCY ? "\"" : "";

		appendStringInfo(&text, ", \"%s\": [", dimension_names[d]);
		for (k = 0; k < parts.bins - 1; k++)
		{
			char	   *cut = cut_text(&parts, d, k);

			appendStringInfoString(&text, k > 0 ? ", " : "");
			if (cut)
				appendStringInfo(&text, "%s%s%s", quote, cut, quote);
			else
				appendStringInfoString(&text, "null");
		}
		appendStringInfoChar(&text, ']');
	}
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

pg_noreturn static void
invalid_text(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type rfm_cuts"),
			 errdetail_internal("%s", detail)));
}

/*
 * A member of the text's object, which must be there.
 */
static JsonbValue *
text_member(Jsonb *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(&object->root, key, strlen(key), NULL);

	if (value == NULL)
		invalid_text(psprintf("The member \"%s\" is missing.", key));
	return value;
}

static char *
text_string(const JsonbValue *value, const char *key)
{
	if (value->type != jbvString)
		invalid_text(psprintf("A value of \"%s\" is not a string.", key));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static Numeric
text_number(const JsonbValue *value, const char *key)
{
	if (value->type != jbvNumeric)
		invalid_text(psprintf("A value of \"%s\" is not a number.", key));
	return value->val.numeric;
}

/*
 * A number without decimals.
 */
static int64
text_integer(const JsonbValue *value, const char *key)
{
	Numeric		number = text_number(value, key);
	int64		integer = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(number)));

	if (numeric_compare(int64_to_numeric(integer), number) != 0)
		invalid_text(psprintf("A value of \"%s\" is not a whole number.", key));
	return integer;
}

static void
set_cut(RfmCutParts *parts, int dimension, const JsonbValue *value)
{
	const char *name = dimension_names[dimension];
	int			k = parts->ncuts[dimension]++;

	switch (dimension)
	{
		case RFM_RECENCY:
			parts->ages[k] =
				age_of_interval(DatumGetIntervalP(DirectFunctionCall3(interval_in,
																	  CStringGetDatum(text_string(value, name)),
																	  ObjectIdGetDatum(InvalidOid),
																	  Int32GetDatum(-1))));
			break;
		case RFM_FREQUENCY:
			parts->orders[k] = text_integer(value, name);
			break;
		default:
			parts->revenues[k] = text_number(value, name);
	}
}

static void
set_cuts(RfmCutParts *parts, int dimension, const JsonbValue *array)
{
	JsonbContainer *container = array->type == jbvBinary ? array->val.binary.data : NULL;
	bool		seen_null = false;
	int			k;

	if (container == NULL || !JsonContainerIsArray(container) ||
		JsonContainerSize(container) != parts->bins - 1)
		invalid_text(psprintf("\"%s\" is not an array of %d cuts, one for each score from 2 to %d.",
							  dimension_names[dimension], parts->bins - 1, parts->bins));
	for (k = 0; k < parts->bins - 1; k++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(container, k);

		if (value->type == jbvNull)
			seen_null = true;
		else
		{
			check_cut_null(seen_null, dimension);
			set_cut(parts, dimension, value);
		}
	}
}

/*
 * A time without zone is taken to be in the session's.
 */
static TimestampTz
text_as_of(const JsonbValue *value)
{
	TimestampTz as_of;

	if (value->type == jbvNull)
		return NO_AS_OF;
	as_of = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
													CStringGetDatum(text_string(value, "as_of")),
													ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	period_check_as_of(as_of);
	return as_of;
}

Datum
rfm_cuts_in(PG_FUNCTION_ARGS)
{
	Jsonb	   *object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, PG_GETARG_DATUM(0)));
	RfmCutParts parts = {0};
	int64		bins;
	int			d;

	if (!JB_ROOT_IS_OBJECT(object) || JB_ROOT_COUNT(object) != TEXT_KEYS)
		invalid_text("It is a JSON object with \"bins\", \"as_of\", \"recency\", \"orders\" and \"revenue\".");
	bins = text_integer(text_member(object, "bins"), "bins");
	rfm_check_bins(Max(Min(bins, PG_INT32_MAX), PG_INT32_MIN));
	parts.bins = bins;
	parts.as_of = text_as_of(text_member(object, "as_of"));
	for (d = 0; d < RFM_DIMENSIONS; d++)
		set_cuts(&parts, d, text_member(object, dimension_names[d]));
	PG_RETURN_POINTER(rfm_cuts_make(&parts));
}

Datum
rfm_cuts_send(PG_FUNCTION_ARGS)
{
	RfmCutParts parts;
	StringInfoData message;
	int			d;
	int			k;

	take_apart(rfm_cuts_of_datum(PG_GETARG_DATUM(0)), &parts);
	pq_begintypsend(&message);
	pq_sendbyte(&message, RFM_CUTS_VERSION);
	pq_sendbyte(&message, parts.bins);
	pq_sendint64(&message, parts.as_of);
	for (d = 0; d < RFM_DIMENSIONS; d++)
		pq_sendbyte(&message, parts.ncuts[d]);
	for (k = 0; k < parts.ncuts[RFM_RECENCY]; k++)
		pq_sendint64(&message, parts.ages[k]);
	for (k = 0; k < parts.ncuts[RFM_FREQUENCY]; k++)
		pq_sendint64(&message, parts.orders[k]);
	for (k = 0; k < parts.ncuts[RFM_MONETARY]; k++)
	{
		bytea	   *revenue = DatumGetByteaPP(DirectFunctionCall1(numeric_send,
																 NumericGetDatum(parts.revenues[k])));

		pq_sendbytes(&message, VARDATA_ANY(revenue), VARSIZE_ANY_EXHDR(revenue));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

pg_noreturn static void
invalid_message(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary representation of type rfm_cuts"),
			 errdetail_internal("%s", detail)));
}

Datum
rfm_cuts_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(message);
	RfmCutParts parts = {0};
	int			d;
	int			k;

	if (version != RFM_CUTS_VERSION)
		invalid_message(psprintf("Version %d is not known.", version));
	parts.bins = pq_getmsgbyte(message);
	parts.as_of = pq_getmsgint64(message);
	if (parts.as_of != NO_AS_OF && !IS_VALID_TIMESTAMP(parts.as_of))
		invalid_message("as_of is out of range.");
	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		parts.ncuts[d] = pq_getmsgbyte(message);
		if (parts.ncuts[d] > RFM_MAX_CUTS)
			invalid_message(psprintf("%d cuts are too many.", parts.ncuts[d]));
	}
	for (k = 0; k < parts.ncuts[RFM_RECENCY]; k++)
		parts.ages[k] = pq_getmsgint64(message);
	for (k = 0; k < parts.ncuts[RFM_FREQUENCY]; k++)
		parts.orders[k] = pq_getmsgint64(message);
	for (k = 0; k < parts.ncuts[RFM_MONETARY]; k++)
		parts.revenues[k] = DatumGetNumeric(DirectFunctionCall3(numeric_recv, PointerGetDatum(message),
																ObjectIdGetDatum(InvalidOid),
																Int32GetDatum(-1)));
	PG_RETURN_POINTER(rfm_cuts_make(&parts));
}

static bool
same_cuts(FunctionCallInfo fcinfo)
{
	RfmCuts    *one = rfm_cuts_of_datum(PG_GETARG_DATUM(0));
	RfmCuts    *other = rfm_cuts_of_datum(PG_GETARG_DATUM(1));

	return VARSIZE(one) == VARSIZE(other) && memcmp(one, other, VARSIZE(one)) == 0;
}

Datum
rfm_cuts_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same_cuts(fcinfo));
}

Datum
rfm_cuts_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same_cuts(fcinfo));
}

Datum
rfm_cuts_hash(PG_FUNCTION_ARGS)
{
	RfmCuts    *cuts = rfm_cuts_of_datum(PG_GETARG_DATUM(0));

	return hash_any((unsigned char *) VARDATA(cuts), VARSIZE(cuts) - VARHDRSZ);
}

Datum
rfm_cuts_hash_extended(PG_FUNCTION_ARGS)
{
	RfmCuts    *cuts = rfm_cuts_of_datum(PG_GETARG_DATUM(0));

	return hash_any_extended((unsigned char *) VARDATA(cuts), VARSIZE(cuts) - VARHDRSZ, PG_GETARG_INT64(1));
}

/*
 * The elements of an array of cuts that are not NULL; their number is set in the parts.
 */
static Datum *
array_cuts(FunctionCallInfo fcinfo, int dimension, RfmCutParts *parts)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(dimension);
	Oid			type = ARR_ELEMTYPE(array);
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			k;

	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	deconstruct_array(array, type, typlen, typbyval, typalign, &values, &nulls, &n);
	if (ARR_NDIM(array) > 1 || (dimension > 0 && n != parts->bins - 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the three arrays of cuts must have one dimension and the same length"),
				 errhint("Each has a cut for every score from 2 upwards: four of them make five bins.")));
	parts->bins = n + 1;
	rfm_check_bins(parts->bins);
	for (k = 0; k < n; k++)
	{
		if (nulls[k])
			continue;
		check_cut_null(k > parts->ncuts[dimension], dimension);
		parts->ncuts[dimension]++;
	}
	return values;
}

/*
 * rfm_cuts(recency interval[], orders bigint[], revenue numeric[]) -> rfm_cuts
 */
Datum
rfm_cuts_from_arrays(PG_FUNCTION_ARGS)
{
	RfmCutParts parts = {0};
	Datum	   *ages = array_cuts(fcinfo, RFM_RECENCY, &parts);
	Datum	   *orders = array_cuts(fcinfo, RFM_FREQUENCY, &parts);
	Datum	   *revenues = array_cuts(fcinfo, RFM_MONETARY, &parts);
	int			k;

	parts.as_of = NO_AS_OF;
	for (k = 0; k < parts.ncuts[RFM_RECENCY]; k++)
		parts.ages[k] = age_of_interval(DatumGetIntervalP(ages[k]));
	for (k = 0; k < parts.ncuts[RFM_FREQUENCY]; k++)
		parts.orders[k] = DatumGetInt64(orders[k]);
	for (k = 0; k < parts.ncuts[RFM_MONETARY]; k++)
		parts.revenues[k] = DatumGetNumeric(revenues[k]);
	PG_RETURN_POINTER(rfm_cuts_make(&parts));
}

/*
 * cuts(rfm_cuts) -> a row for each dimension and score from 2 upwards
 */
Datum
rfm_cuts_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	RfmCutParts parts;
	int			d;
	int			k;

	take_apart(rfm_cuts_of_datum(PG_GETARG_DATUM(0)), &parts);
	InitMaterializedSRF(fcinfo, 0);
	for (d = 0; d < RFM_DIMENSIONS; d++)
		for (k = 0; k < parts.bins - 1; k++)
		{
			char	   *cut = cut_text(&parts, d, k);
			Datum		values[3] = {CStringGetTextDatum(dimension_names[d]), Int32GetDatum(k + 2), (Datum) 0};
			bool		nulls[3] = {false, false, cut == NULL};

			if (cut)
				values[2] = CStringGetTextDatum(cut);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	return (Datum) 0;
}
