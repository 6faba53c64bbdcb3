"""Everything bad at once on the 104 port of the running firmware, from other addresses, while the
dispatcher's set-points go on: slow readers, a flood of connections, peers that say nothing, scanners
that start the transfer and command, noise. Each set-point is confirmed, and the plant shows no order but
the dispatcher's.
"""

import random
import socket
import threading
import time

import pytest

from hil_tests.faults.raw_master import STARTDT_ACT, setpoint
from hil_tests.scenarios.live_site import LiveSite, until

pytestmark = pytest.mark.live

SIEGE_S = 3
ORDERS = 12
FOREIGN_KW = 11.0
GI = bytes.fromhex("680e0000000064010600010000000014")


class Attacker(threading.Thread):
    """Connects again and again from an address of its own, and does what `act(socket)` does."""

    def __init__(self, address, port, act):
        super().__init__(daemon=True)
        self.address = address
        self.port = port
        self.act = act
        self.is_over = threading.Event()
        self.tries = 0
        self.start()

    def run(self):
        while not self.is_over.is_set():
            self.tries += 1
            try:
                with socket.create_connection(("127.0.0.1", self.port), 2, (self.address, 0)) as s:
                    s.settimeout(0.5)
                    self.act(s, self.is_over)
            except OSError:
                self.is_over.wait(0.01)

    def end(self):
        self.is_over.set()
        self.join(10)


def reads_slowly(s, is_over):
    """Starts, asks for everything, and never takes the answers."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.sendall(STARTDT_ACT)
    for n in range(200):
        frame = bytearray(GI)
        frame[2:4] = (n << 1).to_bytes(2, "little")
        s.sendall(frame)
    is_over.wait(1)


def comes_and_goes(s, is_over):
    s.close()


def says_nothing(s, is_over):
    is_over.wait(2)


def scans(s, is_over):
    """Starts the transfer and commands."""
    s.sendall(STARTDT_ACT)
    s.recv(100)
    body = setpoint(FOREIGN_KW)
    s.sendall(bytes((0x68, len(body) + 4, 0, 0, 0, 0)) + body)
    s.recv(100)
    is_over.wait(0.2)


def makes_noise(s, is_over):
    dice = random.Random(s.getsockname()[1])
    for _ in range(20):
        s.sendall(dice.randbytes(dice.randrange(1, 300)))


ACTS = (reads_slowly, comes_and_goes, says_nothing, scans, makes_noise, scans)


@pytest.mark.parametrize(
    ("interpreter", "allow"),
    [("cpython", []), ("micropython", []), ("micropython", ["127.0.0.1"])],
    ids=["cpython", "micropython", "micropython with an allow list"],
)
def test_the_dispatcher_is_served_under_siege(interpreter, allow, tmp_path):
    with LiveSite(
        interpreter, tmp_path, telecontrol={"allow": allow, "t3_s": 2, "t1_s": 3, "t2_s": 2}
    ) as site:
        port = site.config["telecontrol"]["port"]
        attackers = [Attacker("127.0.0.%d" % (2 + i), port, act) for i, act in enumerate(ACTS)]
        answers, foreign = [], 0
        for n in range(ORDERS):
            answers.append(site.master.setpoint(-3.0 if n % 2 else 4.0))
            foreign += any(order == -1000 * FOREIGN_KW for order in site.orders_w())
            time.sleep(SIEGE_S / ORDERS)
        for attacker in attackers:
            attacker.end()
        assert answers == [True] * ORDERS
        assert foreign == 0
        assert all(attacker.tries > 1 for attacker in attackers)
        site.follows(5.0)
        until(lambda: site.firmware.child.process.poll() is None, "the firmware lives")
