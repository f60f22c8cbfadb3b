/*
 * rfm/cuts.h
 *		The type rfm_cuts: the cuts of RFM scores as a value that can be stored.  See rfm/cuts.c.
 */
#ifndef RETENTION_RFM_CUTS_H
#define RETENTION_RFM_CUTS_H

#include "compat.h"

#include "rfm/scale.h"

#define RFM_CUTS_VERSION 1
#define RFM_NO_AS_OF DT_NOBEGIN

/* A value as it is stored. */
typedef struct RfmCuts RfmCuts;

/* The same as it is made and read. */
typedef struct RfmCutParts
{
	int			bins;
	TimestampTz as_of;			/* RFM_NO_AS_OF: none */
	int			ncuts[RFM_DIMENSIONS];
	int64		ages[RFM_MAX_CUTS]; /* microseconds before as_of */
	int64		orders[RFM_MAX_CUTS];
	Numeric		revenues[RFM_MAX_CUTS];
} RfmCutParts;

extern const char *const rfm_dimension_names[RFM_DIMENSIONS];

extern RfmCuts *rfm_cuts_make(RfmCutParts *parts, Node *context);
extern void rfm_cuts_parts(Datum cuts, RfmCutParts *parts);
extern RfmCuts *rfm_cuts_of_scale(const RfmScale *scale, TimestampTz as_of, AmountType type);
extern TimestampTz rfm_cuts_as_of(const RfmCutParts *parts);
extern void rfm_cuts_scale(const RfmCutParts *parts, TimestampTz as_of, AmountType type, RfmScale *scale);

#endif							/* RETENTION_RFM_CUTS_H */
