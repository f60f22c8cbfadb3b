/*
 * totals/totals.h
 *		The type retention_totals: counts of customers by bucket, cohort and last bucket.  See totals/stored.c.
 */
#ifndef RETENTION_TOTALS_TOTALS_H
#define RETENTION_TOTALS_TOTALS_H

#include "base/bucket.h"
#include "summary/seenset.h"
#include "summary/summary.h"

/* What a cell counts. */
typedef enum TotalsCellKind
{
	TOTALS_SEEN,				/* customers of a cohort seen in a bucket */
	TOTALS_LAST,				/* customers of a cohort whose last bucket it is */
	TOTALS_RETAINED,			/* seen in a bucket and in the one before; no cohort */
	TOTALS_REPEATED				/* seen more than once in a bucket; no cohort */
} TotalsCellKind;

/* A stored value; what follows the header depends on whether it is canonical or working. */
typedef struct RetentionTotals
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		version;
	bool		working;
	uint16		identity_size;
	int32		base;			/* buckets in cells are counted from here */
	int32		first;			/* the first and the last bucket */
	int32		last;
	uint32		ncells;
	uint64		customers;
	uint64		largest;		/* customers of the largest summary counted; 0 in a finished value */
	uint8		bytes[FLEXIBLE_ARRAY_MEMBER];	/* identity, cells */
} RetentionTotals;

#define TOTALS_VERSION 1

/* Buckets from the first to the last. */
#define TOTALS_MAX_SPAN 16384

/* No sum of counts overflows 64 bits. */
#define TOTALS_MAX_CUSTOMERS (UINT64CONST(1) << 48)

typedef struct TotalsCell
{
	TotalsCellKind kind;
	int32		cohort;
	int32		bucket;
	uint64		customers;
} TotalsCell;

typedef struct TotalsReader
{
	const RetentionTotals *totals;
	const uint8 *cur;
	const uint8 *end;
	uint32		left;
	uint64		number;			/* of the last cell */
} TotalsReader;

/* totals/stored.c */
extern const RetentionTotals *totals_open(struct varlena *value);
pg_noreturn extern void totals_corrupt(void);
extern void totals_read(TotalsReader *reader, const RetentionTotals *totals);
extern bool totals_next(TotalsReader *reader, TotalsCell *cell);
extern BucketWidth totals_width(const RetentionTotals *totals);
extern char *totals_zone(const RetentionTotals *totals);
extern void totals_check_span(BucketWidth width, int64 first, int64 last);

/* totals/count.c */
extern RetentionTotals *totals_create(const RetentionSummary *summary);
extern RetentionTotals *totals_working(RetentionTotals *totals);
extern RetentionTotals *totals_add_summary(RetentionTotals *state, const RetentionSummary *summary);
extern RetentionTotals *totals_add_totals(RetentionTotals *state, const RetentionTotals *other);
extern const RetentionTotals *totals_canonical(const RetentionTotals *totals);
extern const RetentionTotals *totals_finished(const RetentionTotals *totals);

#define PG_GETARG_TOTALS(n) totals_open(PG_GETARG_VARLENA_P(n))

#endif							/* RETENTION_TOTALS_TOTALS_H */
