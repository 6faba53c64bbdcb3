"""Regional AGC profiles as the device's data, in integers; tools/score/regions.py has the same ones with
their sources and doubts (a test keeps both in step). None was taken from an official rule text.

Rates in 0.01 % of the rating per minute, dead zones and accuracies in 0.01 % of the rating, times in ms,
indices and weights in 0.01 %.
"""

RATE, ACCURACY, RESPONSE = 0, 1, 2
TWO_MINUS, TWO_MINUS_INVERSE, RATIO, ONE_MINUS = 0, 1, 2, 3  # 2 - x/n, 2 - n/x, x/n, 1 - x/n

# Terms: kind, form, norm n, lowest, highest (0 = none), an index above this (0 = none) becomes the next one
# Region: name, three terms, weights (() = product), cap of the total (0 = none), new command, leave zone,
# arrive zone, leave hold, arrive hold, accuracy window (0 = to the end), rate measured from % past P0 (0 =
# from leaving to arriving) to share of the step, shortest command, rate too fast to count (times the norm;
# 0 = none), bonus for a reversal
REGIONS = (
    (
        "north_china",
        ((0, 1, 150, 1000, 0, 0, 0), (1, 0, 100, 1000, 0, 0, 0), (2, 0, 60000, 1000, 0, 0, 0)),
        (), 0, 200, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
    (
        "north_china_storage",
        ((0, 1, 150, 1000, 0, 0, 0), (1, 0, 150, 1000, 0, 0, 0), (2, 0, 20000, 1000, 0, 0, 0)),
        (), 0, 200, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
    (
        "mengxi",
        ((0, 2, 150, 1000, 0, 42000, 1000), (1, 0, 80, 1000, 0, 0, 0), (2, 0, 60000, 1000, 0, 0, 0)),
        (), 0, 100, 120, 100, 0, 0, 0, 0, 0, 30000, 5, 200,
    ),
    (
        "guangdong",
        ((0, 2, 180, 0, 50000, 0, 0), (2, 3, 300000, 0, 0, 0, 0), (1, 3, 150, 0, 0, 0, 0)),
        (5000, 2500, 2500), 0, 100, 50, 50, 4000, 20000, 40000, 100, 7000, 0, 0, 0,
    ),
    (
        "hunan",
        ((0, 2, 10000, 0, 30000, 0, 0), (2, 3, 60000, 0, 0, 0, 0), (1, 3, 200, 0, 0, 0, 0)),
        (4000, 3000, 3000), 20000, 100, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
    (
        "shaanxi_draft",
        ((0, 2, 150, 0, 0, 0, 0), (2, 3, 60000, 0, 0, 0, 0), (1, 3, 100, 0, 0, 0, 0)),
        (6000, 2000, 2000), 20000, 100, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
)  # fmt: skip
