"""machine.UART as a port, against a stand-in with the same calls."""

from drivers.ports.uart import UartPort


class FakeUart:
    def __init__(self):
        self.inbox = b""
        self.outbox = b""
        self.room = 8
        self.sending = False
        self.is_off = False

    def any(self):
        return len(self.inbox)

    def readinto(self, buf):
        n = min(len(buf), len(self.inbox))
        buf[:n] = self.inbox[:n]
        self.inbox = self.inbox[n:]
        return n

    def write(self, data):
        n = min(len(data), self.room)
        self.outbox += bytes(data[:n])
        self.sending = True
        return n or None

    def txdone(self):
        return not self.sending

    def deinit(self):
        self.is_off = True


class FakePin:
    def __init__(self):
        self.level = 0

    def value(self, level):
        self.level = level


def test_reads_what_is_there_and_never_waits():
    uart = FakeUart()
    port = UartPort(uart)
    buf = bytearray(4)
    assert port.read_into(buf) == 0
    uart.inbox = b"abcdef"
    port.service(0)
    assert port.ready
    assert port.read_into(buf) == 4 and buf == b"abcd"
    assert port.read_into(buf) == 2 and buf[:2] == b"ef"


def test_writes_a_part_and_says_how_much():
    uart = FakeUart()
    port = UartPort(uart)
    assert port.write(b"xx0123456789", 2, 10) == 8
    assert uart.outbox == b"01234567"
    uart.room = 0
    assert port.write(b"9", 0, 1) == 0


def test_drive_enable_covers_the_whole_frame():
    uart = FakeUart()
    pin = FakePin()
    port = UartPort(uart, pin)
    port.write(b"abc", 0, 3)
    assert pin.level == 1
    port.service(0)
    assert pin.level == 1  # the last stop bit has not left yet
    uart.sending = False
    port.service(1)
    assert pin.level == 0


def test_close_releases_the_line():
    uart = FakeUart()
    pin = FakePin()
    port = UartPort(uart, pin)
    port.write(b"a", 0, 1)
    port.close()
    assert pin.level == 0 and uart.is_off and not port.is_open
