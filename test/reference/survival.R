# survival.R - curves, tests and intervals by R, for test/t/055_survival_reference.pl.
#
#     Rscript survival.R		(with the package "survival") writes survival.csv and rates.csv into this folder
#
# survival.csv: two groups in days, a + marks who is censored; then, of the first group, time, survival and its log-log limits, which are
# empty where R has none, at each event and at the end, then the median, and the log-rank test of both groups.
# rates.csv: the rates k1 in n1 and k2 in n2; Wilson's limits of the first, Newcombe's of the difference, the p value of the pooled test.
#
# prop.test without its correction has Wilson's limits and the pooled test; R itself does not have Newcombe's limits, which are put together
# from Wilson's as in his paper (Statistics in Medicine 17, 1998, page 876, method 10).
library(survival)
set.seed(16)

number <- function(x) ifelse(is.na(x), "", sprintf("%.12g", x))

# Groups with many ties and with few, with everybody censored and with nobody, of one customer and of hundreds.
group <- function(i) {
	n <- if (i %% 10 == 0) 1 else if (i %% 50 == 1) 300 else sample(2:30, 1)
	span <- sample(c(1, 6, 40, 1000), 1)
	censored <- sample(c(0, 0.3, 0.8, 1), 1, prob = c(0.15, 0.5, 0.25, 0.1))
	data.frame(time = sample(0:span, n, replace = TRUE), status = as.integer(runif(n) >= censored))
}
text <- function(g) paste0(g$time, ifelse(g$status == 1, "", "+"), collapse = " ")

freireich <- list(
	data.frame(time = c(6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35), status = rep(1:0, c(9, 12))),
	data.frame(time = c(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23), status = 1))

rows <- sapply(0:200, function(i) {
	a <- if (i == 0) freireich[[1]] else group(i)
	b <- if (i == 0) freireich[[2]] else group(i + 7)
	confidence <- if (i == 0) 0.95 else sample(c(0.5, 0.8, 0.95, 0.99), 1)
	fit <- survfit(Surv(time, status) ~ 1, data = a, conf.type = "log-log", conf.int = confidence)
	both <- rbind(cbind(a, group = 1), cbind(b, group = 2))
	test <- tryCatch(survdiff(Surv(time, status) ~ group, data = both), error = function(e) list(chisq = NA, var = matrix(0)))
	known <- !is.null(test$var) && test$var[1, 1] > 0
	shown <- fit$n.event > 0 | fit$time == max(fit$time)
	curve <- paste(fit$time, number(fit$surv), number(fit$lower), number(fit$upper), sep = ":")[shown]
	paste(confidence, text(a), text(b), paste(curve, collapse = " "), number(unname(summary(fit)$table["median"])),
		if (known) number(test$chisq) else "", if (known) number(pchisq(test$chisq, 1, lower.tail = FALSE)) else "", sep = ",")
})
writeLines(c("confidence,a,b,curve,median,chi_square,p_value", rows), "survival.csv")

wilson <- function(k, n, confidence) suppressWarnings(prop.test(k, n, correct = FALSE, conf.level = confidence)$conf.int)
rows <- sapply(1:200, function(i) {
	n <- round(10^runif(2, 0, 7))
	k <- if (i %% 4 == 0) ifelse(runif(2) < 0.5, 0, n) else rbinom(2, n, runif(1, 0, sample(c(0.02, 1), 1)))
	confidence <- sample(c(0.1, 0.5, 0.9, 0.95, 0.999, 0.999999), 1)
	one <- wilson(k[1], n[1], confidence)
	other <- wilson(k[2], n[2], confidence)
	p <- k / n
	p_value <- suppressWarnings(prop.test(k, n, correct = FALSE)$p.value)
	if (is.nan(p_value)) p_value <- NA
	paste(confidence, format(k[1], scientific = FALSE), format(n[1], scientific = FALSE), format(k[2], scientific = FALSE),
		format(n[2], scientific = FALSE), number(one[1]), number(one[2]),
		number(p[1] - p[2] - sqrt((p[1] - one[1])^2 + (other[2] - p[2])^2)), number(p[1] - p[2] + sqrt((one[2] - p[1])^2 + (p[2] - other[1])^2)),
		number(p_value), sep = ",")
})
writeLines(c("confidence,k1,n1,k2,n2,low,high,difference_low,difference_high,p_value", rows), "rates.csv")
