"""A technique the engine knows: its blocks, when it applies, what may be tuned, its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import Kind, Role

LARGE_ROWS = 150_000
"""Rows, times classes if there are more than two, above which a table is large."""

ROWS_OF_A_COST = 10_000
"""Rows that a recipe's cost is about."""

COLUMNS_OF_A_COST = 20
"""Columns that a recipe's cost is about."""

NARROWEST = 0.5
"""Share of its cost that a fit takes at least, however few the columns."""

WIDE = 130
"""Columns beyond which most fits take longer, however few the rows: each has its histogram."""

MOST_CATEGORIES = 12
"""Columns of categories beyond which more of them hardly make a fit longer."""

MANY_ROWS = 20_000
"""Rows above which one net is enough: on many rows nets differ less, and take long."""

LONG_ROWS = 30_000
"""Rows above which a table ordered in time is long."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a recipe may ask about the task and the table.

    Parameters
    ----------
    rows : int
        Rows a candidate is trained on.
    numeric, categorical, text, date : int
        Columns of each kind.
    max_cardinality : int
        Most distinct values in one categorical column.
    missing : float
        Share of missing cells.
    kind : Kind
        What is predicted.
    metric : str
        Name of the metric.
    classes : int
        Number of classes; 0 for regression.
    minority : float
        Share of the rarest class; 1.0 for regression.
    skew : float
        Skewness of a regression target (0 for classes).
    positive_target : bool
        Whether a regression target is nowhere negative.
    ordered_in_time, grouped : bool
        Whether the task has a time or a group column.
    outputs : int
        Number of target columns.
    """

    rows: int
    numeric: int
    categorical: int
    text: int
    date: int
    max_cardinality: int
    missing: float
    kind: Kind
    metric: str
    classes: int = 0
    minority: float = 1.0
    skew: float = 0.0
    positive_target: bool = False
    ordered_in_time: bool = False
    grouped: bool = False
    outputs: int = 1

    @property
    def columns(self) -> int:
        """Columns of all kinds."""
        return self.numeric + self.categorical + self.text + self.date

    @property
    def only_numbers(self) -> bool:
        """Whether all columns are numbers: there is nothing to encode."""
        return not (self.categorical or self.text or self.date)

    @property
    def trees(self) -> int:
        """Trees that a booster grows at a time: one for each class where there are several."""
        return self.classes if self.classes > 2 else 1

    @property
    def is_large(self) -> bool:
        """Whether one tree per class over all rows is a lot of work."""
        return self.rows * self.trees > LARGE_ROWS

    @property
    def is_long_in_time(self) -> bool:
        """Whether there are many rows in order of time."""
        return self.ordered_in_time and self.rows > LONG_ROWS


@dataclass(frozen=True, slots=True)
class Real:
    """A real-valued dimension of a search space, ends included."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole-number dimension of a search space, ends included."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice among literals."""

    options: tuple[str | int | float | bool | None, ...]


