/*
 * rfm/cuts.c
 *		The type rfm_cuts: the cuts of RFM scores as a value that can be stored.
 *
 * For each of recency, frequency and monetary value it holds what a customer has to reach for the scores 2, 3
 * and so on.  Recency is held as an age, the time between the last order and as_of, so that cuts made in one
 * quarter mean the same in the next.  An age is elapsed time: a day of it is 24 hours, and it has no months.
 *
 * The highest scores cannot be reached under heavy ties; their cuts are NULL, which is why a dimension may have
 * fewer cuts than bins - 1.  If two cuts are equal, no customer has the lower one's score.
 *
 *		| length 4 | version 1 | bins 1 | unused 2 | as_of 8 | numbers of cuts 3 | padding 5 |
 *		| age 8 ... | orders 8 ... | revenue, a numeric without trailing zeros, padded to 4 ... |
 *
 * There is one way to store equal values, so that values are equal if their bytes are; their order, which only
 * has to be one, is that of the bytes, too.  Every value, whether it comes from text, from a binary message, from
 * arrays or from rows, is made by rfm_cuts_make, which checks it.  A stored value is read by rfm_cuts_parts, which
 * trusts no byte of it: a damaged one is an error.  That stored cuts are in order is not checked again.
 *
 * A cut need not be a value that a customer can have: numeric holds revenues that double precision does not,
 * and an age may lead out of the calendar.  Such a cut is compared as the number that it is, and is reached by
 * everybody or by nobody.
 */
#include "rfm/cuts.h"

#include "base/numutil.h"
#include "base/period.h"
#include "base/text.h"

#include "common/hashfn.h"
#include "common/int.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

struct RfmCuts
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		version;
	uint8		bins;
	uint16		unused;			/* reserved for future use, always zero */
	TimestampTz as_of;
	uint8		ncuts[RFM_DIMENSIONS];
	uint8		padding[5];		/* always zero */
	/* int64 ages, int64 orders, numeric revenues, each of these at a multiple of four bytes */
	int64		data[FLEXIBLE_ARRAY_MEMBER];
};

const char *const rfm_dimension_names[RFM_DIMENSIONS] = {"recency", "orders", "revenue"};

PG_FUNCTION_INFO_V1(rfm_cuts_eq);
PG_FUNCTION_INFO_V1(rfm_cuts_ne);
PG_FUNCTION_INFO_V1(rfm_cuts_lt);
PG_FUNCTION_INFO_V1(rfm_cuts_le);
PG_FUNCTION_INFO_V1(rfm_cuts_gt);
PG_FUNCTION_INFO_V1(rfm_cuts_ge);
PG_FUNCTION_INFO_V1(rfm_cuts_cmp);
PG_FUNCTION_INFO_V1(rfm_cuts_hash);
PG_FUNCTION_INFO_V1(rfm_cuts_hash_extended);

/*
 * The checks of a new value.  Each returns false if the error is noted in the context.
 */
static bool
check_cut_counts(const RfmCutParts *parts, Node *context)
{
	int			d;

	for (d = 0; d < RFM_DIMENSIONS; d++)
		if (parts->ncuts[d] > parts->bins - 1)
		{
			errsave(context,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%d bins have %d cuts, not %d cuts of %s", parts->bins, parts->bins - 1, parts->ncuts[d],
							rfm_dimension_names[d])));
			return false;
		}
	return true;
}

static bool
check_cut_order(int comparison, int dimension, int k, Node *context)
{
	if (comparison <= 0)
		return true;
	errsave(context,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the cuts of %s are not in order", rfm_dimension_names[dimension]),
			 errdetail("The cut of score %d is easier to reach than that of score %d.", k + 2, k + 1),
			 errhint("Write the cut of score 2 first: ages fall, orders and revenue rise.")));
	return false;
}

static int
compare_integers(int64 one, int64 other)
{
	return (one > other) - (one < other);
}

/*
 * Where as_of is known, an age must lead to a time that an order can have.
 */
static bool
age_valid(TimestampTz as_of, int64 age)
{
	TimestampTz last_order;

	return as_of == RFM_NO_AS_OF ||
		(!pg_sub_s64_overflow(as_of, age, &last_order) && IS_VALID_TIMESTAMP(last_order));
}

static bool
check_age(TimestampTz as_of, int64 age, Node *context)
{
	if (age_valid(as_of, age))
		return true;
	errsave(context,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("a cut of recency is out of range"),
			 errdetail("As of %s, no order can have an age of " INT64_FORMAT " days.", timestamp_text(as_of),
					   age / USECS_PER_DAY),
			 errhint("Orders are of the years from 4713 BC to 294276 AD.")));
	return false;
}

