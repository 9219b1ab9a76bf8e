"""SubagentStop, Stop and SessionEnd: what agents found in a conversation ends in the store."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.hooks.hearing import findings, given, hear, session_of, start

from mle_star_memory.location import database, home
from mle_star_memory.opening import open_store

SAID = "In churn the features matter most."


def agent_said(project: Path, text: str = SAID, agent: str = "ablation-analyst") -> None:
    event = {
        "agent_type": f"mle-star:{agent}", "agent_id": "a1", "last_assistant_message": text,
    }  # fmt: skip
    done = start(given("SubagentStop", project, **event))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def conversation(folder: Path, *names: str, after: str = "") -> Path:
    """A transcript: a prompt, calls of tools with their answers, and perhaps another prompt."""
    lines = [{"message": {"role": "user", "content": "what matters?"}}]
    for name in names:
        call = {"type": "tool_use", "name": name, "input": {}}
        lines.append({"message": {"role": "assistant", "content": [call]}})  # type: ignore[dict-item]
        answer = {"type": "tool_result", "content": "ok"}
        lines.append({"message": {"role": "user", "content": [answer]}})  # type: ignore[dict-item]
    if after:
        lines.append({"message": {"role": "user", "content": after}})
    path = folder / "transcript.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_what_one_of_our_agents_found_is_a_finding_of_the_session_it_names(tmp_path: Path) -> None:
    session_of(tmp_path, "newest", started=900.0)
    session_of(tmp_path, "churn")

    agent_said(tmp_path)
    agent_said(tmp_path)

    assert findings() == [("id-churn", "ablation-analyst", SAID)]
    with open_store(database()) as store:
        assert [m.name for m in store.query("features matter")] == ["churn"]


def test_what_other_agents_say_is_theirs(tmp_path: Path) -> None:
    session_of(tmp_path)

    hear("SubagentStop", tmp_path, agent_type="Explore", last_assistant_message=SAID)

    assert findings() == []


@pytest.mark.parametrize("tool", ["judge_block", "edit_block", "ensemble", "validate", "ablation"])
def test_conclusions_from_what_was_measured_in_a_turn_are_kept(tmp_path: Path, tool: str) -> None:
    session_of(tmp_path)
    transcript = conversation(tmp_path, f"mcp__plugin_mle-star_engine__{tool}", "Read")

    hear("Stop", tmp_path, transcript_path=str(transcript), last_assistant_message=SAID)

    assert findings() == [("id-churn", "conversation", SAID)]


def test_other_turns_are_not_kept(tmp_path: Path) -> None:
    session_of(tmp_path)
    measured = "mcp__plugin_mle-star_engine__judge_block"
    for transcript in (
        conversation(tmp_path, "Bash", "mcp__plugin_mle-star_engine__status"),
        conversation(tmp_path, measured, after="thanks"),
    ):
        hear("Stop", tmp_path, transcript_path=str(transcript), last_assistant_message=SAID)

    assert findings() == []


def test_what_a_busy_store_did_not_take_is_taken_at_the_end(tmp_path: Path) -> None:
    session_of(tmp_path)
    with closing(sqlite3.connect(database(), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        agent_said(tmp_path)
        other.execute("ROLLBACK")
    before = findings()

    hear("SessionEnd", tmp_path, reason="other")

    assert before == []
    assert findings() == [("id-churn", "ablation-analyst", SAID)]
    assert list((home() / "claude" / "findings").iterdir()) == []


def test_what_was_found_before_the_first_session_waits_for_it(tmp_path: Path) -> None:
    agent_said(tmp_path, "Try small trees.", "ml-researcher")
    session_of(tmp_path)
    session_of(tmp_path / "elsewhere")

    hear("SessionEnd", tmp_path, reason="other")

    assert findings() == [("id-churn", "ml-researcher", "Try small trees.")]


def test_a_store_that_is_newer_is_left_alone(tmp_path: Path) -> None:
    session_of(tmp_path)
    with closing(sqlite3.connect(database())) as store:
        store.execute("ALTER TABLE records RENAME TO other")

    agent_said(tmp_path)

    assert len(list((home() / "claude" / "findings").iterdir())) == 1
