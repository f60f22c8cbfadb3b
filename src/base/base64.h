/*
 * base/base64.h
 *		The text form of types whose binary form nobody reads.  See base/base64.c.
 */
#ifndef RETENTION_BASE_BASE64_H
#define RETENTION_BASE_BASE64_H

#include "compat.h"

#include "lib/stringinfo.h"

extern char *base64_text(const bytea *binary);
extern bool base64_read(const char *text, const char *type, StringInfo binary, Node *escontext);

#endif							/* RETENTION_BASE_BASE64_H */
