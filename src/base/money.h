/*
 * base/money.h
 *		An exact amount in a stored value.  See base/money.c.
 */
#ifndef RETENTION_BASE_MONEY_H
#define RETENTION_BASE_MONEY_H

#include "base/limbs.h"
#include "base/varint.h"

/* An amount as it was read. */
typedef struct Money
{
	int64		units;			/* ten-thousandths, less than LIMB_BASE of them */
	const uint8 *limbs;			/* NULL, or how it was written, if it is no such number */
} Money;

/* The two lowest bits of what is written. */
typedef enum MoneyForm
{
	MONEY_WHOLE,				/* a whole number, */
	MONEY_CENTS,				/* of hundredths, */
	MONEY_UNITS,				/* of ten-thousandths */
	MONEY_LIMBS					/* the number of limbs */
} MoneyForm;

#define MONEY_UNITS_SIZE_MAX VARINT_MAX_SIZE
#define MONEY_SIZE_MAX ((2 + LIMB_COUNT) * VARINT_MAX_SIZE)

extern uint8 *money_put_limbs(uint8 *to, Limbs *limbs);
extern const uint8 *money_get_limbs(const uint8 *from, const uint8 *end, Money *money);
extern void money_add_limbs(Limbs *limbs, const Money *money, int sign);
extern int	money_decimals(const Money *money);
extern int	money_compare_limbs(const Money *one, const Money *other);
extern Numeric money_numeric(const Money *money);

/*
 * Write an amount of ten-thousandths where MONEY_UNITS_SIZE_MAX bytes are free; returns where it ends.  Prices
 * mostly have two decimals or none, which saves a byte of three.
 */
static inline uint8 *
money_put(uint8 *to, int64 units)
{
	if (units % 100 != 0)
		return varint_put(to, zigzag(units) << 2 | MONEY_UNITS);
	units /= 100;
	if (units % 100 != 0)
		return varint_put(to, zigzag(units) << 2 | MONEY_CENTS);
	return varint_put(to, zigzag(units / 100) << 2 | MONEY_WHOLE);
}

/*
 * Read an amount, which has one form only; returns where the next one starts, or NULL if here is none.
 */
static inline const uint8 *
money_get(const uint8 *from, const uint8 *end, Money *money)
{
	uint64		number;
	int64		units;
	const uint8 *next = varint_get(from, end, &number);
	bool		valid = true;

	if (unlikely(next == NULL))
		return NULL;
	units = unzigzag(number >> 2);
	money->limbs = NULL;
	switch ((MoneyForm) (number & 3))
	{
		case MONEY_WHOLE:
			valid = units > -LIMB_BASE / 10000 && units < LIMB_BASE / 10000;
			money->units = units * 10000;
			break;
		case MONEY_CENTS:
			valid = units > -LIMB_BASE / 100 && units < LIMB_BASE / 100 && units % 100 != 0;
			money->units = units * 100;
			break;
		case MONEY_UNITS:
			valid = units > -LIMB_BASE && units < LIMB_BASE && units % 100 != 0;
			money->units = units;
			break;
		case MONEY_LIMBS:
			return money_get_limbs(from, end, money);
	}
	return likely(valid) ? next : NULL;
}

static inline bool
money_is_zero(const Money *money)
{
	return money->limbs == NULL && money->units == 0;
}

/*
 * Add an amount to a sum, or with sign -1 subtract it.
 */
static inline void
money_add(Limbs *limbs, const Money *money, int sign)
{
	if (likely(money->limbs == NULL))
		limbs_add(limbs, 0, sign * money->units);
	else
		money_add_limbs(limbs, money, sign);
}

/*
 * Less than 0, 0, or more.
 */
static inline int
money_compare(const Money *one, const Money *other)
{
	if (likely(one->limbs == NULL && other->limbs == NULL))
		return (one->units > other->units) - (one->units < other->units);
	return money_compare_limbs(one, other);
}

#endif							/* RETENTION_BASE_MONEY_H */
