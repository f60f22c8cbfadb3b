/*
 * metrics/customer_sums.h
 *		Customer -> sum of amounts.  See metrics/customer_sums.c.
 */
#ifndef RETENTION_METRICS_CUSTOMER_SUMS_H
#define RETENTION_METRICS_CUSTOMER_SUMS_H

#include "agg/customer_flat.h"
#include "agg/customer_table.h"
#include "base/amount.h"

/* The first member of an aggregate's state. */
typedef struct CustomerSums
{
	CustomerMap map;
	AmountType	type;
	bool		has_rests;		/* some exact sums do not fit their units */
	const struct CustomerSumsPartial *other;	/* while its sums are taken in */
} CustomerSums;

/* The sums as they arrive from another process. */
typedef struct CustomerSumsPartial
{
	int64		type;			/* AmountType */
	CustomerFlat customers;		/* values are int64 units or DoubleSum */
	Numeric    *rests;			/* in their order, NULL where there is none; NULL if there are none at all */
} CustomerSumsPartial;

extern void *customer_sums_create(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys,
								  AmountType type);
extern void customer_sums_add(CustomerSums *sums, Datum customer, Datum amount);
extern void customer_sums_merge(CustomerSums *sums, const CustomerSumsPartial *other);
extern uint64 customer_sums_count(CustomerSums *sums);

extern CustomerScan customer_sums_scan(CustomerSums *sums);
extern bool customer_sums_next(CustomerScan *scan, AmountSum *sum);

extern void customer_sums_write(CustomerSums *sums, StringInfo message);
extern void customer_sums_read(CustomerSumsPartial *partial, FunctionCallInfo fcinfo, WireReader *reader);

#endif							/* RETENTION_METRICS_CUSTOMER_SUMS_H */
