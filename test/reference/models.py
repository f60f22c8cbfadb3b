#!/usr/bin/env python3
"""Reference values of the customer models: what test/t/023_models_formulas.pl compares the predictions with.

    python3 test/reference/models.py

writes bgnbd.csv, mbgnbd.csv, pnbd.csv, gamma_gamma.csv and sbg.csv beside itself, in some minutes.  It needs mpmath
(Debian: python3-mpmath).  The same formulas serve fits.py.

The values come from the published formulas, in the papers' letters and with their special functions:

    BG/NBD       Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way
    MBG/NBD      Batislam, Denizel, Filiztekin (2007), Empirical validation and comparison of models
    Pareto/NBD   Schmittlein, Morrison, Colombo (1987); Fader, Hardie (2005), A Note on Deriving the Pareto/NBD Model;
                 Fader, Hardie, Lee (2005), RFM and CLV (discounted orders)
    Gamma-Gamma  Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value
    sBG          Fader, Hardie (2007), How to Project Customer Retention; (2010), Customer-Base Valuation

None of it is the C code's way, which avoids these forms because they cancel and overflow in double precision.  Here
each is evaluated with 60 and with 120 digits, which must agree to 25, and must agree to 18 with what the model says
in words: an integral over the customers' rates, chances to leave and lifetimes.  A value that does not is an error.

The parameters are the double nearest to what the files say, as they are for the server.  Where a formula divides by
a - 1 or s - 1 and this is zero, a or s is larger by 1e-30.
"""

import csv
import functools
import os

import mpmath
from mpmath import beta, chop, e, exp, expm1, gamma, hyperu, inf, log, log1p, mp, mpf, nstr, quad

mp.dps = 60

# Customers of many orders make its series long.
hyp2f1 = functools.partial(mpmath.hyp2f1, maxterms=1000000)

FOLDER = os.path.dirname(os.path.abspath(__file__))


def exact(number):
    """The double that the server makes of a number as it is written."""
    return mpf(float(number))


def off_one(number):
    return number + mpf(10) ** -30 if number == 1 else number


# ---- The published formulas -------------------------------------------------------------------------------------


class BGNBD:
    """Customers leave after an order, though not after the first."""

    columns = ("r", "alpha", "a", "b")
    chances_before_first = 0

    def __init__(self, r, alpha, a, b):
        self.r, self.alpha, self.a, self.b = r, alpha, off_one(a), b

    @functools.lru_cache(maxsize=1000)
    def stayed_and_left(self, x, t_x, T):
        """The likelihood of a customer who is still there, and of one who left with the last order."""
        r, alpha = self.r, self.alpha
        orders, stays, leaves = self.of_orders(x)
        return orders * stays * (alpha + T) ** -(r + x), orders * leaves * (alpha + t_x) ** -(r + x)

    @functools.lru_cache(maxsize=1000)
    def of_orders(self, x):
        """What does not depend on the times."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        k = x + self.chances_before_first
        return (gamma(r + x) / gamma(r) * alpha**r, beta(a, b + k) / beta(a, b),
                beta(a + 1, b + k - 1) / beta(a, b) if k > 0 else mpf(0))

    def likelihood(self, x, t_x, T):
        return sum(self.stayed_and_left(x, t_x, T))

    def p_alive(self, x, t_x, T):
        return self.stayed_and_left(x, t_x, T)[0] / self.likelihood(x, t_x, T)

    def expected(self, t, x, t_x, T):
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        k = x + self.chances_before_first
        alive = (a + b + k - 1) / (a - 1) * (
            1 - ((alpha + T) / (alpha + T + t)) ** (r + x)
            * hyp2f1(r + x, b + k, a + b + k - 1, t / (alpha + T + t)))
        return self.p_alive(x, t_x, T) * alive

    def discounted(self, horizon, delta, x, t_x, T):
        """Orders until the horizon, each worth exp(-delta t): no paper gives a closed form."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        k = x + self.chances_before_first
        rate = lambda t: (r + x) / (alpha + T) * hyp2f1(r + x + 1, a, a + b + k, -t / (alpha + T))
        return self.p_alive(x, t_x, T) * over_time(rate, horizon, delta, alpha + T, r + x)

    # In words: a rate from a gamma distribution, a chance from a beta distribution; neither knows of the other.

    def stayed_and_left_in_words(self, x, t_x, T):
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        k = x + self.chances_before_first
        stayed = over_rates(lambda rate: rate**x * exp(-rate * T), r, alpha) * over_chances(lambda p, q: q**k, a, b)
        if k == 0:
            return stayed, mpf(0)
        return stayed, (over_rates(lambda rate: rate**x * exp(-rate * t_x), r, alpha)
                        * over_chances(lambda p, q: p * q ** (k - 1), a, b))

    def expected_in_words(self, t, x, t_x, T):
        """A customer who is there orders at the rate's mean over those who would order as they did."""
        k = x + self.chances_before_first
        alive = over_chances(lambda p, q: -expm1(-(self.r + x) * log1p(p * t / (self.alpha + T))) / p,
                             self.a, self.b + k)
        return self.p_alive(x, t_x, T) * alive


