/*
 * base/radixsort.h
 *		A radix sort for arrays with a 64-bit key, as a template.
 *
 * A million customers are sorted when a summary is stored.  A comparison sort mispredicts a branch for every
 * second comparison, twenty million of them; distributing the elements by one byte of the key after the other has
 * no such branches, and bytes in which all keys agree, as the upper ones of most customer numbers do, cost
 * nothing.
 *
 * Before including this file, define:
 *
 *		RADIX_SORT			name of the function
 *		RADIX_ELEMENT		type of the elements
 *		RADIX_KEY(element)	its key, a uint64
 *
 * and get
 *
 *		static void RADIX_SORT(RADIX_ELEMENT *elements, RADIX_ELEMENT *scratch, uint64 n, int first_digit)
 *
 * which sorts by the key without its first_digit lowest bytes, and keeps the order of elements that are equal then.
 * scratch has room for n elements.
 */
#include "miscadmin.h"

#ifndef RADIX_DIGITS
#define RADIX_DIGITS 8
#define RADIX_VALUES 256
#define RADIX_SMALL 32
#endif

static void
RADIX_SORT(RADIX_ELEMENT *elements, RADIX_ELEMENT *scratch, uint64 n, int first_digit)
{
	uint64		count[RADIX_VALUES];
	RADIX_ELEMENT *from = elements;
	RADIX_ELEMENT *to = scratch;
	uint64		differing = 0;
	uint64		i;
	int			digit;

	if (n <= RADIX_SMALL)
	{
		for (i = 1; i < n; i++)
		{
			RADIX_ELEMENT moved = elements[i];
			uint64		place = i;

			for (; place > 0 && RADIX_KEY(elements[place - 1]) > RADIX_KEY(moved); place--)
				elements[place] = elements[place - 1];
			elements[place] = moved;
		}
		return;
	}

	for (i = 1; i < n; i++)
		differing |= RADIX_KEY(elements[i]) ^ RADIX_KEY(elements[0]);

	for (digit = first_digit; digit < RADIX_DIGITS; digit++)
	{
		int			shift = digit * BITS_PER_BYTE;
		uint64		sum = 0;
		RADIX_ELEMENT *swap;
		int			value;

		if (((differing >> shift) & 0xFF) == 0)
			continue;
		CHECK_FOR_INTERRUPTS();
		memset(count, 0, sizeof(count));
		for (i = 0; i < n; i++)
			count[(RADIX_KEY(from[i]) >> shift) & 0xFF]++;
		for (value = 0; value < RADIX_VALUES; value++)
		{
			uint64		here = count[value];

			count[value] = sum;
			sum += here;
		}
		for (i = 0; i < n; i++)
			to[count[(RADIX_KEY(from[i]) >> shift) & 0xFF]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != elements)
		memcpy(elements, from, n * sizeof(RADIX_ELEMENT));
}

#undef RADIX_SORT
#undef RADIX_ELEMENT
#undef RADIX_KEY
