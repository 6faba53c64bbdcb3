"""The 116 rules of an outstation as numbered tests: one definition each, run by a raw-socket master over TCP
against our station on both interpreters and against two stations that we did not write.
"""
