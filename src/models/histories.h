/*
 * models/histories.h
 *		Histories of customers, those that are the same counted once with a weight.  See models/histories.c.
 */
#ifndef RETENTION_MODELS_HISTORIES_H
#define RETENTION_MODELS_HISTORIES_H

#include "compat.h"

#include "fmgr.h"

/* What models know of a customer; a model that needs less leaves the rest zero. */
typedef struct History
{
	int64		count;
	double		first;
	double		second;
} History;

/* So many customers have the history. */
typedef struct WeightedHistory
{
	History		history;
	int64		weight;
} WeightedHistory;

/* Sorted: by count, then by the first value, then by the second. */
typedef struct HistoryList
{
	WeightedHistory *rows;
	uint64		nrows;
	int64		customers;
} HistoryList;

typedef struct HistoryState HistoryState;

extern HistoryState *histories_state(FunctionCallInfo fcinfo);
extern void histories_add(HistoryState *state, const History *history);
extern bool histories_list(const HistoryState *state, HistoryList *list);

#endif							/* RETENTION_MODELS_HISTORIES_H */
