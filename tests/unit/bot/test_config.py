import pytest

from bot.config import PROJECT, load
from components.errors import ConfigError


def write(tmp_path, text):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return file


def test_misspelt_key_is_an_error_that_names_file_and_key(tmp_path):
    file = write(tmp_path, "sandbox: {bakend: docker}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, env={})
    assert str(file) in str(caught.value)
    assert "sandbox.bakend" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "- a list\n",
        "sandbox: {warm: many}\n",
        "server: {port: 99999}\n",
        "repositories: [{name: a}, {name: a}]\n",
        "repositories: [{name: a, forge: github}]\n",
        "repositories: [{name: '../x'}]\n",
        "a: [unclosed\n",
    ],
)
def test_wrong_configuration_is_refused(tmp_path, text):
    with pytest.raises(ConfigError):
        load(write(tmp_path, text), env={})


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "none.yaml", env={})


def test_environment_goes_over_the_file(tmp_path):
    file = write(tmp_path, "sandbox: {backend: docker, warm: 1}\n")
    settings = load(file, env={"ALGOOPS_SANDBOX__BACKEND": "bubblewrap"})
    assert settings.sandbox.backend == "bubblewrap"
    assert settings.sandbox.warm == 1


def test_token_from_the_environment_is_taken_as_text_and_never_shown(tmp_path):
    settings = load(write(tmp_path, ""), env={"ALGOOPS_API_TOKEN": "0123456789"})
    assert settings.api_token.get_secret_value() == "0123456789"
    assert "0123456789" not in repr(settings)


def test_relative_paths_are_relative_to_the_file(tmp_path):
    settings = load(write(tmp_path, "state: {dir: here}\n"), env={})
    assert settings.state.dir == tmp_path / "here"
    assert settings.policies == tmp_path / "policies"


def test_without_a_file_policies_are_the_projects_and_state_goes_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(env={"HOME": str(tmp_path)})
    assert settings.policies == PROJECT / "policies"
    assert settings.state.dir == tmp_path / ".local/state/algoops"
    settings = load(env={"HOME": "/x", "XDG_STATE_HOME": str(tmp_path / "state")})
    assert settings.state.dir == tmp_path / "state" / "algoops"


def test_other_variables_of_the_same_prefix_are_left_alone(tmp_path):
    load(write(tmp_path, ""), env={"ALGOOPS_FAILPOINT": "deploy.landed"})
