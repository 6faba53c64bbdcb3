"""Control port of the live plant: one JSON object per line in, one per line out. Loop-back tool, no
authentication.

{"do": "inject", "fault": NAME, ...}, {"do": "clear", "fault": NAME, ...}, {"do": "state"}, {"do": "faults"}
Answer: {"ok": true, ...} or {"ok": false, "error": TEXT}. `faults` explains the names.
"""

import asyncio
import json
import socket

from tools.plant import faults


class ControlPort:
    """Serves `plant`; `advance()` brings it to the present before each request."""

    def __init__(self, plant, advance):
        self._plant = plant
        self._advance = advance
        self._server = None
        self._serving = {}

    async def start(self, host, port):
        """Listen; the address as HOST:PORT."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self):
        """Close the listener and every connection."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._serving.values()):
            writer.close()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._serving[task] = writer
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self.handle(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the peer went away, or its line was longer than the reader's limit
        finally:
            del self._serving[task]
            writer.close()

    def handle(self, line):
        """Answer to one line, as a dict."""
        try:
            request = json.loads(line)
        except ValueError:
            return _no('not JSON; send one object per line, e.g. {"do": "state"}')
        if not isinstance(request, dict):
            return _no('not an object; send e.g. {"do": "state"}')
        action = request.pop("do", None)
        self._advance()
        if action == "state":
            return {"ok": True, **self._plant.state()}
        if action == "faults":
            return {
                "ok": True,
                "faults": {
                    name: {"needs": needed, "may": may, "meaning": text}
                    for name, (needed, may, _, text) in faults.FAULTS.items()
                },
            }
        if action not in ("inject", "clear"):
            return _no(f'unknown "do": {action!r}; it must be inject, clear, state or faults')
        return self._change(action, request.pop("fault", None), request)

    def _change(self, action, name, arguments):
        try:
            (self._plant.inject if action == "inject" else self._plant.clear)(str(name), **arguments)
        except faults.FaultError as error:
            return _no(str(error))
        return {"ok": True, "plant_ms": self._plant.now_ms}


class ControlClient:
    """Blocking client of the control port; raises FaultError with the plant's own words."""

    def __init__(self, address, timeout_s=5.0):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout_s)
        self._file = self._socket.makefile("rwb")

    def call(self, do, **arguments):
        """The answer to one request, as a dict."""
        self._file.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        self._file.flush()
        line = self._file.readline()
        if not line:
            raise ConnectionError("the plant closed the control port")
        answer = json.loads(line)
        if not answer["ok"]:
            raise faults.FaultError(answer["error"])
        return answer

    def inject(self, fault, **arguments):
        """Start a fault or set a quantity."""
        return self.call("inject", fault=fault, **arguments)

    def clear(self, fault, **arguments):
        """End a fault."""
        return self.call("clear", fault=fault, **arguments)

    def state(self):
        """Snapshot of the plant, see Plant.state."""
        return self.call("state")

    def close(self):
        """Hang up."""
        self._file.close()
        self._socket.close()


def _no(text):
    return {"ok": False, "error": text}
