"""Programs of the tests that run on the board: portable, frozen into the tests' image, started by name."""