Dimension = Real | Whole | Choice


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a technique is described: title, address and year (a date where there is one)."""

    title: str
    url: str
    date: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """One technique.

    The file that defines it holds its blocks as percent cells (``# %% role: model``), followed by
    a ``# %% recipe`` cell that assigns ``RECIPE``; :func:`mle_star.recipes.catalogue.load` reads
    both. Heavy libraries are imported inside the block's functions.

    Parameters
    ----------
    name : str
        Unique, in snake case.
    role : Role
        The block it is about (a model recipe may also bring a hyperparameters block).
    title : str
        For people, such as ``"LightGBM"``.
    summary : str
        What it does and when it helps, in one or two sentences.
    applies : callable
        Facts in, relevance out: 0 means not usable here, 1 means made for this.
    cost : float
        Seconds of one fit on 10,000 rows and 20 columns on one core, a rough figure to rank by.
    cost_short : float or None, default None
        The same with `large`, `in_time` or `many` in place; None: `cost`.
    growth : float, default 0.8
        Fit seconds grow with rows to this power: a booster's trees have a cost of their own.
    per_category : float, default 0.0
        Share by which each column of categories, up to :data:`MOST_CATEGORIES`, makes it longer.
    per_class : bool, default True
        Whether a fit takes about as many times as long as there are classes, above two.
    wide : float, default WIDE
        Columns beyond which a fit takes longer in proportion; inf: columns hardly matter.
    is_steady : bool, default False
        Whether `cost` tells the seconds of a fit by itself. It does not where a fit goes on as long
        as it still gains: what such models take on a table says little of those that do not.
    references : tuple of Reference
        At least one.
    space : mapping of str to Dimension
        What a numeric optimiser may change in its hyperparameters.
    neutral : bool, default False
        Whether this is the plainest usable form of its role, which an ablation puts in its place.
    light : bool, default True
        Whether a model with it predicts one row in about a millisecond; others are left out where
        a small model is wanted.
    features : str, default ""
        Model recipes: name of the features recipe it works best with.
    in_time : mapping of str to literal
        What some hyperparameters are instead on a long table ordered in time (see
        :attr:`Facts.is_long_in_time`): fewer trees, all grown, as stopping early fits twice there.
    large : mapping of str to literal
        What some hyperparameters are instead on a large table (see :attr:`Facts.is_large`): fewer
        and larger trees, so that one fit stays a matter of seconds.
    long : mapping of str to literal
        What some are besides `large` where the rows alone make the table large.
    many : mapping of str to literal
        What some hyperparameters are instead on a table of more than :data:`MANY_ROWS` rows where
        neither of the two above says otherwise.
    blocks : tuple of Block
        Filled by the catalogue from the file's cells.
    """

    name: str
    role: Role
    title: str
    summary: str
    applies: Callable[[Facts], float]
    cost: float
    references: tuple[Reference, ...]
    cost_short: float | None = None
    growth: float = 0.8
    per_category: float = 0.0
    per_class: bool = True
    wide: float = WIDE
    is_steady: bool = False
    space: Mapping[str, Dimension] = field(default_factory=dict)
    neutral: bool = False
    light: bool = True
    features: str = ""
    in_time: Mapping[str, int | float] = field(default_factory=dict)
    large: Mapping[str, int | float] = field(default_factory=dict)
    long: Mapping[str, int | float] = field(default_factory=dict)
    many: Mapping[str, int | float] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def changes(self, facts: Facts) -> Mapping[str, int | float]:
        """What some hyperparameters are instead on this table."""
        if facts.is_large and self.large:
            return {**self.large, **(self.long if facts.rows > LARGE_ROWS else {})}
        if facts.is_long_in_time and self.in_time:
            return self.in_time
        return self.many if facts.rows > MANY_ROWS else {}

    def expected_seconds(self, facts: Facts, rows: int) -> float:
        """Seconds of one fit on some rows, roughly: good only in proportion to other recipes."""
        is_short = facts.is_large or facts.is_long_in_time or bool(self.changes(facts))
        cost = self.cost if self.cost_short is None or not is_short else self.cost_short
        classes = facts.trees if self.per_class else 1
        size = max(1.0, facts.columns / self.wide)
        size *= 1 + self.per_category * min(facts.categorical, MOST_CATEGORIES)
        if self.is_steady:
            size *= min(1.0, max(NARROWEST, facts.columns / COLUMNS_OF_A_COST))
        return float(cost * classes * size * (rows / ROWS_OF_A_COST) ** self.growth)


def recipes_of(solution: Solution, recipes: Mapping[str, Recipe]) -> dict[str, Recipe]:
    """The recipes of a solution's model by the names of its parts; without unknown ones."""
    model = solution.block(Role.MODEL)
    parts = model.parts if model else ()
    found = {part: recipes.get(part) or recipes.get(part.rpartition("_")[0]) for part in parts}
    return {part: recipe for part, recipe in found.items() if recipe is not None}
