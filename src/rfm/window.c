/*
 * rfm/window.c
 *		Customers scored by recency, frequency and monetary value: rfm_score and rfm_segment.
 *
 * As window functions they score a row against the rows of its partition.  At a partition's first row all of
 * its rows are read, once, and sorted into a scale (see rfm/scale.c), which is all that is kept: 24 bytes for
 * each row are needed until the first score is returned, then only the cuts.  Each row is then scored by its
 * own arguments.
 *
 * rfm_score with stored cuts is a plain function that does the second step alone.
 *
 * Window functions are called for NULLs whatever they say about strictness.
 */
#include "agg/aggstate.h"
#include "base/period.h"
#include "base/text.h"
#include "rfm/cuts.h"
#include "rfm/scale.h"
#include "rfm/segments.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

/* The arguments of the window functions, from 0. */
#define ARG_LAST_ORDER 0
#define ARG_ORDERS 1
#define ARG_REVENUE 2
#define ARG_BINS 3

/* Those of the plain functions; the cuts come first, and the customer's three behind them. */
#define ARG_CUTS 0
#define ARG_AFTER_CUTS 1
#define ARG_AS_OF 4

#define CURRENT_ROW (-1)		/* instead of a position */

/* What is kept of a partition; zero when it begins. */
typedef struct RfmPartition
{
	RfmScale	scale;			/* bins 0: not read yet */
} RfmPartition;

PG_FUNCTION_INFO_V1(rfm_score_numeric);
PG_FUNCTION_INFO_V1(rfm_score_bigint);
PG_FUNCTION_INFO_V1(rfm_score_double);
PG_FUNCTION_INFO_V1(rfm_segment_numeric);
PG_FUNCTION_INFO_V1(rfm_segment_bigint);
PG_FUNCTION_INFO_V1(rfm_segment_double);
PG_FUNCTION_INFO_V1(rfm_score_by_cuts_numeric);
PG_FUNCTION_INFO_V1(rfm_score_by_cuts_bigint);
PG_FUNCTION_INFO_V1(rfm_score_by_cuts_double);

/*
 * An argument at a position of the partition; false if it is NULL.
 */
static bool
get_argument(WindowObject window, int64 position, int argno, Datum *value)
{
	bool		isnull;
	bool		isout;

	if (position == CURRENT_ROW)
		*value = WinGetFuncArgCurrent(window, argno, &isnull);
	else
		*value = WinGetFuncArgInPartition(window, argno, (int) position, WINDOW_SEEK_HEAD, false, &isnull, &isout);
	return !isnull;
}

/*
 * The customer at a position of the partition; false if an argument is NULL.  What an argument points to may
 * be gone when the next one is fetched.
 */
static bool
row_at(WindowObject window, int64 position, AmountType type, RfmRow *row)
{
	TimestampTz last_order;
	int64		orders;
	Datum		value;

	if (!get_argument(window, position, ARG_LAST_ORDER, &value))
		return false;
	last_order = DatumGetTimestampTz(value);
	if (!get_argument(window, position, ARG_ORDERS, &value))
		return false;
	orders = DatumGetInt64(value);
	if (!get_argument(window, position, ARG_REVENUE, &value))
		return false;
	*row = rfm_row(last_order, orders, rfm_revenue(value, type));
	return true;
}

/*
 * A scale's cuts are values of the sample; their exact values must outlive it.
 */
static void
keep_exacts(RfmScale *scale, MemoryContext cxt)
{
	int			d;
	int			k;

	for (d = 0; d < RFM_DIMENSIONS; d++)
		for (k = 0; k < scale->ncuts[d]; k++)
		{
			RfmValue   *cut = &scale->cuts[d][k];

			if (cut->exact)
				cut->exact = memcpy(MemoryContextAlloc(cxt, VARSIZE(cut->exact)), cut->exact, VARSIZE(cut->exact));
		}
}

static void
read_partition(WindowObject window, AmountType type, int64 bins, RfmPartition *partition)
{
	int64		nrows = WinGetPartitionRowCount(window);
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "rfm partition", ALLOCSET_DEFAULT_SIZES);
	MemoryContext row_cxt = AllocSetContextCreate(work, "rfm row", ALLOCSET_SMALL_SIZES);
	MemoryContext caller;
	RfmSample	sample;
	RfmRow		row;
	int64		i;

	if (nrows > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a partition has more than %d rows", PG_INT32_MAX),
				 errhint("Make cuts with the aggregate rfm_cuts, and score with them.")));
	rfm_sample_init(&sample, work);
	rfm_sample_reserve(&sample, nrows);

	/* Arguments are expressions, which may allocate memory for every row. */
	caller = MemoryContextSwitchTo(row_cxt);
	for (i = 0; i < nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (row_at(window, i, type, &row))
			rfm_sample_add(&sample, &row);
		MemoryContextReset(row_cxt);
	}
	MemoryContextSwitchTo(work);
	rfm_sample_scale(&sample, bins, &partition->scale);
	keep_exacts(&partition->scale, GetMemoryChunkContext(partition));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
}

/*
 * bins, the optional last argument.
 */
