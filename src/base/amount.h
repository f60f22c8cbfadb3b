/*
 * base/amount.h
 *		Amounts of money as arguments, of whichever type, and their sums.  See base/amount.c.
 */
#ifndef RETENTION_BASE_AMOUNT_H
#define RETENTION_BASE_AMOUNT_H

#include "base/numutil.h"
#include "base/wire.h"

/* The type of an amount argument. */
typedef enum MoneyType
{
	MONEY_NUMERIC,
	MONEY_BIGINT,
	MONEY_DOUBLE
} MoneyType;

/* A sum of such amounts; zeroed, it is the empty one. */
typedef union MoneySum
{
	ExactSum	exact;			/* of numeric and bigint */
	DoubleSum	approximate;
} MoneySum;

extern void money_add(MoneySum *sum, MoneyType type, Datum amount, MemoryContext cxt);
extern void money_add_sum(MoneySum *sum, MoneyType type, const MoneySum *other, MemoryContext cxt);
extern void money_clear(MoneySum *sum, MoneyType type);
extern void money_put(StringInfo message, MoneyType type, const MoneySum *sum);
extern void money_get(WireReader *reader, MoneyType type, MoneySum *sum);
extern void money_check_double(double amount);
pg_noreturn extern void money_not_finite(const char *amount);

#endif							/* RETENTION_BASE_AMOUNT_H */
