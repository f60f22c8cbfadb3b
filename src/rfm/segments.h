/*
 * rfm/segments.h
 *		The names of RFM scores.  See rfm/segments.c.
 */
#ifndef RETENTION_RFM_SEGMENTS_H
#define RETENTION_RFM_SEGMENTS_H

#include "compat.h"

extern const char *rfm_segment_name(int score);

#endif							/* RETENTION_RFM_SEGMENTS_H */
