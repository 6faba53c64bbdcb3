"""The order port's lines: JSON objects of one line each, in both directions, authenticated one by one.

The station greets with {"orders":1,"nonce":"<32 hex>","station":...,"longest":2048}, and again, with another
nonce, after an empty line. An order is an object whose last entry is its authenticator:

    {"n":1,"order":"session","bay":1,"target_bp":8000,"mac":"<64 hex>"}

mac = HMAC-SHA256(key, "v2g-orders-1 order " + nonce + all octets before `,"mac":"`), lower case. `n` grows
from order to order under one nonce. So an order fits one connection and one place in it: recorded, it is
refused later, elsewhere and twice. The answer has the order's `n`, "ok", and a mac of its own over
"v2g-orders-1 reply " + the order's mac + all octets before its `,"mac":"`: it answers that order alone.
What is refused for its authenticator gets an answer without one, and counts for nothing else.

Nothing is encrypted: who may listen sees sessions. On lines that strangers reach, put TLS or a tunnel in
front. Ours alone, no standard; HMAC is RFC 2104's.
"""
