/*
 * rfm/cuts_type.h
 *		The type rfm_cuts: the cuts of RFM scores as a value that can be stored.  See rfm/cuts_type.c.
 */
#ifndef RETENTION_RFM_CUTS_TYPE_H
#define RETENTION_RFM_CUTS_TYPE_H

#include "compat.h"

#include "rfm/scale.h"

/* A value as it is stored. */
typedef struct RfmCuts
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		version;
	uint8		bins;
	uint16		unused;			/* reserved for future use, always zero */
	TimestampTz as_of;			/* -infinity: none */
	uint8		ncuts[RFM_DIMENSIONS];
	uint8		padding[5];		/* always zero */
	/* int64 ages, int64 orders, numeric revenues, each of these at a multiple of four bytes */
	int64		data[FLEXIBLE_ARRAY_MEMBER];
} RfmCuts;

/* The same as it is made and read. */
typedef struct RfmCutParts
{
	int			bins;
	TimestampTz as_of;
	int			ncuts[RFM_DIMENSIONS];
	int64		ages[RFM_MAX_CUTS]; /* microseconds before as_of */
	int64		orders[RFM_MAX_CUTS];
	Numeric		revenues[RFM_MAX_CUTS];
} RfmCutParts;

extern RfmCuts *rfm_cuts_of_datum(Datum datum);
extern RfmCuts *rfm_cuts_make(RfmCutParts *parts);
extern RfmCuts *rfm_cuts_of_scale(const RfmScale *scale, TimestampTz as_of, AmountType type);
extern TimestampTz rfm_cuts_as_of(const RfmCuts *cuts);
extern void rfm_cuts_scale(const RfmCuts *cuts, TimestampTz as_of, AmountType type, RfmScale *scale);

#endif							/* RETENTION_RFM_CUTS_TYPE_H */
