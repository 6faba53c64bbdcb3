"""The 49 rows of the project's Modbus table: what each demands, and where its tests are.

A row's tests are named test_row_NN_... and stand in hil_tests/portable/test_modbus_rows_*.py; what wants a
real socket, a tty or somebody else's program stands in hil_tests/interop/test_modbus_*.py under the same
number. The rules are general knowledge; none was checked against the specification's text.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GROUPS = ((16, "The line"), (24, "Replies"), (30, "TCP"), (41, "Requests"), (49, "Station"))
ROWS = (
    "CRC-16 with polynomial A001 and initial value FFFF, low byte first; 123456789 gives 4B37",
    "RTU frames have at most 256 bytes, PDUs 253, TCP frames 260; longer ones are dropped until silence",
    "A character has 11 bits: with a parity bit one stop bit, without it two",
    "T1.5 and T3.5 are 16.5 and 38.5 bit times up to 19200 baud",
    "Above 19200 baud they are 750 and 1750 us",
    "The master leaves T3.5 after a reply before the next request",
    "A frame ends by its length where that is known, by T3.5 otherwise; strictness of T1.5 is configurable",
    "A slave is silent on a bad CRC and on another unit's request",
    "Noise before a frame, with or without a silence between them, does not cost the frame",
    "Another slave's reply is never read as a request",
    "Unit 0 is a broadcast: writes are executed, nothing is answered",
    "Broadcast reads are ignored by a slave and refused by the master",
    "After a broadcast the master waits the turnaround and expects nothing",
    "Units of a serial line are 1 to 247",
    "The echo of a half-duplex line is stripped byte for byte; another byte there is a collision",
    "DE is released after the last stop bit and before T3.5",
    "A reply is from the unit that was asked",
    "A reply has the request's function code, or that with 80",
    "A reply's byte count is exactly the request's",
    "A reply to a write repeats address and value or quantity",
    "A late reply is never paired with a later request",
    "After a time-out the value is stale, and the control sees it",
    "A duplicate reply is ignored",
    "A reply with another transaction identifier is discarded and the wait goes on",
    "A frame of another protocol identifier is dropped",
    "An MBAP length below 2 or above 254 closes the connection",
    "Frames byte by byte and many frames in one piece are read alike",
    "Every pipelined request is answered, in order, with its identifier",
    "A reply repeats the unit; a TCP server takes its units, 0 and 255",
    "A missing unit: 0B behind TCP, silence on a serial line",
    "An unknown function code is answered with itself + 80 and 01, never with 80",
    "Checks come in the order function, value, address, execution",
    "Limits: 2000 bits, 125 registers read, 1968 coils, 123 registers written, 121 by FC 23; 0 is 03",
    "Address + quantity above 65536: 02",
    "A coil is written as 0000 or FF00, else 03",
    "The byte count of FC 15, 16 and 23 matches the quantity, else 03",
    "Bits go lowest first, and what fills up the last byte is 0",
    "FC 22 is (value AND and) OR (or AND NOT and); FC 23 writes before it reads",
    "FC 43/14 has the objects 0 to 2; an unknown object asked for alone: 02",
    "FC 08/00 sends its data back on a serial line",
    "A write is executed whole or not at all",
    "32-bit values come from one request and one snapshot; the word order is stated",
    "A maker's sentinels never become measurements",
    "Exceptions 05, 06 and unknown ones cost a pause and nothing else",
    "No request is repeated blindly; failures are counted",
    "A dead slave cannot starve the others",
    "A set-point is refreshed and read back; it ends with the link",
    "On TCP: idle limit, limit of connections, and dead clients lock nobody out",
    "Random frames crash nothing, leave nothing behind, and the counters add up",
)


def files():
    """Every file that may hold a row's test."""
    portable = sorted(ROOT.glob("hil_tests/portable/test_modbus_rows_*.py"))
    return portable + sorted(ROOT.glob("hil_tests/interop/test_modbus_*.py"))


def number_of(name):
    """The row that a test's name begins with, or None."""
    found = re.match(r"test_row_(\d+)_", name)
    return int(found.group(1)) if found else None
