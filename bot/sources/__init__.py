"""Sources turn the outside (webhooks, polling, refs, the clock) into events."""
