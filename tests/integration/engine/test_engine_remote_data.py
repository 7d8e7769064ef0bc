"""Market data behind a URL, on a real S3 server: what is fetched, when, and what is said."""

import http.server
import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest

from components.engine.data.place import RemotePlace
from components.engine.market_data import FolderData
from components.errors import ConfigError, TransientError, UserError

ROOT = Path(__file__).parents[3]
LONG = 3600.0
NOW = 1e-9  # a listing is never young enough: each look makes a new one
REFUSED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def bars(close, count=20):
    index = pd.date_range("2024-01-01", periods=count, freq="D", name="Date")
    values = {"Open": close, "High": close + 1, "Low": close - 1, "Close": close, "Volume": 100.0}
    return pd.DataFrame(values, index=index)


@pytest.fixture(scope="module")
def server():
    from moto.server import ThreadedMotoServer  # half a second: not where other tests run

    logging.getLogger("werkzeug").setLevel(logging.INFO)
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    yield "http://{}:{}".format(*made.get_host_and_port())
    made.stop()


@pytest.fixture(autouse=True)
def environment(monkeypatch, server):
    for name in [name for name in os.environ if name.startswith(("AWS_", "FSSPEC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-that-nobody-prints")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)


class Bucket:
    """A bucket of the real server, and market data that is read from it."""

    def __init__(self, name, cache):
        import boto3

        self.name, self.cache = name, cache
        self._client = boto3.client("s3")
        self._client.create_bucket(Bucket=name)

    def put(self, name, frame):
        self._client.put_object(Bucket=self.name, Key=f"bars/{name}", Body=frame.to_parquet())

    def remove(self, name):
        self._client.delete_object(Bucket=self.name, Key=f"bars/{name}")

    def data(self, poll_s=LONG):
        return FolderData(RemotePlace(f"s3://{self.name}/bars", self.cache, poll_s))


@pytest.fixture
def bucket(request, tmp_path):
    made = Bucket(f"b{abs(hash(request.node.name)) % 10**12}", tmp_path / "cache")
    made.put("ACME_1d.parquet", bars(10.0))
    return made


def close(data, symbol="ACME"):
    return data.bars(symbol, "1d", None, None).frame["Close"].iloc[0]


def fetched(caplog):
    said = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    return sum('"GET' in line and "parquet" in line for line in said)


def test_bars_of_a_url_are_those_of_the_same_file_in_a_folder(bucket, tmp_path):
    bars(10.0).to_parquet(tmp_path / "ACME_1d.parquet")
    here = FolderData(tmp_path).bars("ACME", "1d", None, None)
    there = bucket.data().bars("ACME", "1d", None, None)
    assert there.data_hash == here.data_hash
    assert bucket.data().symbols() == (("ACME", "1d"),)


def test_content_is_fetched_once_for_all_processes_of_a_machine(bucket, caplog):
    with caplog.at_level(logging.INFO, "werkzeug"):
        for _ in range(3):
            assert close(bucket.data(NOW)) == 10.0  # each with a memory of its own
    assert fetched(caplog) == 1


def test_many_readers_at_once_fetch_once(bucket, caplog):
    found = []
    with caplog.at_level(logging.INFO, "werkzeug"):
        threads = [
            threading.Thread(target=lambda: found.append(close(bucket.data()))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (found, fetched(caplog)) == ([10.0] * 6, 1)


def test_new_content_is_seen_by_the_next_listing_and_by_none_before(bucket):
    data, slow = bucket.data(NOW), bucket.data(LONG)
    assert (close(data), close(slow)) == (10.0, 10.0)
    bucket.put("ACME_1d.parquet", bars(12.0))
    assert close(slow) == 10.0
    assert close(data) == 12.0
    assert close(slow) == 12.0  # the listing is the machine's
    assert len(data._loaded) == 1  # a daemon that runs for months keeps no old bars in memory


def test_same_content_written_again_has_the_same_hash(bucket):
    data = bucket.data(NOW)
    before = data.data_hash("ACME", "1d", None, None)
    bucket.put("ACME_1d.parquet", bars(10.0))
    assert data.data_hash("ACME", "1d", None, None) == before


def test_file_that_changed_between_listing_and_reading_is_read_as_it_is_now(bucket):
    data = bucket.data()
    assert data.symbols() == (("ACME", "1d"),)
    bucket.put("ACME_1d.parquet", bars(12.0, count=30))
    assert close(data) == 12.0


def test_file_that_is_gone_is_no_data_although_it_is_in_the_cache(bucket):
    data = bucket.data(NOW)
    assert close(data) == 10.0
    bucket.put("OTHER_1d.parquet", bars(5.0))
    bucket.remove("ACME_1d.parquet")
    with pytest.raises(UserError, match=r"no data for ACME 1d .*known: OTHER 1d"):
        close(data)


def test_copy_that_was_damaged_on_disk_is_fetched_again(bucket):
    assert close(bucket.data()) == 10.0
    (copy,) = bucket.cache.glob("*/objects/*/ACME_1d.parquet")
    copy.write_bytes(copy.read_bytes()[:-50])
    assert close(bucket.data()) == 10.0


def test_index_that_was_cut_off_by_a_power_failure_is_made_anew(bucket):
    assert close(bucket.data()) == 10.0
    (index,) = bucket.cache.glob("*/index.json")
    index.write_text(index.read_text()[:20])
    assert close(bucket.data()) == 10.0


def test_without_the_server_there_is_no_verdict_on_a_listing_that_is_too_old(bucket, monkeypatch):
    assert close(bucket.data(LONG)) == 10.0
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert close(bucket.data(LONG)) == 10.0  # listed a moment ago, and not changed since
    with pytest.raises(TransientError, match=r"cannot be read now: Could not connect.*older data"):
        close(bucket.data(NOW))


def test_clock_that_was_set_back_makes_no_listing_young(bucket):
    assert close(bucket.data()) == 10.0
    (index,) = bucket.cache.glob("*/index.json")
    kept = json.loads(index.read_text())
    index.write_text(json.dumps({**kept, "made": kept["made"] + 86_400}))
    bucket.put("ACME_1d.parquet", bars(12.0))
    assert close(bucket.data()) == 12.0


def test_every_entry_is_listed_with_the_reason_why_it_is_not_read(bucket):
    bucket.put("ACME_1d.csv", bars(1.0))
    bucket.put("notes.parquet", bars(1.0))
    bucket.put("deeper/B_1d.parquet", bars(1.0))
    found = {
        one.path.name: (one.symbol, one.skipped, one.broken) for one in bucket.data().entries()
    }
    assert found["ACME_1d.parquet"] == ("ACME", "", False)
    assert "only .parquet is read from a URL" in found["ACME_1d.csv"][1]
    assert found["notes.parquet"][2]
    assert "a folder" in found["deeper"][1]


def test_impossible_bars_are_refused_by_the_name_of_the_file_alone(bucket):
    bucket.put("ACME_1d.parquet", bars(10.0).assign(High=5.0))
    with pytest.raises(ConfigError, match=r"^ACME_1d\.parquet, row 0 .*High is below Low"):
        close(bucket.data())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://no-such-bucket/bars", "is not there: The specified bucket does not exist"),
        ("s3://{bucket}/no-such-folder", "is not there"),
    ],
)
def test_bucket_or_folder_that_is_missing_is_named(url, told, bucket, tmp_path):
    place = RemotePlace(url.format(bucket=bucket.name), tmp_path / "cache", LONG)
    with pytest.raises(ConfigError, match=f"{told}.*check the bucket and folder of `data.dir`"):
        FolderData(place).symbols()


def test_missing_credentials_are_asked_for_in_the_environment(bucket, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"no credentials are set \(credentials come from"):
        bucket.data().symbols()


class Server(http.server.BaseHTTPRequestHandler):
    """What a broken or refusing server answers, byte by byte."""

    answers = None

    def do_GET(self):
        status, head, body = type(self).answers(self.command, self.path)
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")

    do_HEAD = do_GET  # noqa: N815  # as http.server names it

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def answering(monkeypatch, tmp_path):
    """Market data behind a server that gives these answers."""
    servers = []

    def begin(answers):
        handler = type("Answering", (Server,), {"answers": staticmethod(answers)})
        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(made)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{made.server_port}")
        return FolderData(RemotePlace(f"s3://b{made.server_port}/bars", tmp_path / "cache", LONG))

    yield begin
    for made in servers:
        made.shutdown()
        made.server_close()


def listed(etag, size):
    return (
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>bars/ACME_1d.parquet</Key>"
        f"<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>{etag}</ETag>"
        f"<Size>{size}</Size></Contents></ListBucketResult>"
    ).encode()


def test_key_that_is_refused_is_told_from_a_server_that_is_down(answering):
    data = answering(lambda _method, _path: (403, {"Content-Length": str(len(REFUSED))}, REFUSED))
    with pytest.raises(
        ConfigError, match=r"is refused: Access Denied.*they need to list and to read"
    ):
        data.symbols()


def test_download_that_ends_half_way_is_no_data(answering, tmp_path):
    def answers(_method, path):
        if "list-type" in path:
            return 200, {}, listed("one", 5000)
        return 200, {"Content-Length": "5000", "ETag": "one"}, b"PAR1" + b"x" * 100

    with pytest.raises(TransientError, match=r"ACME_1d\.parquet c.*it is tried again"):
        close(answering(answers))
    assert not list((tmp_path / "cache").glob("*/objects/*/*"))
    assert not list((tmp_path / "cache").glob("*/.fetching-*"))


def test_file_that_changes_at_every_look_is_given_up(answering):
    looks = []

    def answers(method, path):
        if "list-type" in path:
            looks.append(path)
            return 200, {}, listed(f"e{len(looks)}", 4)
        if method == "HEAD":
            looks.append(path)
        head = {"Content-Length": "4", "ETag": f"e{len(looks)}"}
        return 200, head, b"PAR1"

    with pytest.raises(
        TransientError, match=r"changes while it is fetched.*replace files as a whole"
    ):
        close(answering(answers))


def test_missing_library_is_named_with_the_line_that_installs_it(tmp_path):
    code = (
        "import sys; sys.modules['s3fs'] = None\n"
        "from pathlib import Path\n"
        "from components.engine.data.place import RemotePlace\n"
        "from components.engine.market_data import FolderData\n"
        "FolderData(RemotePlace('s3://b/x', Path(sys.argv[1]), 60)).symbols()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert "ConfigError: data.dir is s3://b/x, which needs a library" in done.stderr
    assert "pip install 'algoops[remote]'" in done.stderr


def test_cache_that_cannot_be_written_is_said(bucket, tmp_path):
    (tmp_path / "file").touch()
    bucket.cache = tmp_path / "file"
    with pytest.raises(TransientError, match=r"the cache of market data.*cannot be written"):
        bucket.data().symbols()


def test_disk_that_is_full_leaves_nothing_and_is_said(bucket, tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", tmp_path], check=True)
    try:
        noise = pd.Series(range(40_000)).sample(frac=1, random_state=1).to_numpy() + 10.0
        index = pd.date_range("2024-01-01", periods=len(noise), freq="min", name="Date")
        wide = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), noise), index=index)
        bucket.put("BIG_1m.parquet", wide)
        with pytest.raises(TransientError, match=r"cannot be written: No space left.*make room"):
            bucket.data().bars("BIG", "1m", None, None)
        assert not list(bucket.cache.glob("*/.fetching-*"))
        assert close(bucket.data()) == 10.0
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def algoops(tmp_path, *words):
    command = [
        sys.executable,
        "-m",
        "algoops_app",
        *words,
        "--config",
        str(tmp_path / "config.yaml"),
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_strategy_is_checked_on_bars_of_a_url_and_nothing_says_the_secret(bucket, tmp_path):
    spx = pd.read_csv(ROOT / "examples/data/SPX_1d.csv", index_col=0, parse_dates=True)
    bucket.put("SPX_1d.parquet", spx)
    (tmp_path / "config.yaml").write_text(
        f"policies: {ROOT}/policies\nstate: {{dir: state}}\n"
        f"data: {{dir: 's3://{bucket.name}/bars', poll_s: 600}}\nexecutor: {{workers: 1}}\n"
        "sandbox: {backend: bubblewrap, warm: 0}\n"
    )
    done = algoops(tmp_path, "check", "examples/strategies/golden_cross_rules", "--format", "json")
    listed = algoops(tmp_path, "data", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    (strategy,) = json.loads(done.stdout)["strategies"]
    hashes = {result["provenance"]["data_hash"] for result in strategy["results"]}
    here = FolderData(ROOT / "examples/data")
    assert hashes == {here.data_hash("SPX", "1d", None, None)}
    assert f"s3://{bucket.name}/bars/SPX_1d.parquet: " in listed.stdout
    kept = "".join(str(path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    for said in (done.stdout, done.stderr, listed.stdout, listed.stderr, kept):
        assert "a-secret-that-nobody-prints" not in said
