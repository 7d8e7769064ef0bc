"""Two daemons on one repository: the second is refused, and a crashed one keeps nobody out for long."""

import os
import subprocess
import threading
import time

import pytest

from components.errors import TransientError
from components.git_patch import Repository
from components.git_patch.lease import LEASE, LEASE_S, Lease, LeaseHeld, LeaseOwner
from components.git_patch.repository import STALE_LOCK_S
from tests.git_support import blob, git

NOW = 1_800_000_000.0


@pytest.fixture
def lease(world):
    """Makes leases of the repository for a state folder, at a time."""

    def make(folder="/srv/a", *, at=NOW, **more):
        return Lease(world.repo, LeaseOwner(folder, f"id of {folder}", **more), lambda: at)

    return make


def test_second_daemon_is_told_who_has_it_until_when_and_what_to_do(lease):
    lease("/srv/a", host="north", pid=42, space="other").take()
    with pytest.raises(LeaseHeld) as refused:
        lease("/srv/b").take()
    told = str(refused.value)
    assert "process 42 on north, state folder /srv/a" in told
    assert "ends at 2027-01-15 08:05:00 UTC" in told
    assert f"update-ref -d {LEASE}" in told
    assert "clocks" not in told
    with pytest.raises(LeaseHeld):
        lease("/srv/b").require_free()


def test_lease_of_a_machine_whose_clock_is_ahead_says_that_the_clocks_differ(lease):
    lease("/srv/a", at=NOW + 3_600, space="other").take()
    with pytest.raises(LeaseHeld, match="the clocks of the two machines differ"):
        lease("/srv/b").take()


def test_lease_that_ran_out_is_taken_over_and_its_first_owner_learns_it(lease):
    first = lease("/srv/a", space="other")
    first.take()
    lease("/srv/b", at=NOW + LEASE_S + 1).take()
    with pytest.raises(LeaseHeld, match="/srv/b"):
        first.take()
    first.release()  # not its own any more
    with pytest.raises(LeaseHeld):
        lease("/srv/c", at=NOW + LEASE_S + 2).take()


def test_daemon_that_starts_again_after_a_crash_takes_its_own_lease(lease):
    lease("/srv/a", pid=1).take()
    lease("/srv/a").take()


def test_other_state_folder_at_the_same_path_of_an_equally_named_host_is_another_daemon(world):
    Lease(world.repo, LeaseOwner("/srv/a", "one", space="other"), lambda: NOW).take()
    with pytest.raises(LeaseHeld):
        Lease(world.repo, LeaseOwner("/srv/a", "two"), lambda: NOW).take()


def test_daemon_of_this_machine_that_is_gone_keeps_nobody_out(lease):
    ended = subprocess.Popen(["true"])
    ended.wait()
    lease("/srv/a", pid=ended.pid).take()
    lease("/srv/b").take()


def test_lease_that_was_given_up_is_free(world, lease):
    lease("/srv/a").take()
    lease("/srv/a").release()
    lease("/srv/a").release()
    assert git(world.bare, "for-each-ref", "refs/algoops") == ""
    lease("/srv/b").take()


def test_thousand_renewals_leave_one_object(world, lease):
    lease().take()
    before = git(world.bare, "count-objects")
    for n in range(20):
        lease(at=NOW + n).take()
    assert git(world.bare, "count-objects") == before


def test_two_daemons_that_start_at_once_do_not_both_get_it(world):
    got, gate = [], threading.Barrier(4)

    def start(name):
        with Repository(world.bare) as repository:
            gate.wait(30)
            try:
                Lease(repository, LeaseOwner(name, name, space=name), lambda: NOW).take()
            except (LeaseHeld, TransientError):  # the latter where both write the configuration
                return
            got.append(name)

    threads = [threading.Thread(target=start, args=(f"/srv/{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_configuration_that_a_killed_git_left_locked_keeps_no_daemon_out(world, lease):
    lock = world.bare / "config.lock"
    lock.touch()
    with pytest.raises(TransientError, match="could not lock config file"):
        lease().take()
    old = time.time() - STALE_LOCK_S - 1
    os.utime(lock, (old, old))
    lease().take()
    assert not lock.exists()


def test_author_can_neither_take_nor_delete_nor_see_the_lease(world, lease):
    lease().take()
    world.author.pull_main()
    git(world.author.clone, "push", "origin", f"HEAD:{LEASE}", check=False)
    git(world.author.clone, "push", "origin", f":{LEASE}", check=False)
    git(world.author.clone, "push", "--mirror", "origin", check=False)
    assert LEASE not in git(world.author.clone, "ls-remote", "origin")
    with pytest.raises(LeaseHeld):
        lease("/srv/b").take()


def test_ref_that_holds_something_else_is_not_taken_for_free(world, lease):
    for junk in (b"{}", b"junk", b"[]"):
        git(world.bare, "update-ref", LEASE, blob(world.bare, junk))
        with pytest.raises(LeaseHeld, match="is no lease"):
            lease().take()
