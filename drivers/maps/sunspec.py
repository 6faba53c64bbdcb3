"""SunSpec DER models as this firmware uses them: offsets in registers from the model's ID register.

Source: SunSpec's model files (701, 704, 713, 714, 715), the same offsets as in PyPI's pysunspec2. W is +
for injection (discharge).
"""

BASES = (40000, 0, 50000)
SIGNATURE = (0x5375, 0x6E53)  # "SunS"
END_MODEL = 0xFFFF
NEEDED = (701, 704, 713, 714, 715)
# where Discovery.places() has them, and the scale factors behind them
AT_701, AT_704, AT_713, AT_714, AT_715, AT_W_SF, AT_WSET_SF, AT_PCT_SF, AT_DCA_SF, AT_DCV_SF = range(10)

# 701 AC measurement
M701_READ, M701_COUNT = 3, 16  # St .. Hz
M701_ST, M701_INVST, M701_W = 3, 4, 10
M701_W_SF = 116
INVST_OFF, INVST_SLEEPING, INVST_STARTING, INVST_RUNNING, INVST_THROTTLED = 0, 1, 2, 3, 4
INVST_SHUTTING_DOWN, INVST_FAULT, INVST_STANDBY = 5, 6, 7

# 704 AC control: WSetEna .. WSetRvrtTms go out as one block, so that a set-point and its lease never part
M704_WRITE, M704_COUNT = 22, 11
M704_WSET_SF = 55
WSET_MOD_W = 1

# 713 storage
M713_READ, M713_COUNT = 4, 1  # SoC
M713_PCT_SF = 8

# 714 DC, first port
M714_READ, M714_COUNT = 30, 2  # DCA, DCV
M714_DCA_SF, M714_DCV_SF = 15, 16

# 715 control
M715_CONTROLLER_HB = 5
M715_OPCTL = 8
OPCTL_START, OPCTL_EXIT_STANDBY = 1, 3

# scale factors to fetch once: (key, model, offset)
SCALES = (
    ("w", 701, M701_W_SF),
    ("wset", 704, M704_WSET_SF),
    ("pct", 713, M713_PCT_SF),
    ("dca", 714, M714_DCA_SF),
    ("dcv", 714, M714_DCV_SF),
)

NOT_IMPLEMENTED_S16 = 0x8000
NOT_IMPLEMENTED_U16 = 0xFFFF