class MBGNBD(BGNBD):
    """Customers leave after an order, or after the first."""

    chances_before_first = 1


class ParetoNBD:
    """Customers leave at any time."""

    columns = ("r", "alpha", "s", "beta")

    def __init__(self, r, alpha, s, beta):
        self.r, self.alpha, self.s, self.beta = r, alpha, off_one(s), beta

    @functools.lru_cache(maxsize=1000)
    def stayed_and_left(self, x, t_x, T):
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        most, b = (alpha, s + 1) if alpha >= beta else (beta, r + x)
        part = lambda t: (hyp2f1(r + s + x, b, r + s + x + 1, abs(alpha - beta) / (most + t))
                          / (most + t) ** (r + s + x))
        orders = gamma(r + x) / gamma(r) * alpha**r * beta**s
        return (orders / ((alpha + T) ** (r + x) * (beta + T) ** s),
                orders * s / (r + s + x) * (part(t_x) - part(T)))

    likelihood = BGNBD.likelihood
    p_alive = BGNBD.p_alive

    def expected(self, t, x, t_x, T):
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        return (self.p_alive(x, t_x, T) * (r + x) * (beta + T) / ((alpha + T) * (s - 1))
                * (1 - ((beta + T) / (beta + T + t)) ** (s - 1)))

    def discounted(self, horizon, delta, x, t_x, T):
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        if horizon == inf:
            return (alpha**r * beta**s * delta ** (s - 1) * gamma(r + x + 1) * hyperu(s, s, delta * (beta + T))
                    / (gamma(r) * (alpha + T) ** (r + x + 1) * sum(self.stayed_and_left(x, t_x, T))))
        rate = lambda t: (r + x) / (alpha + T) * ((beta + T) / (beta + T + t)) ** s
        return self.p_alive(x, t_x, T) * over_time(rate, horizon, delta, beta + T)

    # In words: a rate of orders and a rate of leaving, each from a gamma distribution.

    def stayed_and_left_in_words(self, x, t_x, T):
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        orders = lambda t: alpha**r * gamma(r + x) / gamma(r) / (alpha + t) ** (r + x)
        stays = (beta / (beta + T)) ** s
        leaves = lambda t: s * beta**s / (beta + t) ** (s + 1)
        least = min(alpha, beta)
        return orders(T) * stays, panels(lambda y: orders(e**y - least) * leaves(e**y - least) * e**y,
                                         log(t_x + least), log(T + least), r + x + s)

    def expected_in_words(self, t, x, t_x, T):
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        still_there = lambda y: exp(-s * (y - log(beta + T))) * e**y
        return (self.p_alive(x, t_x, T) * (r + x) / (alpha + T)
                * panels(still_there, log(beta + T), log(beta + T + t)))


