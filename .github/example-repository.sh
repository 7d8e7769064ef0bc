#!/bin/sh
# A repository of strategies as a user has one: the examples on main, and a proposal on a branch.
# usage: example-repository.sh FOLDER PROPOSAL (a folder of examples/proposals, or "improved")
set -eu
target="$1"
proposal="$2"
root="$(cd "$(dirname "$0")/.." && pwd)"
mkdir -p "$target"
cp -R "$root/examples/strategies" "$root/examples/data" "$root/policies" "$target/"
printf 'data: {dir: data}\npolicies: policies\n' > "$target/config.yaml"
cd "$target"
git init --quiet --initial-branch=main
git config user.name "Example" && git config user.email "example@example.test"
git config commit.gpgsign false
git add . && git commit --quiet --message "Strategies"
git checkout --quiet -b proposal
cp -R "$root/examples/proposals/$proposal/." .
git add . && git commit --quiet --message "Propose $proposal"
