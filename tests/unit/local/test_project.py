"""What the engine is given of a project: its settings without keys, and modules of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from local.project import Project, ProjectError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("")
    for stack in ("blue", "green"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config:\n  sample:version: 1.30\n")
    return tmp_path


def test_settings_are_kept_as_written(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = Project.load(directory, "blue")
    work = tmp_path_factory.mktemp("work")
    project.write(work)
    assert project.name == "sample"
    written = yaml.safe_load((work / "Pulumi.yaml").read_text())
    assert written == {"name": "sample", "runtime": "python", "main": str(directory)}
    assert (work / "Pulumi.blue.yaml").read_text() == "config:\n  sample:version: 1.30\n"


def test_the_keys_of_the_deployed_stack_are_left_out(directory: Path) -> None:
    text = (
        "encryptionsalt: v1:abc\nconfig:\n  sample:version: 1.30\nsecretsprovider: awskms://alias/x\nencryptedkey: k\n"
    )
    (directory / "Pulumi.blue.yaml").write_text(text)
    assert Project.load(directory, "blue").config == "config:\n  sample:version: 1.30\n"


def test_an_unknown_stack_is_answered_with_the_known_ones(directory: Path) -> None:
    with pytest.raises(ProjectError, match=r"no stack 'red'; the stacks of this project are: blue, green$"):
        Project.load(directory, "red")


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"holds no Pulumi\.yaml"):
        Project.load(tmp_path, "blue")


@pytest.mark.parametrize("value", ["{secure: AAA}", "{nested: [{deep: {secure: AAA}}]}"])
def test_encrypted_values_are_refused_by_key(directory: Path, value: str) -> None:
    (directory / "Pulumi.blue.yaml").write_text(f"config:\n  sample:plain: a\n  sample:token: {value}\n")
    with pytest.raises(ProjectError, match=r"encrypted values, which cannot be read offline: sample:token$"):
        Project.load(directory, "blue")


@pytest.mark.parametrize("text", ["config: [", "just text"])
def test_a_broken_stack_file_is_an_error_of_the_project(directory: Path, text: str) -> None:
    (directory / "Pulumi.blue.yaml").write_text(text)
    with pytest.raises(ProjectError, match=r"Pulumi\.blue\.yaml"):
        Project.load(directory, "blue")


@pytest.mark.parametrize("text", ["", "config:\n"])
def test_a_stack_without_settings_is_fine(directory: Path, text: str) -> None:
    (directory / "Pulumi.blue.yaml").write_text(text)
    assert Project.load(directory, "blue").config == text


def test_a_program_imports_its_own_modules_each_time(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "sample_module.py").write_text("VALUE = 1\n")
    (directory / "__main__.py").write_text("import sys, sample_module\nsys.seen = sample_module.VALUE\n")
    ours = type(sys)("sample_module")
    monkeypatch.setitem(sys.modules, "sample_module", ours)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "seen", None, raising=False)
    project = Project.load(directory, "blue")
    for value in (1, 2):
        (directory / "sample_module.py").write_text(f"VALUE = {value}\n")
        with project.imports():
            project.program()
        assert getattr(sys, "seen") == value  # noqa: B009 - not an attribute that types know
    assert sys.modules["sample_module"] is ours
    assert str(directory) not in sys.path


@pytest.mark.parametrize("runtime", ["nodejs", "go", "dotnet", "java", "yaml", "{name: nodejs, options: {}}", "null"])
def test_a_program_in_another_language_is_refused(directory: Path, runtime: str) -> None:
    (directory / "Pulumi.yaml").write_text(f"name: sample\nruntime: {runtime}\n")
    with pytest.raises(ProjectError, match=r"runtime: \w+ is not supported here; only programs in Python"):
        Project.load(directory, "blue")


def test_a_folder_without_a_program_is_refused(directory: Path) -> None:
    (directory / "__main__.py").unlink()
    with pytest.raises(ProjectError, match=r"holds no program: there is no .*__main__\.py"):
        Project.load(directory, "blue")


@pytest.mark.parametrize("text", ["[", "just text", "runtime: python"])
def test_broken_settings_are_an_error_of_the_project(directory: Path, text: str) -> None:
    (directory / "Pulumi.yaml").write_text(text)
    with pytest.raises(ProjectError, match=r"Pulumi\.yaml"):
        Project.load(directory, "blue")


@pytest.mark.parametrize(("main", "file"), [("src", "src/__main__.py"), ("app/start.py", "app/start.py")])
def test_a_program_runs_where_main_says(directory: Path, main: str, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "Pulumi.yaml").write_text(f"name: sample\nruntime:\n  name: python\nmain: {main}\n")
    program = directory / file
    program.parent.mkdir()
    program.write_text("import os, sys\nsys.seen = os.getcwd()\n")
    monkeypatch.setattr(sys, "seen", None, raising=False)
    before = Path.cwd()
    project = Project.load(directory, "blue")
    with project.imports():
        project.program()
    assert Path(getattr(sys, "seen")) == program.parent  # noqa: B009 - not an attribute that types know
    assert Path.cwd() == before


def test_a_stack_without_a_file_is_fine_where_no_stack_has_one(directory: Path) -> None:
    for file in directory.glob("Pulumi.*.yaml"):
        file.unlink()
    assert Project.load(directory, "any").config == ""


def test_files_of_stacks_may_have_a_folder_of_their_own(
    directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (directory / "Pulumi.yaml").write_text("name: sample\nruntime: python\nstackConfigDir: stacks\n")
    (directory / "stacks").mkdir()
    (directory / "Pulumi.blue.yaml").rename(directory / "stacks" / "Pulumi.blue.yaml")
    project = Project.load(directory, "blue")
    assert "sample:version" in project.config
    work = tmp_path_factory.mktemp("work")
    project.write(work)
    assert "stackConfigDir" not in (work / "Pulumi.yaml").read_text()
    assert (work / "Pulumi.blue.yaml").exists()
