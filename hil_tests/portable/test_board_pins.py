"""The Cortex-M3 board's own pins behind its named lines."""

from boards.mps2_an385.pins import Pins
from drivers.lines import Lines
from firmware.lines import check

LEDS, BUTTONS = 0x40028000, 0x40028008
ROWS = [
    {"name": "led_ready", "pin": "led0", "active": "high", "safe": 0},
    {"name": "led_fault", "pin": "led1", "active": "low", "safe": 0},
    {"name": "estop_all", "pin": "button0", "active": "high"},
]


def rows(*changes):
    errors = []
    done = check([dict(row) for row in ROWS + list(changes)], errors)
    assert errors == []
    return done


def test_the_lines_are_safe_from_the_construction_on_and_again_at_the_end():
    registers = {LEDS: 1, BUTTONS: 0}
    lines = Lines(rows(), Pins(registers))
    assert registers[LEDS] == 2
    lines.write(lines.find("led_ready"), 1)
    lines.write(lines.find("led_fault"), 1)
    assert registers[LEDS] == 1 and lines.read(lines.find("led_ready")) == 1
    lines.safe()
    assert registers[LEDS] == 2


def test_a_pressed_button_is_the_emergency_stop():
    registers = {LEDS: 0, BUTTONS: 0}
    lines = Lines(rows(), Pins(registers))
    assert lines.read(lines.find("estop_all")) == 0
    registers[BUTTONS] = 1
    assert lines.read(lines.find("estop_all")) == 1


def test_a_button_is_no_lamp_and_no_pin_is_made_up():
    led = {"name": "led_charge", "active": "high", "safe": 0}
    for pin in ("button1", "led7"):
        try:
            Lines(rows(dict(led, pin=pin)), Pins({LEDS: 0, BUTTONS: 0}))
        except ValueError as error:
            assert pin in str(error)
        else:
            raise AssertionError("taken")
