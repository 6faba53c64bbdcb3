"""Dispatch master: connects, interrogates, plays a plan of set-points and prints one JSON object per line.

    python -m tools.master.c104_master HOST PORT --common-address 1 --setpoint-ioa 0x6201 --plan FILE.json

The plan is a list of [t_s, kW], the values as they stand on the wire. Every line has `mono_ns`
(CLOCK_MONOTONIC, shared by all processes of the machine). Two lost wake-ups of c104 2.2.1's client are met
here. Its answer to a command is False once in some thousand confirmed ones: a set-point is judged by the
frame on the wire, and sent again, once, only when there was none. And it sometimes forgets STARTDT after
connecting: it is told again. Events: connected, interrogated, point, sent, confirmed, refused, unanswered,
lost, end.
"""

import argparse
import json
import signal
import struct
import sys
import threading
import time

import c104

# Types that are shown, and bytes of an element. c104 holds one type per address; an event has another.
ELEMENT_SIZE = {1: 1, 13: 5, 30: 8, 36: 12}
SINGLE_POINTS = (1, 30)
GI_END = (c104.Type.C_IC_NA_1, c104.Cot.ACTIVATION_TERMINATION)
COMMAND_TIMEOUT_MS = 1000
WIRE_GRACE_S = 0.3
STARTDT_AGAIN_S = 0.5


class Printer:
    """One JSON object per line, whole lines only, from any thread."""

    def __init__(self, stream):
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, event, mono_ns=None, **fields):
        line = json.dumps(dict(event=event, mono_ns=mono_ns or time.monotonic_ns(), **fields))
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (BrokenPipeError, ValueError):
                pass  # the reader went away; the station must still be left in order


def monitored(data):
    """(ioa, value, good) of each object in an I frame with M_SP or M_ME_NC, with or without time tag."""
    type_id, number, sequence = data[6], data[7] & 0x7F, data[7] & 0x80
    size = ELEMENT_SIZE[type_id]
    at = 12
    for i in range(number):
        if i == 0 or not sequence:
            ioa, at = int.from_bytes(data[at : at + 3], "little"), at + 3
        else:
            ioa += 1
        if type_id in SINGLE_POINTS:
            yield ioa, data[at] & 1, data[at] & 0xF0 == 0
        else:
            yield ioa, struct.unpack_from("<f", data, at)[0], data[at + 4] & 0xF1 == 0
        at += size


class Wire:
    """What passed on the wire: monitored values, when a set-point left and how it was answered."""

    def __init__(self, setpoint_ioa, say):
        self.setpoint_ioa = setpoint_ioa
        self.say = say
        self.seen = set()
        self.answered = threading.Event()
        self.interrogated = threading.Event()
        self.sent_ns = self.answer_ns = 0
        self.positive = False

    def expect(self):
        self.answered.clear()
        self.sent_ns = 0

    def on_send(self, data):
        if len(data) > 15 and data[6] == 50:
            self.sent_ns = time.monotonic_ns()

    def on_receive(self, data):
        now_ns = time.monotonic_ns()
        if len(data) < 13 or data[2] & 1:
            return  # not an I frame
        if data[6] in ELEMENT_SIZE:
            for ioa, value, good in monitored(data):
                self.seen.add(ioa)
                self.say("point", ioa=ioa, type=data[6], value=value, good=good, cot=data[8] & 0x3F)
            return
        frame = c104.explain_bytes_dict(apdu=data)
        if (frame["type"], frame["cot"]) == GI_END:
            self.interrogated.set()
        ioa = frame["firstInformationObjectAddress"]
        if frame["type"] == c104.Type.C_SE_NC_1 and ioa == self.setpoint_ioa:
            self._answer(frame, now_ns)

    def _answer(self, frame, now_ns):
        if frame["cot"] == c104.Cot.ACTIVATION_TERMINATION or self.answered.is_set():
            return
        self.positive = frame["cot"] == c104.Cot.ACTIVATION_CON and not frame["negative"]
        self.answer_ns = now_ns
        self.answered.set()


