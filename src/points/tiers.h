/*
 * points/tiers.h
 *		The tiers of a loyalty programme: thresholds and names, checked.  See points/tiers.c.
 */
#ifndef RETENTION_POINTS_TIERS_H
#define RETENTION_POINTS_TIERS_H

#include "compat.h"

#include "utils/array.h"
#include "utils/typcache.h"

/* What a tier asks for, the lowest tier first. */
typedef struct Thresholds
{
	TypeCacheEntry *type;
	Datum	   *values;
	int			count;
} Thresholds;

extern char *value_text(Datum value, Oid type);
extern Thresholds thresholds_of(ArrayType *array);
extern Datum *tier_names(ArrayType *array, const Thresholds *thresholds);
extern int	tiers_reached(const Thresholds *thresholds, Datum value);

#endif							/* RETENTION_POINTS_TIERS_H */
