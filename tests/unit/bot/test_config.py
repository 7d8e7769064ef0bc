from pathlib import Path

import pytest

from bot.config.settings import PROJECT, load
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
        "repositories: [{stages: [{name: paper, branch: main}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: live}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: paper, branch: live}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: live, branch: main}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: live, branch: algoops/x}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: live, branch: 'a..b'}]}]\n",
        "repositories: [{stages: [{name: paper, by: auto}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: live, branch: x, after: {bar: 2}}]}]\n",
        "repositories: [{stages: [{name: paper}, {name: live, branch: x, after: {bars: -1}}]}]\n",
        (
            "repositories: [{stages: [{name: a}, {name: b, branch: b},"
            " {name: c, branch: c, after: {integrity: clean}}]}]\n"
        ),
        "a: [unclosed\n",
        "repositories: [{proposals: {bots: {'helper[bot]': [deploy]}}}]\n",
        "repositories: [{proposals: {bots: {helper: [check]}}}]\n",
        "repositories: [{deploy: {approvals: {robot: 1}}}]\n",
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("state: {dir: x}\nserver: {prot: 1}\n", ":2: `server.prot` is no setting (did you mean"),
        ("zzz: 1\n", ":1: `zzz` is no setting (there are: api_token, data,"),
        ("server: {port: abc}\n", ":1: `server.port` must be a whole number"),
        ("server: {port: 99999}\n", "`server.port` must be 65535 or less"),
        ("server: 8080\n", "`server` must be settings (key: value)"),
        ("server: {public_url: bot.test}\n", "`server.public_url`: an address such as https://"),
        ("server:\n", "`server` is empty: give it a value, or remove the line"),
        ("repositories: {name: x}\n", "`repositories` must be a list"),
        ("repositories: []\n", "`repositories` is empty: name at least one"),
        ("repositories: [{name: a}, {name: a}]\n", "need different names, found a, a"),
        ("repositories: [{name: a}, {name: b}]\n", "local repositories need different paths"),
        ("repositories: [{base: ''}]\n", "`repositories[0].base`: a branch such as main"),
        ("repositories: [{base: 'a..b'}]\n", "`repositories[0].base`: a branch such as main"),
        ("repositories: [{strategies: ../x}]\n", "a folder inside the repository"),
        (
            "repositories:\n- forge: github\n  github: {repository: nonsense}\n",
            ":3: `repositories[0].github.repository` must be",
        ),
        ("repositories: [{forge: github, github: {}}]\n", "github.repository` is missing"),
        ("sandbox: {backend: podman}\n", "must be auto, docker, bubblewrap"),
        ("server: {port: 1}\nserver: {port: 2}\n", ":2: key `server` is given twice"),
    ],
)
def test_wrong_setting_is_said_with_its_line_and_what_to_write(tmp_path, text, said):
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(file, env={})
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def test_a_secret_of_a_wrong_kind_is_not_shown(tmp_path):
    text = "repositories: [{forge: github, github: {repository: a/b, token: 987654321}}]\n"
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), env={"ALGOOPS_SERVER__PORT": "s3cret"})
    assert "987654321" not in str(caught.value)
    assert "ALGOOPS_SERVER__PORT in the environment: `server.port` must be" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALGOOPS_SERVR__PORT", "1", "did you mean `server`?"),
        ("ALGOOPS_SERVER__PORT", "{", "ALGOOPS_SERVER__PORT in the environment is not valid YAML"),
        ("ALGOOPS_SERVER__PROT", "1", "`server.prot` is no setting (did you mean `port`?)"),
    ],
)
def test_wrong_variable_is_named(tmp_path, name, value, said):
    with pytest.raises(ConfigError, match="in the environment") as caught:
        load(write(tmp_path, ""), env={name: value})
    assert said in str(caught.value)


def test_missing_secret_file_names_the_setting(tmp_path):
    text = "repositories:\n- forge: github\n  github:\n    repository: a/b\n    token_file: none\n"
    where = r"config\.yaml:5: `repositories\[0\]\.github\.token_file`: cannot read .*none: No such"
    with pytest.raises(ConfigError, match=where):
        load(write(tmp_path, text), env={})


def test_market_data_may_be_a_url_and_stays_one(tmp_path):
    settings = load(write(tmp_path, "data: {dir: 's3://bars/daily/', poll_s: 30}\n"), env={})
    place = settings.market_data
    assert (str(place), place.poll_s) == ("s3://bars/daily", 30)
    assert place.cache == tmp_path / "data" / "cache" / "market-data"


def test_file_url_is_the_folder_that_it_names(tmp_path):
    settings = load(write(tmp_path, "data: {dir: 'file:///srv/my%20bars'}\n"), env={})
    assert settings.market_data == Path("/srv/my bars")


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hidden@bars/daily",
        "https://host/bars?sig=hidden",
        "memory://hidden",
        "simplecache::s3://hidden",
        "s3:///hidden",
    ],
)
def test_url_with_credentials_or_of_no_use_is_refused_and_not_shown(tmp_path, url):
    for text, env in (
        (f"data: {{dir: '{url}'}}\n", {}),
        ("data: {}\n", {"ALGOOPS_DATA__DIR": url}),
    ):
        with pytest.raises(ConfigError, match=r"a URL|one URL") as caught:
            load(write(tmp_path, text), env=env)
        assert "hidden" not in str(caught.value)


def test_secret_of_the_receiver_of_orders_comes_from_its_file_or_is_refused(tmp_path):
    config = tmp_path / "config.yaml"
    (tmp_path / "secret").write_text("s3cret\n")
    config.write_text("orders: {webhook: {url: 'https://x.example/o', secret_file: secret}}")
    hook = load(config, env={}).orders.webhook
    assert hook is not None
    assert hook.secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(hook)
    for wrong in ("url: 'https://x.example/o'", "url: 'file:///etc/passwd', secret: x"):
        config.write_text(f"orders: {{webhook: {{{wrong}}}}}")
        with pytest.raises(ConfigError, match="orders"):
            load(config, env={})
    config.write_text("orders: {webhook: {url: 'https://x.example/o', secret_file: none}}")
    with pytest.raises(ConfigError, match=r"config\.yaml:1: `orders\.webhook\.secret_file`"):
        load(config, env={})