class Master:
    """One connection to one station."""

    def __init__(self, options, say):
        self.say = say
        self.stopped = threading.Event()
        self.wire = Wire(options.setpoint_ioa, say)
        self.counts = dict(sent=0, confirmed=0, refused=0, unanswered=0, repeated=0, spurious=0)
        self.was_open = False
        self._keep = []  # c104 keeps no reference to a callback's closure
        self.client = c104.Client(tick_rate_ms=50, command_timeout_ms=COMMAND_TIMEOUT_MS)
        self.connection = self.client.add_connection(ip=options.host, port=options.port, init=c104.Init.ALL)
        station = self.connection.add_station(common_address=options.common_address)
        self.setpoint = station.add_point(io_address=options.setpoint_ioa, type=c104.Type.C_SE_NC_1)
        self._subscribe()

    def _subscribe(self):
        def on_send(connection: c104.Connection, data: bytes) -> None:
            self.wire.on_send(data)

        def on_receive(connection: c104.Connection, data: bytes) -> None:
            self.wire.on_receive(data)

        def on_state(connection: c104.Connection, state: c104.ConnectionState) -> None:
            self._state_changed(state)

        self._keep = [on_send, on_receive, on_state]
        self.connection.on_send_raw(callable=on_send)
        self.connection.on_receive_raw(callable=on_receive)
        self.connection.on_state_change(callable=on_state)

    def _state_changed(self, state):
        if state == c104.ConnectionState.OPEN and not self.was_open:
            self.was_open = True
            self.say("connected")
        elif state.name.startswith("CLOSED") and self.was_open:
            self.was_open = False
            self.wire.interrogated.clear()
            self.say("lost")

    def connect(self, timeout_s):
        """True when the link runs and the general interrogation has ended."""
        self.client.start()
        if not self._started(timeout_s):
            return False
        self.say("interrogated", points=len(self.wire.seen))
        return True

    def _started(self, timeout_s):
        """True once the link is started and interrogated; asks for STARTDT again when c104 forgot it."""
        now = time.monotonic()
        deadline, again = now + timeout_s, now + STARTDT_AGAIN_S
        while now < deadline and not self.stopped.is_set():
            muted = self.connection.is_muted
            if self.connection.is_connected and not muted and self.wire.interrogated.wait(0.02):
                return True
            if muted and now >= again:
                self.connection.unmute()
                again = now + STARTDT_AGAIN_S
            self.stopped.wait(0.02)
            now = time.monotonic()
        return False

    def order(self, kw):
        """Send one set-point; True when the station accepted it."""
        self.counts["sent"] += 1
        for attempt in (1, 2):
            if not self._started(COMMAND_TIMEOUT_MS / 1000):
                break
            self.wire.expect()
            self.setpoint.value = float(kw)
            called_ns = time.monotonic_ns()
            accepted = self.setpoint.transmit(cause=c104.Cot.ACTIVATION)
            if self.wire.answered.wait(WIRE_GRACE_S):  # c104 may return before its frame callback has run
                return self._judged(kw, attempt, accepted, self.wire.sent_ns or called_ns)
            self.counts["repeated"] += attempt == 1
        self.counts["unanswered"] += 1
        self.say("unanswered", kw=kw)
        return False

    def _judged(self, kw, attempt, accepted, sent_ns):
        positive = self.wire.positive
        self.counts["confirmed" if positive else "refused"] += 1
        self.counts["spurious"] += positive and not accepted
        self.say("sent", mono_ns=sent_ns, kw=kw, n=self.counts["sent"], attempt=attempt)
        self.say(
            "confirmed" if positive else "refused",
            mono_ns=self.wire.answer_ns,
            kw=kw,
            n=self.counts["sent"],
            latency_us=(self.wire.answer_ns - sent_ns) / 1000,
        )
        return positive

    def play(self, plan, seconds):
        """Play the plan from now on, and stay for `seconds`; returns early when stop was asked."""
        start = time.monotonic()
        for t_s, kw in plan:
            if self.stopped.wait(max(0.0, start + t_s - time.monotonic())):
                return
            self.order(kw)
        self.stopped.wait(max(0.0, start + seconds - time.monotonic()))

    def close(self):
        """STOPDT, then the end of the connection."""
        if self.connection.is_connected:
            self.connection.mute()
        self.client.stop()
        self.say("end", **self.counts)


def read_plan(path):
    """[(t_s, kW), ...] from the file, in order of time."""
    with open(path, encoding="utf-8") as file:
        return sorted((float(t), float(kw)) for t, kw in json.load(file))


def parse(argv):
    parser = argparse.ArgumentParser(prog="c104_master", description="Plays set-points to a 104 station.")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--common-address", type=int, default=1)
    parser.add_argument("--setpoint-ioa", type=lambda text: int(text, 0), default=0x6201)
    parser.add_argument("--plan", required=True, help="JSON list of [t_s, kW]")
    parser.add_argument("--seconds", type=float, default=0, help="stay at least this long")
    parser.add_argument("--connect-timeout", type=float, default=15, help="s")
    return parser.parse_args(argv)


def main(argv=None):
    """0 when every set-point was accepted, 1 when one was not, 2 when there was no station."""
    options = parse(argv)
    say = Printer(sys.stdout)
    plan = read_plan(options.plan)
    master = Master(options, say)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: master.stopped.set())
    connected = master.connect(options.connect_timeout)
    if connected:
        master.play(plan, options.seconds)
    stopped = master.stopped.is_set()
    master.close()
    if not connected:
        return 0 if stopped else 2
    return 0 if master.counts["refused"] + master.counts["unanswered"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
