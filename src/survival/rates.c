/*
 * survival/rates.c
 *		How sure a rate is, and the difference of two: rate_interval, rate_difference.
 *
 * The limits of a rate are Wilson's: the rates from which the one observed is just z standard deviations
 * away.  They stay between 0 and 1, and hold for small numbers too.  With p = k / n, q = 1 - p and c = z^2 /
 * n:
 *
 *		low, high = (p + c / 2 -/+ sqrt(c p q + c^2 / 4)) / (1 + c)
 *
 * which is computed without a difference: low * high = p^2 / (1 + c), so that 0 of n have the limit 0
 * exactly.
 *
 * The limits of a difference are Newcombe's, his method 10, which takes the distances from the rates to
 * Wilson's limits together as the sides of a right triangle.  Its p value is that of the usual test, where
 * the two rates, were they the same, are that of both groups together.
 */
#include "survival/rates.h"

#include "base/normal.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"

#include <math.h>

PG_FUNCTION_INFO_V1(rate_interval);
PG_FUNCTION_INFO_V1(rate_difference);

/*
 * A confidence argument's value.
 */
double
rate_confidence(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be between 0 and 1, not %g", confidence),
				 errhint("The limits that hold in 95 of 100 cases are those of confidence 0.95.")));
	return confidence;
}

/*
 * Wilson's lower limit of p, where q = 1 - p.
 */
static double
lower_limit(double p, double q, double c)
{
	if (p == 0)
		return 0;
	return p * p / (p + c / 2 + sqrt(c * p * q + c * c / 4));
}

Rate
rate_of_counts(double k, double n, double z)
{
	double		c = z * z / n;
	double		p = k / n;
	double		q = (n - k) / n;

	/* Where limits are very narrow, a rounding error may be wider. */
	return (Rate) {p, fmin(lower_limit(p, q, c), p), fmax(1 - lower_limit(q, p, c), p)};
}

/*
 * The counts of a rate in two arguments, which messages call by the names.
 */
static void
counts_of_arguments(FunctionCallInfo fcinfo, int argno, const char *k_name, const char *n_name, double *k, double *n)
{
	int64		part = PG_GETARG_INT64(argno);
	int64		whole = PG_GETARG_INT64(argno + 1);

	if (part < 0 || part > whole)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be from 0 to %s, not %lld of %lld", k_name, n_name, (long long) part,
						(long long) whole),
				 errhint("A rate is the share of %s in %s, in this order.", k_name, n_name)));
	*k = part;
	*n = whole;
}

static Datum
make_row(FunctionCallInfo fcinfo, const double *columns, const bool *nulls)
{
	Datum		values[4];
	TupleDesc	desc;
	int			i;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (i = 0; i < desc->natts; i++)
		values[i] = Float8GetDatum(columns[i]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, unconstify(bool *, nulls)));
}

/*
 * rate_interval(bigint, bigint, double precision) -> rate, low, high
 */
Datum
rate_interval(PG_FUNCTION_ARGS)
{
	double		k;
	double		n;
	double		z = normal_half_width(rate_confidence(PG_GETARG_FLOAT8(2)));
	double		columns[3] = {0};
	bool		nulls[3] = {true, true, true};

	counts_of_arguments(fcinfo, 0, "k", "n", &k, &n);
	if (n > 0)
	{
		Rate		rate = rate_of_counts(k, n, z);

		memset(nulls, false, sizeof(nulls));
		columns[0] = rate.rate;
		columns[1] = rate.low;
		columns[2] = rate.high;
	}
	PG_RETURN_DATUM(make_row(fcinfo, columns, nulls));
}

/*
 * rate_difference(bigint, bigint, bigint, bigint, double precision) -> difference, low, high, p_value
 *
 * Where all or none did in both groups, the test has nothing to go by.
 */
Datum
rate_difference(PG_FUNCTION_ARGS)
{
	double		k[2];
	double		n[2];
	double		z = normal_half_width(rate_confidence(PG_GETARG_FLOAT8(4)));
	double		columns[4] = {0};
	bool		nulls[4] = {true, true, true, true};

	counts_of_arguments(fcinfo, 0, "k1", "n1", &k[0], &n[0]);
	counts_of_arguments(fcinfo, 2, "k2", "n2", &k[1], &n[1]);
	if (n[0] > 0 && n[1] > 0)
	{
		Rate		one = rate_of_counts(k[0], n[0], z);
		Rate		other = rate_of_counts(k[1], n[1], z);
		double		pooled = (k[0] + k[1]) / (n[0] + n[1]);
		double		variance = pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]);

		memset(nulls, false, sizeof(nulls));
		columns[0] = one.rate - other.rate;
		columns[1] = columns[0] - hypot(one.rate - one.low, other.high - other.rate);
		columns[2] = columns[0] + hypot(one.high - one.rate, other.rate - other.low);
		nulls[3] = variance == 0;
		if (variance > 0)
			columns[3] = normal_two_sided(columns[0] / sqrt(variance));
	}
	PG_RETURN_DATUM(make_row(fcinfo, columns, nulls));
}