static int64
bins_argument(FunctionCallInfo fcinfo, WindowObject window)
{
	bool		isnull;
	int64		bins;

	if (PG_NARGS() <= ARG_BINS)
		return RFM_DEFAULT_BINS;
	bins = DatumGetInt64(WinGetFuncArgCurrent(window, ARG_BINS, &isnull));
	if (isnull)
		parameter_is_null("bins");
	return bins;
}

/*
 * The current row's score in its partition; false if it has none.
 */
static bool
score_in_partition(FunctionCallInfo fcinfo, AmountType type, int *score)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int64		bins = bins_argument(fcinfo, window);
	RfmPartition *partition;
	RfmRow		row;

	REFUSE_NULL_TREATMENT(window, fcinfo);
	partition = WinGetPartitionLocalMemory(window, sizeof(RfmPartition));
	if (partition->scale.bins == 0)
	{
		rfm_check_bins(bins, NULL);
		read_partition(window, type, bins, partition);
	}
	else if (bins != partition->scale.bins)
		parameter_changed("bins", psprintf("%d", partition->scale.bins), psprintf(INT64_FORMAT, bins));

	if (!row_at(window, CURRENT_ROW, type, &row))
		return false;
	*score = rfm_scale_score(&partition->scale, &row);
	return true;
}

static Datum
window_score(FunctionCallInfo fcinfo, AmountType type)
{
	int			score;

	if (!score_in_partition(fcinfo, type, &score))
		PG_RETURN_NULL();
	PG_RETURN_INT32(score);
}

static Datum
window_segment(FunctionCallInfo fcinfo, AmountType type)
{
	int			score;

	if (!score_in_partition(fcinfo, type, &score))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(rfm_segment_name(score)));
}

/*
 * rfm_score(last_order timestamptz, orders bigint, revenue [, bins bigint]) OVER (...) -> int
 */
Datum
rfm_score_numeric(PG_FUNCTION_ARGS)
{
	return window_score(fcinfo, AMOUNT_NUMERIC);
}

Datum
rfm_score_bigint(PG_FUNCTION_ARGS)
{
	return window_score(fcinfo, AMOUNT_BIGINT);
}

Datum
rfm_score_double(PG_FUNCTION_ARGS)
{
	return window_score(fcinfo, AMOUNT_DOUBLE);
}

/*
 * rfm_segment(last_order timestamptz, orders bigint, revenue) OVER (...) -> text
 */
Datum
rfm_segment_numeric(PG_FUNCTION_ARGS)
{
	return window_segment(fcinfo, AMOUNT_NUMERIC);
}

Datum
rfm_segment_bigint(PG_FUNCTION_ARGS)
{
	return window_segment(fcinfo, AMOUNT_BIGINT);
}

Datum
rfm_segment_double(PG_FUNCTION_ARGS)
{
	return window_segment(fcinfo, AMOUNT_DOUBLE);
}

/*
 * The time as of which a customer is scored, which may be that of the last order: cuts have that of their latest
 * order if they were made without another.
 */
static TimestampTz
scored_as_of(FunctionCallInfo fcinfo, const RfmCutParts *cuts, TimestampTz last_order)
{
	bool		is_given = PG_NARGS() > ARG_AS_OF;
	TimestampTz as_of = is_given ? PG_GETARG_TIMESTAMPTZ(ARG_AS_OF) : rfm_cuts_as_of(cuts);

	period_check_as_of(as_of);
	if (last_order > as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the last order, at %s, is after as_of, %s", timestamp_text(last_order),
						timestamp_text(as_of)),
				 is_given ? errhint("Leave later orders out before you group them: WHERE ordered_at < as_of.")
				 : errhint("This as_of is that of the cuts.  Pass the time as of which you score: "
						   "rfm_score(cuts, last_order, orders, revenue, as_of).")));
	return as_of;
}

static Datum
score_by_cuts(FunctionCallInfo fcinfo, AmountType type)
{
	TimestampTz last_order = PG_GETARG_TIMESTAMPTZ(ARG_AFTER_CUTS + ARG_LAST_ORDER);
	RfmRow		row = rfm_row(last_order, PG_GETARG_INT64(ARG_AFTER_CUTS + ARG_ORDERS),
							  rfm_revenue(PG_GETARG_DATUM(ARG_AFTER_CUTS + ARG_REVENUE), type));
	RfmCutParts cuts;
	RfmScale	scale;

	rfm_cuts_parts(PG_GETARG_DATUM(ARG_CUTS), &cuts);
	rfm_cuts_scale(&cuts, scored_as_of(fcinfo, &cuts, last_order), type, &scale);
	PG_RETURN_INT32(rfm_scale_score(&scale, &row));
}

/*
 * rfm_score(cuts rfm_cuts, last_order timestamptz, orders bigint, revenue [, as_of timestamptz]) -> int
 */
Datum
rfm_score_by_cuts_numeric(PG_FUNCTION_ARGS)
{
	return score_by_cuts(fcinfo, AMOUNT_NUMERIC);
}

Datum
rfm_score_by_cuts_bigint(PG_FUNCTION_ARGS)
{
	return score_by_cuts(fcinfo, AMOUNT_BIGINT);
}

Datum
rfm_score_by_cuts_double(PG_FUNCTION_ARGS)
{
	return score_by_cuts(fcinfo, AMOUNT_DOUBLE);
}
