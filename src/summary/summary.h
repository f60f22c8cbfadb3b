/*
 * summary/summary.h
 *		The types retention_summary and revenue_summary: the buckets in which each customer was seen, and what they
 *		spent there, as one value.  See the README.md beside this file.
 */
#ifndef RETENTION_SUMMARY_SUMMARY_H
#define RETENTION_SUMMARY_SUMMARY_H

#include "base/bucket.h"
#include "agg/customer_keys.h"
#include "summary/amounts.h"
#include "summary/seenset.h"

/* A stored value; what follows the header are bytes without alignment. */
typedef struct RetentionSummary
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		version;
	uint8		layout;			/* SummaryLayout */
	uint16		identity_size;
	TimestampTz last_at;		/* the latest time at which anybody was seen */
	TimestampTz known_until;	/* what is later is not known: as_of of contracts; DT_NOEND of orders */
	int32		base;			/* buckets are written as distances from here */
	int32		first;			/* the first and the last bucket of all */
	int32		last;
	uint32		nsorted;		/* customers in order, */
	uint32		sorted_size;	/* and their bytes; then, in a working value only: */
	uint32		nappended;		/* customers in no order, some of whom may be among the sorted ones, */
	uint32		appended_size;	/* and their bytes */
	int32		scale;			/* decimals to show of amounts, or NO_AMOUNTS */
	uint8		bytes[FLEXIBLE_ARRAY_MEMBER];	/* identity, sorted, appended, slack */
} RetentionSummary;

#define SUMMARY_VERSION 1

/* The scale of a retention_summary; that of a revenue_summary is from 0 to AMOUNT_DIGITS_MAX. */
#define NO_AMOUNTS (-1)

/* How keys are written; a reader that only counts need not know their type. */
typedef enum SummaryLayout
{
	SUMMARY_NUMBER,				/* distance from the key before */
	SUMMARY_UUID,				/* 16 bytes */
	SUMMARY_BYTES,				/* size and bytes, equal when these are */
	SUMMARY_SENT				/* size and what the type's send function makes */
} SummaryLayout;

/* What summaries must have in common to be merged, by name; its bytes are the identity in a value. */
typedef struct SummaryIdentity
{
	BucketWidth width;
	const char *type_schema;
	const char *type_name;
	const char *collation_schema;	/* empty unless the collation decides what is equal */
	const char *collation_name;
	const char *encoding;		/* of text in keys; empty if there is none */
	const char *zone;
} SummaryIdentity;

#define SUMMARY_IDENTITY_NAMES 6
#define SUMMARY_IDENTITY_SIZE_MAX (3 * sizeof(uint32) + SUMMARY_IDENTITY_NAMES * (1 + UINT8_MAX))

/* The same with what the names mean in this database; looked up once a call site. */
typedef struct SummarySignature
{
	MemoryContext cxt;
	uint16		identity_size;
	uint8	   *identity;
	SummaryLayout layout;
	BucketCalendar calendar;
	bool		as_written_here;	/* this server would write the identity in the same bytes */
	bool		keys_known;		/* the rest is filled in */
	Oid			type_schema;	/* if the signature is that of a value */
	CustomerKeys keys;
	FmgrInfo	send;
	FmgrInfo	receive;
	Oid			receive_param;
	FmgrInfo	hash;			/* for SUMMARY_SENT only */
	bool		hash_extended;
	MemoryContext scratch;		/* for one key's values */
} SummarySignature;

/* A customer of a value. */
typedef struct SummaryEntry
{
	uint64		order;			/* customers are sorted by this, the key itself for SUMMARY_NUMBER */
	const uint8 *key;
	uint32		key_size;
	SeenSet		seen;
	const uint8 *amounts;		/* one for each bucket seen; NULL if there are none */
	uint32		amounts_size;
} SummaryEntry;

/* Where a walk over a value's customers stands, the sorted or the appended ones. */
typedef struct SummaryReader
{
	const RetentionSummary *summary;
	const SummarySignature *signature;	/* NULL: orders are not asked for */
	const uint8 *cur;
	const uint8 *end;
	uint32		left;
	bool		appended;
	uint64		number;			/* the last key, if it is one */
} SummaryReader;

typedef struct SummaryWriter
{
	SummarySignature *signature;
	RetentionSummary *summary;
	uint64		room;			/* bytes */
	uint64		size;			/* bytes, with the header */
	uint64		number;			/* the last key, if it is one */
} SummaryWriter;

/*
 * Functions with an "escontext" note an error there if there is one (see compat.h), and say so by what they return.
 */

