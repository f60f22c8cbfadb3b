/*
 * rfm/scale.h
 *		What RFM compares, and how scores are made of it.  See rfm/scale.c.
 */
#ifndef RETENTION_RFM_SCALE_H
#define RETENTION_RFM_SCALE_H

#include "compat.h"

#include "base/amount.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#define RFM_DEFAULT_BINS 5
#define RFM_MIN_BINS 2
#define RFM_MAX_BINS 9
#define RFM_MAX_CUTS (RFM_MAX_BINS - 1)

typedef enum RfmDimension
{
	RFM_RECENCY,
	RFM_FREQUENCY,
	RFM_MONETARY
} RfmDimension;

#define RFM_DIMENSIONS 3

/* A value of any dimension.  Keys have the order of the values, and exact values decide between equal keys. */
typedef struct RfmValue
{
	int64		key;
	Numeric		exact;			/* the value, if the key is it rounded down; else NULL */
} RfmValue;

/* A customer. */
typedef struct RfmRow
{
	RfmValue	values[RFM_DIMENSIONS];
} RfmRow;

/* The values of one dimension of many customers. */
typedef struct RfmColumn
{
	int64	   *keys;
	Numeric    *exacts;			/* NULL: no value has one */
} RfmColumn;

/* Many customers. */
typedef struct RfmSample
{
	MemoryContext cxt;
	uint64		nrows;
	uint64		room;			/* allocated rows */
	RfmColumn	columns[RFM_DIMENSIONS];
} RfmSample;

/* What a value has to reach for the scores 2, 3 ... */
typedef struct RfmScale
{
	int			bins;
	int			ncuts[RFM_DIMENSIONS];	/* fewer than bins - 1: the highest scores cannot be reached */
	RfmValue	cuts[RFM_DIMENSIONS][RFM_MAX_CUTS];
} RfmScale;

extern bool rfm_check_bins(int64 bins, Node *context);
extern RfmValue rfm_revenue(Datum revenue, AmountType type);
extern RfmValue rfm_revenue_cut(Numeric cut, AmountType type);
extern Numeric rfm_revenue_as_numeric(RfmValue revenue, AmountType type);
extern RfmRow rfm_row(TimestampTz last_order, int64 orders, RfmValue revenue);

extern void rfm_sample_init(RfmSample *sample, MemoryContext cxt);
extern void rfm_sample_reserve(RfmSample *sample, uint64 more);
extern void rfm_sample_add(RfmSample *sample, const RfmRow *row);
extern void rfm_sample_append(RfmSample *sample, const RfmColumn *columns, uint64 nrows);
extern void rfm_sample_scale(RfmSample *sample, int bins, RfmScale *scale);
extern int	rfm_scale_score(const RfmScale *scale, const RfmRow *row);

#endif							/* RETENTION_RFM_SCALE_H */
