/*
 * base/text.h
 *		Times and intervals as messages show them.  See base/text.c.
 */
#ifndef RETENTION_BASE_TEXT_H
#define RETENTION_BASE_TEXT_H

#include "compat.h"

#include "utils/timestamp.h"

extern char *timestamp_text(TimestampTz at);
extern char *interval_text(const Interval *interval);

#endif							/* RETENTION_BASE_TEXT_H */