class GammaGamma:
    """The values of a customer's orders are from a gamma distribution whose rate is from another one."""

    columns = ("p", "q", "gamma")

    def __init__(self, p, q, gamma):
        self.p, self.q, self.gamma = p, q, gamma

    def likelihood(self, x, m):
        p, q, g = self.p, self.q, self.gamma
        return (gamma(p * x + q) / (gamma(p * x) * gamma(q)) * g**q * m ** (p * x - 1) * x ** (p * x)
                / (g + x * m) ** (p * x + q))

    def has_mean(self, x):
        return self.p * x + self.q > 1

    def expected_value(self, x, m):
        p, q, g = self.p, self.q, self.gamma
        if x == 0:
            return p * g / (q - 1)
        return (q - 1) / (p * x + q - 1) * (g * p / (q - 1)) + p * x / (p * x + q - 1) * m

    def density(self, x, m, rate):
        """Of the mean of x values, each of shape p and this rate."""
        p = self.p
        return (rate * x) ** (p * x) * m ** (p * x - 1) * exp(-rate * x * m) / gamma(p * x) if x > 0 else mpf(1)

    def likelihood_in_words(self, x, m):
        return over_rates(lambda rate: self.density(x, m, rate), self.q, self.gamma)

    def expected_in_words(self, x, m):
        return (over_rates(lambda rate: self.density(x, m, rate) * self.p / rate, self.q, self.gamma)
                / self.likelihood_in_words(x, m))


class SBG:
    """A contract is not renewed with a chance from a beta distribution."""

    columns = ("alpha", "beta")

    def __init__(self, alpha, beta):
        self.alpha, self.beta = alpha, beta

    def retention_rate(self, t):
        return (self.beta + t - 1) / (self.alpha + self.beta + t - 1)

    def survival(self, t):
        return beta(self.alpha, self.beta + t) / beta(self.alpha, self.beta)

    def residual_lifetime(self, n, d):
        """Of a customer who has renewed n times, just before the next renewal."""
        alpha, beta = self.alpha, self.beta
        return (beta + n) / (alpha + beta + n) * hyp2f1(1, beta + n + 1, alpha + beta + n + 1, 1 / (1 + d))

    def has_end(self, d):
        return d > 0 or self.alpha > 1

    def survival_in_words(self, t):
        return over_chances(lambda p, q: q**t, self.alpha, self.beta)

    def residual_in_words(self, n, d):
        """The sum of the renewals to come of one customer, over all customers who are left."""
        return over_chances(lambda p, q: q * (1 + d) / (p + d), self.alpha, self.beta + n)


# ---- Integrals --------------------------------------------------------------------------------------------------


def over_line(f):
    """The integral of a function with one peak that vanishes on both sides: by the trapezoidal rule, whose steps are
    halved until nothing changes any more."""
    step = mpf(1)
    centre = mpf(0)
    for step in (mpf(8), mpf(1), mpf(1) / 8):
        while f(centre + step) > f(centre):
            centre += step
        while f(centre - step) > f(centre):
            centre -= step
    step = mpf(1) / 4
    result = mpf(-1)
    while True:
        previous, result = result, f(centre)
        for direction in (1, -1):
            i, most = 1, result
            while True:
                term = f(centre + direction * i * step)
                most = max(most, term)
                result += term
                if term <= most * mpf(10) ** -30:
                    break
                i += 1
        result *= step
        if abs(result - previous) <= abs(result) * mpf(10) ** -20:
            return result
        step /= 2


def over_rates(f, shape, rate):
    """The mean of f(u) over a gamma distribution."""
    return over_line(lambda y: f(e**y) * e ** (shape * y) * exp(-rate * e**y)) * rate**shape / gamma(shape)


def over_chances(f, a, b):
    """The mean of f(p, 1 - p) over a beta distribution."""

    def at(y):
        p, q = 1 / (1 + exp(-y)), 1 / (1 + exp(y))
        return f(p, q) * p**a * q**b

    return over_line(at) / beta(a, b)


def panels(f, low, high, steepness=0):
    """The integral from low to high, by Gauss's rule, of a smooth function that becomes at most exp(steepness) times
    as small for each 1 that it goes on.  quad takes its tolerance for an absolute one, so that what it sees must be
    about 1."""
    n = int((high - low) * (4 + steepness / 4)) + 1
    total = mpf(0)
    for i in range(n):
        start, end = low + (high - low) * i / n, low + (high - low) * (i + 1) / n
        size = max(f(start), f(end)) or mpf(1)
        total += quad(lambda y: f(y) / size, [start, end], method="gauss-legendre", maxdegree=3) * size
    return total


