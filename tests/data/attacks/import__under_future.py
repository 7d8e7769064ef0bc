from __future__ import annotations
import platform
platform.popen("id")
