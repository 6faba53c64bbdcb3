"""Which function codes of which peer test_modbus_matrix.py proves, on which link; and the table of them.

`python -m hil_tests.interop.modbus_matrix` prints the table that stands in the README; a test compares them.
"""

import importlib

from hil_tests.interop import modbus_peers as task

# Peer, or one of its masters: module and how its client is asked for.
PEERS = {
    "pymodbus": ("pymodbus_peer", ()),
    "pymodbus (asyncio)": ("pymodbus_peer", ("async",)),
    "libmodbus": ("libmodbus_peer", ()),
    "mbpoll": ("mbpoll_peer", ()),
    "modbus-tk": ("modbus_tk_peer", ()),
    "umodbus": ("umodbus_peer", ()),
    "hat-drivers": ("hat_peer", ()),
}
SLAVE, MASTER = "slave", "master"
# (peer, side, function code): what it does instead of what the specification wants.
DIFFERS = {("modbus-tk", SLAVE, 23): "its slave reads before it writes"}
HEADS = {43: "43/14"}


def peer(name):
    return importlib.import_module("hil_tests.interop.modbus_peers." + PEERS[name][0])


def kind(name):
    """What client() is told beside link and place."""
    return PEERS[name][1]


def codes(name, side, link):
    """The function codes that the peer has there and does right; FC 08 is one of serial lines."""
    module = peer(name)
    if side == SLAVE and kind(name):
        return ()
    has = module.SERVES if side == SLAVE else module.ASKS
    return tuple(fc for fc in has if (fc != 8 or link == task.RTU) and (name, side, fc) not in DIFFERS)


def cases(side):
    """(peer, link) of everything that is tested on that side."""
    return [(name, link) for name in PEERS for link in (task.TCP, task.RTU) if codes(name, side, link)]


def _cell(name, side, fc):
    if (name, side, fc) in DIFFERS:
        return "✗"
    found = [link for link in (task.TCP, task.RTU) if fc in codes(name, side, link)]
    return "✓" if len(found) == 2 else found[0] if found else "–"


def _line(name, side):
    cells = [_cell(name, side, fc) for fc in task.FUNCTIONS]
    return "| %s %s | %s | %s |" % (name, peer(name).VERSION, side, " | ".join(cells))


def markdown():
    """The matrix and the reasons of its crosses."""
    heads = [HEADS.get(fc, str(fc)) for fc in task.FUNCTIONS]
    lines = ["| peer | its side | %s |" % " | ".join(heads), "|---|---|%s" % ("--|" * len(heads)), ""]
    for side in (SLAVE, MASTER):
        lines[-1:-1] = [_line(name, side) for name in PEERS if codes(name, side, task.RTU)]
    lines.append("✓ TCP and RTU; – the peer has not got it (FC 08 is for serial lines).")
    for (name, side, fc), text in DIFFERS.items():
        lines.append("✗ %s, %s, FC %d: %s." % (name, side, fc, text))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
