/*
 * report/members.h
 *		A walk over the customers who were something in one bucket.  See report/members.c.
 */
#ifndef RETENTION_REPORT_MEMBERS_H
#define RETENTION_REPORT_MEMBERS_H

#include "report/argument.h"

typedef struct MembersScan
{
	const RetentionSummary *summary;
	SummarySignature *signature;
	SummaryReader reader;
	FmgrInfo	output;
	int64		bucket;
	bool		complete;
} MembersScan;

extern MembersScan *members_scan(const RetentionSummary *summary, DateADT period);
extern const char *members_next(MembersScan *scan, SummaryEntry *entry);
extern Datum members_customer(MembersScan *scan, const SummaryEntry *entry);

#endif							/* RETENTION_REPORT_MEMBERS_H */
