"""A small station on our outstation and its TCP driver, for the rows; runs on both interpreters."""
