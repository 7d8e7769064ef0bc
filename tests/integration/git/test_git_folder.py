"""Reading untrusted folders: what is not a plain file with a plain name is refused and recorded."""

import os
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.git_patch import Repository
from components.safe_tools.names import name_problem
from components.safe_tools.objects import MissingObject
from components.safe_tools.tree import Caps
from tests.git_support import blob, git, raw_tree

CAPS = Caps(files=5, file_bytes=100, total_bytes=250, depth=2)
FILE, EXECUTABLE, LINK, FOLDER, SUBMODULE = "100644", "100755", "120000", "40000", "160000"


@pytest.fixture
def box(tmp_path):
    audit: list = []
    Repository.create(tmp_path / "r.git").close()
    repo = Repository(
        tmp_path / "r.git", audit=lambda event, details: audit.append((event, details))
    )
    repo.recorded = audit
    yield repo
    repo.close()


def rules(folder):
    return [f.rule for f in folder.findings]


def test_plain_files_are_read_byte_for_byte(box):
    data = bytes(range(100))
    inner = raw_tree(box.path, [(EXECUTABLE, b"run.sh", blob(box.path, b"#!/bin/sh\n"))])
    tree = raw_tree(box.path, [(FILE, b"a.bin", blob(box.path, data)), (FOLDER, b"sub", inner)])
    folder = box.read_folder(tree, CAPS)
    assert folder.files == {"a.bin": data, "sub/run.sh": b"#!/bin/sh\n"}
    assert folder.findings == ()
    assert box.recorded == []


def test_empty_folder_has_no_files(box):
    assert box.read_folder(git(box.path, "mktree"), CAPS).files == {}


@pytest.mark.parametrize(
    ("mode", "rule"),
    [
        (LINK, "tree-symlink"),
        (SUBMODULE, "tree-submodule"),
        ("100664", "tree-mode"),
        ("100600", "tree-mode"),
    ],
)
def test_entry_that_is_no_plain_file_is_refused(box, mode, rule):
    good = blob(box.path)
    tree = raw_tree(box.path, [(mode, b"odd", good), (FILE, b"strategy.py", good)])
    folder = box.read_folder(tree, CAPS, prefix="strategies/RSI")
    assert rules(folder) == [rule]
    assert folder.findings[0].file == "strategies/RSI/odd"
    assert list(folder.files) == ["strategy.py"]
    ((event, details),) = box.recorded
    assert (event, details["rule"]) == ("path_refused", rule)


@pytest.mark.parametrize(
    "name",
    [
        b"-x",
        b"--output=x",
        b"a\nb",
        b"a\tb",
        b"\x1b[31m",
        b"..",
        b".",
        b".git",
        b".GIT",
        b"git~1",
        b"a\\b",
        b"x/../../y",
        b"\xff\xfe",
        "e\u0301".encode(),
        "\u202etxt".encode(),
        ".g\u200cit".encode(),
        b"x" * 300,
        b" ",
        b"a ",
    ],
)
def test_odd_name_is_refused_as_file_and_as_folder(box, name):
    good = blob(box.path)
    inner = raw_tree(box.path, [(FILE, b"x.py", good)])
    for entry in ((FILE, name, good), (FOLDER, name, inner)):
        tree = raw_tree(box.path, [entry, (FILE, b"strategy.py", good)])
        folder = box.read_folder(tree, CAPS, prefix="strategies/RSI")
        assert rules(folder) == ["tree-name"]
        assert list(folder.files) == ["strategy.py"]
        assert folder.findings[0].file.isprintable()
    assert len(box.recorded) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [("RSI.py", "rsi.py"), ("straße", "strasse"), ("ﬁle", "file"), ("K", "\u212a")],
)
def test_second_of_two_twins_is_refused(box, one, other):
    good = blob(box.path)
    names = sorted({unicodedata.normalize("NFC", one), other})
    if len(names) == 2:
        tree = raw_tree(box.path, [(FILE, n.encode(), good) for n in names])
        folder = box.read_folder(tree, CAPS)
        assert len(folder.files) == 1
        assert rules(folder)[0] in ("tree-twin", "tree-name")


def test_same_name_twice_in_one_tree_is_refused(box):
    tree = raw_tree(
        box.path,
        [(FILE, b"a.py", blob(box.path, b"good")), (FILE, b"a.py", blob(box.path, b"evil"))],
    )
    folder = box.read_folder(tree, CAPS)
    assert folder.files == {"a.py": b"good"}
    assert rules(folder) == ["tree-twin"]


def test_file_and_folder_of_one_name_are_refused(box):
    good = blob(box.path)
    inner = raw_tree(box.path, [(FILE, b"x", good)])
    folder = box.read_folder(raw_tree(box.path, [(FILE, b"a", good), (FOLDER, b"a", inner)]), CAPS)
    assert rules(folder) == ["tree-twin"]


