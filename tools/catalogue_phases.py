"""Messages of limits per phase (site.phases): Chinese text, cause and next action; the English text stands
in firmware/codes_phases.py. Rows as in catalogue_device.py. 相 phase, 断路器 breaker.
"""

from firmware import codes_phases as c

EVENT, LIMIT = "event", "limit"


def _limit(code, name):
    zh = name + " 相断路器限额"
    cause = (
        "Load and bays on %s together reach its breaker; the other phases may have room." % name,
        "%s 相上的负荷与充电位之和达到断路器限额；其他相可能仍有余量。" % name,
    )
    action = (
        "It opens again when the load on this phase falls; often: put bays or loads on another phase.",
        "该相负荷下降后自动放开；经常出现时，将充电位或负荷调整到其他相。",
    )
    return (code, LIMIT, zh, cause, action)


ROWS = (
    (c.PHASE_SILENT, EVENT, "电表无该相功率",
     ("The meter answers, but not with the power of this phase (argument: 1 to 3). The phase counts with "
      "the configured bounds of its load.",
      "电表有应答，但无该相功率（参数为 1 至 3）。该相按配置的负荷边界计算。"),
     ("Check meter model and wiring: `v2g meter probe`.", "检查电表型号与接线：v2g meter probe。")),
    (c.PHASE_BACK, EVENT, "该相功率恢复",
     ("The power of this phase (argument: 1 to 3) is measured again.", "该相功率（参数为 1 至 3）恢复测量。"),
     ("Nothing to do.", "无需处理。")),
    _limit(c.LIMIT_PHASE_1, "L1"),
    _limit(c.LIMIT_PHASE_2, "L2"),
    _limit(c.LIMIT_PHASE_3, "L3"),
)
