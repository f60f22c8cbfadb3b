/*
 * base/limbs.c
 *		Exact sums of amounts of any size and any number of decimals.
 *
 * A sum is a row of integers, each worth 10^16 times as much as the one before; limb 0 counts ten-thousandths:
 *
 *		limb:			   -1					  0					  1
 *		worth:			10^-20				  10^-4				10^12
 *
 * Money nearly always fits limb 0.  An amount that does not is cut into several, four digits of numeric's own base
 * each.  As each limb has some 900 times the room that it needs, limbs are added like integers, in any order; what
 * a limb cannot hold is carried to the next one.  Only when a sum is written down is it brought into its one normal
 * form: all limbs of one sign, each less than 10^16, none that is zero at either end.
 */
#include "base/limbs.h"

#include "base/amount.h"
#include "base/numeric_form.h"

#include "common/int.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#define DIGITS_PER_LIMB (LIMB_DECIMALS / NUMERIC_DIGIT_DECIMALS)

/*
 * Let there be a limb of this power.
 */
static void
extend(Limbs *limbs, int power)
{
	if (power < LIMB_LEAST || power > LIMB_GREATEST)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("sum of amounts is out of range")));
	if (limbs->greatest < limbs->least)
	{
		limbs->least = limbs->greatest = power;
		*limbs_at(limbs, power) = 0;
	}
	while (limbs->least > power)
		*limbs_at(limbs, --limbs->least) = 0;
	while (limbs->greatest < power)
		*limbs_at(limbs, ++limbs->greatest) = 0;
}

static void
carry(Limbs *limbs, int power)
{
	int64		more = *limbs_at(limbs, power) / LIMB_BASE;

	*limbs_at(limbs, power) %= LIMB_BASE;
	if (more != 0)
		limbs_add(limbs, power + 1, more);
}

void
limbs_add(Limbs *limbs, int power, int64 limb)
{
	int64		sum;

	if (power < limbs->least || power > limbs->greatest)
		extend(limbs, power);
	if (unlikely(pg_add_s64_overflow(*limbs_at(limbs, power), limb, &sum)))
	{
		carry(limbs, power);
		limbs_add(limbs, power + 1, limb / LIMB_BASE);
		sum = *limbs_at(limbs, power) + limb % LIMB_BASE;
	}
	*limbs_at(limbs, power) = sum;
}

pg_noreturn static void
too_many_digits(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s has too many digits", name),
			 errdetail("It may have %d digits before the point, and as many decimals.", AMOUNT_DIGITS_MAX)));
}

/*
 * Add an amount, which an error calls by the name.
 */
void
limbs_add_numeric(Limbs *limbs, Numeric amount, const char *name)
{
	StoredNumeric stored;
	int			i;

	amount = amount_numeric(NumericGetDatum(amount), name);
	numeric_read(amount, &stored);
	if (stored.scale > AMOUNT_DIGITS_MAX ||
		(stored.ndigits > 0 && stored.weight >= AMOUNT_DIGITS_MAX / NUMERIC_DIGIT_DECIMALS))
		too_many_digits(name);
	for (i = 0; i < stored.ndigits; i++)
	{
		/* Counted from the first digit of the least limb, so that the number is not negative. */
		int			place = stored.weight - i + UNIT_DECIMALS / NUMERIC_DIGIT_DECIMALS -
			LIMB_LEAST * DIGITS_PER_LIMB;
		int64		limb = stored.negative ? -numeric_digit(&stored, i) : numeric_digit(&stored, i);
		int			shift;

		for (shift = place % DIGITS_PER_LIMB; shift > 0; shift--)
			limb *= NUMERIC_BASE;
		limbs_add(limbs, place / DIGITS_PER_LIMB + LIMB_LEAST, limb);
	}
}

/*
 * Leave out zeros at both ends.
 */
static void
trim(Limbs *limbs)
{
	while (limbs->least <= limbs->greatest && *limbs_at(limbs, limbs->greatest) == 0)
		limbs->greatest--;
	while (limbs->least < limbs->greatest && *limbs_at(limbs, limbs->least) == 0)
		limbs->least++;
}

/*
 * Bring a sum into its normal form.
 */
void
limbs_normalize(Limbs *limbs)
{
	int			power;
	int			sign;

	for (power = limbs->least; power <= limbs->greatest; power++)
		carry(limbs, power);
	trim(limbs);
	if (limbs->greatest < limbs->least)
		return;
	sign = *limbs_at(limbs, limbs->greatest) < 0 ? -1 : 1;
	for (power = limbs->least; power < limbs->greatest; power++)
	{
		if (*limbs_at(limbs, power) * sign < 0)
		{
			*limbs_at(limbs, power) += sign * LIMB_BASE;
			*limbs_at(limbs, power + 1) -= sign;
		}
	}
	trim(limbs);
}

/*
 * The sum in ten-thousandths, if it is a whole number of them and less than LIMB_BASE; the sum is normalized.
 */
bool
limbs_units(Limbs *limbs, int64 *units)
{
	limbs_normalize(limbs);
	*units = 0;
	if (limbs->least == 0 && limbs->greatest == 0)
		*units = *limbs_at(limbs, 0);
	return *units != 0 || limbs->greatest < limbs->least;
}

/*
 * -1, 0 or 1; the sum is normalized.
 */
int
limbs_sign(Limbs *limbs)
{
	limbs_normalize(limbs);
	if (limbs->greatest < limbs->least)
		return 0;
	return *limbs_at(limbs, limbs->greatest) < 0 ? -1 : 1;
}

/*
 * The sum with the decimals that it needs, or some more; it is normalized.
 */
Numeric
limbs_numeric(Limbs *limbs)
{
	StringInfoData text;
	Datum		result;
	int			power;

	if (limbs_sign(limbs) == 0)
		return int64_to_numeric(0);
	initStringInfo(&text);
	appendStringInfo(&text, INT64_FORMAT, *limbs_at(limbs, limbs->greatest));
	for (power = limbs->greatest - 1; power >= limbs->least; power--)
		appendStringInfo(&text, "%016lld", llabs(*limbs_at(limbs, power)));
	appendStringInfo(&text, "e%d", LIMB_DECIMALS * limbs->least - UNIT_DECIMALS);
	result = DirectFunctionCall3(numeric_in, CStringGetDatum(text.data), ObjectIdGetDatum(InvalidOid),
								 Int32GetDatum(-1));
	pfree(text.data);
	return DatumGetNumeric(result);
}
