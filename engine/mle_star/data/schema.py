"""What a table must look like for a model to read it: written beside the model, read to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from mle_star.types import ColumnKind, Columns, Kind, Output


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the user's file.

    Parameters
    ----------
    name : str
        Safe name.
    original : str
        The name in the file (made unique).
    kind : ColumnKind
        How its cells are read.
    role : str
        ``feature``, ``target``, or why it is no feature: ``id``, ``group``, ``constant``,
        ``empty``, ``duplicate``, ``dropped``.
    why : str
        One clause: what led to the kind and the role.
    format : str or None
        Date formats separated by ``|``.
    decimal, thousands, affix : str
        How its numbers are written; see :func:`mle_star.toolkit.table.parse_numbers`.
    """

    name: str
    original: str
    kind: ColumnKind
    role: str
    why: str
    format: str | None = None
    decimal: str = "."
    thousands: str = ""
    affix: str = ""

    @property
    def used(self) -> bool:
        """Whether the models see it."""
        return self.role == "feature"


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns, the targets and the description that cells are given.

    Parameters
    ----------
    dialect : dict
        How the training file is written; see :func:`mle_star.data.sniff.sniff`.
    specs : tuple of Column
        Every column of the file, in order.
    outputs : tuple of Output
        The targets, in order.
    columns : dict
        See :func:`columns_of`.
    """

    dialect: dict[str, Any]
    specs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    columns: Columns

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that models see."""
        return tuple(column for column in self.specs if column.used)

    def feature_specs(self) -> list[dict[str, Any]]:
        """What :func:`mle_star.toolkit.table.typed_table` wants, as plain values."""
        return [_plain(column) for column in self.features]

    def output_specs(self) -> list[dict[str, Any]]:
        """What ``encode_labels`` and ``predictions_frame`` of the same module want."""
        by_name = {column.name: column for column in self.specs}
        return [
            {
                "name": output.name,
                "original": output.original,
                "kind": str(output.kind),
                "classes": list(output.classes),
                "decimal": by_name[output.name].decimal,
                "thousands": by_name[output.name].thousands,
                "affix": by_name[output.name].affix,
            }
            for output in self.outputs
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values; inverse of :meth:`from_json`."""
        return {
            "dialect": dict(self.dialect),
            "specs": [_plain(column) for column in self.specs],
            "outputs": [
                {**asdict(output), "kind": str(output.kind), "classes": list(output.classes)}
                for output in self.outputs
            ],
            "columns": self.columns,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` gave."""
        known = {field.name for field in fields(Column)}
        specs = tuple(
            Column(**{k: v for k, v in spec.items() if k in known} | {"kind": _kind(spec)})
            for spec in content["specs"]
        )
        outputs = tuple(
            Output(o["name"], o["original"], Kind(o["kind"]), tuple(o["classes"]))
            for o in content["outputs"]
        )
        return cls(dict(content["dialect"]), specs, outputs, dict(content["columns"]))


def columns_of(
    specs: Sequence[Column],
    outputs: Sequence[Output],
    *,
    rows: int,
    high_cardinality: Sequence[str],
    ordered_in_time: bool,
) -> Columns:
    """Describe the table to a solution's cells, as a plain dict.

    Returns
    -------
    dict
        ``numeric``, ``categorical``, ``text``, ``date``: safe names of the features of a kind;
        ``high_cardinality``: those categorical ones with over 50 distinct values; ``kind``,
        ``n_classes`` (0 for regression), ``n_outputs``, ``widths``, ``rows``, ``ordered_in_time``.
    """
    of_kind: dict[str, Any] = {
        str(kind): [c.name for c in specs if c.used and c.kind is kind] for kind in ColumnKind
    }
    return of_kind | {
        "high_cardinality": list(high_cardinality),
        "kind": str(outputs[0].kind),
        "n_classes": max(len(output.classes) for output in outputs),
        "n_outputs": len(outputs),
        "widths": [output.width for output in outputs],
        "rows": rows,
        "ordered_in_time": ordered_in_time,
    }


def _plain(column: Column) -> dict[str, Any]:
    plain = {each.name: getattr(column, each.name) for each in fields(column)}
    return {**plain, "kind": str(column.kind), "used": column.used}


def _kind(spec: Mapping[str, Any]) -> ColumnKind:
    return ColumnKind(spec["kind"])
