/*
 * retention_agg.c
 *		Rows -> summary: retention_agg.
 *
 * The state is a customer map whose payload is a window of 64 buckets for each customer:
 *
 *		first	| seen  0 0 1 0 ... 1 1 |	bit i: bucket first + i
 *				| twice 0 0 0 0 ... 1 0 |
 *
 * The window starts at the customer's first bucket and moves down when an earlier one comes, as long as what it holds
 * stays inside.  With months that is all that ever happens.  Rows further away than that, as with days over
 * years, go to a log of (customer, bucket), which costs no access to memory but the next word; it is sorted when it is
 * full, and keeps no more than two rows of a customer and bucket.  A bucket is always in the window or always
 * in the log: what was out of the window's reach once stays so, since a customer's first and last bucket only move
 * apart.
 *
 * The final function sorts customers by key and writes the value, having sorted the log in the same order.  So does a
 * parallel worker: the leader merges finished values, and hashes nothing.
 */
#include "aggstate.h"
#include "custmap.h"
#include "period.h"
#include "summary.h"
#include "wire.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define LOG_FIRST_ROOM 64

/* Windows are read in the order of the keys, that is at random: so many customers ahead is early enough. */
#define WINDOWS_AHEAD 16

/* What a customer usually takes in a value, for the first allocation. */
#define WRITTEN_CUSTOMER_SIZE 12

/* A row of the log: the customer's place in the payload, and the bucket, in words that sort like them. */
#define LOG_ROW(place, bucket) ((uint64) (place) << 32 | ((uint32) (bucket) ^ 0x80000000U))
#define LOG_PLACE(row) ((uint32) ((row) >> 32))
#define LOG_BUCKET(row) ((int32) ((uint32) (row) ^ 0x80000000U))

typedef struct SeenWindow
{
	int32		first;
	uint64		seen;			/* 0 for a new customer */
	uint64		twice;
} SeenWindow;

/* A bucket and a zone that a call site was given. */
typedef struct SummarySite
{
	struct SummarySite *next;
	SummaryKind *kind;
	Interval	bucket;
	text	   *zone;			/* NULL: the session's */
} SummarySite;

typedef struct SummaryState
{
	CustMap		map;			/* with a SeenWindow for each customer */
	const SummarySite *site;
	uint64	   *log;
	uint64		nlog;
	uint64		log_room;
	RetentionSummary *merged;	/* where states are combined, this is all there is */
} SummaryState;

/* A customer on the way into a value. */
typedef struct CustomerRef
{
	uint64		order;
	uint32		place;
	uint32		key;			/* in an array of keys, unless it is a number */
} CustomerRef;

PG_FUNCTION_INFO_V1(retention_accum);
PG_FUNCTION_INFO_V1(retention_combine);
PG_FUNCTION_INFO_V1(retention_serialize);
PG_FUNCTION_INFO_V1(retention_deserialize);
PG_FUNCTION_INFO_V1(retention_final);

#define RADIX_SORT sort_log
#define RADIX_ELEMENT uint64
#define RADIX_KEY(row) (row)
#include "radixsort.h"

#define RADIX_SORT sort_customers
#define RADIX_ELEMENT CustomerRef
#define RADIX_KEY(ref) (ref).order
#include "radixsort.h"

static void
sort_whole_log(uint64 *log, uint64 nlog)
{
	uint64	   *scratch = palloc_extended(nlog * sizeof(uint64), MCXT_ALLOC_HUGE);

	sort_log(log, scratch, nlog);
	pfree(scratch);
}

/*
 * Make room in a log that is full, by leaving out what says nothing new, or else by more memory.
 */
static void
make_log_room(SummaryState *state)
{
	uint64		kept = 0;
	uint64		i;

	if (state->log == NULL)
	{
		state->log_room = LOG_FIRST_ROOM;
		state->log = MemoryContextAlloc(state->map.cxt, state->log_room * sizeof(uint64));
		return;
	}
	sort_whole_log(state->log, state->nlog);
	for (i = 0; i < state->nlog; i++)
		if (kept < 2 || state->log[kept - 2] != state->log[i])
			state->log[kept++] = state->log[i];
	state->nlog = kept;
	if (kept > state->log_room / 2)
	{
		state->log_room *= 2;
		state->log = repalloc_huge(state->log, state->log_room * sizeof(uint64));
	}
}

