"""Our streaming count equals the package `rainflow` on random series."""

import random

import rainflow

from firmware.guard.rainflow import Rainflow


class Cycles(list):
    def cycle(self, low, high, halves):
        self.append((high - low, (high + low) / 2, halves / 2))


def test_random_series_equal_the_package():
    rng = random.Random(1)
    for number in range(300):
        spread = rng.choice((2, 5, 50, 9000))
        series = [rng.randrange(spread) for _ in range(rng.randrange(3, 400))]
        if number % 3 == 0:  # a walk
            for i in range(1, len(series)):
                series[i] = series[i - 1] + series[i] - spread // 2
        ours = Cycles()
        flow = Rainflow(ours)
        for value in series:
            flow.push(value)
        flow.finish()
        theirs = [(span, mean, count) for span, mean, count, _, _ in rainflow.extract_cycles(series)]
        assert flow.overflows == 0
        assert sorted(ours) == sorted(row for row in theirs if row[0]), series
