/*
 * base/normal.h
 *		The normal distribution, as tests and limits of confidence ask for it.  See base/normal.c.
 */
#ifndef RETENTION_BASE_NORMAL_H
#define RETENTION_BASE_NORMAL_H

#define DEFAULT_CONFIDENCE 0.95

extern double normal_half_width(double confidence);
extern double normal_two_sided(double z);

#endif							/* RETENTION_BASE_NORMAL_H */
