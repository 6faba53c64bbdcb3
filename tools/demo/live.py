"""The live picture: a table on a terminal, one line every few seconds elsewhere."""

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tools import catalogue

LINE_EVERY_S = 5
GAUGE = 41
LINKS = {
    "connecting": "connecting 连接中",
    "started": "started 已启动",
    "lost": "lost 中断",
    "closed": "closed 已关闭",
}


def kw(value):
    """A power in kW with its sign."""
    return "-" if value is None else "%+.2f kW" % value


def code_name(code):
    """Code and name of a limit or winner in both languages."""
    return "-" if code is None else "V%03d %s" % (code, catalogue.name(code, "both"))


def gauge(rating_kw, measured_kw, setpoint_kw, low_kw, high_kw):
    """A line from full charge to full discharge: the envelope, the set-point |, the power #."""

    def cell(value):
        share = (value + rating_kw) / (2 * rating_kw)
        return min(GAUGE - 1, max(0, round(share * (GAUGE - 1))))

    text = ["."] * GAUGE
    if low_kw is not None and high_kw is not None:
        for i in range(cell(low_kw), cell(high_kw) + 1):
            text[i] = "-"
    text[cell(0)] = "0"
    if setpoint_kw is not None:
        text[cell(setpoint_kw)] = "|"
    if measured_kw is not None:
        text[cell(measured_kw)] = "#"
    return "".join(text)


class View:
    """Shows `state` and the plant's snapshot; `update` as often as you like."""

    def __init__(self, console, state, plan, rating_kw, title):
        self.console, self.state, self.plan = console, state, plan
        self.rating_kw, self.title = rating_kw, title
        self._live = (
            Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )
        self._next_line_s = 0

    def __enter__(self):
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exception):
        if self._live is not None:
            self._live.stop()

    def update(self, elapsed_s, plant):
        """`plant`: the snapshot of the plant's control port."""
        rows = self.rows(plant)
        if self._live is not None:
            bar = ProgressBar(total=self.plan.seconds, completed=elapsed_s, width=60)
            self._live.update(Group(self._table(rows, elapsed_s), bar), refresh=True)
        elif elapsed_s >= self._next_line_s:
            self._next_line_s += LINE_EVERY_S
            self.console.print(self._line(elapsed_s, plant), highlight=False, soft_wrap=True)

    def measured_kw(self, plant):
        """Power of the station at the plant's meter: the grid's power without the site's own load."""
        return (plant["load_w"] - plant["grid_w"]) / 1000

    def soc_text(self, plant):
        return "  ".join("%.2f %%" % (bay["soc_bp"] / 100) for bay in plant["bays"])

    def latency_text(self):
        latencies = self.state.latencies_ms
        if not latencies:
            return "-"
        return "%.2f ms, worst %.2f ms of %d" % (latencies[-1], max(latencies), len(latencies))

    def rows(self, plant):
        """(what, value) of the table."""
        state, measured = self.state, self.measured_kw(plant)
        low, high = state.value("lower_limit_w"), state.value("upper_limit_w")
        scale = "charge %+g kW ... %+g kW discharge" % (-self.rating_kw, self.rating_kw)
        return (
            ("Set-point 遥调", "%s  %s" % (kw(state.setpoint_kw), state.answer)),
            ("Power at the plant's meter 实测", kw(measured)),
            ("", gauge(self.rating_kw, measured, state.setpoint_kw, low, high)),
            ("", scale),
            ("State of charge SOC", self.soc_text(plant)),
            ("Adjustable 可调下限/上限", "%s ... %s" % (kw(low), kw(high))),
            ("Limit that binds 限制", code_name(state.code("limit"))),
            ("Who wins 指令来源", code_name(state.code("winner"))),
            ("104 link 链路", LINKS[state.link]),
            ("ACT to ACT_CON 确认时延", self.latency_text()),
        )

    def _table(self, rows, elapsed_s):
        title = "%s   %.0f of %g s" % (self.title, min(elapsed_s, self.plan.seconds), self.plan.seconds)
        table = Table(title=title, show_header=False, title_justify="left")
        table.add_column(style="bold")
        table.add_column(min_width=52, no_wrap=True)
        for what, value in rows:
            table.add_row(what, Text(value))
        return table

    def _line(self, elapsed_s, plant):
        state = self.state
        limit, winner = state.code("limit"), state.code("winner")
        return "%4.0f s  set-point %s  measured %s  SOC %s  limit %s  winner %s  link %s  latency %s" % (
            elapsed_s,
            kw(state.setpoint_kw),
            kw(self.measured_kw(plant)),
            self.soc_text(plant),
            "-" if limit is None else catalogue.name(limit),
            "-" if winner is None else catalogue.name(winner),
            state.link,
            "%.2f ms" % state.latencies_ms[-1] if state.latencies_ms else "-",
        )
