"""What the demo knows: the master's events as they come, the plant's state, and the series that they leave
behind.

Powers are kW in the sign of the wire (+ = into the grid, generator's sign); times are CLOCK_MONOTONIC ns.
"""

import json
import threading

from firmware import pointtable

NAME_OF = {row[1]: row[0] for row in pointtable.POINTS}


class State:
    """Fed by the reader of the master's output; read by the view and the evaluation."""

    def __init__(self):
        self._lock = threading.Lock()
        self.points = {}
        self.series = {}
        self.orders = []
        self.latencies_ms = []
        self.link = "connecting"
        self.start_ns = None
        self.setpoint_kw = None
        self.answer = ""
        self.summary = {}
        self.refused = []

    def feed(self, line):
        """One line of the master."""
        try:
            event = json.loads(line)
        except ValueError:
            return  # a warning of the library, kept in the log
        with self._lock:
            handler = getattr(self, "_on_" + event["event"], None)
            if handler is not None:
                handler(event)

    def _on_connected(self, event):
        self.link = "started"

    def _on_interrogated(self, event):
        self.start_ns = event["mono_ns"]

    def _on_lost(self, event):
        self.link = "lost"

    def _on_point(self, event):
        name = NAME_OF.get(event["ioa"])
        if name is not None:
            value = float(event["value"])
            self.points[name] = (value, event["good"])
            self.series.setdefault(name, []).append((event["mono_ns"], value))

    def _on_sent(self, event):
        self.setpoint_kw = event["kw"]
        self.orders.append((event["mono_ns"], event["kw"]))

    def _on_confirmed(self, event):
        self.answer = "confirmed"
        self.latencies_ms.append(event["latency_us"] / 1000)

    def _on_refused(self, event):
        self.answer = "refused"
        self.refused.append(event["kw"])
        self.orders.pop()  # it never came into force

    def _on_unanswered(self, event):
        self.answer = "unanswered"

    def _on_end(self, event):
        self.link = "closed"
        self.summary = {key: value for key, value in event.items() if key not in ("event", "mono_ns")}

    def value(self, name):
        """Latest value of a point by its name in the point table; None when it never came or is not good."""
        value, good = self.points.get(name, (None, False))
        return value if good else None

    def code(self, name):
        """Latest code (limit, winner); None when unknown."""
        value = self.value(name)
        return None if value is None else int(value)
