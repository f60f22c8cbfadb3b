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
	uint8		working;		/* 1 or 0; no bool, which may not have other values */
	uint16		zone_size;
	BucketWidth width;
	int32		base;			/* buckets in the keys of slots are counted from here */
	int32		first;			/* the first and the last bucket */
	int32		last;
	uint32		ncells;
	TimestampTz last_at;		/* the latest time at which anybody was seen */
	uint64		customers;
	uint64		largest;		/* customers of the largest summary counted; 0 in a finished value */
	char		zone[FLEXIBLE_ARRAY_MEMBER];	/* not terminated; the cells follow */
} RetentionTotals;

#define TOTALS_VERSION 1

/* Buckets from the first to the last. */
#define TOTALS_MAX_SPAN 16384

/* No sum of counts overflows 64 bits. */
#define TOTALS_MAX_CUSTOMERS (UINT64CONST(1) << 48)

#define TOTALS_MAX_ZONE_SIZE UINT8_MAX

typedef struct TotalsCell
{
	TotalsCellKind kind;
	int32		cohort;
	int32		bucket;
	uint64		customers;
} TotalsCell;

/* A cell by its number, which is made of kind, cohort and bucket and sorts like them. */
typedef struct NumberedCell
{
	uint64		number;
	uint64		customers;
} NumberedCell;

typedef struct TotalsReader
{
	const RetentionTotals *totals;
	const NumberedCell *sorted; /* of a working value; of a canonical one, NULL */
	const uint8 *cur;
	const uint8 *end;
	uint32		left;
	uint64		number;			/* of the last cell */
} TotalsReader;

/* The size of a value without its cells. */
static inline Size
totals_header_size(const RetentionTotals *totals)
{
	return offsetof(RetentionTotals, zone) + totals->zone_size;
}

/* stored.c */
extern bool totals_damaged(Node *escontext);
pg_noreturn extern void totals_corrupt(void);
extern void totals_check_span(BucketWidth width, int64 first, int64 last);
extern bool totals_check_version(uint8 version, Node *escontext);
extern bool totals_header_valid(const RetentionTotals *totals);
extern const RetentionTotals *totals_open(struct varlena *value);
extern char *totals_zone(const RetentionTotals *totals);

/* working.c, which working.h has more of */
extern NumberedCell *totals_sorted_cells(const RetentionTotals *totals);

/* cells.c */
extern void totals_read(TotalsReader *reader, const RetentionTotals *totals);
extern bool totals_next(TotalsReader *reader, TotalsCell *cell);
extern bool totals_cells_valid(const RetentionTotals *totals);
extern const RetentionTotals *totals_canonical(const RetentionTotals *totals);
extern const RetentionTotals *totals_finished(const RetentionTotals *totals);

/* count.c */
extern RetentionTotals *totals_count(const RetentionSummary *summary);
extern RetentionTotals *totals_count_until(const RetentionSummary *summary, int64 until);
extern RetentionTotals *totals_working(RetentionTotals *totals);
extern RetentionTotals *totals_add_summary(RetentionTotals *state, const RetentionSummary *summary);
extern RetentionTotals *totals_add_totals(RetentionTotals *state, const RetentionTotals *other);

#define PG_GETARG_TOTALS(n) totals_open(PG_GETARG_VARLENA_P(n))

#endif							/* RETENTION_TOTALS_TOTALS_H */
