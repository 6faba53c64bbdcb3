"""Dispatch masters for the laboratory.

The console `v2g master` stands on our own controlling station (line, heard, actions, commands, screen).
c104_master.py is a master that we did not write: c104 is GPL, so only ever in a process of its own.
"""
