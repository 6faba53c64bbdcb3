"""What happened to a battery in a run: its series from the recording, a picture for the driver, an
evening to show.
"""
