"""The commands, by name."""

from __future__ import annotations

RUN, PROFILE, PREDICT, STAR = "run", "profile", "predict", "ml mle-star"
RESUME, STATUS, WAIT, STOP, LOGS = "resume", "status", "wait", "stop", "logs"
SESSIONS, DOCTOR, WORKFLOW = "sessions", "doctor", "workflow show"
INSTALL_FLOW, UNINSTALL_FLOW = "install claude-flow", "uninstall claude-flow"
WATCH = "watch"
QUERY, LIST, SHOW, EXPORT = "memory query", "memory list", "memory show", "memory export"
STORE = "memory store"
EXPLAIN, REPORT, ENSEMBLE, VALIDATE = "explain", "report", "ensemble", "validate"
BLOCK_SHOW, BLOCK_JUDGE, BLOCK_EDIT = "block show", "block judge", "block edit"
MCP = "mcp"
HOOKS_LIST, HOOKS_RUN, HOOKS_TEST = "hooks list", "hooks run", "hooks test"
MODELS_LIST, MODELS_SHOW = "models list", "models show"
MODELS_PROMOTE, MODELS_ARCHIVE = "models promote", "models archive"
INSTALL_CODE, UNINSTALL_CODE = "install claude-code", "uninstall claude-code"
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
    EXPLAIN: "Show a run's leaderboard, ablation, and what was done with it by hand.",
    REPORT: "Print the report of a run.",
    BLOCK_SHOW: "Show the code of a solution, block by block.",
    BLOCK_JUDGE: "Judge a block in place of another; nothing is changed.",
    BLOCK_EDIT: "Judge a block in place of another, and keep it if it is better.",
    ENSEMBLE: "Combine the candidates of a run anew, with those judged by hand.",
    VALIDATE: "Measure the gates of what a run would ship now; --ship packages it.",
    SESSIONS: "List past runs, newest first.",
    QUERY: "Search everything remembered of past runs.",
    LIST: "List past runs, newest first.",
    SHOW: "Show all that is remembered of a run.",
    EXPORT: "Print a run as mle-star-session JSON.",
    STORE: "Remember a lesson or a finding about a run.",
    WORKFLOW: "Show the graph of phases of a run, or of a workflow file.",
    INSTALL_CODE: "Write /ml:mle-star and /automation:mle-star for Claude Code without the plugin.",
    UNINSTALL_CODE: "Take away what that wrote, and nothing else.",
    INSTALL_FLOW: "Make claude-flow automation mle-star, and ml mle-star, run this engine.",
    UNINSTALL_FLOW: "Take that away again: claude-flow is as it was.",
    MCP: "Serve these commands as tools to Claude Code, over standard input and output.",
    HOOKS_LIST: "List the hooks of a run, in the order in which they are called.",
    HOOKS_RUN: "Call one hook with an event, and tell what it did.",
    HOOKS_TEST: "Call every hook with a made-up event, and tell what each did.",
    MODELS_LIST: "List the versions of models, with their stages.",
    MODELS_SHOW: "Show a version: what it was made from, how it was judged, how far it got.",
    MODELS_PROMOTE: "Promote a version to staging or production; of a name one is in production.",
    MODELS_ARCHIVE: "Take a version out of use; its files stay.",
    DOCTOR: "Check what this machine has: versions, cores, memory, disk, optional parts.",
}
"""Every command with one line of help; ``a b`` is the command b of the group a."""
