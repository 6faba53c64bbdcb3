"""The simulated world that the firmware is judged by: grid, site load, meter, converters, batteries.

One physics core (`core.Plant`) without a clock; faces over it: live servers (`app`) or in-process stores in
virtual time (`virtual`). Sign of the plant's truth: positive = charging, import. Only the SunSpec face turns
it (there, positive = injection).
"""
