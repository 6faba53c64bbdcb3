"""`v2g tls-front`: ends TLS in front of a 104 station that speaks plain TCP only, or must not be held up."""
