/*
 * agg/rows.h
 *		Transition functions that take many rows at once.  See agg/rows.c.
 */
#ifndef RETENTION_AGG_ROWS_H
#define RETENTION_AGG_ROWS_H

#include "compat.h"

#include "fmgr.h"

/* The customer, when, and how much: no transition function takes more columns than these at once. */
#define ROWS_MAX_COLUMNS 3

/* Rows, column by column: columns[i] holds the transition function's argument 1 + i of each. */
typedef struct Rows
{
	int			n;
	const NullableDatum *columns[ROWS_MAX_COLUMNS];
} Rows;

/*
 * What a transition function does with each of the rows.  The state, and the arguments behind the columns,
 * which are the same for all rows, are where the transition function has them.  Returns the state.
 */
typedef Datum (*AddRows) (FunctionCallInfo fcinfo, const Rows *rows);

/* How a transition function takes many rows. */
typedef struct RowsMethod
{
	AddRows		add_rows;
	int			ncolumns;
} RowsMethod;

extern Datum rows_support(FunctionCallInfo fcinfo, AddRows add_rows, int ncolumns);
extern bool rows_method_of(Oid transition, RowsMethod *method);

#endif							/* RETENTION_AGG_ROWS_H */