def over_time(f, horizon, delta, scale, steepness=0):
    """The integral of f(t) exp(-delta t) from 0 to the horizon, where f is smooth over log(scale + t)."""
    if horizon == inf:
        return over_line(lambda y: f(e**y) * exp(-delta * e**y) * e**y)
    return panels(lambda y: f(e**y - scale) * exp(-delta * (e**y - scale)) * e**y, log(scale), log(scale + horizon),
                  steepness)


# ---- Values that are sure ---------------------------------------------------------------------------------------


def agree(one, other, digits, what):
    if abs(one - other) > abs(other) * mpf(10) ** -digits:
        raise ArithmeticError(f"{what}: {nstr(one, 30)} and {nstr(other, 30)}")


def sure(what, formula, in_words):
    """A formula's value, if more digits do not change it and the words agree."""
    value = formula()
    with mp.workdps(120):
        agree(value, formula(), 25, what)
    with mp.workdps(40):
        agree(value, in_words(), 18, what + ", in words")
    return value


def discounted(what, model, horizon, delta, history):
    """The discounted orders, if they are those that the expected orders make: what comes until t is discounted less
    than all of it would be at t."""
    with mp.workdps(35):
        value = model().discounted(horizon, delta, *history)
    one = model()
    until = lambda t: delta * one.expected(t, *history)
    by_parts = over_time(until, horizon, delta, history[2] + mpf(1), one.r + history[0])
    if horizon < inf:
        by_parts += exp(-delta * horizon) * one.expected(horizon, *history)
    agree(value, by_parts, 18, what + ", discounted until " + nstr(horizon))
    return value


# ---- What is computed -------------------------------------------------------------------------------------------

# The shops: in weeks, in days, in years; a or s at and next to 1, where the formulas divide by zero; a + b below 1;
# customers who hardly differ, and who differ by orders of magnitude; of whom hardly any leaves, or who order for
# certain; alpha far above beta, far below it, equal.
BGNBD_SHOPS = [
    (0.31, 5.2, 0.62, 3.1), (1.4, 61.5, 0.35, 1.9), (0.8, 0.35, 0.5, 2.5), (0.6, 7, 1, 2.8),
    (0.6, 7, 1.00000001, 2.8), (0.45, 6.5, 0.25, 0.35), (2.7, 11, 3.4, 8.5), (150, 900, 40, 360), (2, 10, 2, 3),
    (0.2, 3, 0.05, 0.03), (0.0005, 4, 0.7, 900), (300, 30, 0.5, 1.5)]
PARETO_SHOPS = [
    (0.62, 9.4, 0.71, 14.3), (1.3, 58, 0.45, 160), (0.8, 0.35, 1.6, 2.2), (0.7, 8, 1, 12), (0.7, 8, 1.00000001, 12),
    (0.52, 220, 0.6, 0.45), (0.52, 0.45, 0.6, 220), (0.55, 9, 0.65, 9), (12.5, 0.008, 3.1, 2.4), (90, 700, 60, 5000)]

# frequency, recency, age, horizon, discount: on the first day; one order and none since; as usual; at once after the
# last order; many orders, and so many that they stopped for certain; all at once; a long way ahead.
CUSTOMERS = [
    (0, 0, 0, 39, 0.002), (0, 0, 38.5, 39, 0.002), (1, 2.25, 35, 52, 0.0027), (3, 30.125, 38, 10, 0.01),
    (7, 37.5, 38, 0.5, 0.2), (5, 20, 20, 1000, 0.0001), (2, 0, 30, 39, 0.002), (40, 35, 36.75, 26, 0.002),
    (12, 5.5, 104, 52, 0.0027), (320, 51, 52, 13, 0.001), (1500, 100, 104, 26, 0.002), (200, 2, 60, 30, 0.05)]
CUSTOMER_COLUMNS = ("frequency", "recency", "age", "horizon", "discount")

