"""The order port from a shell: a connection, an order, its answer in words."""
