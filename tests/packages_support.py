"""Packages for strategies, made on the spot: wheels and sdists with known content."""

import hashlib
import io
import tarfile
import zipfile

MARK = "the setup script ran"


def wheel(folder, name="tinylib", version="1.0", *, files=None, requires=()):
    """Write a wheel; its line for a requirements file."""
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {text}\n" for text in requires)
    inside = {
        **(files or {f"{name}/__init__.py": "def double(values):\n    return values * 2\n"}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in inside.items():
            archive.writestr(zipfile.ZipInfo(inner), text)  # the same bytes at any time
        listed = "".join(f"{inner},,\n" for inner in [*inside, f"{info}/RECORD"])
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), listed)
    return line(path, name, version)


def hostile_sdist(folder, mark, name="evil", version="1.0"):
    """Write an sdist whose setup script writes the file `mark`; its line."""
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}-{version}.tar.gz"
    script = f"open({str(mark)!r}, 'w').write({MARK!r})\nfrom setuptools import setup\nsetup()\n"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with tarfile.open(path, "w:gz") as archive:
        for inner, text in (("setup.py", script), ("PKG-INFO", about)):
            entry = tarfile.TarInfo(f"{name}-{version}/{inner}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return line(path, name, version)


def line(path, name, version):
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
