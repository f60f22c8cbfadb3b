/*
 * totals/totals.h
 *		The types retention_totals and revenue_totals: counts of customers by bucket, cohort and last bucket, and what
 *		they spent.  See totals/stored.c.
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
	TOTALS_REPEATED,			/* seen more than once in a bucket; no cohort */

	/* From here on in revenue_totals only. */
	TOTALS_PAYERS,				/* customers of a cohort whose amount in a bucket is not zero */
	TOTALS_REVENUE,				/* what a cohort spent in a bucket */
	TOTALS_NEW_REVENUE,			/* what is new in a bucket, as all below without a cohort */
	TOTALS_REACTIVATED,
	TOTALS_EXPANSION,
	TOTALS_CONTRACTION
} TotalsCellKind;

/* In a cell of this kind are customers, in any other is an amount. */
static inline bool
totals_kind_counts(TotalsCellKind kind)
{
	return kind <= TOTALS_PAYERS;
}

static inline bool
totals_kind_has_cohort(TotalsCellKind kind)
{
	return kind == TOTALS_SEEN || kind == TOTALS_LAST || kind == TOTALS_PAYERS || kind == TOTALS_REVENUE;
}

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
	int32		scale;			/* decimals to show of amounts; NO_AMOUNTS in a retention_totals */
	TimestampTz last_at;		/* the latest time at which anybody was seen */
	TimestampTz known_until;	/* as that of a summary */
	uint64		customers;
	uint64		largest;		/* customers of the largest summary counted; 0 in a finished value */
	char		zone[FLEXIBLE_ARRAY_MEMBER];	/* not terminated; the cells follow */
} RetentionTotals;

#define TOTALS_VERSION 1

/* No sum of counts overflows 64 bits. */
#define TOTALS_MAX_CUSTOMERS (UINT64CONST(1) << 48)

#define TOTALS_MAX_ZONE_SIZE UINT8_MAX

typedef struct TotalsCell
{
	TotalsCellKind kind;
	int32		cohort;
	int32		bucket;
	uint64		customers;
	Money		amount;			/* good as long as the value is */
} TotalsCell;

typedef struct TotalsReader
{
	const RetentionTotals *totals;	/* canonical */
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
extern bool totals_check_version(uint8 version, Node *escontext);
extern bool totals_header_valid(const RetentionTotals *totals);
extern const RetentionTotals *totals_open_any(struct varlena *value);
extern const RetentionTotals *totals_open(struct varlena *value, bool amounts);
extern char *totals_zone(const RetentionTotals *totals);

/* cells.c */
extern void totals_read(TotalsReader *reader, const RetentionTotals *totals);
extern bool totals_next(TotalsReader *reader, TotalsCell *cell);
extern bool totals_cells_valid(const RetentionTotals *totals);
extern const RetentionTotals *totals_canonical(const RetentionTotals *totals);
extern const RetentionTotals *totals_finished(const RetentionTotals *totals);
extern const RetentionTotals *totals_without_amounts(const RetentionTotals *totals);

/* count.c */
extern RetentionTotals *totals_count(const RetentionSummary *summary);
extern RetentionTotals *totals_count_until(const RetentionSummary *summary, int64 until);
extern RetentionTotals *totals_working(RetentionTotals *totals);
extern RetentionTotals *totals_add_summary(RetentionTotals *state, const RetentionSummary *summary);
extern RetentionTotals *totals_add_totals(RetentionTotals *state, const RetentionTotals *other);

/* change.c */
extern const RetentionTotals *totals_plus(const RetentionTotals *totals, const RetentionTotals *others);
extern const RetentionTotals *totals_less(const RetentionTotals *totals, const RetentionTotals *part);

#define PG_GETARG_TOTALS(n) totals_open(PG_GETARG_VARLENA_P(n), false)
#define PG_GETARG_REVENUE_TOTALS(n) totals_open(PG_GETARG_VARLENA_P(n), true)
#define PG_GETARG_ANY_TOTALS(n) totals_open_any(PG_GETARG_VARLENA_P(n))

static inline bool
totals_have_amounts(const RetentionTotals *totals)
{
	return totals->scale != NO_AMOUNTS;
}

#endif							/* RETENTION_TOTALS_TOTALS_H */
