"""What the firmware must reach, measured: `python -m hil_tests.bench`. Ratios against a named peer in one run."""
