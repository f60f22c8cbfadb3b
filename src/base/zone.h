/*
 * base/zone.h
 *		Time zones that have the same buckets.  See base/zone.c.
 */
#ifndef RETENTION_BASE_ZONE_H
#define RETENTION_BASE_ZONE_H

#include "base/bucket.h"

/* A zone, and the first and the last bucket for which it is used. */
typedef struct ZoneUse
{
	const char *zone;
	int32		first;
	int32		last;
} ZoneUse;

extern const ZoneUse *zone_in_common(BucketWidth width, const ZoneUse *one, const ZoneUse *other);

#endif							/* RETENTION_BASE_ZONE_H */
