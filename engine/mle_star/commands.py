"""The commands, by name."""

from __future__ import annotations

RUN, PROFILE, PREDICT, STAR = "run", "profile", "predict", "ml mle-star"
RESUME, STATUS, WAIT, STOP, LOGS = "resume", "status", "wait", "stop", "logs"
SESSIONS, DOCTOR, WORKFLOW = "sessions", "doctor", "workflow show"
WATCH = "watch"
QUERY, LIST, SHOW, EXPORT = "memory query", "memory list", "memory show", "memory export"
COMMANDS = {
    RUN: "Search, judge, ensemble, validate and package a model for a data file.",
    STAR: "The same by stages of one session: situation, task, action, results.",
    RESUME: "Go on with a run that was stopped; nothing finished is done again.",
    STATUS: "Show where a run stands, from any terminal.",
    WAIT: "Wait for a run to end; its exit status is the run's.",
    STOP: "Stop a run cleanly; it can be resumed.",
    LOGS: "Print the steps of a run, one line each.",
    WATCH: "Run again, from the last solution, when data changes or a hook asks for it.",
    PROFILE: "Tell what a data file holds and what would be predicted, without training.",
    PREDICT: "Predict a data file with the model of a finished run.",
    SESSIONS: "List past runs, newest first.",
    QUERY: "Search everything remembered of past runs.",
    LIST: "List past runs, newest first.",
    SHOW: "Show all that is remembered of a run.",
    EXPORT: "Print a run as mle-star-session JSON.",
    WORKFLOW: "Show the graph of phases of a run, or of a workflow file.",
    DOCTOR: "Check what this machine has: versions, cores, memory, disk, optional parts.",
}
"""Every command with one line of help; ``a b`` is the command b of the group a."""
