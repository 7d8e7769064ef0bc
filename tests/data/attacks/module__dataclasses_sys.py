import dataclasses
dataclasses.sys.modules["os"]
