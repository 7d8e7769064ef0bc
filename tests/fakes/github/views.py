"""The fake's values as GitHub's JSON, each filled up to GitHub's own schema."""

from typing import Any

from tests.fakes.github.description import complete
from tests.fakes.github.state import Delivery, Hook, Issue, Pull, Repo, Said, State


class Views:
    def __init__(self, state: State, root_url: str) -> None:
        self.state = state
        self.root_url = root_url

    def user(self, login: str) -> dict[str, Any]:
        kind = "Bot" if login.endswith("[bot]") else "User"
        return complete(
            "simple-user", {"login": login, "id": abs(hash(login)) % 10**6, "type": kind}
        )

    def me(self, login: str) -> dict[str, Any]:
        return complete("public-user", {**self.user(login), "user_view_type": "public"})

    def repo(self, repo: Repo, schema: str = "full-repository", reader: str = "") -> dict[str, Any]:
        owner, _, name = repo.full_name.partition("/")
        level = repo.collaborators.get(reader, "read")
        known = {
            "id": repo.id,
            "name": name,
            "full_name": repo.full_name,
            "owner": self.user(owner),
            "default_branch": repo.base,
            "clone_url": f"{self.root_url}/git/{repo.full_name}.git",
            "html_url": f"{self.root_url}/{repo.full_name}",
            "permissions": {
                "admin": level == "admin",
                "push": level in {"admin", "write"},
                "pull": True,
            },
        }
        return complete(schema, known)

    def pull(self, repo: Repo, pull: Pull, schema: str = "pull-request") -> dict[str, Any]:
        head = self.state.repos.get(pull.head_repo, repo)
        known = {
            "number": pull.number,
            "node_id": f"PR_{repo.id}_{pull.number}",
            "title": pull.title,
            "body": pull.body,
            "state": pull.state,
            "draft": pull.draft,
            "user": self.user(pull.author),
            "labels": [self._label(name, schema) for name in pull.labels],
            "html_url": f"{self.root_url}/{repo.full_name}/pull/{pull.number}",
            "head": self._side(head, pull.head_ref, pull.head_sha, schema),
            "base": self._side(
                repo, pull.base_ref, repo.git.tip(f"refs/heads/{pull.base_ref}"), schema
            ),
            "created_at": pull.created_at,
            "merged_at": pull.merged_at or None,
            "merge_commit_sha": pull.merge_commit or None,
        }
        if schema == "pull-request":
            said = [c for c in repo.comments.values() if c.number == pull.number]
            known |= {"merged": bool(pull.merged_at), "comments": len(said)}
            known |= {"mergeable": None if pull.state != "open" else not pull.conflicts}
            known["mergeable_state"] = "dirty" if pull.conflicts else "clean"
        return complete(schema, known)

    def review(self, review: dict[str, Any]) -> dict[str, Any]:
        known = {k: v for k, v in review.items() if k != "comments"}
        return complete("pull-request-review", {**known, "user": self.user(review["user"])})

    def _side(self, repo: Repo, ref: str, sha: str, schema: str) -> dict[str, Any]:
        owner = repo.full_name.partition("/")[0]
        return {
            "label": f"{owner}:{ref}",
            "ref": ref,
            "sha": sha,
            "repo": self.repo(repo, "repository"),
            "user": self.user(owner),
        }

    def _label(self, name: str, schema: str) -> dict[str, Any]:
        return {
            "id": 1,
            "node_id": "L",
            "url": "https://example.test/label",
            "name": name,
            "description": "",
            "color": "ededed",
            "default": False,
        }

    def issue(self, repo: Repo, issue: Issue) -> dict[str, Any]:
        known = {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": issue.state,
            "user": self.user(issue.author),
            "labels": [],
        }
        made = complete("issue", known)
        if issue.app_id is not None:
            made["performed_via_github_app"] = complete(
                "nullable-integration", {"id": issue.app_id}
            )
        return made

    def comment(self, repo: Repo, said: Said) -> dict[str, Any]:
        known = {
            "id": said.id,
            "body": said.body,
            "user": self.user(said.author),
            "created_at": said.created_at,
            "updated_at": said.updated_at,
            "issue_url": f"{self.root_url}/repos/{repo.full_name}/issues/{said.number}",
        }
        made = complete("issue-comment", known)
        if said.app_id is not None:
            made["performed_via_github_app"] = complete("nullable-integration", {"id": said.app_id})
        return made

    def line_comment(self, repo: Repo, said: Said) -> dict[str, Any]:
        known = {
            "id": said.id,
            "body": said.body,
            "user": self.user(said.author),
            "created_at": said.created_at,
            "updated_at": said.updated_at,
            "pull_request_url": f"{self.root_url}/repos/{repo.full_name}/pulls/{said.number}",
        }
        return complete("pull-request-review-comment", known)

    def check_run(self, repo: Repo, run: dict[str, Any]) -> dict[str, Any]:
        output = run.get("output") or {}
        known = {
            **{k: run.get(k) for k in ("id", "name", "head_sha", "status", "conclusion")},
            "details_url": run.get("details_url"),
            "output": {
                "title": output.get("title"),
                "summary": output.get("summary"),
                "text": None,
                "annotations_count": len(run["annotations"]),
                "annotations_url": "https://example.test/annotations",
            },
        }
        return complete("check-run", known)

    def hook(self, repo: Repo, hook: Hook) -> dict[str, Any]:
        config = {
            "url": hook.url,
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
        }
        return complete("hook", {"id": hook.id, "name": "web", "active": True, "config": config})

    def delivery(self, delivery: Delivery) -> dict[str, Any]:
        known = {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": delivery.delivered_at,
            "redelivery": delivery.redelivery,
            "status": "OK" if 200 <= delivery.status < 300 else "failed",
            "status_code": delivery.status,
            "event": delivery.event,
        }
        return complete("hook-delivery-item", known)

    def payload(self, repo: Repo, facts: dict[str, Any], by: str) -> dict[str, Any]:
        """A webhook's payload from what the state noticed."""
        made = {k: v for k, v in facts.items() if not isinstance(v, Pull | Said)}
        if isinstance(facts.get("pull"), Pull):
            made["pull_request"] = self.pull(repo, facts["pull"])
            del made["pull_request"]["body"]
        if "group" in facts:
            branch, commit, tip = made.pop("group")
            made["merge_group"] = {
                "head_ref": f"refs/heads/{branch}",
                "head_sha": commit,
                "base_ref": f"refs/heads/{repo.base}",
                "base_sha": tip,
            }
        if "review" in facts:
            made["review"] = {**facts["review"], "user": self.user(facts["review"]["user"])}
        if isinstance(facts.get("line_comment"), Said):
            made["comment"] = self.line_comment(repo, facts["line_comment"])
        if isinstance(facts.get("comment"), Said):
            said: Said = facts["comment"]
            made["comment"] = self.comment(repo, said)
            made["issue"] = {"number": said.number}
            if said.number in repo.issues:
                made["issue"]["body"] = repo.issues[said.number].body
            if said.number in repo.pulls:
                made["issue"]["pull_request"] = {"url": "https://example.test/pull"}
        return made | {"repository": self.repo(repo), "sender": self.user(by)}
