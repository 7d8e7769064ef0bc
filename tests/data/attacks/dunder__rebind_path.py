__path__ = ["/tmp"]
