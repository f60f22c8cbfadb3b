/*
 * models/histories.h
 *		Histories of customers, those that are the same counted once with a weight.  See models/histories.c.
 */
#ifndef RETENTION_MODELS_HISTORIES_H
#define RETENTION_MODELS_HISTORIES_H

#include "compat.h"

#include "fmgr.h"

/* What a model needs to know of a customer; unused values are zero. */
typedef struct History
{
	int64		count;
	double		first;
	double		second;
} History;

/* A history, and the number of customers who have it. */
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
