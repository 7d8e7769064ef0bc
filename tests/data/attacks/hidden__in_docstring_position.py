class A:
    "doc"; import os
