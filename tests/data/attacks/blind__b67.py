import dataclasses
dataclasses._create_fn("f", [], ["import os"])