def test_file_above_the_cap_is_refused_unread_and_the_others_are_kept(box):
    tree = raw_tree(
        box.path,
        [(FILE, b"big.csv", blob(box.path, b"x" * 101)), (FILE, b"ok.py", blob(box.path))],
    )
    folder = box.read_folder(tree, CAPS)
    assert rules(folder) == ["tree-file-size"]
    assert list(folder.files) == ["ok.py"]


def test_files_too_heavy_together_are_refused(box):
    entries = [(FILE, b"f%d" % i, blob(box.path, b"%d" % i * 90)) for i in range(4)]
    folder = box.read_folder(raw_tree(box.path, entries), CAPS)
    assert rules(folder) == ["tree-size"]
    assert sum(map(len, folder.files.values())) <= CAPS.total_bytes


def test_too_many_files_are_refused(box):
    entries = [(FILE, b"f%02d" % i, blob(box.path)) for i in range(6)]
    folder = box.read_folder(raw_tree(box.path, entries), CAPS)
    assert rules(folder) == ["tree-files"]
    assert len(folder.files) == 5


def test_folders_nested_too_deep_are_refused(box):
    tree = raw_tree(box.path, [(FILE, b"x", blob(box.path))])
    for name in (b"d4", b"d3", b"d2", b"d1"):
        tree = raw_tree(box.path, [(FOLDER, name, tree)])
    folder = box.read_folder(tree, CAPS)
    assert rules(folder) == ["tree-depth"]
    assert folder.findings[0].file == "d1/d2/d3"


def test_folder_of_100_000_files_costs_one_header(box):
    good = blob(box.path)
    tree = raw_tree(box.path, [(FILE, b"file%06d.py" % i, good) for i in range(100_000)])
    asked = []
    header = box.objects.header
    box.objects.header = lambda name: asked.append(name) or header(name)
    folder = box.read_folder(tree)
    assert rules(folder) == ["tree-files"]
    assert folder.files == {}
    assert len(asked) == 1


def test_tree_bomb_of_a_billion_files_is_refused_at_once(box):
    tree = raw_tree(box.path, [(FILE, b"f%d" % i, blob(box.path)) for i in range(10)])
    for _ in range(9):
        tree = raw_tree(box.path, [(FOLDER, b"d%d" % i, tree) for i in range(10)])
    folder = box.read_folder(tree, Caps(depth=20))
    assert "tree-files" in rules(folder)
    assert len(folder.files) <= Caps().files


def test_thousands_of_refusals_are_reported_within_bounds(box):
    good = blob(box.path)
    tree = raw_tree(box.path, [(FILE, b"-%04d" % i, good) for i in range(700)])
    folder = box.read_folder(tree)
    assert 1 <= len(folder.findings) <= 60
    assert len(box.recorded) <= 60


def test_missing_object_is_our_fault_not_the_author_s(box):
    with pytest.raises(MissingObject):
        box.read_folder(raw_tree(box.path, [(FOLDER, b"gone", "1" * 40)]), CAPS)
    with pytest.raises(MissingObject):
        box.read_folder(raw_tree(box.path, [(FILE, b"gone", "1" * 40)]), CAPS)
    with pytest.raises(MissingObject):
        box.read_folder("2" * 40, CAPS)


def test_entry_that_lies_about_its_type_is_refused(box):
    inner = raw_tree(box.path, [(FILE, b"x", blob(box.path))])
    as_file = raw_tree(box.path, [(FILE, b"really-a-tree", inner)])
    folder = box.read_folder(as_file, CAPS)
    assert folder.files == {}
    assert rules(folder) == ["tree-mode"]
    as_folder = raw_tree(box.path, [(FOLDER, b"really-a-blob", blob(box.path))])
    assert rules(box.read_folder(as_folder, CAPS)) == ["tree-mode"]


def root_of(box, entries):
    return raw_tree(box.path, [(FOLDER, b"strategies", raw_tree(box.path, entries))])


@pytest.fixture
def folder_id(box):
    return raw_tree(box.path, [(FILE, b"x.py", blob(box.path))])


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ((LINK, b"Evil"), "tree-symlink"),
        ((SUBMODULE, b"Evil"), "tree-submodule"),
        ((FOLDER, b"-x"), "tree-name"),
        ((FOLDER, b"a\nb"), "tree-name"),
        ((FOLDER, b"\xff"), "tree-name"),
        ((FOLDER, b"rsi"), "tree-twin"),
        ((FILE, b".git"), "tree-name"),
    ],
)
def test_odd_entry_beside_the_strategies_is_refused(box, folder_id, entry, rule):
    mode, name = entry
    other = blob(box.path) if mode != FOLDER else folder_id
    before = root_of(box, [(FOLDER, b"RSI", folder_id)])
    after = root_of(box, [(FOLDER, b"RSI", folder_id), (mode, name, other)])
    assert [f.rule for f in box.judge_root(before, after)] == [rule]
    assert box.judge_root(after, after) == ()
    assert box.judge_root(after, before) == ()
    assert len(box.recorded) == 1


