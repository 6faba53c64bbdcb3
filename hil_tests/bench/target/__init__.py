"""Measuring programs that run on both interpreters; each prints one line `bench key=value ...`."""
