"""IEC 60870-5-104: both ends of the link, sans-IO (no clock, no socket, no device names)."""
