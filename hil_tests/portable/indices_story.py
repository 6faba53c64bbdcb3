"""One run of a station under AGC as samples of about a second, in integers, the same in every lane: commands
of all sizes, plants that are quick, slow, late, that overshoot or never arrive.
"""

RATING_W = 60000
COMMANDS = 40


def story():
    """[(ms, set-point W, power W)]; before the first command the set-point is the power."""
    seed = 12345
    rows = []
    ms = power = target = 0
    goals = []
    for _ in range(COMMANDS):
        seed = (seed * 1103 + 12345) % 65536
        size_w = (-1, 1)[seed % 2] * (300, 1500, 9000, 30000, 60000)[seed // 8 % 5]
        goals.append((max(-RATING_W, min(RATING_W, target + size_w)), seed))
        target = goals[-1][0]
    target = 0
    for _ in range(5):
        rows.append((ms, 0, 0))
        ms += 1000
    for goal, seed in goals:
        target = goal
        slew_w = (150, 900, 4000, 20000, 45000)[seed // 64 % 5]  # per sample
        late = seed // 512 % 4 * 2
        bias_w = (0, 100, 450, 900)[seed // 2048 % 4]
        for n in range(12 + seed % 50):
            seed = (seed * 1103 + 12345) % 65536
            if n >= late:
                aim = target + bias_w
                power += max(-slew_w, min(slew_w, aim - power))
            drift_w = 200 if n == 9 else 0  # inside the threshold of a new command
            rows.append((ms, target + drift_w if n < 11 else target, power + seed % 121 - 60))
            ms += 1000 + seed // 128 % 3 * 20
    return rows
