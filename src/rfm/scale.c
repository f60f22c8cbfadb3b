/*
 * rfm/scale.c
 *		What RFM compares, and how scores are made of it.
 *
 * The definition, for each of recency, frequency and monetary value, where worse(x) is the number of the n
 * customers whose value is strictly worse than x:
 *
 *		score(x) = 1 + floor(bins * worse(x) / n)
 *
 * It depends on no order of the rows, and equal values have equal scores.  But nothing is counted for each x: a
 * score of k or more means bins * worse(x) >= (k - 1) * n, which is worse(x) >= m with
 * m = ceil((k - 1) * n / bins), which is to be better than the m-th worst value of all.  So what decides is the
 * worst value that is better than the m-th, the cut of k, and
 *
 *		score(x) = 1 + the number of cuts that x reaches
 *
 * where a cut that does not exist, since nobody is better than the m-th, is reached by nobody.  Rows of a
 * partition and rows with stored cuts are both scored like this, with at most eight comparisons for each
 * dimension.
 *
 * Each value has a key, which is an integer: a time, a number of orders, the bits of a double, the
 * ten-thousandths of a numeric.  Only a numeric that is no whole number of these, or is too large, is kept
 * beside its key, and looked at when keys are equal.  A sample takes 24 bytes a row, and 8 more with such
 * numerics besides these themselves; sorting them takes another 16.
 */
#include "rfm/scale.h"

#include "base/numutil.h"
#include "base/period.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#define FIRST_ROWS 16

/*
 * Keys are rounded down: of two values with the same key the one that is its key is the lower.
 */
static int
compare_exacts(Numeric one, Numeric other)
{
	if (one == NULL || other == NULL)
		return (one != NULL) - (other != NULL);
	return numeric_compare(one, other);
}

static inline int
compare_values(const RfmValue *one, const RfmValue *other)
{
	if (one->key != other->key)
		return one->key < other->key ? -1 : 1;
	return compare_exacts(one->exact, other->exact);
}

#define ST_SORT sort_keys
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b) ? 1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

#define ST_SORT sort_values
#define ST_ELEMENT_TYPE RfmValue
#define ST_COMPARE(a, b) compare_values(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

/*
 * False if the error is noted in the context.
 */
bool
rfm_check_bins(int64 bins, Node *context)
{
	if (bins >= RFM_MIN_BINS && bins <= RFM_MAX_BINS)
		return true;
	errsave(context,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("bins must be from %d to %d, not " INT64_FORMAT, RFM_MIN_BINS, RFM_MAX_BINS, bins),
			 errhint("The default, %d, scores in fifths.", RFM_DEFAULT_BINS)));
	return false;
}

/*
 * The bits of a double are in order of size already, but for the negative ones, which are in reverse.
 */
static int64
reverse_negative(int64 bits)
{
	return bits < 0 ? bits ^ PG_INT64_MAX : bits;
}

static int64
double_key(double revenue)
{
	int64		bits;

	if (revenue == 0)
		revenue = 0;			/* minus zero is no less */
	memcpy(&bits, &revenue, sizeof(revenue));
	return reverse_negative(bits);
}

/*
 * A revenue argument's value; its exact value lies in the current memory context.
 */
RfmValue
rfm_revenue(Datum revenue, AmountType type)
{
	RfmValue	value = {0, NULL};

	if (type == AMOUNT_DOUBLE)
		value.key = double_key(amount_double(revenue, "revenue"));
	else if (unlikely(!amount_to_units(type, revenue, "revenue", &value.key, &value.exact)))
		value.key = numeric_floor_units(value.exact);
	return value;
}

/*
 * The value of a stored cut, as revenue of a type compares with it.  For a double it is the nearest double, which
 * is the very one that it came from.  A cut beyond all doubles is infinite: every revenue reaches it, or none
 * does.  Nor may a cut above zero become zero, which many customers have.
 */
RfmValue
rfm_revenue_cut(Numeric cut, AmountType type)
{
	RfmValue	value = {0, NULL};
	double		nearest;

	if (type != AMOUNT_DOUBLE)
		return rfm_revenue(NumericGetDatum(cut), AMOUNT_NUMERIC);
	nearest = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(cut)));
	if (nearest == 0 && numeric_compare(cut, int64_to_numeric(0)) > 0)
		nearest = nextafter(0, 1);
	value.key = double_key(nearest);
	return value;
}

/*
 * A double goes by its shortest text, which gives the same double back.
 */
Numeric
rfm_revenue_as_numeric(RfmValue revenue, AmountType type)
{
	ExactSum	units = {revenue.key, NULL};
	int64		bits = reverse_negative(revenue.key);
	double		amount;

	if (revenue.exact)
		return revenue.exact;
	if (type != AMOUNT_DOUBLE)
		return exact_sum_value(&units);
	memcpy(&amount, &bits, sizeof(amount));
	return numeric_of_double(amount);
}

RfmRow
rfm_row(TimestampTz last_order, int64 orders, RfmValue revenue)
{
	RfmRow		row = {{{last_order, NULL}, {orders, NULL}, revenue}};

	period_check_ordered_at(last_order);
	return row;
}