static void
apply_bucket(CustMap *map, uint32 *place, uint64 argument)
{
	SummaryState *state = (SummaryState *) map;
	SeenWindow *window = custmap_payload(map, place);
	int32		bucket = (int32) argument;
	int64		distance = (int64) bucket - window->first;

	if (likely(distance >= 0 && distance < SEEN_BITS && window->seen != 0))
	{
		uint64		bit = UINT64CONST(1) << distance;

		window->twice |= window->seen & bit;
		window->seen |= bit;
	}
	else if (window->seen == 0)
	{
		window->first = bucket;
		window->seen = 1;
	}
	else if (distance < 0 && -distance + pg_leftmost_one_pos64(window->seen) < SEEN_BITS)
	{
		window->first = bucket;
		window->seen = window->seen << -distance | 1;
		window->twice <<= -distance;
	}
	else
	{
		if (state->nlog == state->log_room)
			make_log_room(state);
		state->log[state->nlog++] = LOG_ROW(*place, bucket);
	}
}

static bool
same_text(const text *one, const text *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return VARSIZE_ANY_EXHDR(one) == VARSIZE_ANY_EXHDR(other) &&
		memcmp(VARDATA_ANY(one), VARDATA_ANY(other), VARSIZE_ANY_EXHDR(one)) == 0;
}

static bool
same_arguments(const SummarySite *site, const Interval *bucket, const text *zone)
{
	return site->bucket.month == bucket->month && site->bucket.day == bucket->day &&
		site->bucket.time == bucket->time && same_text(site->zone, zone);
}

/*
 * The bucket and the zone of a call, with all that follows from them.  Most calls have one of each.
 */
static const SummarySite *
find_site(FunctionCallInfo fcinfo, const Interval *bucket, text *zone)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	SummarySite *site;
	BucketWidth width;
	MemoryContext caller;
	Oid			type;

	for (site = flinfo->fn_extra; site != NULL; site = site->next)
		if (same_arguments(site, bucket, zone))
			return site;

	type = get_fn_expr_argtype(flinfo, 1);
	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not determine input data type")));
	width = bucket_width(bucket);
	caller = MemoryContextSwitchTo(flinfo->fn_mcxt);
	site = palloc(sizeof(SummarySite));
	site->kind = summary_kind_of_argument(type, PG_GET_COLLATION(), width, bucket_zone(zone), flinfo->fn_mcxt);
	site->bucket = *bucket;
	site->zone = zone ? DatumGetTextPCopy(PointerGetDatum(zone)) : NULL;
	MemoryContextSwitchTo(caller);

	site->next = flinfo->fn_extra;
	return flinfo->fn_extra = site;
}

static void
check_arguments(const SummarySite *site, const Interval *bucket, text *zone)
{
	if (likely(same_arguments(site, bucket, zone)))
		return;
	if (!bucket_width_equal(site->kind->calendar.width, bucket_width(bucket)))
		parameter_changed("bucket", period_interval_text(&site->bucket), period_interval_text(bucket));
	if (site->kind->calendar.zone != bucket_zone(zone))
		parameter_changed("zone", text_to_cstring(site->zone), text_to_cstring(zone));
}

/*
 * retention_accum(internal, anyelement, timestamptz, interval [, text]) -> internal
 */
Datum
retention_accum(PG_FUNCTION_ARGS)
{
	SummaryState *state = STATE_OR_NULL(SummaryState, 0);
	Interval   *bucket;
	text	   *zone = NULL;

	parameter_not_null(fcinfo, 3, "bucket");
	bucket = PG_GETARG_INTERVAL_P(3);
	if (PG_NARGS() > 4)
	{
		parameter_not_null(fcinfo, 4, "zone");
		zone = PG_GETARG_TEXT_PP(4);
	}
	if (state == NULL)
	{
		const SummarySite *site = find_site(fcinfo, bucket, zone);

		state = custmap_create(fcinfo, sizeof(SummaryState), &site->kind->keys, sizeof(SeenWindow));
		state->site = site;
	}
	else
		check_arguments(state->site, bucket, zone);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		int32		number = bucket_of(&state->site->kind->calendar, PG_GETARG_TIMESTAMPTZ(2));

		custmap_add(&state->map, apply_bucket, PG_GETARG_DATUM(1), (uint64) number);
	}
	PG_RETURN_POINTER(state);
}

static int
compare_refs(const void *one, const void *other, void *keys)
{
	return summary_key_compare(&((SummaryEntry *) keys)[((const CustomerRef *) one)->key],
							   &((SummaryEntry *) keys)[((const CustomerRef *) other)->key]);
}

