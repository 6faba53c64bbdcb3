"""The board's own pins for its named lines (board.json, key `lines`): two LEDs, two buttons of FPGAIO.

LED0 at bit 0, BUTTON0 at bit 0 of register +8, a pressed button reads 1. QEMU keeps the LEDs' register,
so that a test reads back what was lit; nobody presses its buttons. Loaded by name where a configuration
has lines.
"""

from protocols.upy import const

_LEDS = const(0x40028000)
_BUTTONS = const(0x40028008)
PINS = ("led0", "led1", "button0", "button1")
_FIRST_BUTTON = const(2)


class Pins:
    """A place of pins for drivers/lines.py; `registers` is machine.mem32, or what stands in for it."""

    def __init__(self, registers):
        self.registers = registers

    def claim(self, pin, kind, safe):
        """Number of the pin; ValueError where there is none that can do this."""
        if pin not in PINS:
            raise ValueError("%s: not one of %s" % (pin, ", ".join(PINS)))
        number = PINS.index(pin)
        if kind != ("input" if number >= _FIRST_BUTTON else "output"):
            raise ValueError("%s: cannot be a line of kind %s" % (pin, kind))
        if safe >= 0:
            self.write(number, safe)
        return number

    def read(self, number):
        if number >= _FIRST_BUTTON:
            return self.registers[_BUTTONS] >> number - _FIRST_BUTTON & 1
        return self.registers[_LEDS] >> number & 1

    def write(self, number, level):
        lit = self.registers[_LEDS]
        self.registers[_LEDS] = lit | 1 << number if level else lit & ~(1 << number)

    def fresh(self, now):
        return True
