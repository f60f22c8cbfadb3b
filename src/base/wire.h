/*
 * base/wire.h
 *		Messages that carry partial aggregate states between processes of one server.  See base/wire.c.
 */
#ifndef RETENTION_BASE_WIRE_H
#define RETENTION_BASE_WIRE_H

#include "compat.h"

#include "lib/stringinfo.h"
#include "utils/numeric.h"

/* What a message holds: the partial state of which aggregates. */
typedef enum WireKind
{
	WIRE_PURCHASE = 0x52540101,
	WIRE_CHURN,
	WIRE_TOP_SHARE,
	WIRE_ORDER_GAP,
	WIRE_RFM_CUTS,
	WIRE_SUMMARY,
	WIRE_POINTS_BALANCE,
	WIRE_POINTS_RUNNING,
	WIRE_CLV,
	WIRE_PURCHASE_HISTORY,
	WIRE_LEDGER_AGG,
	WIRE_HISTORIES,
	WIRE_SURVIVORS,
	WIRE_DURATIONS,
	WIRE_TIME_TO_ORDER,
	WIRE_BRACKETS
} WireKind;

typedef struct WireReader
{
	const char *cur;
	const char *end;
} WireReader;

/* The bytes that a part takes in a message. */
static inline uint64
wire_size(uint64 size)
{
	return TYPEALIGN64(8, size);
}

extern void wire_begin(StringInfo message, WireKind kind);
extern void *wire_extend(StringInfo message, Size size);
extern void wire_put(StringInfo message, const void *data, Size size);
extern void wire_put_sized(StringInfo message, const void *data, uint64 size);
extern void wire_put_numeric(StringInfo message, Numeric value);
extern bytea *wire_end(StringInfo message);

extern void wire_open(WireReader *reader, bytea *message, WireKind kind);
extern const void *wire_take(WireReader *reader, uint64 size);
extern void wire_get(WireReader *reader, void *data, Size size);
extern const void *wire_take_sized(WireReader *reader, uint64 *size);
extern const void *wire_take_value(WireReader *reader, Size least_size);
extern Numeric wire_take_numeric(WireReader *reader);
extern void wire_close(const WireReader *reader);
pg_noreturn extern void wire_corrupt(void);

#endif							/* RETENTION_BASE_WIRE_H */
