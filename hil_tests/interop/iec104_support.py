"""What the IEC 104 interop tests share: a station on a real socket, peers in processes of their own, tshark.

c104 is GPL: it runs in subprocesses only (iec104_c104_*.py), which print one JSON object per line.
"""

import json
import re
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from protocols.ticks import TICKS_MASK

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def ticks():
    return int(time.monotonic() * 1000) & TICKS_MASK


class Channel:
    """One connection: a socket and the machine behind it; keeps what the machine sent."""

    def __init__(self, sock, machine):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.machine = machine
        self.sent = bytearray()
        self.is_open = True
        self._buf = bytearray(4096)

    def receive(self):
        try:
            n = self.sock.recv_into(self._buf)
        except BlockingIOError:
            return
        except ConnectionError:
            n = 0
        if n == 0:
            self.is_open = False
        else:
            self.machine.feed(self._buf, n, ticks())

    def flush(self):
        tx = self.machine.tx
        while self.is_open and tx.end > tx.start:
            try:
                n = self.sock.send(memoryview(tx.buf)[tx.start : tx.end])
            except BlockingIOError:
                return
            except ConnectionError:
                self.is_open = False
                return
            self.sent += tx.buf[tx.start : tx.start + n]
            tx.consumed(n)

    def close(self):
        self.is_open = False
        self.sock.close()


class StationServer:
    """The smallest driver of an outstation: a listener and its connections, run by the test's own thread."""

    def __init__(self, station):
        self.station = station
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.channels = []
        self.closed = []

    def turn(self, wait_s=0.02):
        """Once around: accept, read, tick, write."""
        watched = [self.listener] + [ch.sock for ch in self.channels]
        readable, _, _ = select.select(watched, [], [], wait_s)
        for sock in readable:
            if sock is self.listener:
                self._accept()
        for channel in self.channels:
            if channel.sock in readable:
                channel.receive()
                channel.flush()
        self.station.tick(ticks())
        for channel in list(self.channels):
            channel.flush()
            if channel.machine.is_closed or not channel.is_open:
                self.station.close_link(channel.machine)
                channel.close()
                self.channels.remove(channel)
                self.closed.append(channel)

    def _accept(self):
        sock, address = self.listener.accept()
        link = self.station.open_link(address[0], ticks())
        if link is None:
            sock.close()
        else:
            self.channels.append(Channel(sock, link))

    def until(self, done, limit_s=20.0):
        """Run until done() is true; False when it took too long."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if done():
                return True
            self.turn()
        return False

    def sent(self):
        """Every frame sent on any connection."""
        return [f for ch in self.closed + self.channels for f in frames(bytes(ch.sent))]

    def close(self):
        for channel in self.channels:
            channel.close()
        self.listener.close()


def frames(stream):
    """The APDUs of a byte stream."""
    found = []
    at = 0
    while at + 2 <= len(stream):
        found.append(stream[at : at + stream[at + 1] + 2])
        at += stream[at + 1] + 2
    return found


class Peer:
    """A script of this folder in a process of its own; `said` grows by its JSON lines."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / script)] + [str(a) for a in arguments],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            cwd=ROOT,
        )
        self.said = []
        self._rest = b""

    def listen(self):
        """Take in what it said meanwhile; the list of all it said."""
        while not self.process.stdout.closed and select.select([self.process.stdout], [], [], 0)[0]:
            data = self.process.stdout.read1(65536)
            if not data:
                break
            *lines, self._rest = (self._rest + data).split(b"\n")
            self.said += [json.loads(line) for line in lines]
        return self.said

    def has_said(self, event):
        return any(line["event"] == event for line in self.listen())

    def of(self, event):
        return [line for line in self.listen() if line["event"] == event]

    def wait_for(self, event, limit_s=20.0):
        """For peers that are served by nobody in this process."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end and not self.has_said(event):
            time.sleep(0.02)
        assert self.has_said(event), self.said

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        self.process.stdin.close()


def dissect(apdus, folder):
    """tshark's full dissection of APDUs, one TCP segment each, as text per APDU."""
    dump = folder / "apdus.txt"
    pcap = folder / "apdus.pcap"
    lines = []
    for apdu in apdus:
        lines += ["%06x %s" % (i, apdu[i : i + 16].hex(" ")) for i in range(0, len(apdu), 16)] + [""]
    dump.write_text("\n".join(lines) + "\n")
    make = ["text2pcap", "-q", "-T", "2404,40000", str(dump), str(pcap)]
    subprocess.run(make, check=True, capture_output=True)
    read = ["tshark", "-r", str(pcap), "-O", "iec60870_104,iec60870_asdu"]
    result = subprocess.run(read, check=True, capture_output=True, text=True)
    return re.split(r"(?m)^Frame \d+: .*$", result.stdout)[1:]