/*
 * Customers whose hashes are the same are sorted by their bytes.
 */
static void
sort_ties(CustomerRef *refs, uint64 n, SummaryEntry *keys)
{
	uint64		from;
	uint64		to;

	for (from = 0; from < n; from = to)
	{
		for (to = from + 1; to < n && refs[to].order == refs[from].order; to++)
			;
		if (to - from > 1)
			qsort_arg(refs + from, to - from, sizeof(CustomerRef), compare_refs, keys);
	}
}

/*
 * All customers, sorted by their keys.  The entries' keys are put where the references point.
 */
static CustomerRef *
sorted_customers(SummaryState *state, SummaryEntry **keys)
{
	const SummaryKind *kind = state->site->kind;
	bool		numbers = kind->layout == SUMMARY_NUMBER;
	uint64		n = custmap_count(&state->map);
	CustomerRef *refs = palloc_extended(n * sizeof(CustomerRef), MCXT_ALLOC_HUGE);
	CustKey    *customers = NULL;
	struct CustScan *scan = custmap_scan(&state->map);
	CustKey		customer;
	uint64		i;

	*keys = NULL;
	if (!numbers)
	{
		*keys = palloc_extended(n * sizeof(SummaryEntry), MCXT_ALLOC_HUGE);
		customers = palloc_extended(n * sizeof(CustKey), MCXT_ALLOC_HUGE);
	}
	for (i = 0; custmap_scan_next(scan, &customer, &refs[i].place); i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		refs[i].key = i;
		if (numbers)
		{
			refs[i].order = customer.a;
			continue;
		}
		customers[i] = customer;
		summary_key_of_customer(kind, &customers[i], &(*keys)[i]);
		refs[i].order = (*keys)[i].order;
	}

	if (n > 1)
	{
		CustomerRef *scratch = palloc_extended(n * sizeof(CustomerRef), MCXT_ALLOC_HUGE);

		sort_customers(refs, scratch, n);
		pfree(scratch);
	}
	if (!numbers)
		sort_ties(refs, n, *keys);
	return refs;
}

/*
 * Bring the log into the order of the customers: a row's place becomes the customer's rank.
 */
static void
rank_log(SummaryState *state, const CustomerRef *refs, uint64 n, uint64 *ranked)
{
	uint32	   *rank = palloc_extended(n * sizeof(uint32), MCXT_ALLOC_HUGE);
	uint64		i;

	for (i = 0; i < n; i++)
		rank[refs[i].place - 1] = i;
	for (i = 0; i < state->nlog; i++)
		ranked[i] = LOG_ROW(rank[LOG_PLACE(state->log[i]) - 1], LOG_BUCKET(state->log[i]));
	pfree(rank);
	sort_whole_log(ranked, state->nlog);
}

/* A mark for each bucket in a window, and for each in some rows of the log. */
typedef struct MarkBuffer
{
	SeenMark   *marks;
	uint8	   *memory;
	uint64		room;
} MarkBuffer;

static int
compare_marks(const void *one, const void *other)
{
	SeenMark	x = *(const SeenMark *) one;
	SeenMark	y = *(const SeenMark *) other;

	return x < y ? -1 : x > y;
}

/*
 * All buckets of a customer who has rows in the log.
 */
static void
gather_buckets(SeenSet *seen, const uint64 *rows, uint64 nrows, MarkBuffer *buffer)
{
	uint64		room = SEEN_BITS + nrows;
	uint32		nmarks;
	uint64		i;

	if (room > buffer->room)
	{
		buffer->room = room * 2;
		buffer->marks = palloc_extended(buffer->room * sizeof(SeenMark), MCXT_ALLOC_HUGE);
		buffer->memory = palloc_extended(SEEN_SIZE_BOUND(buffer->room), MCXT_ALLOC_HUGE);
	}
	nmarks = seenset_marks(seen, buffer->marks);
	for (i = 0; i < nrows; i++)
	{
		int32		bucket = LOG_BUCKET(rows[i]);

		if (i > 0 && rows[i] == rows[i - 1])
			buffer->marks[nmarks - 1] = SEEN_MARK(bucket, true);
		else
			buffer->marks[nmarks++] = SEEN_MARK(bucket, false);
	}
	qsort(buffer->marks, nmarks, sizeof(SeenMark), compare_marks);
	seenset_from_marks(seen, buffer->marks, nmarks, buffer->memory);
}

