/*
 * base/amount.c
 *		Amounts of money as arguments, of whichever type, and their sums.
 *
 * An amount is numeric, bigint or double precision.  Sums of the first two are exact, sums of the last
 * compensated.  An amount that is NaN or infinite would make the sum so, and is refused.
 */
#include "base/amount.h"

#include <math.h>

#include "common/int.h"
#include "fmgr.h"

void
amount_not_finite(const char *amount)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount must be finite, not %s", amount),
			 errhint("Leave such rows out with FILTER (WHERE ...).")));
}

void
amount_check_double(double amount)
{
	if (unlikely(!isfinite(amount)))
		amount_not_finite(isnan(amount) ? "NaN" : amount > 0 ? "Infinity" : "-Infinity");
}

static void
add_numeric(ExactSum *sum, Datum datum, MemoryContext cxt)
{
	Numeric		amount = (Numeric) PG_DETOAST_DATUM_PACKED(datum);
	int64		units;

	if (likely(numeric_to_units(amount, &units)))
	{
		exact_sum_add_units(sum, units, cxt);
		return;
	}
	amount = DatumGetNumeric(datum);
	if (!numeric_is_finite(amount))
		amount_not_finite(numeric_normalize(amount));
	exact_sum_add_numeric(sum, amount, cxt);
}

void
amount_sum_add(AmountSum *sum, AmountType type, Datum amount, MemoryContext cxt)
{
	int64		units;

	switch (type)
	{
		case AMOUNT_NUMERIC:
			add_numeric(&sum->exact, amount, cxt);
			break;
		case AMOUNT_BIGINT:
			if (likely(!pg_mul_s64_overflow(DatumGetInt64(amount), UNITS_PER_ONE, &units)))
				exact_sum_add_units(&sum->exact, units, cxt);
			else
				exact_sum_add_numeric(&sum->exact, int64_to_numeric(DatumGetInt64(amount)), cxt);
			break;
		case AMOUNT_DOUBLE:
			amount_check_double(DatumGetFloat8(amount));
			double_sum_add(&sum->approximate, DatumGetFloat8(amount));
			break;
	}
}

/*
 * Add a sum of amounts of the same type, of which nothing is kept.
 */
void
amount_sum_add_sum(AmountSum *sum, AmountType type, const AmountSum *other, MemoryContext cxt)
{
	if (type == AMOUNT_DOUBLE)
	{
		double_sum_add(&sum->approximate, other->approximate.sum);
		double_sum_add(&sum->approximate, other->approximate.lost);
		return;
	}
	exact_sum_add_units(&sum->exact, other->exact.units, cxt);
	if (other->exact.rest != NULL)
		exact_sum_add_numeric(&sum->exact, other->exact.rest, cxt);
}

void
amount_sum_clear(AmountSum *sum, AmountType type)
{
	if (type != AMOUNT_DOUBLE && sum->exact.rest != NULL)
		pfree(sum->exact.rest);
	memset(sum, 0, sizeof(*sum));
}

void
amount_sum_put(StringInfo message, AmountType type, const AmountSum *sum)
{
	if (type == AMOUNT_DOUBLE)
		wire_put(message, &sum->approximate, sizeof(DoubleSum));
	else
	{
		wire_put(message, &sum->exact.units, sizeof(int64));
		wire_put_numeric(message, sum->exact.rest);
	}
}

/*
 * A sum as it arrives from another process: what it points to lies in the message.
 */
void
amount_sum_get(WireReader *reader, AmountType type, AmountSum *sum)
{
	if (type == AMOUNT_DOUBLE)
		wire_get(reader, &sum->approximate, sizeof(DoubleSum));
	else
	{
		wire_get(reader, &sum->exact.units, sizeof(int64));
		sum->exact.rest = wire_take_numeric(reader);
	}
}
