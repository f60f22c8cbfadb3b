/*
 * agg/zone_argument.h
 *		The time zone of a group: that of an optional last argument, or the session's.
 *
 * The name is compared with that of the zone known so far before any zone is looked up, which takes longer
 * than all else that happens to a row.  Between processes zones travel by their names.
 */
#ifndef RETENTION_AGG_ZONE_ARGUMENT_H
#define RETENTION_AGG_ZONE_ARGUMENT_H

#include "agg/aggstate.h"
#include "base/bucket.h"
#include "base/wire.h"

#include "utils/builtins.h"

/*
 * The zone of a call; "known" is the one that it most likely is, or NULL.
 */
static inline pg_tz *
zone_argument(FunctionCallInfo fcinfo, int argno, pg_tz *known)
{
	const text *name;

	if (PG_NARGS() <= argno)
		return session_timezone;
	parameter_not_null(fcinfo, argno, "zone");
	name = PG_GETARG_TEXT_PP(argno);
	return known != NULL && likely(bucket_zone_is(known, name)) ? known : bucket_zone(name);
}

static inline void
zone_put(StringInfo message, pg_tz *zone)
{
	const char *name = pg_get_timezone_name(zone);

	wire_put_sized(message, name, strlen(name));
}

static inline pg_tz *
zone_take(WireReader *reader)
{
	uint64		size;
	const char *name = wire_take_sized(reader, &size);

	return pg_tzset(pnstrdup(name, size));
}

#endif							/* RETENTION_AGG_ZONE_ARGUMENT_H */
