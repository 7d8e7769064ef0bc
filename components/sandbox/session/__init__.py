"""One job in one guest, seen from the trusted side."""
