"""Interoperability statement of our outstation, in the layout of IEC 60870-5-104 clause 9.

Nothing in it is typed by hand that the code can say: a station with an object of every type is rehearsed
in memory (rehearsal.py), and what it accepted, sent and refused is what the statement ticks.
"""
