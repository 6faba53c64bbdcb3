"""Programs of the tests that run on the board: portable, frozen into the image of the tests, started by name."""
