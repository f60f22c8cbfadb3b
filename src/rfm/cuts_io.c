/*
 * rfm/cuts_io.c
 *		Cuts of RFM scores as text, as binary messages, from arrays and as rows.
 *
 * The text is JSON, read by the server's own parser.  Each dimension has a cut for every score from 2 upwards, null
 * if that score cannot be reached:
 *
 *		{"bins": 3, "as_of": "2024-02-01T00:00:00+00:00", "recency": ["24 days 18:00:00", "21 days"],
 *		 "orders": [5, 8], "revenue": [52.5, null]}
 *
 * It is the same whatever the session's settings are: as_of is in UTC, and ages are in a style that every
 * IntervalStyle reads.
 *
 * Errors in text are noted in the context where the caller has one, so that pg_input_is_valid and COPY ...
 * ON_ERROR work.  Functions that take a context return false if an error is noted.
 */
#include "rfm/cuts.h"

#include "base/numutil.h"
#include "base/period.h"
#include "base/text.h"

#include "catalog/pg_type.h"
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
#include "utils/tuplestore.h"

#define TEXT_MEMBERS 5

PG_FUNCTION_INFO_V1(rfm_cuts_in);
PG_FUNCTION_INFO_V1(rfm_cuts_out);
PG_FUNCTION_INFO_V1(rfm_cuts_to_json);
PG_FUNCTION_INFO_V1(rfm_cuts_recv);
PG_FUNCTION_INFO_V1(rfm_cuts_send);
PG_FUNCTION_INFO_V1(rfm_cuts_from_arrays);
PG_FUNCTION_INFO_V1(rfm_cuts_rows);

static bool
check_cut_after_null(bool seen_null, int dimension, Node *context)
{
	if (!seen_null)
		return true;
	errsave(context,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a cut of %s follows NULL", rfm_dimension_names[dimension]),
			 errhint("NULL means that a score cannot be reached, and then no higher one can be.")));
	return false;
}

static bool
age_of_interval(const Interval *interval, Node *context, int64 *age)
{
	if (interval->month != 0 || INTERVAL_NOT_FINITE(interval))
	{
		errsave(context,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cut of recency is a number of days and hours, not %s", interval_text(interval)),
				 errhint("Months differ in length: write interval '90 days'.")));
		return false;
	}
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, age) ||
		pg_add_s64_overflow(*age, interval->time, age))
	{
		errsave(context,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a cut of recency is out of range"),
				 errdetail("No order can have an age of %s.", interval_text(interval)),
				 errhint("Ages reach to " INT64_FORMAT " days.", PG_INT64_MAX / USECS_PER_DAY)));
		return false;
	}
	return true;
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

static char *
cuts_json(Datum cuts)
{
	RfmCutParts parts;
	StringInfoData text;
	char		as_of[MAXDATELEN + 1];
	int			utc = 0;
	int			d;
	int			k;

	rfm_cuts_parts(cuts, &parts);
	initStringInfo(&text);
	appendStringInfo(&text, "{\"bins\": %d, \"as_of\": ", parts.bins);
	if (parts.as_of == RFM_NO_AS_OF)
		appendStringInfoString(&text, "null");
	else
		appendStringInfo(&text, "\"%s\"",
						 JsonEncodeDateTime(as_of, TimestampTzGetDatum(parts.as_of), TIMESTAMPTZOID, &utc));
	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		const char *quote = d == RFM_RECENCY ? "\"" : "";

		appendStringInfo(&text, ", \"%s\": [", rfm_dimension_names[d]);
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
	return text.data;
}

Datum
rfm_cuts_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(cuts_json(PG_GETARG_DATUM(0)));
}

Datum
rfm_cuts_to_json(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(cuts_json(PG_GETARG_DATUM(0))));
}

/*
 * Always false, for the caller to return.
 */
static bool
invalid_text(Node *context, const char *detail)
{
	errsave(context,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type rfm_cuts"),
			 errdetail_internal("%s", detail)));
	return false;
}

/*
 * A member of the text's object; NULL, with an error noted, if it is not there.
 */
static JsonbValue *
text_member(Jsonb *object, const char *key, Node *context)
{
	JsonbValue *value = getKeyJsonValueFromContainer(&object->root, key, strlen(key), NULL);

	if (value == NULL)
		invalid_text(context, psprintf("The member \"%s\" is missing.", key));
	return value;
}

/*
 * A string as a value of another type.
 */
static bool
text_string(const JsonbValue *value, const char *key, PGFunction input, Node *context, Datum *datum)
{
	if (value->type != jbvString)
		return invalid_text(context, psprintf("A value of \"%s\" is not a string.", key));
	return input_safely(input, pnstrdup(value->val.string.val, value->val.string.len), context, datum);
}

static bool
text_number(const JsonbValue *value, const char *key, Node *context, Numeric *number)
{
	if (value->type != jbvNumeric)
		return invalid_text(context, psprintf("A value of \"%s\" is not a number.", key));
	*number = value->val.numeric;
	return true;
}

/*
 * A number without decimals.
 */
static bool
text_integer(const JsonbValue *value, const char *key, Node *context, int64 *integer)
{
	Numeric		number;

	if (!text_number(value, key, context, &number))
		return false;
	if (numeric_compare(number, int64_to_numeric(PG_INT64_MIN)) < 0 ||
		numeric_compare(number, int64_to_numeric(PG_INT64_MAX)) > 0)
	{
		errsave(context,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value %s of \"%s\" is out of range for type bigint", numeric_normalize(number), key)));
		return false;
	}
	*integer = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(number)));
	if (numeric_compare(int64_to_numeric(*integer), number) != 0)
		return invalid_text(context, psprintf("A value of \"%s\" is not a whole number.", key));
	return true;
}

