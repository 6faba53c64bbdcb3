"""What the firmware must reach, measured: `python -m hil_tests.bench`."""
