"""`v2g can decode FILE`: a recorded CAN bus as text, message by message.

candump, ASC, BLF, TRC, CSV and whatever else python-can reads, by the file's ending; a file of slcan lines
(as a terminal program keeps them) is known by its content. One decoder per bus in the file, as the transport
protocol needs its own memory on each.
"""

import can

from protocols.can import CanFrame
from protocols.slcan import FRAME, NOTHING, SlcanReader
from tools.can_text import BusText, title
from tools.catalogue import Failure
from tools.catalogue_host import CAN_LOG_BAD


def frames(path):
    """(seconds, bus, CanFrame) of every data frame in the file; Failure when it cannot be read."""
    try:
        if _is_slcan(path):
            yield from _slcan_frames(path)
            return
        with can.LogReader(str(path)) as reader:
            for message in reader:
                if not (message.is_error_frame or message.is_remote_frame or message.is_fd):
                    frame = CanFrame()
                    frame.set(message.arbitration_id, message.is_extended_id, message.data, message.dlc)
                    yield message.timestamp, str(message.channel or "can"), frame
    except (OSError, ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise Failure(CAN_LOG_BAD, "%s: %s" % (path, error)) from None


def _is_slcan(path):
    with open(path, "rb") as file:
        first = file.read(64).lstrip().replace(b"\n", b"\r").split(b"\r")[0]
    reader = SlcanReader()
    reader.feed(first + b"\r", len(first) + 1)
    return reader.take(CanFrame()) == FRAME


def _slcan_frames(path):
    with open(path, "rb") as file:
        for number, line in enumerate(file.read().replace(b"\n", b"\r").split(b"\r")):
            reader, frame = SlcanReader(), CanFrame()
            reader.feed(line + b"\r", len(line) + 1)
            kind = reader.take(frame)
            while kind != NOTHING:
                if kind == FRAME and not frame.remote:
                    yield float(number), "can", frame
                kind = reader.take(frame)


def lines(path, lang="en", names=()):
    """Text lines of the file; `names`: only these messages (BCL, CCS ... INFY, IO, TP), none = all."""
    buses, start_s = {}, None
    for seconds, bus, frame in frames(path):
        start_s = seconds if start_s is None else start_s
        name, words = buses.setdefault(bus, BusText()).text(frame)
        if names and name not in names:
            continue
        digits = "%08X" if frame.extended else "     %03X"
        about = title(name, lang)
        said = "%s: %s" % (about, words) if about else words
        yield "%10.3f %-9s %s %-4s %s" % (seconds - start_s, bus, digits % frame.id, name, said)


def write_text(path, out, lang="en"):
    """The whole file as text; {message: how often it came}."""
    counts = {}
    with open(out, "w", encoding="utf-8") as file:
        for line in lines(path, lang):
            file.write(line + "\n")
            name = line[30:34].strip() or "?"
            counts[name] = counts.get(name, 0) + 1
    return counts
