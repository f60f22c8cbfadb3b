/*
 * base/damage.c
 *		What is said of a value whose bytes are not what they should be: damaged, or of a version from the future.
 *
 * An input function that is given a place for the error notes it there, and returns NULL; these return false then.
 */
#include "base/damage.h"

bool
value_damaged(const char *type, Node *escontext)
{
	errsave(escontext,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid %s", type),
			 errdetail("Its bytes are damaged, or were not made by this extension.")));
	return false;
}

bool
value_check_version(const char *type, uint8 version, uint8 known, Node *escontext)
{
	if (version == known)
		return true;
	errsave(escontext,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s has version %u, which this release does not know", type, version),
			 errhint("ALTER EXTENSION retention UPDATE, after installing a newer release.")));
	return false;
}
