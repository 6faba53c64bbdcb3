"""The poller marks the port that the loop asks, not only the one that has the socket."""

import socket

from drivers.ports.poller import Poller


class Port:
    ready = False
    outer = None


def test_a_byte_port_wakes_the_port_that_lies_over_it():
    poller, inner, outer = Poller(), Port(), Port()
    inner.outer = outer
    ours, theirs = socket.socketpair()
    with ours, theirs:
        poller.add(ours, inner)
        poller.wait(0)
        assert not inner.ready and not outer.ready
        theirs.send(b"t")
        poller.wait(1000)
        assert inner.ready and outer.ready
