"""Certificates for a lab's 104 over TLS: an authority, servers, clients (ECDSA P-256, SHA-256)."""