static bool
text_cut(RfmCutParts *parts, int dimension, const JsonbValue *value, Node *context)
{
	const char *name = rfm_dimension_names[dimension];
	int			k = parts->ncuts[dimension]++;
	Datum		interval;

	switch (dimension)
	{
		case RFM_RECENCY:
			return text_string(value, name, interval_in, context, &interval) &&
				age_of_interval(DatumGetIntervalP(interval), context, &parts->ages[k]);
		case RFM_FREQUENCY:
			return text_integer(value, name, context, &parts->orders[k]);
		default:
			return text_number(value, name, context, &parts->revenues[k]);
	}
}

static bool
text_cuts(RfmCutParts *parts, int dimension, const JsonbValue *array, Node *context)
{
	JsonbContainer *container = array->type == jbvBinary ? array->val.binary.data : NULL;
	bool		seen_null = false;
	int			k;

	if (container == NULL || !JsonContainerIsArray(container) ||
		JsonContainerSize(container) != parts->bins - 1)
		return invalid_text(context, psprintf("\"%s\" is not an array of %d cuts, one for each score from 2 to %d.",
											  rfm_dimension_names[dimension], parts->bins - 1, parts->bins));
	for (k = 0; k < parts->bins - 1; k++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(container, k);

		if (value->type == jbvNull)
			seen_null = true;
		else if (!check_cut_after_null(seen_null, dimension, context) ||
				 !text_cut(parts, dimension, value, context))
			return false;
	}
	return true;
}

static bool
text_bins(RfmCutParts *parts, const JsonbValue *value, Node *context)
{
	int64		bins;

	if (!text_integer(value, "bins", context, &bins) || !rfm_check_bins(bins, context))
		return false;
	parts->bins = bins;
	return true;
}

/*
 * A time without zone is taken to be in the session's.
 */
static bool
text_as_of(RfmCutParts *parts, const JsonbValue *value, Node *context)
{
	Datum		as_of;

	parts->as_of = RFM_NO_AS_OF;
	if (value->type == jbvNull)
		return true;
	if (!text_string(value, "as_of", timestamptz_in, context, &as_of))
		return false;
	parts->as_of = DatumGetTimestampTz(as_of);
	return period_check_as_of_safe(parts->as_of, context);
}

static bool
text_parts(RfmCutParts *parts, Jsonb *object, Node *context)
{
	JsonbValue *value;
	int			d;

	if (!JB_ROOT_IS_OBJECT(object) || JB_ROOT_COUNT(object) != TEXT_MEMBERS)
		return invalid_text(context,
							"It is a JSON object with \"bins\", \"as_of\", \"recency\", \"orders\" and \"revenue\".");
	if ((value = text_member(object, "bins", context)) == NULL || !text_bins(parts, value, context))
		return false;
	if ((value = text_member(object, "as_of", context)) == NULL || !text_as_of(parts, value, context))
		return false;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		if ((value = text_member(object, rfm_dimension_names[d], context)) == NULL ||
			!text_cuts(parts, d, value, context))
			return false;
	return true;
}

Datum
rfm_cuts_in(PG_FUNCTION_ARGS)
{
	Node	   *context = fcinfo->context;
	RfmCutParts parts = {0};
	Datum		object;
	RfmCuts    *cuts = NULL;

	if (input_safely(jsonb_in, PG_GETARG_CSTRING(0), context, &object) &&
		text_parts(&parts, DatumGetJsonbP(object), context))
		cuts = rfm_cuts_make(&parts, context);
	if (cuts == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(cuts);
}

Datum
rfm_cuts_send(PG_FUNCTION_ARGS)
{
	RfmCutParts parts;
	StringInfoData message;
	int			d;
	int			k;

	rfm_cuts_parts(PG_GETARG_DATUM(0), &parts);
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
	if (parts.as_of != RFM_NO_AS_OF && !IS_VALID_TIMESTAMP(parts.as_of))
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
	PG_RETURN_POINTER(rfm_cuts_make(&parts, NULL));
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
	rfm_check_bins(parts->bins, NULL);
	for (k = 0; k < n; k++)
	{
		if (nulls[k])
			continue;
		check_cut_after_null(k > parts->ncuts[dimension], dimension, NULL);
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

	parts.as_of = RFM_NO_AS_OF;
	for (k = 0; k < parts.ncuts[RFM_RECENCY]; k++)
		age_of_interval(DatumGetIntervalP(ages[k]), NULL, &parts.ages[k]);
	for (k = 0; k < parts.ncuts[RFM_FREQUENCY]; k++)
		parts.orders[k] = DatumGetInt64(orders[k]);
	for (k = 0; k < parts.ncuts[RFM_MONETARY]; k++)
		parts.revenues[k] = DatumGetNumeric(revenues[k]);
	PG_RETURN_POINTER(rfm_cuts_make(&parts, NULL));
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

	rfm_cuts_parts(PG_GETARG_DATUM(0), &parts);
	InitMaterializedSRF(fcinfo, 0);
	for (d = 0; d < RFM_DIMENSIONS; d++)
		for (k = 0; k < parts.bins - 1; k++)
		{
			char	   *cut = cut_text(&parts, d, k);
			Datum		values[3] = {CStringGetTextDatum(rfm_dimension_names[d]), Int32GetDatum(k + 2), (Datum) 0};
			bool		nulls[3] = {false, false, cut == NULL};

			if (cut)
				values[2] = CStringGetTextDatum(cut);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	return (Datum) 0;
}
