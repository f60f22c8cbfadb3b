/*
 * base/damage.h
 *		What is said of a value whose bytes are not what they should be.  See base/damage.c.
 */
#ifndef RETENTION_BASE_DAMAGE_H
#define RETENTION_BASE_DAMAGE_H

#include "compat.h"

extern bool value_damaged(const char *type, Node *escontext);
extern bool value_check_version(const char *type, uint8 version, uint8 known, Node *escontext);

#endif							/* RETENTION_BASE_DAMAGE_H */
