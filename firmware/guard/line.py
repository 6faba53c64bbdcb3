"""The must-run line, for tests and pictures: the step itself looks at laxity.

lint: integer
"""


def line_bp(promise, target_bp, cap_w, left_ms):
    """The least SOC from which the target is reached within `left_ms`."""
    low_bp = 0
    high_bp = target_bp
    while low_bp < high_bp:
        middle_bp = (low_bp + high_bp) // 2
        promise.walk(middle_bp, target_bp, cap_w, left_ms)
        if promise.need_ms <= left_ms:
            high_bp = middle_bp
        else:
            low_bp = middle_bp + 1
    return low_bp
