"""The board's lines on its real registers: what a lamp's line says stands in FPGAIO, and is safe at the
end.
"""

from machine import mem32

from boards.mps2_an385.pins import Pins
from drivers.lines import Lines

LEDS = 0x40028000
ROWS = (
    {"name": "led_ready", "pin": "led0", "kind": "output", "active": "high", "safe": 0},
    {"name": "led_fault", "pin": "led1", "kind": "output", "active": "high", "safe": 0},
    {"name": "estop_all", "pin": "button0", "kind": "input", "active": "high", "safe": -1},
)


def main(arguments):
    lines = Lines(ROWS, Pins(mem32))
    seen = [mem32[LEDS] & 3]
    for name in ("led_ready", "led_fault"):
        lines.write(lines.find(name), 1)
        seen.append(mem32[LEDS] & 3)
    lines.safe()
    seen.append(mem32[LEDS] & 3)
    print("LAMPS", seen, lines.read(lines.find("estop_all")))
    return 0