/* summary/identity.c */
pg_noreturn extern void summary_corrupt(void);
extern bool summary_damaged(Node *escontext);
extern bool summary_check_version(uint8 version, Node *escontext);
extern bool summary_identity_parse(SummaryIdentity *identity, const uint8 *bytes, Size size);
extern void summary_identity_read(SummaryIdentity *identity, const uint8 *bytes, Size size);
extern uint16 summary_identity_write(uint8 *to, SummaryIdentity *identity);
extern void summary_check_same_kind(TimestampTz one_known_until, TimestampTz other_known_until);
extern void summary_check_same(const RetentionSummary *one, const RetentionSummary *other);
extern const RetentionSummary *summary_identity_in_common(const RetentionSummary *one,
														  const RetentionSummary *other);
extern bool summary_has_calendar(const RetentionSummary *summary, BucketWidth width, const char *zone,
								 Size zone_size);

/* summary/signature.c */
extern SummarySignature *summary_signature_of_argument(Oid type, Oid collation, BucketWidth width, pg_tz *zone,
													   MemoryContext parent);
extern void summary_signature_set_buckets(SummarySignature *signature, BucketWidth width, pg_tz *zone);
extern SummarySignature *summary_signature_create(const RetentionSummary *summary, MemoryContext parent,
												  Node *escontext);
extern SummarySignature *summary_signature(FmgrInfo *flinfo, const RetentionSummary *summary, Node *escontext);
extern bool summary_signature_know_keys(SummarySignature *signature, Node *escontext);
extern void summary_signature_check_usage(const SummarySignature *signature);

/* summary/keys.c */
extern uint64 summary_key_order(const SummarySignature *signature, const uint8 *key, uint32 size);
extern void summary_key_of_customer(const SummarySignature *signature, CustomerKey *customer, SummaryEntry *entry);
extern Datum summary_key_datum(const SummarySignature *signature, const SummaryEntry *entry);
extern int	summary_bytes_compare(const uint8 *one, uint32 one_size, const uint8 *other, uint32 other_size);
extern int	summary_key_compare(const SummaryEntry *one, const SummaryEntry *other);
extern bool summary_key_equal(const SummarySignature *signature, const SummaryEntry *one, const SummaryEntry *other);
extern int	summary_key_compare_values(const SummarySignature *signature, const SummaryEntry *one,
									   const SummaryEntry *other);
extern bool summary_key_valid(const SummarySignature *signature, const SummaryEntry *entry);

/* summary/stored.c */
extern const RetentionSummary *summary_open(struct varlena *value, bool amounts);
extern const RetentionSummary *summary_open_any(struct varlena *value);
extern void summary_read_sorted(SummaryReader *reader, const RetentionSummary *summary,
								const SummarySignature *signature);
extern void summary_read_appended(SummaryReader *reader, const RetentionSummary *summary,
								  const SummarySignature *signature);
extern bool summary_next(SummaryReader *reader, SummaryEntry *entry);
extern bool summary_next_or_damaged(SummaryReader *reader, SummaryEntry *entry, bool *damaged);
extern void summary_entry_at(const SummaryReader *reader, const uint8 *at, SummaryEntry *entry);
extern void summary_write_begin(SummaryWriter *writer, SummarySignature *signature, int32 base, int32 scale,
								uint64 expected);
extern void summary_write_times(SummaryWriter *writer, TimestampTz last_at, TimestampTz known_until);
extern void summary_write(SummaryWriter *writer, const SummaryEntry *entry);
extern RetentionSummary *summary_write_end(SummaryWriter *writer, uint64 slack);
extern bool summary_append(RetentionSummary *state, const SummaryEntry *entry);

/* summary/merge.c */
extern const RetentionSummary *summary_canonical(FmgrInfo *flinfo, const RetentionSummary *summary);
extern const RetentionSummary *summary_canonical_once(const RetentionSummary *summary);
extern const RetentionSummary *summary_merge(FmgrInfo *flinfo, const RetentionSummary *const *values, int nvalues);
extern RetentionSummary *summary_absorb(FmgrInfo *flinfo, RetentionSummary *state,
										const RetentionSummary *other);

#define PG_GETARG_SUMMARY(n) summary_open(PG_GETARG_VARLENA_P(n), false)
#define PG_GETARG_REVENUE_SUMMARY(n) summary_open(PG_GETARG_VARLENA_P(n), true)
#define PG_GETARG_ANY_SUMMARY(n) summary_open_any(PG_GETARG_VARLENA_P(n))

static inline bool
summary_has_amounts(const RetentionSummary *summary)
{
	return summary->scale != NO_AMOUNTS;
}

static inline Size
summary_size(const RetentionSummary *summary)
{
	return offsetof(RetentionSummary, bytes) + summary->identity_size + summary->sorted_size +
		summary->appended_size;
}

static inline bool
summary_is_canonical(const RetentionSummary *summary)
{
	return summary->nappended == 0 && VARSIZE(summary) == summary_size(summary);
}

#endif							/* RETENTION_SUMMARY_SUMMARY_H */
