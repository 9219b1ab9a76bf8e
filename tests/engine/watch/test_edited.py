"""Files that somebody changed: which cells are whose, and what is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.cli.conftest import write_data

from mle_star.bundle.standalone import standalone
from mle_star.data.prepare import prepare
from mle_star.data.request import DataRequest
from mle_star.recipes.catalogue import load, standard
from mle_star.recipes.recipe import Facts
from mle_star.session.edited import edited_in
from mle_star.session.parent import Parent
from mle_star.solution.block import Block
from mle_star.solution.solution import Ensemble, render
from mle_star.types import Role


def _parent(folder: Path, names: tuple[str, ...]) -> Parent:
    """A finished session that shipped these models."""
    prepared = prepare(DataRequest(write_data(folder / "d.csv"), ("label",)))
    recipes = load()
    members = tuple(standard(recipes[name], Facts(**prepared.facts), recipes) for name in names)
    combine = None
    if len(members) > 1:
        source = "def combine() -> None:\n    return None"
        combine = Block(Role.COMBINE, source)
    ensemble = Ensemble(members, combine)
    blocks = {block.digest: block for member in members for block in member.blocks}
    text = standalone(ensemble, prepared.schema)
    (folder / "model").mkdir()
    for place in (folder, folder / "model"):
        (place / "solution.py").write_text(text)
    return Parent("abc", folder, {}, blocks, members, ensemble)


@pytest.fixture
def single(tmp_path: Path) -> Parent:
    return _parent(tmp_path, ("linear",))


@pytest.fixture
def several(tmp_path: Path) -> Parent:
    return _parent(tmp_path, ("linear", "plain_tree"))


def _edit(parent: Parent, old: str, new: str) -> None:
    path = parent.folder / "solution.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_file_as_it_was_written_is_no_candidate(single: Parent) -> None:
    assert edited_in(single).solutions == ()
    assert edited_in(single).refused == ()


def test_a_changed_cell_is_foreign_and_the_others_stay_the_engines(single: Parent) -> None:
    _edit(single, "def model(", "MARK = 1\n\n\ndef model(")

    (found,) = edited_in(single).solutions

    assert [block.role for block in found.blocks if block.foreign] == [Role.MODEL]
    assert {b for b in found.blocks if not b.foreign} <= set(single.blocks.values())
    assert (found.parent, found.changed) == (single.solutions[0].digest, Role.MODEL)


def test_tools_that_a_changed_cell_uses_are_imported_again(single: Parent) -> None:
    before = next(b for b in single.blocks.values() if "mle_star.toolkit" in b.source)
    _edit(single, f"def {before.role}(", f"MARK = 1\n\n\ndef {before.role}(")

    (found,) = edited_in(single).solutions

    changed = found.block(before.role)
    assert changed is not None
    imports = [x for x in before.source.splitlines() if x.startswith("from mle_star.toolkit")]
    assert all(line.split("import ")[1].split(",")[0] in changed.source for line in imports)
    assert "from mle_star.toolkit." in changed.source


def test_one_member_of_several_is_a_candidate_by_itself(several: Parent) -> None:
    _edit(several, "max_depth", "max_features=None, max_depth")

    edited = edited_in(several)

    assert edited.refused == ()
    (found,) = edited.solutions
    assert "member 2" in found.name
    assert any(block.foreign for block in found.blocks)


def test_an_edit_that_reaches_for_the_network_is_refused_with_its_reason(single: Parent) -> None:
    _edit(single, "def model(", "import socket\n\n\ndef model(")

    edited = edited_in(single)

    assert edited.solutions == ()
    assert "socket" in edited.refused[0]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("def model(", "def other(", "must define 'model'"),
        ("def model(", "def model(:", "does not parse"),
        ("# %% role: model", "# %% role: modell", "unknown role 'modell'"),
    ],
)
def test_an_edit_that_breaks_a_cell_is_refused_with_its_reason(
    single: Parent, old: str, new: str, why: str
) -> None:
    _edit(single, old, new)

    assert why in edited_in(single).refused[0]


def test_edits_outside_of_the_cells_do_not_count_and_are_told(single: Parent) -> None:
    _edit(single, "import os\n", "import os\n\nos.environ['X'] = '1'\n")

    edited = edited_in(single)

    assert edited.solutions == ()
    assert "nothing in the cells" in edited.refused[0]


def test_other_files_with_cells_are_candidates_too(single: Parent, tmp_path: Path) -> None:
    model = single.solutions[0].block(Role.MODEL)
    assert model is not None
    mine = single.solutions[0].with_block(replace(model, source=f"A = 1\n\n\n{model.source}"))
    path = tmp_path / "mine.py"
    path.write_text(render(mine))

    (found,) = edited_in(single, [path]).solutions

    assert found.name == "mine.py (edited)"
    assert found.is_foreign
    assert edited_in(single, [tmp_path / "absent.py"]).refused != ()
