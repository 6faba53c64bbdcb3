"""The lane of the emulated Cortex-M3: the portable suite, measurements, processor in the loop."""