/*
 * A sample without rows.  It grows in the context, which can be given back when its scale is no longer used.
 */
void
rfm_sample_init(RfmSample *sample, MemoryContext cxt)
{
	memset(sample, 0, sizeof(RfmSample));
	sample->cxt = cxt;
}

static inline RfmValue
column_value(const RfmColumn *column, uint64 i)
{
	RfmValue	value = {column->keys[i], column->exacts ? column->exacts[i] : NULL};

	return value;
}

static void *
resize(MemoryContext cxt, void *array, Size size)
{
	return array ? repalloc_huge(array, size) : MemoryContextAllocHuge(cxt, size);
}

/*
 * Room for "more" further rows.
 */
void
rfm_sample_reserve(RfmSample *sample, uint64 more)
{
	uint64		room = sample->room;
	int			d;

	if (more <= room - sample->nrows)
		return;
	room = Max(Max(2 * room, sample->nrows + more), FIRST_ROWS);
	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		RfmColumn  *column = &sample->columns[d];

		column->keys = resize(sample->cxt, column->keys, room * sizeof(int64));
		if (column->exacts)
			column->exacts = resize(sample->cxt, column->exacts, room * sizeof(Numeric));
	}
	sample->room = room;
}

static void
set_exact(RfmSample *sample, RfmColumn *column, Numeric exact)
{
	if (column->exacts == NULL)
	{
		if (exact == NULL)
			return;
		column->exacts = resize(sample->cxt, NULL, sample->room * sizeof(Numeric));
		memset(column->exacts, 0, sample->nrows * sizeof(Numeric));
	}
	if (exact)
	{
		Numeric		copy = MemoryContextAlloc(sample->cxt, VARSIZE(exact));

		exact = memcpy(copy, exact, VARSIZE(exact));
	}
	column->exacts[sample->nrows] = exact;
}

void
rfm_sample_add(RfmSample *sample, const RfmRow *row)
{
	int			d;

	rfm_sample_reserve(sample, 1);
	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		sample->columns[d].keys[sample->nrows] = row->values[d].key;
		set_exact(sample, &sample->columns[d], row->values[d].exact);
	}
	sample->nrows++;
}

/*
 * Add rows that another sample's columns hold, whose exact values are copied.
 */
void
rfm_sample_append(RfmSample *sample, const RfmColumn *columns, uint64 nrows)
{
	uint64		i;

	rfm_sample_reserve(sample, nrows);
	for (i = 0; i < nrows; i++)
	{
		RfmRow		row;
		int			d;

		for (d = 0; d < RFM_DIMENSIONS; d++)
			row.values[d] = column_value(&columns[d], i);
		rfm_sample_add(sample, &row);
	}
}

static void
sort_column(RfmColumn *column, uint64 nrows)
{
	RfmValue   *values;
	uint64		i;

	if (column->exacts == NULL)
	{
		sort_keys(column->keys, nrows);
		return;
	}
	values = MemoryContextAllocHuge(CurrentMemoryContext, nrows * sizeof(RfmValue));
	for (i = 0; i < nrows; i++)
		values[i] = column_value(column, i);
	sort_values(values, nrows);
	for (i = 0; i < nrows; i++)
	{
		column->keys[i] = values[i].key;
		column->exacts[i] = values[i].exact;
	}
	pfree(values);
}

/*
 * The cuts of a sorted column; returns their number.
 */
static int
find_cuts(const RfmColumn *column, uint64 nrows, int bins, RfmValue *cuts)
{
	int			ncuts;

	for (ncuts = 0; ncuts < bins - 1; ncuts++)
	{
		uint64		m = ((ncuts + 1) * nrows + bins - 1) / bins;
		RfmValue	mth = column_value(column, m - 1);
		uint64		low = m;
		uint64		high = nrows;

		/* The first that is better, by bisection: ties may be many. */
		while (low < high)
		{
			uint64		middle = low + (high - low) / 2;
			RfmValue	value = column_value(column, middle);

			if (compare_values(&value, &mth) > 0)
				high = middle;
			else
				low = middle + 1;
		}
		if (low == nrows)
			break;
		cuts[ncuts] = column_value(column, low);
	}
	return ncuts;
}

/*
 * The scale on which a sample's rows have the scores of the definition.  Sorts the sample, each dimension for
 * itself.
 */
void
rfm_sample_scale(RfmSample *sample, int bins, RfmScale *scale)
{
	int			d;

	scale->bins = bins;
	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		scale->ncuts[d] = 0;
		if (sample->nrows == 0)
			continue;
		sort_column(&sample->columns[d], sample->nrows);
		scale->ncuts[d] = find_cuts(&sample->columns[d], sample->nrows, bins, scale->cuts[d]);
	}
}

/*
 * The score as one number, a digit for each dimension.
 */
int
rfm_scale_score(const RfmScale *scale, const RfmRow *row)
{
	int			score = 0;
	int			d;

	for (d = 0; d < RFM_DIMENSIONS; d++)
	{
		int			reached = 0;

		while (reached < scale->ncuts[d] && compare_values(&row->values[d], &scale->cuts[d][reached]) >= 0)
			reached++;
		score = 10 * score + 1 + reached;
	}
	return score;
}
