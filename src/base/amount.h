/*
 * base/amount.h
 *		Amounts of money as arguments, of whichever type, and their sums.  See base/amount.c.
 */
#ifndef RETENTION_BASE_AMOUNT_H
#define RETENTION_BASE_AMOUNT_H

#include "base/numutil.h"
#include "base/wire.h"

/* The type of an amount argument. */
typedef enum AmountType
{
	AMOUNT_NUMERIC,
	AMOUNT_BIGINT,
	AMOUNT_DOUBLE
} AmountType;

/* A sum of such amounts; zeroed, it is the empty one. */
typedef union AmountSum
{
	ExactSum	exact;			/* of numeric and bigint */
	DoubleSum	approximate;
} AmountSum;

extern double amount_double(Datum datum, const char *name);
extern Numeric amount_numeric(Datum datum, const char *name);
extern void amount_check_margin(double margin);
extern bool amount_to_units(AmountType type, Datum datum, const char *name, int64 *units, Numeric *exact);
extern void amount_sum_add(AmountSum *sum, AmountType type, Datum amount, MemoryContext cxt);
extern void amount_sum_add_sum(AmountSum *sum, AmountType type, const AmountSum *other, MemoryContext cxt);
extern void amount_sum_clear(AmountSum *sum, AmountType type);
extern void amount_sum_put(StringInfo message, AmountType type, const AmountSum *sum);
extern void amount_sum_get(WireReader *reader, AmountType type, AmountSum *sum);

#endif							/* RETENTION_BASE_AMOUNT_H */
