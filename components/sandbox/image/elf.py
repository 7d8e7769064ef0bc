"""Reads which shared libraries and which loader an ELF file asks for (64-bit, little-endian)."""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"\x7fELF\x02\x01"
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_LOAD, _DYNAMIC_SEGMENT, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS = 1, 5


@dataclass(frozen=True)
class Needs:
    """What an ELF file needs: library names, and the path of its loader ("" for a library)."""

    libraries: tuple[str, ...] = ()
    loader: str = ""


def needs(path: Path) -> Needs:
    """What `path` needs; nothing for a file that is not a 64-bit little-endian ELF."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return Needs()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:  # of many megabytes
            return _needs(data)


def _needs(data: mmap.mmap) -> Needs:
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [_PROGRAM_HEADER.unpack_from(data, table + i * size) for i in range(count)]
    loader = "".join(
        data[offset : offset + length].rstrip(b"\0").decode()
        for kind, _flags, offset, _address, _physical, length, *_rest in headers
        if kind == _INTERPRETER
    )
    return Needs(libraries=_libraries(data, headers), loader=loader)


def _libraries(data: mmap.mmap, headers: list[tuple[int, ...]]) -> tuple[str, ...]:
    entries = [
        _DYNAMIC.unpack_from(data, at)
        for kind, _flags, offset, _address, _physical, length, *_rest in headers
        if kind == _DYNAMIC_SEGMENT
        for at in range(offset, offset + length, _DYNAMIC.size)
    ]
    strings = next((value for tag, value in entries if tag == _STRINGS), None)
    if strings is None:
        return ()
    start = _file_offset(strings, headers)
    return tuple(
        data[start + value : data.find(b"\0", start + value)].decode()
        for tag, value in entries
        if tag == _NEEDED
    )


def _file_offset(address: int, headers: list[tuple[int, ...]]) -> int:
    for kind, _flags, offset, start, _physical, length, *_rest in headers:
        if kind == _LOAD and start <= address < start + length:
            return address - start + offset
    raise ValueError(f"address {address:#x} is in no segment")
