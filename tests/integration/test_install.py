"""`.ci/install` in an empty virtual environment, with an index of packages on loopback."""

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def wheel(folder, name):
    """A wheel with one empty module."""
    path, about = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(path, "w") as file:
        for inner, text in files.items():
            file.writestr(inner, text)
    return path


class Handler(SimpleHTTPRequestHandler):
    def log_request(self, *_):
        self.server.agents.add(self.headers["User-Agent"].split("/")[0])


@pytest.fixture
def index(tmp_path):
    """An index with one package, which remembers the programs that asked."""
    folder = tmp_path / "index/simple/package"
    folder.mkdir(parents=True)
    handler = functools.partial(Handler, directory=tmp_path / "index")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.agents, server.wheel = set(), wheel(folder, "package")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci/install", folder / ".ci")
    shutil.copy(ROOT / "requirements-build.lock", folder)
    return folder


def install(index, checkout, digest=None):
    """Run the script; its pip, uv and setuptools are those of the tests' own environment."""
    venv = checkout / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = next(venv.glob("lib/*/site-packages"))
    (site / "tests.pth").write_text(sysconfig.get_path("purelib"))
    digest = digest or hashlib.sha256(index.wheel.read_bytes()).hexdigest()
    lock = checkout / "requirements.lock"
    lock.write_text(f"package==1.0 \\\n    --hash=sha256:{digest}\n")
    settings = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    # Where the Action runs, the proposal has chosen the files.
    proposal = checkout.parent / "proposal"
    proposal.mkdir()
    (proposal / "uv.toml").write_text("[pip]\nno-index = true\n")
    (proposal / "pip.py").write_text("raise SystemExit(1)\n")
    done = subprocess.run(
        [checkout / ".ci/install", venv / "bin/python", lock, wheel(checkout, "project")],
        env={
            **settings,
            "HOME": str(checkout),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"http://127.0.0.1:{index.server_port}/simple",
        },
        cwd=proposal,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [name for name in ("package", "project") if (site / f"{name}.py").exists()]


def test_an_index_that_is_set_for_pip_is_where_uv_looks(index, checkout):
    done, installed = install(index, checkout)
    assert done.returncode == 0, done.stderr
    assert installed == ["package", "project"]
    assert index.agents == {"uv"}


def test_a_machine_without_a_wheel_of_uv_installs_with_pip(index, checkout):
    (checkout / "requirements-build.lock").write_text(
        f"uv==0.0.1 \\\n    --hash=sha256:{'0' * 64}\n"
    )
    done, installed = install(index, checkout)
    assert done.returncode == 0, done.stderr
    assert installed == ["package", "project"]
    assert index.agents == {"pip"}
    assert "pip does it now" in done.stderr


def test_a_package_whose_hash_differs_is_never_installed(index, checkout):
    done, installed = install(index, checkout, digest="0" * 64)
    assert done.returncode != 0
    assert not installed
