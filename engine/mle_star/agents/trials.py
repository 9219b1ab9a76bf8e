"""The trials of numeric searches in Optuna's own SQLite storage, for its tools and for resuming.

Trials are proposed in memory, where asking is a hundred times cheaper, and written here, each in
one transaction when it is asked for and one when it is told. A search that is gone through again
after a resumption proposes the same trials; those told before stand, those left running are marked
failed and written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import DuplicatedStudyError, StorageInternalError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from mle_star.errors import StateError


class Trials:
    """The storage of one session; the file is made when the first study is opened.

    Parameters
    ----------
    path : Path
        The SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._storage: RDBStorage | None = None

    def study(self, name: str, *, greater_is_better: bool) -> Record:
        """Open the study of one search.

        Raises
        ------
        StateError
            If the file cannot be read or written.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with _understood(self._path):
            if self._storage is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._storage = RDBStorage(f"sqlite:///{self._path}")
            direction = StudyDirection.MAXIMIZE if greater_is_better else StudyDirection.MINIMIZE
            try:
                number = self._storage.create_new_study([direction], name)
            except DuplicatedStudyError:
                number = self._storage.get_study_id_from_name(name)
            return Record(self._storage, number, self._path)


class Record:
    """The trials of one search, in the order asked.

    Parameters
    ----------
    storage : RDBStorage
        Open.
    study : int
        The study's number in it.
    path : Path
        Its file, for messages.
    """

    def __init__(self, storage: RDBStorage, study: int, path: Path) -> None:
        self._storage, self._study, self._path = storage, study, path
        trials = storage.get_all_trials(study, deepcopy=False)
        for trial in trials:
            if not trial.state.is_finished():
                storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        self._told = [trial.params for trial in trials if trial.state.is_finished()]
        self._open: dict[int, int] = {}

    def asked(
        self, key: int, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
    ) -> None:
        """Write a trial that is going to be judged, unless it was told before a resumption."""
        if self._told and self._told[0] == params:
            del self._told[0]
            return
        self._told.clear()
        trial = create_trial(
            state=TrialState.RUNNING, params=dict(params), distributions=dict(distributions)
        )
        with _understood(self._path):
            self._open[key] = self._storage.create_new_trial(self._study, trial)

    def told(self, key: int, value: float | None) -> None:
        """Write what came of a trial; None: it has no score."""
        number = self._open.pop(key, None)
        if number is None:
            return
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        with _understood(self._path):
            self._storage.set_trial_state_values(number, state, None if value is None else [value])


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError, OSError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise StateError(
            f"cannot write the trials {path}: {reason}",
            f"free some disk space, then go on with: mle-star resume {path.parent}",
        ) from error
