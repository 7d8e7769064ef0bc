"""The `github:` block of the configuration: secrets from files, never shown."""

import pytest

from bot.config.settings import load
from bot.server.webhooks import listening
from components.errors import ConfigError

BLOCK = """
repositories:
  - name: team
    forge: github
    github:
      repository: acme/strategies
      token_file: secrets/token
      webhook_secret_file: secrets/hook
      private_key_file: key.pem
"""


def test_secrets_are_read_from_files_beside_the_configuration(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/token").write_text("ghp_x\n")
    (tmp_path / "secrets/hook").write_text("hush\n")
    (tmp_path / "config.yaml").write_text(BLOCK)
    settings = load(tmp_path / "config.yaml", {})
    github = settings.repositories[0].github
    assert github.token.get_secret_value() == "ghp_x"
    assert github.webhook_secret.get_secret_value() == "hush"
    assert github.private_key_file == tmp_path / "key.pem"
    assert [r.name for r in listening(settings)] == ["team"]  # wherever the bot was started
    assert "ghp_x" not in repr(settings)
    assert "hush" not in repr(settings)


def test_a_missing_secret_file_is_named(tmp_path):
    (tmp_path / "config.yaml").write_text(BLOCK)
    with pytest.raises(ConfigError, match="secrets/token"):
        load(tmp_path / "config.yaml", {})


def test_a_github_repository_without_its_block_is_refused(tmp_path):
    (tmp_path / "config.yaml").write_text("repositories: [{name: team, forge: github}]")
    with pytest.raises(ConfigError, match="github"):
        load(tmp_path / "config.yaml", {})