def test_two_new_strategies_that_are_twins_are_refused(box, folder_id):
    after = root_of(box, [(FOLDER, b"RSI", folder_id), (FOLDER, b"rsi", folder_id)])
    assert [f.rule for f in box.judge_root(git(box.path, "mktree"), after)] == ["tree-twin"]


def test_plain_new_strategy_and_readme_are_fine(box, folder_id):
    before = root_of(box, [(FOLDER, b"RSI", folder_id)])
    after = root_of(
        box,
        [
            (FOLDER, b"MACD", folder_id),
            (FILE, b"README.md", blob(box.path)),
            (FOLDER, b"RSI", folder_id),
        ],
    )
    assert box.judge_root(before, after) == ()


def test_strategies_folder_that_becomes_a_link_is_refused(box, folder_id):
    before = root_of(box, [(FOLDER, b"RSI", folder_id)])
    after = raw_tree(box.path, [(LINK, b"strategies", blob(box.path, b"/etc"))])
    assert [f.rule for f in box.judge_root(before, after)] == ["tree-mode"]


NAME = st.binary(min_size=1, max_size=12).filter(lambda n: b"\0" not in n and b"/" not in n)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([FILE, EXECUTABLE, LINK, SUBMODULE, "100664"]), NAME), max_size=5
    )
)
def test_whatever_the_tree_only_plain_names_come_out_and_all_else_is_named(box, entries):
    good = blob(box.path)
    tree = raw_tree(box.path, [(mode, name, good) for mode, name in entries])
    folder = box.read_folder(tree, CAPS)
    assert len(folder.files) + len(folder.findings) == len(entries)
    for path in folder.files:
        assert name_problem(path) == ""
        assert (FILE, os.fsencode(path)) in entries or (EXECUTABLE, os.fsencode(path)) in entries


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([FILE, LINK, FOLDER]), st.text("aAb.-0/~", min_size=1, max_size=4)
        ),
        max_size=8,
        unique_by=lambda e: e[1],
    )
)
def test_tree_made_by_us_is_the_one_that_git_makes(box, pairs):
    """Git sorts folders as if their names ended with a slash; a tree in another order is broken."""
    from components.safe_tools.objects import Entry

    inner = raw_tree(box.path, [(FILE, b"x", blob(box.path))])
    entries = [
        Entry(mode, name.encode(), inner if mode == FOLDER else blob(box.path))
        for mode, name in pairs
        if "/" not in name and name not in (".", "..")
    ]
    kinds = {FILE: "blob", LINK: "blob", FOLDER: "tree"}
    lines = b"".join(
        f"{e.mode} {kinds[e.mode]} {e.id}\t".encode() + e.name + b"\0" for e in entries
    )
    assert box._make_tree(entries) == git(box.path, "mktree", "-z", stdin=lines)


def test_lfs_pointer_is_named_as_such_and_not_read_as_the_file(box):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9\n" % (b"1" * 64)
    tree = raw_tree(
        box.path,
        [(FILE, b"m.bin", blob(box.path, pointer)), (FILE, b"s.py", blob(box.path, b"x = 1\n"))],
    )
    folder = box.read_folder(tree)
    assert list(folder.files) == ["s.py"]
    (only,) = folder.findings
    assert (only.rule, only.file) == ("tree-lfs", "m.bin")
    assert "Git LFS pointer" in only.message
    assert "git lfs untrack" in only.hint


def test_everything_that_differs_is_listed_links_and_modes_too(box):
    code = blob(box.path, b"x = 1\n")
    commit = "1" * 40
    old = raw_tree(box.path, [(FILE, b"a", code), (FILE, b"b", code), (FILE, b"gone", code)])
    inner = raw_tree(box.path, [(FILE, b"new", code)])
    new = raw_tree(
        box.path,
        [
            (EXECUTABLE, b"a", code),
            (LINK, b"b", code),
            (FOLDER, b"in", inner),
            (SUBMODULE, b"sub", commit),
        ],
    )
    found = {f.path: (f.old_mode, f.new_mode) for f in box.changed_files(old, new)}
    assert found == {
        "a": (FILE, EXECUTABLE),
        "b": (FILE, LINK),
        "gone": (FILE, ""),
        "in/new": ("", FILE),
        "sub": ("", SUBMODULE),
    }
    assert box.changed_files(old, old) == ()
