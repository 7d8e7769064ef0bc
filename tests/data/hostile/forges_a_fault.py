import gc, socket, struct
import msgspec
line = next(o for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0)
for payload in (b"\xc1" * 40, msgspec.msgpack.encode({"type": "ended", "code": 0, "signal": None, "max_memory_kb": 1, "cpu_s": 0.0}), msgspec.msgpack.encode([[[[[]]]]] * 1000), b"\x82\xa4type\xa5fault\xa1x" + b"\x91" * 100_000 + b"\xc0", b"\x82\xa4type\xa5fault\xa5error\xa2\xff\xff"):
    line.sendall(struct.pack(">I", len(payload)) + payload)
import os
os._exit(7)
