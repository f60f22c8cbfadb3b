#!/usr/bin/env python3
"""Histories of three simulated shops, and what fits the models to them best: for test/t/024_models_maxima.pl.

    python3 test/reference/fits.py

writes histories.csv, contracts.csv and fits.csv beside itself, in some ten minutes.  It needs mpmath, as models.py
does, from which the likelihoods are.

The histories are in whole days.  Customers of the first shop leave as BG/NBD has it, of the second as MBG/NBD, of the
third as Pareto/NBD; every model is fitted to every shop.  A maximum is where the gradient over the parameters'
logarithms vanishes: it is found by Newton's method, with derivatives by differences at 50 digits, from two places
that must lead to the same one, to 15 digits.  Where the likelihood still rises when a parameter is a thousand times
as large, as it may with a model that is not true of the shop, there is no maximum, and none is written.  Standard
errors are from the inverse of the second derivatives by the parameters themselves, not by their logarithms.

Contracts are fitted for each cohort and for all of them together; the third cohort was not counted at each renewal.
"""

import csv
import itertools
import math
import os
import random

from mpmath import cholesky, cholesky_solve, exp, eye, log, matrix, mp, mpf, norm

from models import BGNBD, FOLDER, MBGNBD, SBG, GammaGamma, ParetoNBD, agree, exact, write

CUSTOMERS = 200

chance = random.Random(20240229).random


# ---- Simulation -------------------------------------------------------------------------------------------------


def waiting(rate):
    return -math.log(1 - chance()) / rate


def from_gamma(shape, rate):
    """For whole shapes."""
    return sum(waiting(rate) for _ in range(shape))


def from_beta(a, b):
    one = from_gamma(a, 1)
    return one / (one + from_gamma(b, 1))


def history(rate, chance_to_leave, chance_at_first, lifetime, age):
    """frequency and recency, in days; orders of one day are one."""
    days = {0}
    now = waiting(rate)
    gone = chance() < chance_at_first
    while not gone and now < min(age, lifetime):
        days.add(int(now))
        now += waiting(rate)
        gone = chance() < chance_to_leave
    return len(days) - 1, max(days)


def customers(shop):
    for _ in range(CUSTOMERS):
        age = 60 + int(400 * chance())
        rate = from_gamma(2, 70)
        p = from_beta(2, 6)
        lifetime = waiting(from_gamma(2, 300))
        frequency, recency = (history(rate, p, 0, math.inf, age) if shop == 1 else
                              history(rate, p, p, math.inf, age) if shop == 2 else
                              history(rate, 0, 0, lifetime, age))
        spent = from_gamma(3 * frequency, from_gamma(4, 50))
        yield shop, frequency, recency, age, f"{spent / frequency:.2f}" if frequency > 0 else 0


def contracts(cohort, a, b, customers, counted):
    left = [from_beta(a, b) for _ in range(customers)]
    for renewal in range(max(counted) + 1):
        if renewal in counted:
            yield cohort, renewal, len(left)
        left = [p for p in left if chance() >= p]


# ---- Maxima -----------------------------------------------------------------------------------------------------


def derivatives(f, x):
    """The gradient and the matrix of second derivatives, by differences."""
    h = mpf(10) ** -12
    n = len(x)
    unit = [h * eye(n)[:, i] for i in range(n)]
    slope = matrix([(f(x + unit[i]) - f(x - unit[i])) / (2 * h) for i in range(n)])
    curve = matrix(n, n)
    for i, j in itertools.combinations_with_replacement(range(n), 2):
        curve[i, j] = curve[j, i] = (f(x + unit[i] + unit[j]) - f(x + unit[i] - unit[j])
                                     - f(x - unit[i] + unit[j]) + f(x - unit[i] - unit[j])) / (4 * h**2)
    return slope, curve


def ascent(slope, curve):
    """Newton's step to the maximum; where there is none to be seen, some step uphill.  And which of these it is."""
    ridge = mpf(0)
    while True:
        try:
            cholesky(ridge * eye(len(slope)) - curve)
            return cholesky_solve(ridge * eye(len(slope)) - curve, slope), ridge == 0
        except ValueError:
            ridge = 4 * ridge + norm(slope)


