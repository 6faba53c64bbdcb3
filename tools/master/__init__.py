"""A dispatch master that we did not write: c104, which is GPL, so only ever as a process of its own."""
