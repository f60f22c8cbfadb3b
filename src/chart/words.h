/*
 * chart/words.h
 *		Numbers and periods as charts show them.  See chart/words.c.
 */
#ifndef RETENTION_CHART_WORDS_H
#define RETENTION_CHART_WORDS_H

#include "base/bucket.h"

extern char *words_count(int64 count);
extern char *words_customers(int64 n);
extern char *words_cohorts(int64 n);
extern char *words_share(double percent, int decimals);
extern char *words_percent(double percent);
extern char *words_amount(double amount, int decimals);
extern char *words_period(BucketWidth width, int64 n);
extern char *words_bucket(BucketWidth width, int64 bucket);

#endif							/* RETENTION_CHART_WORDS_H */
