raise SystemExit(__import__("os").getpid())
