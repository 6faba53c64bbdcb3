"""`v2g meter`: a technician's view of a meter from a laptop: find it, name it, read it, say why it is
silent.
"""
