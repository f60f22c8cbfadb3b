/*
 * base/numeric_form.h
 *		The stored form of numeric, which is the one thing here that the server does not export.
 *
 * It is fixed all the same, since pg_upgrade keeps data files: a 16-bit header, whose two high bits tell how to read
 * it, and base-10000 digits from the highest down, without leading or trailing zeros.
 *
 *		00 or 01	sign; a second 16-bit word holds the weight (the first digit's power of 10000)
 *		10			short form: bit 13 sign, bits 0-6 weight in two's complement
 *		11			NaN or infinity
 */
#ifndef RETENTION_BASE_NUMERIC_FORM_H
#define RETENTION_BASE_NUMERIC_FORM_H

#include "compat.h"

#include "utils/numeric.h"

#define NUMERIC_FORM_MASK		0xC000
#define NUMERIC_FORM_SHORT		0x8000
#define NUMERIC_FORM_SPECIAL	0xC000
#define NUMERIC_LONG_NEGATIVE	0x4000
#define NUMERIC_SHORT_NEGATIVE	0x2000
#define NUMERIC_SHORT_WEIGHT_SIGN	0x0040
#define NUMERIC_SHORT_WEIGHT_MASK	0x003F
#define NUMERIC_SHORT_SCALE_SHIFT	7
#define NUMERIC_SHORT_SCALE_MAX	0x003F
#define NUMERIC_LONG_SCALE_MASK	0x3FFF

#define NUMERIC_BASE 10000
#define NUMERIC_DIGIT_DECIMALS 4

typedef struct StoredNumeric
{
	bool		special;		/* NaN or infinity; then there are no digits */
	bool		negative;
	bool		is_short;
	int			scale;			/* decimals that are shown */
	int			weight;			/* of the first digit */
	int			ndigits;
	const char *digits;
} StoredNumeric;

/* Stored values lie at odd addresses too. */
static inline uint16
numeric_word(const char *at)
{
	uint16		word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline void
numeric_read(Numeric value, StoredNumeric *stored)
{
	const char *at = VARDATA_ANY(value);
	int			nwords = VARSIZE_ANY_EXHDR(value) / sizeof(uint16);
	uint16		header = numeric_word(at);

	at += sizeof(uint16);
	stored->special = (header & NUMERIC_FORM_MASK) == NUMERIC_FORM_SPECIAL;
	stored->is_short = (header & NUMERIC_FORM_MASK) == NUMERIC_FORM_SHORT;
	stored->scale = 0;
	if (stored->special)
	{
		stored->negative = false;
		stored->weight = 0;
		stored->ndigits = 0;
	}
	else if (stored->is_short)
	{
		stored->scale = (header >> NUMERIC_SHORT_SCALE_SHIFT) & NUMERIC_SHORT_SCALE_MAX;
		stored->negative = (header & NUMERIC_SHORT_NEGATIVE) != 0;
		stored->weight = header & NUMERIC_SHORT_WEIGHT_MASK;
		if (header & NUMERIC_SHORT_WEIGHT_SIGN)
			stored->weight -= NUMERIC_SHORT_WEIGHT_MASK + 1;
		stored->ndigits = nwords - 1;
	}
	else
	{
		stored->scale = header & NUMERIC_LONG_SCALE_MASK;
		stored->negative = (header & NUMERIC_FORM_MASK) == NUMERIC_LONG_NEGATIVE;
		stored->weight = (int16) numeric_word(at);
		at += sizeof(uint16);
		stored->ndigits = nwords - 2;
	}
	stored->digits = at;
}

static inline int
numeric_digit(const StoredNumeric *stored, int i)
{
	return (int16) numeric_word(stored->digits + i * sizeof(uint16));
}

#endif							/* RETENTION_BASE_NUMERIC_FORM_H */
