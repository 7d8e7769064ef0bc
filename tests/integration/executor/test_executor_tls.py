"""A cluster whose lines are encrypted: both ends show a certificate, whoever has none stays out."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from executor_support import PROJECT, Cluster, eventually

CLIENT = """
import sys; sys.path.insert(0, "tests")
from executor_support import SPEC, eventually, script
from components.executor.dask import DaskExecutor
executor = DaskExecutor(SPEC, sys.argv[1])
try:
    print("answer", executor.submit(script("print(6 * 7)")).result(float(sys.argv[2])).stdout)
finally:
    executor.close()
"""


def settings(folder):
    """One certificate, its own authority, for all three roles: as dask's settings name them."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    found = {
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate),
    }
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        found[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(certificate)
        found[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(key)
    return found


def ask(address, seconds, more):
    command = [sys.executable, "-c", CLIENT, address, str(seconds)]
    return subprocess.run(
        command, cwd=PROJECT, env=more, capture_output=True, text=True, timeout=90, check=False
    )


def test_encrypted_cluster_runs_jobs_and_answers_nobody_without_a_certificate(tmp_path):
    import os

    cluster = Cluster(tmp_path, tls=settings(tmp_path))
    try:
        cluster.start_scheduler()
        cluster.add_worker()
        assert "answer 42" in ask(cluster.address, 60, {**os.environ, **cluster.tls}).stdout
        open_line = cluster.address.replace("tls://", "tcp://")
        assert "answer" not in ask(open_line, 8, dict(os.environ)).stdout
        eventually(lambda: "Registered" in (tmp_path / "worker-0.log").read_text())
    finally:
        assert cluster.close() == [0]
