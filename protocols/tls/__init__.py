"""What the outside of TLS shows (records, certificates); the cryptography is the runtime's."""
