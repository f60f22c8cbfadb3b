/*
 * summary/contracts.h
 *		The buckets in which a contract counts.  See summary/contracts.c.
 */
#ifndef RETENTION_SUMMARY_CONTRACTS_H
#define RETENTION_SUMMARY_CONTRACTS_H

#include "base/bucket.h"

typedef struct ContractBuckets
{
	int64		first;
	int64		last;			/* may be less than the first: there are none */
	TimestampTz last_at;		/* the latest instant at which the contract runs, as far as as_of knows */
} ContractBuckets;

extern bool contract_buckets_of(ContractBuckets *buckets, BucketCalendar *calendar, RangeType *active,
								TimestampTz as_of);

#endif							/* RETENTION_SUMMARY_CONTRACTS_H */
