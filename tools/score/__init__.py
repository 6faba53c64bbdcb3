"""Scores of a run: regional AGC indices, PJM's score, tracking error and lag."""