/*
 * The first bucket of all.
 */
static int32
first_bucket(const SummaryState *state)
{
	const SeenWindow *windows = (const SeenWindow *) state->map.payload;
	int32		first = PG_INT32_MAX;
	uint64		i;

	for (i = 0; i < state->map.npayload; i++)
		first = Min(first, windows[i].first);
	for (i = 0; i < state->nlog; i++)
		first = Min(first, LOG_BUCKET(state->log[i]));
	return first;
}

/*
 * The value that a state of rows stands for, in the current memory context.
 */
static RetentionSummary *
write_summary(SummaryState *state)
{
	uint64		n = custmap_count(&state->map);
	SummaryEntry *keys;
	CustomerRef *refs = sorted_customers(state, &keys);
	uint64	   *log = NULL;
	uint64		next_row = 0;
	MarkBuffer	buffer = {0};
	SummaryWriter writer;
	uint64		i;

	if (state->nlog > 0)
	{
		log = palloc_extended(state->nlog * sizeof(uint64), MCXT_ALLOC_HUGE);
		rank_log(state, refs, n, log);
	}

	summary_write_begin(&writer, state->site->kind, first_bucket(state), n * WRITTEN_CUSTOMER_SIZE);
	for (i = 0; i < n; i++)
	{
		const SeenWindow *windows = (const SeenWindow *) state->map.payload;
		const SeenWindow *window = &windows[refs[i].place - 1];
		SummaryEntry entry;
		uint64		first_row = next_row;

		if (i + WINDOWS_AHEAD < n)
			PREFETCH(&windows[refs[i + WINDOWS_AHEAD].place - 1]);
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (keys != NULL)
			entry = keys[refs[i].key];
		else
		{
			entry.order = refs[i].order;
			entry.key = NULL;
			entry.key_size = 0;
		}
		seenset_from_bits(&entry.seen, window->first, window->seen, window->twice);
		while (next_row < state->nlog && LOG_PLACE(log[next_row]) == i)
			next_row++;
		if (next_row > first_row)
			gather_buckets(&entry.seen, log + first_row, next_row - first_row, &buffer);
		summary_write(&writer, &entry);
	}
	return summary_write_end(&writer, 0);
}

/*
 * What a state stands for, or NULL if no customer was seen.
 */
static const RetentionSummary *
summary_of_state(FunctionCallInfo fcinfo)
{
	SummaryState *state = STATE_OR_NULL(SummaryState, 0);

	if (state == NULL)
		return NULL;
	if (state->merged != NULL)
		return summary_canonical(fcinfo->flinfo, state->merged);
	custmap_flush(&state->map, apply_bucket);
	return custmap_count(&state->map) > 0 ? write_summary(state) : NULL;
}

/*
 * Either side may be what a worker without customers has sent.
 */
Datum
retention_combine(PG_FUNCTION_ARGS)
{
	SummaryState *state = STATE_OR_NULL(SummaryState, 0);
	RetentionSummary *other = STATE_OR_NULL(RetentionSummary, 1);
	MemoryContext cxt = aggstate_context(fcinfo);
	MemoryContext caller;
	RetentionSummary *merged;

	if (other == NULL)
		RETURN_STATE(state);
	caller = MemoryContextSwitchTo(cxt);
	if (state == NULL)
	{
		state = palloc0(sizeof(SummaryState));
		state->merged = memcpy(palloc(VARSIZE(other)), other, VARSIZE(other));
	}
	else
	{
		merged = summary_absorb(fcinfo->flinfo, state->merged, other);
		if (merged != state->merged)
			pfree(state->merged);
		state->merged = merged;
	}
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

Datum
retention_serialize(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_of_state(fcinfo);
	StringInfoData message;

	wire_begin(&message, WIRE_SUMMARY);
	wire_put_sized(&message, summary, summary ? VARSIZE(summary) : 0);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
retention_deserialize(PG_FUNCTION_ARGS)
{
	WireReader	reader;
	uint64		size;
	const void *value;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_SUMMARY);
	value = wire_take_sized(&reader, &size);
	wire_close(&reader);
	if (size == 0)
		PG_RETURN_NULL();
	if (size < VARHDRSZ || !VARATT_IS_4B_U(value) || VARSIZE(value) != size)
		wire_corrupt();
	PG_RETURN_POINTER(summary_open(unconstify(void *, value)));
}

Datum
retention_final(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_of_state(fcinfo);

	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}
