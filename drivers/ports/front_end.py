"""TCP through a network front end on a serial line (drivers/ports/framed.py): the faces of
drivers/ports/tcp.py for boards without a stack.

FrontEnd owns the line and its links; the board's wait() calls pump(). One received frame waits in the line
until its link has been read, so a slow reader holds up the others on the same line and, by the line's flow
control, the front end.
"""

from drivers.ports.framed import ANSWER, ASK, CLOSE, DATA, FAULT, HEADER, LISTEN, OPEN, RESET, FrameLine
from protocols.ticks import ticks_add, ticks_diff

_FIRST_LINK, _LAST_LINK = 128, 254
_BACKOFF_FIRST_MS = 200
_BACKOFF_LAST_MS = 5000
_CONNECT_MS = 5000
_LOST = 104  # ECONNRESET: the link ended


class Link:
    """One stream of the front end; `ready` is the hint that its owner should look."""

    def __init__(self, front_end, number):
        self.front_end = front_end
        self.sock = None
        self.number = number  # 0: none at present
        self.is_open = False
        self.is_over = False
        self.ready = False
        self.error = 0
        self._at = 0  # read so far of the waiting frame

    def opened(self):
        self.is_open = True
        self.ready = True

    def end(self, code):
        """The other end, or the line, has ended it."""
        self.is_open = False
        self.is_over = True
        self.error = code
        self.ready = True

    def read_into(self, buf):
        """Bytes read into `buf`, 0 when there are none."""
        line = self.front_end.line
        self.ready = False
        if not (line.waiting and line.kind == DATA and line.link == self.number and self.is_open):
            return 0
        at = self._at
        n = min(len(buf), line.length - at)
        line.uart.move(buf, 0, line.rx, HEADER + at, n)
        self._at = at + n
        if self._at < line.length:
            self.ready = True
        else:
            self._at = 0
            line.take()
            self.front_end.go_on()
        return n

    def write(self, buf, start, n):
        """Bytes of buf[start:start+n] that the line took."""
        if not self.is_open:
            return 0
        line = self.front_end.line
        n = min(n, line.room())
        return n if n and line.send(DATA, self.number, buf, start, n) else 0

    def close(self):
        if self.number:
            self.front_end.forget(self)
        self.number = 0
        self.is_open = False
        self._at = 0


class FrontEnd:
    """The links of one line."""

    def __init__(self, uart):
        self.line = FrameLine(uart)
        self.links = {}  # number -> Link
        self.listener = None
        self._next = _FIRST_LINK
        self._closing = []  # links whose CLOSE had no room yet
        self._heard = False  # go_on() has met something that wait() does not know of
        self.line.reset(ASK)

    def pump(self):
        """Move bytes and frames; True when a link or the listener has something for its owner."""
        if self._heard:
            self._heard = False
            return True
        line = self.line
        while self._closing and line.send(CLOSE, self._closing[0], b"", 0, 0):
            self._closing.pop(0)
        while line.pump():
            link = self.find(line.link)
            if line.kind == DATA and link is not None and link.is_open:
                link.ready = True
                return True
            if line.kind == OPEN and link is None and self.listener is not None:
                self.listener.ready = True
                return True
            if self._is_news(link):
                return True
        return False

    def go_on(self):
        """A frame was read: the owner of the next one, too, has its turn at once."""
        if self.pump() and not self.line.waiting:
            self._heard = True

    def _is_news(self, link):
        """Deal with a frame that nobody reads; True when somebody should look."""
        line = self.line
        kind = line.kind
        news = True
        if kind in (RESET, FAULT):
            self._reset(kind == RESET, line.length and line.rx[HEADER] == ANSWER[0])
        elif line.link == 0:
            self._told(kind == LISTEN)
        elif link is None:
            news = False  # of a link that we have closed
        elif kind == OPEN:
            link.opened()
        elif kind == CLOSE:
            link.end(_LOST)
        line.take()
        return news

    def _reset(self, heard, is_answer):
        """Either end has lost the thread, or has just started."""
        if is_answer:
            return
        for number in self.links:  # any order
            self.links[number].end(_LOST)
        self._closing.clear()
        self.line.reset(ANSWER if heard else ASK)
        if self.listener is not None:
            self.listener.ask()

    def _told(self, agreed):
        if self.listener is not None:
            self.listener.is_open = agreed
            self.listener.refusal = "" if agreed else self.line.text() or "refused"

    def find(self, number):
        return self.links.get(number)

    def forget(self, link):
        """The link is given up by its owner."""
        del self.links[link.number]
        if not link.is_over and not self.line.send(CLOSE, link.number, b"", 0, 0):
            self._closing.append(link.number)
        line = self.line
        if line.waiting and line.link == link.number:
            line.take()

    def connect(self, link, target):
        """Ask for `target` under a number of its own, which the link gets; False when there is no room."""
        number = self._free_number()
        text = target.encode()
        if not self.line.send(OPEN, number, text, 0, len(text)):
            return False
        link.number = number
        link.is_over = False
        self.links[number] = link
        return True

    def _free_number(self):
        while True:
            number = self._next
            self._next = number + 1 if number < _LAST_LINK else _FIRST_LINK
            if self.find(number) is None and number not in self._closing:
                return number

    def accept(self):
        """The link that the waiting frame opens."""
        link = Link(self, self.line.link)
        link.opened()
        self.links[link.number] = link
        self.line.take()
        return link


class FramedListener:
    """TcpListener's face; `is_open` once the front end listens, `refusal` says why it does not."""

    def __init__(self, front_end, host, port):
        self.front_end = front_end
        self.sock = None
        self.target = "%s:%d" % (host, port)
        self.ready = False
        self.is_open = False
        self.refusal = None  # nothing heard yet
        self.peer = ""
        front_end.listener = self
        self.ask()

    def ask(self):
        text = self.target.encode()
        self.front_end.line.send(LISTEN, 0, text, 0, len(text))

    def accept(self):
        """A Link, its peer's address in self.peer, or None."""
        line = self.front_end.line
        self.ready = False
        if not (line.waiting and line.kind == OPEN and self.front_end.find(line.link) is None):
            return None
        self.peer = line.text()
        return self.front_end.accept()

    def close(self):
        self.is_open = False
        self.front_end.line.send(CLOSE, 0, b"", 0, 0)
        self.front_end.listener = None


class FramedClient(Link):
    """TcpClient's face: a link to host:port that reconnects by itself, with back-off."""

    is_buffered = True

    def __init__(self, front_end, target):
        """`target`: "HOST:PORT"."""
        super().__init__(front_end, 0)
        self.target = target
        self.retry_at = -1
        self.backoff_ms = _BACKOFF_FIRST_MS
        self.generation = 0
        self.ready = True

    def service(self, now):
        """Connect, wait for it, or notice the loss; call it every cycle."""
        if self.number == 0:
            if self.retry_at < 0 or ticks_diff(now, self.retry_at) >= 0:
                self.retry_at = ticks_add(now, _CONNECT_MS)
                self.front_end.connect(self, self.target)
        elif self.is_over or (not self.is_open and ticks_diff(now, self.retry_at) >= 0):
            self._lost(now)

    def opened(self):
        super().opened()
        self.backoff_ms = _BACKOFF_FIRST_MS
        self.generation += 1

    def _lost(self, now):
        self.close()
        self.ready = False
        self.retry_at = ticks_add(now, self.backoff_ms)
        self.backoff_ms = min(2 * self.backoff_ms, _BACKOFF_LAST_MS)

    def drop(self):
        """Give this connection up and make a new one."""
        self.close()
        self.retry_at = -1
