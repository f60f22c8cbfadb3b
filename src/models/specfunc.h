/*
 * models/specfunc.h
 *		Special functions and integrals that keep their digits.  See models/specfunc.c.
 */
#ifndef RETENTION_MODELS_SPECFUNC_H
#define RETENTION_MODELS_SPECFUNC_H

/* Gauss-Legendre's rule of 20 points on [-1, 1]: the positive nodes; the others are their mirror images. */
#define GAUSS_HALF 10
extern const double gauss_nodes[GAUSS_HALF];
extern const double gauss_weights[GAUSS_HALF];

/* The logarithm of a positive function. */
typedef double (*LogFunction) (double y, const void *arg);

extern double log_add(double one, double other);
extern double log_pochhammer(double x, double n);
extern double log_beta(double a, double b);
extern double log_beta_ratio(double a, double b, double n);
extern double digamma(double x);
extern double digamma_difference(double x, double n);
extern double decay_integral(double rate, double length);
extern double logistic(double y);
extern void log_probabilities(double y, double *log_p, double *log_q);
extern double log_integral(LogFunction function, const void *arg, double from, double to, double step);
extern double log_integral_around(LogFunction function, const void *arg, double near);

#endif							/* RETENTION_MODELS_SPECFUNC_H */