GAMMA_GAMMA_SHOPS = [(6.1, 3.8, 15.2), (1, 2, 40), (0.35, 1.2, 900), (4.4, 0.6, 22), (250, 80, 13)]
SPENDING = [(0, 0), (1, 35), (2, 22.35), (7, 73.74), (26, 40.005), (400, 0.02)]

SBG_SHOPS = [(0.72, 1.21), (0.66, 3.7), (3.8, 15.5), (0.15, 1), (1, 1), (60, 240), (0.04, 0.03)]
CONTRACTS = [(0, 0.1), (1, 0.05), (2, 0.15), (4, 0), (12, 0.1), (60, 0.002), (1000, 0.5), (3, 10)]


def customers_of(shop):
    """All of them in the first shop, and in each other shop some."""
    return [customer for i, customer in enumerate(CUSTOMERS) if shop == 0 or (i + 2 * shop) % 12 < 4]


def orders_row(Model, shop, customer):
    def model():
        return Model(*map(exact, shop))

    def likelihood_in_words():
        return sum(model().stayed_and_left_in_words(*history))

    def p_alive_in_words():
        return model().stayed_and_left_in_words(*history)[0] / likelihood_in_words()

    *history, horizon, discount = map(exact, customer)
    new = [mpf(0)] * 3
    delta = log1p(discount)
    what = f"{Model.__name__} {shop} {customer}"
    return [
        chop(log(sure(what, lambda: model().likelihood(*history), likelihood_in_words)), mpf(10) ** -50),
        sure(what, lambda: model().p_alive(*history), p_alive_in_words),
        sure(what, lambda: model().expected(horizon, *history), lambda: model().expected_in_words(horizon, *history)),
        sure(what, lambda: model().expected(horizon, *new), lambda: model().expected_in_words(horizon, *new)),
        discounted(what, model, horizon, delta, history),
        discounted(what, model, inf, delta, history)]


def spending_row(shop, customer):
    def model():
        return GammaGamma(*map(exact, shop))

    x, m = map(exact, customer)
    what = f"GammaGamma {shop} {customer}"
    return [
        log(sure(what, lambda: model().likelihood(x, m), lambda: model().likelihood_in_words(x, m))) if x > 0 else 0,
        sure(what, lambda: model().expected_value(x, m), lambda: model().expected_in_words(x, m))
        if model().has_mean(x) else ""]


def contract_row(shop, contract):
    def model():
        return SBG(*map(exact, shop))

    n, d = map(exact, contract)
    what = f"SBG {shop} {contract}"
    return [
        sure(what, lambda: model().survival(n), lambda: model().survival_in_words(n)),
        model().retention_rate(n + 1),
        sure(what, lambda: model().residual_lifetime(n, d), lambda: model().residual_in_words(n, d))
        if model().has_end(d) else ""]


def write(name, columns, rows):
    with open(os.path.join(FOLDER, name), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        for row in rows:
            out.writerow([nstr(value, 17) if isinstance(value, mpf) else value for value in row])


def main():
    for name, Model, shops in (("bgnbd", BGNBD, BGNBD_SHOPS), ("mbgnbd", MBGNBD, BGNBD_SHOPS),
                               ("pnbd", ParetoNBD, PARETO_SHOPS)):
        write(name + ".csv",
              Model.columns + CUSTOMER_COLUMNS + ("log_likelihood", "p_alive", "expected_orders",
                                                  "expected_orders_new", "discounted", "discounted_forever"),
              ([*shop, *customer, *orders_row(Model, shop, customer)]
               for i, shop in enumerate(shops) for customer in customers_of(i)))
    write("gamma_gamma.csv", GammaGamma.columns + ("frequency", "mean_value", "log_likelihood", "expected_value"),
          ([*shop, *customer, *spending_row(shop, customer)] for shop in GAMMA_GAMMA_SHOPS for customer in SPENDING))
    write("sbg.csv", SBG.columns + ("renewals", "discount", "survival", "next_retention_rate", "residual_lifetime"),
          ([*shop, *contract, *contract_row(shop, contract)] for shop in SBG_SHOPS for contract in CONTRACTS))


if __name__ == "__main__":
    main()
