"""What pyproject.toml cannot say: in a wheel, nearly all packages stand inside `algoops_app`.

`bot` and `components` are names that other projects use too; a wheel that put them into
site-packages would overwrite theirs, without a word. Only `algoops`, which authors import, stays.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

OUTER = "algoops_app"
FOR_AUTHORS = "algoops"


class BuildPy(build_py):
    """Builds as ever, then moves what nobody else imports below `algoops_app`."""

    def run(self) -> None:
        """Build, then move."""
        super().run()
        if self.editable_mode:
            return
        built = Path(self.build_lib)
        for folder in sorted(
            {name.partition(".")[0] for name in self.packages} - {OUTER, FOR_AUTHORS}
        ):
            (built / folder).rename(built / OUTER / folder)


setup(cmdclass={"build_py": BuildPy})
