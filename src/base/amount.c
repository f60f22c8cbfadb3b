/*
 * base/amount.c
 *		Amounts of money as arguments, of whichever type, and their sums.
 *
 * An amount is numeric, bigint or double precision.  Sums of the first two are exact, sums of the last
 * compensated.  An amount that is NaN or infinite would make the sum so, and is refused.
 */
#include "base/amount.h"

#include <math.h>

#include "fmgr.h"
#include "utils/float.h"

pg_noreturn static void
not_finite(const char *name, const char *amount)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s must be finite, not %s", name, amount),
			 errhint("Leave such rows out, or make their %s NULL.", name)));
}

/*
 * The amount that an argument of that name has.
 */
double
amount_double(Datum datum, const char *name)
{
	double		amount = DatumGetFloat8(datum);

	if (unlikely(!isfinite(amount)))
		not_finite(name, isnan(amount) ? "NaN" : amount > 0 ? "Infinity" : "-Infinity");
	return amount;
}

Numeric
amount_numeric(Datum datum, const char *name)
{
	Numeric		amount = DatumGetNumeric(datum);

	if (unlikely(!numeric_is_finite(amount)))
		not_finite(name, numeric_normalize(amount));
	return amount;
}

/*
 * Check the share of revenue that is profit.
 */
void
amount_check_margin(double margin)
{
	if (!(margin >= 0 && margin <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("margin must be from 0 to 1, not %s", float8out_internal(margin)),
				 errhint("It is the share of revenue that is profit: 30 %% is 0.3.")));
}

static bool
bigint_to_units(int64 amount, int64 *units, Numeric *exact)
{
	if (likely(amount > -UNITS_AMOUNT_LIMIT && amount < UNITS_AMOUNT_LIMIT))
	{
		*units = amount * UNITS_PER_ONE;
		return true;
	}
	*exact = int64_to_numeric(amount);
	return false;
}

/*
 * An amount in ten-thousandths, or else, returning false, as the numeric that it is: it is large, or has more
 * than four decimals.  The two are told apart in the same way for numeric and bigint, so that equal amounts of
 * both have equal units.
 */
bool
amount_to_units(AmountType type, Datum datum, const char *name, int64 *units, Numeric *exact)
{
	Assert(type != AMOUNT_DOUBLE);
	if (type == AMOUNT_BIGINT)
		return bigint_to_units(DatumGetInt64(datum), units, exact);
	if (likely(numeric_to_units((Numeric) PG_DETOAST_DATUM_PACKED(datum), units)))
		return true;
	*exact = amount_numeric(datum, name);
	return false;
}

void
amount_sum_add(AmountSum *sum, AmountType type, Datum amount, MemoryContext cxt)
{
	int64		units;
	Numeric		exact;

	if (type == AMOUNT_DOUBLE)
		double_sum_add(&sum->approximate, amount_double(amount, "amount"));
	else if (likely(amount_to_units(type, amount, "amount", &units, &exact)))
		exact_sum_add_units(&sum->exact, units, cxt);
	else
		exact_sum_add_numeric(&sum->exact, exact, cxt);
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