static bool
check_ages(const RfmCutParts *parts, Node *context)
{
	int			k;

	for (k = 0; k < parts->ncuts[RFM_RECENCY]; k++)
		if (!check_age(parts->as_of, parts->ages[k], context) ||
			(k > 0 && !check_cut_order(compare_integers(parts->ages[k], parts->ages[k - 1]), RFM_RECENCY, k, context)))
			return false;
	return true;
}

static bool
check_orders(const RfmCutParts *parts, Node *context)
{
	int			k;

	for (k = 1; k < parts->ncuts[RFM_FREQUENCY]; k++)
		if (!check_cut_order(compare_integers(parts->orders[k - 1], parts->orders[k]), RFM_FREQUENCY, k, context))
			return false;
	return true;
}

static bool
check_revenues(const RfmCutParts *parts, Node *context)
{
	int			k;

	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
	{
		Numeric		revenue = parts->revenues[k];

		if (!numeric_is_finite(revenue))
		{
			errsave(context,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a cut of revenue must be finite, not %s", numeric_normalize(revenue)),
					 errhint("Write NULL for a score that cannot be reached.")));
			return false;
		}
		if (k > 0 && !check_cut_order(numeric_compare(parts->revenues[k - 1], revenue), RFM_MONETARY, k, context))
			return false;
	}
	return true;
}

static RfmCuts *
join_parts(const RfmCutParts *parts)
{
	Size		size = offsetof(RfmCuts, data);
	RfmCuts    *cuts;
	char	   *at;
	int			d;
	int			k;

	size += (parts->ncuts[RFM_RECENCY] + parts->ncuts[RFM_FREQUENCY]) * sizeof(int64);
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
		size += INTALIGN(VARSIZE(parts->revenues[k]));

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
 * Check the parts of a value and join them; NULL if an error is noted in the context.  Revenues are brought
 * into their one form.
 */
RfmCuts *
rfm_cuts_make(RfmCutParts *parts, Node *context)
{
	int			k;

	if (!rfm_check_bins(parts->bins, context) ||
		(parts->as_of != RFM_NO_AS_OF && !period_check_as_of_safe(parts->as_of, context)) ||
		!check_cut_counts(parts, context) || !check_ages(parts, context) || !check_orders(parts, context) ||
		!check_revenues(parts, context))
		return NULL;
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
		parts->revenues[k] = DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale,
																 NumericGetDatum(parts->revenues[k])));
	return join_parts(parts);
}

pg_noreturn static void
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored rfm_cuts are damaged")));
}

/*
 * A stored value of which the fixed part is right.
 */
static const RfmCuts *
stored_cuts(Datum datum)
{
	const RfmCuts *cuts = (RfmCuts *) PG_DETOAST_DATUM(datum);
	static const uint8 no_padding[sizeof(cuts->padding)] = {0};
	int			d;

	if (VARSIZE(cuts) < offsetof(RfmCuts, data) || cuts->version == 0)
		damaged();
	if (cuts->version > RFM_CUTS_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rfm_cuts version %d is not supported", cuts->version),
				 errhint("It was stored by a later version of the extension.")));
	if (cuts->unused != 0 || memcmp(cuts->padding, no_padding, sizeof(no_padding)) != 0 ||
		cuts->bins < RFM_MIN_BINS || cuts->bins > RFM_MAX_BINS ||
		(cuts->as_of != RFM_NO_AS_OF && !IS_VALID_TIMESTAMP(cuts->as_of)))
		damaged();
	for (d = 0; d < RFM_DIMENSIONS; d++)
		if (cuts->ncuts[d] > cuts->bins - 1)
			damaged();
	return cuts;
}

/*
 * The readers of the rest: each returns where the next part is.
 */
static const char *
get_integers(const char *at, const char *end, int64 *integers, int n)
{
	Size		size = n * sizeof(int64);

	if (end - at < size)
		damaged();
	memcpy(integers, at, size);
	return at + size;
}

static const char *
get_revenue(const char *at, const char *end, Numeric *revenue)
{
	const char *next;

	if (end - at < VARHDRSZ || !VARATT_IS_4B_U(at) || VARSIZE(at) < VARHDRSZ || INTALIGN(VARSIZE(at)) > end - at)
		damaged();
	next = at + INTALIGN(VARSIZE(at));
	*revenue = (Numeric) unconstify(char *, at);
	if (!numeric_is_trimmed(*revenue))
		damaged();
	for (at += VARSIZE(at); at < next; at++)
		if (*at != 0)
			damaged();
	return next;
}

/*
 * The parts of a stored value; revenues lie inside it.
 */
