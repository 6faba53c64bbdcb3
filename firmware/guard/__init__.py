"""The battery's guard: what the battery allows, what the driver was promised, and what that leaves for
the grid.
"""
