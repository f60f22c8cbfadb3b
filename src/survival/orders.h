/*
 * survival/orders.h
 *		What the aggregates over orders keep of each customer: the first two, or as many as are asked for.  See
 *		survival/first_two.c and survival/order_log.c.
 */
#ifndef RETENTION_SURVIVAL_ORDERS_H
#define RETENTION_SURVIVAL_ORDERS_H

#include "agg/customer_map.h"

#include "datatype/timestamp.h"

/* How the states of both kinds begin. */
typedef struct Orders
{
	CustomerMap map;
	TimestampTz as_of;			/* all orders are earlier */
	uint64		nth;			/* orders of a customer that are looked at */
} Orders;

/* A customer's first two orders, as order_time() has them. */
typedef struct FirstTwo
{
	uint64		first;
	uint64		second;			/* 0: none */
} FirstTwo;

/* The first two orders of each customer. */
typedef struct FirstTwoMap
{
	Orders		orders;
	const FirstTwo *other;		/* those of another process that are being taken in */
} FirstTwoMap;

/* An order in a log. */
typedef struct OrderRow
{
	uint64		place;			/* of its customer, from 1 on */
	uint64		at;				/* order_time() of it */
} OrderRow;

/* A log as it arrives from another process: element i of starts is where the times of place i + 1 start. */
typedef struct OrderLogPartial
{
	uint64		nplaces;
	const uint64 *starts;
	const uint64 *times;
	CustomerMapPartial customers;
} OrderLogPartial;

/* Orders one after the other, whichever customer's they are. */
typedef struct OrderLog
{
	Orders		orders;
	OrderRow   *rows;
	uint64		n;
	uint64		room;
	uint64		limit;			/* rows at which the log is shortened */
	uint64		span;			/* orders so long after a customer's first, or later, need not be kept */
	uint32		nplaces;
	bool		by_time;		/* rows are in the order of time, */
	bool		by_place;		/* or in that of place and then time, and shortened */
	const OrderLogPartial *other;	/* the log that is being taken in */
} OrderLog;

/* A finite timestamp as a number greater than 0, so that a zeroed one is none. */
static inline uint64
order_time(TimestampTz at)
{
	return (uint64) at ^ (UINT64CONST(1) << 63);
}

extern uint64 order_age(uint64 first, uint64 at);

/* first_two.c */
extern FirstTwoMap *firsttwo_create(FunctionCallInfo fcinfo, const CustomerKeys *keys);
extern void firsttwo_add(FirstTwoMap *two, Datum customer, TimestampTz at);
extern uint64 firsttwo_count(FirstTwoMap *two);
extern CustomerScan firsttwo_scan(FirstTwoMap *two);
extern const FirstTwo *firsttwo_next(CustomerScan *scan);
extern void firsttwo_put(FirstTwoMap *two, StringInfo message);
extern void firsttwo_take(CustomerFlat *partial, FunctionCallInfo fcinfo, WireReader *reader);
extern void firsttwo_merge(FirstTwoMap *two, const CustomerFlat *other);

/* order_log.c */
extern void *orderlog_create(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys, uint64 nth,
							 uint64 span);
extern void orderlog_add(OrderLog *log, Datum customer, TimestampTz at);
extern void orderlog_read(OrderLog *log);
extern uint64 orderlog_customer_end(const OrderLog *log, uint64 first);
extern void orderlog_put(OrderLog *log, StringInfo message);
extern void orderlog_take(OrderLogPartial *partial, FunctionCallInfo fcinfo, WireReader *reader);
extern void orderlog_merge(OrderLog *log, const OrderLogPartial *other);

#endif							/* RETENTION_SURVIVAL_ORDERS_H */