void
rfm_cuts_parts(Datum datum, RfmCutParts *parts)
{
	const RfmCuts *cuts = stored_cuts(datum);
	const char *at = (const char *) cuts->data;
	const char *end = (const char *) cuts + VARSIZE(cuts);
	int			d;
	int			k;

	parts->bins = cuts->bins;
	parts->as_of = cuts->as_of;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		parts->ncuts[d] = cuts->ncuts[d];
	at = get_integers(at, end, parts->ages, parts->ncuts[RFM_RECENCY]);
	for (k = 0; k < parts->ncuts[RFM_RECENCY]; k++)
		if (!age_valid(parts->as_of, parts->ages[k]))
			damaged();
	at = get_integers(at, end, parts->orders, parts->ncuts[RFM_FREQUENCY]);
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
		at = get_revenue(at, end, &parts->revenues[k]);
	if (at != end)
		damaged();
}

static int64
age_at(TimestampTz as_of, TimestampTz last_order)
{
	int64		age;

	if (pg_sub_s64_overflow(as_of, last_order, &age))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the age of a last order is out of range"),
				 errdetail("The last order is of %s, as_of is %s.", timestamp_text(last_order), timestamp_text(as_of)),
				 errhint("Pass an as_of that is nearer to the orders.")));
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
	return rfm_cuts_make(&parts, NULL);
}

/*
 * The time for which a value's rows were scored.
 */
TimestampTz
rfm_cuts_as_of(const RfmCutParts *parts)
{
	if (parts->as_of == RFM_NO_AS_OF)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these cuts have no as_of of their own"),
				 errhint("Pass the time at which the ages of last orders are taken: "
						 "rfm_score(cuts, last_order, orders, revenue, as_of).")));
	return parts->as_of;
}

/*
 * The last order that has an age.  Beyond 64 bits it is earlier, or later, than every order.
 */
static RfmValue
recency_cut(TimestampTz as_of, int64 age)
{
	RfmValue	cut = {0, NULL};

	if (pg_sub_s64_overflow(as_of, age, &cut.key))
		cut.key = age > 0 ? PG_INT64_MIN : PG_INT64_MAX;
	return cut;
}

/*
 * The scale of a value at a time, for revenue of a type.  The time is finite.
 */
void
rfm_cuts_scale(const RfmCutParts *parts, TimestampTz as_of, AmountType type, RfmScale *scale)
{
	int			d;
	int			k;

	scale->bins = parts->bins;
	for (d = 0; d < RFM_DIMENSIONS; d++)
		scale->ncuts[d] = parts->ncuts[d];
	for (k = 0; k < parts->ncuts[RFM_RECENCY]; k++)
		scale->cuts[RFM_RECENCY][k] = recency_cut(as_of, parts->ages[k]);
	for (k = 0; k < parts->ncuts[RFM_FREQUENCY]; k++)
		scale->cuts[RFM_FREQUENCY][k] = (RfmValue) {parts->orders[k], NULL};
	for (k = 0; k < parts->ncuts[RFM_MONETARY]; k++)
		scale->cuts[RFM_MONETARY][k] = rfm_revenue_cut(parts->revenues[k], type);
}

/*
 * An order of the stored bytes, in which equal values are equal.
 */
static int
compare_cuts(FunctionCallInfo fcinfo)
{
	const RfmCuts *one = stored_cuts(PG_GETARG_DATUM(0));
	const RfmCuts *other = stored_cuts(PG_GETARG_DATUM(1));
	int			order = DatumGetInt32(DirectFunctionCall2(byteacmp, PointerGetDatum(one), PointerGetDatum(other)));

	/* An index compares as many times as it likes before it gives memory back. */
	PG_FREE_IF_COPY(unconstify(RfmCuts *, one), 0);
	PG_FREE_IF_COPY(unconstify(RfmCuts *, other), 1);
	return order;
}

Datum
rfm_cuts_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_cuts(fcinfo) == 0);
}

Datum
rfm_cuts_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_cuts(fcinfo) != 0);
}

Datum
rfm_cuts_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_cuts(fcinfo) < 0);
}

Datum
rfm_cuts_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_cuts(fcinfo) <= 0);
}

Datum
rfm_cuts_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_cuts(fcinfo) > 0);
}

Datum
rfm_cuts_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_cuts(fcinfo) >= 0);
}

Datum
rfm_cuts_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_cuts(fcinfo));
}

Datum
rfm_cuts_hash(PG_FUNCTION_ARGS)
{
	const RfmCuts *cuts = stored_cuts(PG_GETARG_DATUM(0));

	return hash_any((const unsigned char *) VARDATA(cuts), VARSIZE(cuts) - VARHDRSZ);
}

Datum
rfm_cuts_hash_extended(PG_FUNCTION_ARGS)
{
	const RfmCuts *cuts = stored_cuts(PG_GETARG_DATUM(0));

	return hash_any_extended((const unsigned char *) VARDATA(cuts), VARSIZE(cuts) - VARHDRSZ, PG_GETARG_INT64(1));
}
