/*
 * base/money.c
 *		An exact amount in a stored value.
 *
 * An amount is one number of variable length, which says in its two lowest bits what it counts: whole units of the
 * currency, hundredths or ten-thousandths, the first of them that will do.  Only an amount with more than four
 * decimals, or of 10^12 and more, is written as limbs (base/limbs.c):
 *
 *		zigzag(number) * 4 + form
 *		number of limbs * 4 + 3		zigzag(power of the first)		zigzag(limb)		zigzag(limb) ...
 *
 * A price of 19.99 takes two bytes.  An amount has one form only, and so equal sums are equal byte by byte.
 */
#include "base/money.h"

#include "utils/builtins.h"

/*
 * Write a sum, which is normalized, where MONEY_SIZE_MAX bytes are free; returns where it ends.
 */
uint8 *
money_put_limbs(uint8 *to, Limbs *limbs)
{
	int64		units;
	int			power;

	if (limbs_units(limbs, &units))
		return money_put(to, units);
	to = varint_put(to, (uint64) (limbs->greatest - limbs->least + 1) << 2 | MONEY_LIMBS);
	to = varint_put(to, zigzag(limbs->least));
	for (power = limbs->least; power <= limbs->greatest; power++)
		to = varint_put(to, zigzag(*limbs_at(limbs, power)));
	return to;
}

/*
 * Read an amount that is written as limbs; NULL if it is damaged or should have been written in another way.
 */
const uint8 *
money_get_limbs(const uint8 *from, const uint8 *end, Money *money)
{
	uint64		n;
	uint64		least;
	uint64		i;
	int			power;
	int			sign = 0;

	money->units = 0;
	money->limbs = from;
	from = varint_get(from, end, &n);
	if (from != NULL)
		from = varint_get(from, end, &least);
	n >>= 2;
	if (from == NULL || n < 1 || n > LIMB_COUNT || least > 2 * LIMB_COUNT)
		return NULL;
	power = (int) unzigzag(least);
	if (power < LIMB_LEAST || power + (int) n - 1 > LIMB_GREATEST || (power == 0 && n == 1))
		return NULL;

	for (i = 0; i < n; i++)
	{
		uint64		number;
		int64		limb;

		from = varint_get(from, end, &number);
		if (from == NULL)
			return NULL;
		limb = unzigzag(number);
		if (limb <= -LIMB_BASE || limb >= LIMB_BASE || (limb == 0 && (i == 0 || i == n - 1)) ||
			(limb < 0 ? sign > 0 : limb > 0 && sign < 0))
			return NULL;
		if (limb != 0)
			sign = limb < 0 ? -1 : 1;
	}
	return from;
}

/*
 * Add an amount that was read as limbs.
 */
void
money_add_limbs(Limbs *limbs, const Money *money, int sign)
{
	const uint8 *from = money->limbs;
	const uint8 *end = from + MONEY_SIZE_MAX;
	uint64		n = 0;
	uint64		least = 0;
	int			power;

	/* money_get_limbs has seen that each number ends. */
	from = varint_get(from, end, &n);
	from = varint_get(from, end, &least);
	power = (int) unzigzag(least);
	for (n >>= 2; n > 0; n--)
	{
		uint64		limb = 0;

		from = varint_get(from, end, &limb);
		limbs_add(limbs, power++, sign * unzigzag(limb));
	}
}

/*
 * The decimals that an amount needs.
 */
int
money_decimals(const Money *money)
{
	Limbs		limbs;
	int64		last = money->units;
	int			decimals = UNIT_DECIMALS;

	if (money->limbs != NULL)
	{
		limbs_init(&limbs);
		money_add_limbs(&limbs, money, 1);
		last = *limbs_at(&limbs, limbs.least);
		decimals -= LIMB_DECIMALS * limbs.least;
	}
	for (; decimals > 0 && last % 10 == 0; last /= 10)
		decimals--;
	return Max(decimals, 0);
}

int
money_compare_limbs(const Money *one, const Money *other)
{
	Limbs		difference;

	limbs_init(&difference);
	money_add(&difference, one, 1);
	money_add(&difference, other, -1);
	return limbs_sign(&difference);
}

/*
 * The amount with the decimals that it needs, or some more.
 */
Numeric
money_numeric(const Money *money)
{
	Limbs		limbs;

	if (money->limbs == NULL)
		return int64_div_fast_to_numeric(money->units, UNIT_DECIMALS);
	limbs_init(&limbs);
	money_add_limbs(&limbs, money, 1);
	return limbs_numeric(&limbs);
}