def maximum(f, start):
    """None if there is none."""
    x = origin = matrix([log(mpf(parameter)) for parameter in start])
    while norm(x - origin, mp.inf) < log(1000):
        step, is_newton = ascent(*derivatives(f, x))
        if norm(step) < mpf(10) ** -18 and is_newton:
            return [exp(parameter) for parameter in x]
        step /= max(mpf(1), norm(step))
        here = f(x)
        while f(x + step) < here and norm(step) > mpf(10) ** -15:
            step /= 2
        x = x + step
    return None


def fit(what, likelihood, start):
    def of_logarithms(x):
        return likelihood([exp(parameter) for parameter in x])

    best = maximum(of_logarithms, start)
    again = maximum(of_logarithms, [parameter * (1 + i) for i, parameter in enumerate(start)])
    if best is None and again is None:
        return ["", "", ""]
    for one, other in zip(best, again):
        agree(one, other, 15, what)
    return [likelihood(best), *(" ".join(mp.nstr(value, 17) for value in values)
                                for values in (best, standard_errors(likelihood, best)))]


def standard_errors(likelihood, best):
    _, curve = derivatives(lambda x: likelihood(list(x)), matrix(best))
    return [mp.sqrt((-curve ** -1)[i, i]) for i in range(len(best))]


# ---- What is computed -------------------------------------------------------------------------------------------


def orders_likelihood(Model, rows):
    histories = [tuple(map(exact, row[1:4])) for row in rows]

    def total(parameters):
        model = Model(*parameters)
        return sum(log(model.likelihood(*one)) for one in histories)

    return total


def spending_likelihood(rows):
    spending = [(exact(row[1]), exact(row[4])) for row in rows if row[1] > 0]

    def total(parameters):
        model = GammaGamma(*parameters)
        return sum(log(model.likelihood(*one)) for one in spending)

    return total


def contracts_likelihood(rows):
    cohorts = [list(cohort) for _, cohort in itertools.groupby(rows, key=lambda row: row[0])]

    def total(parameters):
        model = SBG(*parameters)
        share = {renewal: model.survival(mpf(renewal)) for _, renewal, _ in rows}
        return sum(sum((before[2] - after[2]) * log(share[before[1]] - share[after[1]])
                       for before, after in zip(cohort, cohort[1:]))
                   + cohort[-1][2] * log(share[cohort[-1][1]]) for cohort in cohorts)

    return total


def main():
    shops = {shop: list(customers(shop)) for shop in (1, 2, 3)}
    cohorts = {1: list(contracts(1, 1, 3, 1200, range(9))), 2: list(contracts(2, 3, 40, 700, range(13))),
               3: list(contracts(3, 2, 5, 900, (0, 1, 3, 4, 9)))}
    write("histories.csv", ("shop", "frequency", "recency", "age", "mean_value"), itertools.chain(*shops.values()))
    write("contracts.csv", ("cohort", "renewal", "survivors"), itertools.chain(*cohorts.values()))

    mp.dps = 50
    rows = []
    for shop, histories in shops.items():
        for name, Model, start in (("bgnbd", BGNBD, (1.1, 50, 1.2, 3.1)), ("mbgnbd", MBGNBD, (1.1, 50, 1.2, 3.1)),
                                   ("pnbd", ParetoNBD, (1.1, 50, 1.2, 310))):
            rows.append([name, shop, *fit(f"{name} {shop}", orders_likelihood(Model, histories), start)])
        rows.append(["gamma_gamma", shop, *fit(f"gamma_gamma {shop}", spending_likelihood(histories), (2, 3, 40))])
    cohorts["all"] = list(itertools.chain(*cohorts.values()))
    for cohort, survivors in cohorts.items():
        rows.append(["sbg", cohort, *fit(f"sbg {cohort}", contracts_likelihood(survivors), (1, 3))])
    write("fits.csv", ("model", "data", "log_likelihood", "parameters", "standard_errors"), rows)


if __name__ == "__main__":
    main()
