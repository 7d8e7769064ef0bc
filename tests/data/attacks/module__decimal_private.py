import decimal
decimal.__loader__.load_module("os")
