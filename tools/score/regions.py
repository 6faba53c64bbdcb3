"""Regional AGC profiles as data: one row of figures, formulas and doubts per region.

The names differ: in North China K2 is accuracy and K3 response, in the South, Hunan and Shaanxi k2 is
response and k3 accuracy; `terms` has each region's order. No row was taken from an official rule text:
`source` says what was seen and `uncertain` what was assumed. Rates are % of rating per minute, deadzones and
accuracies % of rating, times seconds.
"""

from dataclasses import dataclass

RATE, ACCURACY, RESPONSE = "rate", "accuracy", "response"


@dataclass(frozen=True)
class Term:
    """One index: what it judges, its formula and its norm.

    Forms: `two_minus` 2 - x/norm, `two_minus_inverse` 2 - norm/x, `ratio` x/norm, `one_minus` 1 - x/norm.
    """

    kind: str
    form: str
    norm: float
    low: float
    high: float = None
    above: tuple = None  # (limit, value): an index over the limit becomes the value: too fast is punished


@dataclass(frozen=True)
class Profile:
    """A region's rules; `weights` None means the product of the three terms."""

    name: str
    title: str
    title_zh: str
    terms: tuple
    weights: tuple
    total_cap: float
    new_command_pct: float
    leave_pct: float
    arrive_pct: float
    source: str
    uncertain: str
    leave_hold_s: float = 0
    arrive_hold_s: float = 0
    window_s: float = None
    rate_span: tuple = None  # (from % of rating past P0, to share of the step); None: from T1 to T2
    min_duration_s: float = 0
    max_rate_ratio: float = None
    reversal_bonus_pct: float = 0


PRACTITIONER = "practitioner scripts in public code (2019), not the official text"

NORTH_CHINA = Profile(
    "north_china", "North China", "华北",
    (Term(RATE, "two_minus_inverse", 1.5, 0.1), Term(ACCURACY, "two_minus", 1.0, 0.1),
     Term(RESPONSE, "two_minus", 60, 0.1)),
    None, None, 2.0, 1.0, 1.0, PRACTITIONER,
    "norm rate 1 %/min for some units; accuracy 1.5 % in one script; arrival deadzone 0.5 % at one plant")

NORTH_CHINA_STORAGE = Profile(
    "north_china_storage", "North China, storage case", "华北（储能）",
    (Term(RATE, "two_minus_inverse", 1.5, 0.1), Term(ACCURACY, "two_minus", 1.5, 0.1),
     Term(RESPONSE, "two_minus", 20, 0.1)),
    None, None, 2.0, 1.0, 1.0, PRACTITIONER, "one storage plant's norms; the province decides")

MENGXI = Profile(
    "mengxi", "Mengxi (West Inner Mongolia)", "蒙西",
    (Term(RATE, "ratio", 1.5, 0.1, above=(4.2, 0.1)), Term(ACCURACY, "two_minus", 0.8, 0.1),
     Term(RESPONSE, "two_minus", 60, 0.1)),
    None, None, 1.0, 1.2, 1.0, PRACTITIONER,
    "whether a command faster than 5 x the norm is left out or scored 0.1: here it is scored, and marked "
    "as not counted",
    min_duration_s=30, max_rate_ratio=5, reversal_bonus_pct=2)

GUANGDONG = Profile(
    "guangdong", "Guangdong and South region", "广东及南方区域",
    (Term(RATE, "ratio", 1.8, 0, 5), Term(RESPONSE, "one_minus", 300, 0),
     Term(ACCURACY, "one_minus", 1.5, 0)),
    (0.5, 0.25, 0.25), None, 1.0, 0.5, 0.5, PRACTITIONER,
    "mean norm rate seen as 1.75 to 1.9 %/min, 1.8 stands here; the deadzones' 5 MW alternatives mean "
    "nothing at this size, the percentages are used; a negative k2 or k3 is cut to 0 by assumption",
    leave_hold_s=4, arrive_hold_s=20, window_s=40, rate_span=(1.0, 0.7))

HUNAN = Profile(
    "hunan", "Hunan (2025-10)", "湖南",
    (Term(RATE, "ratio", 100, 0, 3), Term(RESPONSE, "one_minus", 60, 0), Term(ACCURACY, "one_minus", 2.0, 0)),
    (0.4, 0.3, 0.3), 2.0, 1.0, 1.0, 1.0,
    "rule text in a public source (storage norm 100 % of rating per minute, paid K at most 2)",
    "deadzones and command threshold were not seen: 1 % by assumption; entry needs K >= 0.3 and 10 MW; the "
    "5 s response limit of storage is not part of K2")

SHAANXI = Profile(
    "shaanxi_draft", "Shaanxi draft", "陕西（征求意见稿）",
    (Term(RATE, "ratio", 1.5, 0), Term(RESPONSE, "one_minus", 60, 0), Term(ACCURACY, "one_minus", 1.0, 0)),
    (0.6, 0.2, 0.2), 2.0, 1.0, 1.0, 1.0, "a notice on the draft (weights, cap 2.0)",
    "the three norms and the deadzones were not in the notice: North China's figures stand in; whether the "
    "cap is on k or on k1 alone")

PROFILES = (NORTH_CHINA, NORTH_CHINA_STORAGE, MENGXI, GUANGDONG, HUNAN, SHAANXI)


def profile(name):
    """The profile of that name; KeyError lists the names that exist."""
    for p in PROFILES:
        if p.name == name:
            return p
    raise KeyError("no region %r; there are %s" % (name, ", ".join(p.name for p in PROFILES)))
