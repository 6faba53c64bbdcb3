"""The stall of a TLS handshake: the longest single calculation, after which the loop turns again, and the
whole handshake, against the whole one of CPython's ssl (OpenSSL) on the same machine in the same run. All in
processor time: a busy machine does not change it.

For a microcontroller there is an estimate only: the time here, by the ratio of a long multiplication in C on
MicroPython here and on the emulated Cortex-M3 (counted instructions, hil_tests/m3/test_bignum.py), at 1.5
cycles an instruction (assumed) and 100 MHz. A library with assembly for its processor does better, flash that
waits longer does worse.
"""

import ssl
import subprocess
import time

from hil_tests.bench.figures import Figure, median, quantile, spread
from hil_tests.bench.programs import command, results
from hil_tests.rig.tls_lab import Lab
from hil_tests.rig.tls_station import Flights
from hil_tests.rows import wire
from tools.runtime import INTERPRETERS, MICROPYTHON
from tools.up import free_port

NAME = "tls"
TITLE = "longest stall of a TLS handshake"
BUDGET_MS = 20
M3_SQUARE_INSTRUCTIONS = 235_890
CYCLES_AN_INSTRUCTION = 1.5
PART_MHZ = 100
HEAP_KB = 1024


def run(ctx):
    """Figures per interpreter; the estimate from MicroPython's, whose library boards have too."""
    lab = Lab(ctx.folder("tls"))
    count = 5 if ctx.quick else 60
    peer_us = openssl_us(lab, count)
    figures = []
    for interpreter in INTERPRETERS:
        ctx.say(interpreter)
        found = measure(ctx, lab, interpreter, count)
        figures += judge(interpreter, found, peer_us, count)
        if interpreter == MICROPYTHON:
            figures += estimate(found)
    return figures


def openssl_us(lab, count):
    """[µs] of whole server handshakes of TLS 1.2 with a client's certificate, without a socket."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own = str(lab.path("server"))
    context.load_cert_chain(own + ".crt.pem", own + ".key.pem")
    context.load_verify_locations(lab.folder / "ca.crt.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return [_one_openssl(context, Flights(lab)) for _ in range(count)]


def _one_openssl(context, client):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    spent_ns = 0
    octets = client.hello()
    while octets:
        incoming.write(octets)
        began = time.process_time_ns()
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            pass
        spent_ns += time.process_time_ns() - began
        octets = client.answer(outgoing.read())
    return spent_ns / 1000


def measure(ctx, lab, interpreter, count):
    """What target/handshake.py found, with masters of Python's ssl over TLS 1.2."""
    port = free_port()
    words = [lab.path("server"), lab.folder / "ca", lab.key_pin("master"), port, count]
    argv, env = command(interpreter, "handshake", words, HEAP_KB)
    wrap = lab.wrapper(newest=ssl.TLSVersion.TLSv1_2)
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the listener did not start")
        for i in range(count):
            wire.Master(port, wrap=wrap).close()
            ctx.advance((i + 1) / count)
        return results(process.stdout.read().splitlines())


def judge(interpreter, found, peer_us, count):
    peer = median(peer_us)
    longest_ms, typical_ms = found["longest_us"] / 1000, found["typical_us"] / 1000
    whole = "%d handshakes; OpenSSL %.2f ms, %s" % (count, peer / 1000, spread([t / 1000 for t in peer_us]))
    tail = "longest of all %.1f ms; OpenSSL's whole handshake, p99 %.1f ms" % (
        longest_ms,
        quantile(peer_us, 0.99) / 1000,
    )
    return [
        Figure(
            NAME,
            interpreter + ", longest stall of a handshake, median",
            typical_ms,
            "ms",
            BUDGET_MS,
            note=tail,
        ),
        Figure(NAME, interpreter + ", that / OpenSSL's whole handshake", found["typical_us"] / peer, "x"),
        Figure(
            NAME,
            interpreter + ", all stalls of a handshake / OpenSSL's",
            found["whole_us"] / peer,
            "x",
            note=whole,
        ),
    ]


def estimate(found):
    """Milliseconds on a part of 100 MHz, from the same run's multiplication."""
    a_ns = M3_SQUARE_INSTRUCTIONS / found["square_ns"]  # instructions there for a nanosecond here
    ms = [
        us * 1000 * a_ns * CYCLES_AN_INSTRUCTION / PART_MHZ / 1000
        for us in (found["typical_us"], found["whole_us"])
    ]
    note = (
        "ESTIMATE: x %.0f, by a 2048-bit square: %.1f us here, %d instructions on a Cortex-M3; %g cycles each"
        % (
            ms[0] * 1000 / found["typical_us"],
            found["square_ns"] / 1000,
            M3_SQUARE_INSTRUCTIONS,
            CYCLES_AN_INSTRUCTION,
        )
    )
    part = "a %d MHz Cortex-M, " % PART_MHZ
    return [
        Figure(NAME, part + "longest stall, estimate", ms[0], "ms", note=note),
        Figure(NAME, part + "whole handshake, estimate", ms[1], "ms"),
    ]
