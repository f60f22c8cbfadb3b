/*
 * base/limbs.h
 *		Exact sums of amounts of any size and any number of decimals.  See base/limbs.c.
 */
#ifndef RETENTION_BASE_LIMBS_H
#define RETENTION_BASE_LIMBS_H

#include "base/numutil.h"

/* limb i stands for limb * 10^(16 * i - 4), so that limb 0 counts ten-thousandths */
#define LIMB_BASE INT64CONST(10000000000000000)
#define LIMB_DECIMALS 16
#define LIMB_LEAST (-63)
#define LIMB_GREATEST 65
#define LIMB_COUNT (LIMB_GREATEST - LIMB_LEAST + 1)

/* Digits before the point and behind it that an amount has at most; sums may have some more before it. */
#define AMOUNT_DIGITS_MAX 1000

/* The sum of its limbs, of which only those from "least" to "greatest" are there. */
typedef struct Limbs
{
	int			least;
	int			greatest;		/* less than "least": none, the sum is zero */
	int64		limb[LIMB_COUNT];
} Limbs;

static inline void
limbs_init(Limbs *limbs)
{
	limbs->least = 1;
	limbs->greatest = 0;
}

static inline int64 *
limbs_at(Limbs *limbs, int power)
{
	return &limbs->limb[power - LIMB_LEAST];
}

extern void limbs_add(Limbs *limbs, int power, int64 limb);
extern void limbs_add_numeric(Limbs *limbs, Numeric amount, const char *name);
extern void limbs_normalize(Limbs *limbs);
extern bool limbs_units(Limbs *limbs, int64 *units);
extern int	limbs_sign(Limbs *limbs);
extern Numeric limbs_numeric(Limbs *limbs);

#endif							/* RETENTION_BASE_LIMBS_H */
