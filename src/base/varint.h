/*
 * base/varint.h
 *		Numbers of variable length: seven bits a byte, the lowest first, and a set high bit on all but the last.
 *
 * A number has one form only, the shortest: a reader refuses any other, and two values that hold the same are
 * equal byte by byte.
 */
#ifndef RETENTION_BASE_VARINT_H
#define RETENTION_BASE_VARINT_H

#include "compat.h"

#define VARINT_MAX_SIZE 10

static inline uint8 *
varint_put(uint8 *to, uint64 value)
{
	while (value >= 0x80)
	{
		*to++ = (uint8) value | 0x80;
		value >>= 7;
	}
	*to++ = (uint8) value;
	return to;
}

/*
 * Returns where the next number starts, or NULL if there is none here.
 */
static inline const uint8 *
varint_get(const uint8 *from, const uint8 *end, uint64 *value)
{
	uint64		result;
	int			shift;

	if (unlikely(from >= end))
		return NULL;
	if (likely(*from < 0x80))
	{
		*value = *from;
		return from + 1;
	}
	result = *from++ & 0x7F;
	for (shift = 7; shift < 64; shift += 7)
	{
		uint8		byte;

		if (unlikely(from >= end))
			return NULL;
		byte = *from++;
		if (byte < 0x80)
		{
			if (unlikely(byte == 0 || (shift == 63 && byte > 1)))
				return NULL;
			*value = result | (uint64) byte << shift;
			return from;
		}
		result |= (uint64) (byte & 0x7F) << shift;
	}
	return NULL;
}

/* Signed numbers near zero as small unsigned ones. */
static inline uint64
zigzag(int64 value)
{
	return ((uint64) value << 1) ^ (uint64) (value >> 63);
}

static inline int64
unzigzag(uint64 value)
{
	return (int64) (value >> 1) ^ -(int64) (value & 1);
}

#endif							/* RETENTION_BASE_VARINT_H */
