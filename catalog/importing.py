"""Items of other systems into ours by a mapping: every row ends as a file or with a reason in the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from catalog.codes import Codes
from catalog.consistency import Context, check_item
from catalog.elements import Elements
from catalog.import_item import ItemBuilder, Work, is_blank
from catalog.import_report import Report, RowRejected, RowWarning
from catalog.import_rules import Evaluator, Notes, Rejected
from catalog.import_sources import SourceRow, read_rows
from catalog.import_tree import ImportTree
from catalog.import_values import plain
from catalog.mapping import Mapping
from catalog.schema import Item
from catalog.source_paths import column_values, top_column
from catalog.units import OrgTree
from catalog.yaml_text import field_text

# What an imported list lacks for being a guide is the department's to write, not an oddity of the source.
_UNTOLD_RULES = frozenset(
    {"elements", "material-standard", "material-shared", "permit", "legal-basis", "depth-form"}
)


class Importer:
    """One run. Construct, then `run`; `progress` is told how many groups of how many are done."""

    def __init__(
        self, mapping: Mapping, codes: Codes, elements: Elements, tree: ImportTree, today: date
    ) -> None:
        self._mapping = mapping
        self._codes = codes
        self._elements = elements
        self._tree = tree
        self._today = today
        self._seen: dict[str, int] = {}
        self.report = Report()

    def run(
        self,
        rows: Sequence[SourceRow],
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        """Turns rows into files of the tree and returns the report."""
        self.report.read = len(rows)
        self._columns(rows)
        self._builder = ItemBuilder(self._mapping, self._codes, self._tree, self.report.unused)
        groups = self._groups(rows)
        for done, group in enumerate(groups, 1):
            self._group(group, overwrite)
            if progress:
                progress(done, len(groups))
        for left in self._tree.absent(self._seen):
            shown = left.path.relative_to(self._tree.folder).as_posix()
            self.report.absent.append(shown)
        self.report.departments = self._builder.founded
        self._tree.write_schema(self._codes)
        return self.report

    def _columns(self, rows: Sequence[SourceRow]) -> None:
        """Which columns nothing in the mapping mentions, and in how many rows they hold something."""
        mentioned = self._mapping.mentioned()
        counts: Counter[str] = Counter()
        for row in rows:
            used = {top_column(row.cells, each) for each in mentioned}
            counts.update(
                name for name, value in row.cells.items() if name not in used and not is_blank(value)
            )
        self.report.unused = dict(counts)
        present = {name for row in rows for name in row.cells}
        self.report.ignored = {name: why for name, why in self._mapping.ignore.items() if name in present}

    def _groups(self, rows: Sequence[SourceRow]) -> list[list[SourceRow]]:
        """Rows by item; rows that cannot be read or are none are put into the report."""
        groups: dict[object, list[SourceRow]] = {}
        for row in rows:
            if row.fault:
                self.report.rejected.append(RowRejected(row.number, "", row.fault))
                continue
            reason = self._skip_reason(row)
            if reason:
                self.report.skipped.append(RowRejected(row.number, "", reason))
                continue
            key: object = row.number
            if self._mapping.source.group_by:
                texts = tuple(
                    plain(each)
                    for column in self._mapping.source.group_by
                    for each in column_values(row.cells, column)
                )
                if not any(texts):
                    named = "、".join(self._mapping.source.group_by)
                    self.report.rejected.append(
                        RowRejected(row.number, "", f"没有 {named}，不知道属于哪个事项")
                    )
                    continue
                key = texts
            groups.setdefault(key, []).append(row)
        return list(groups.values())

    def _skip_reason(self, row: SourceRow) -> str:
        evaluator = Evaluator(self._codes, Notes(), {})
        for skip in self._mapping.source.skip:
            if evaluator.holds(skip.when, row.cells):
                return skip.reason
        return ""

    def _group(self, rows: list[SourceRow], overwrite: bool) -> None:
        work = Work(rows, Notes())
        for row in rows:
            for oddity in row.oddities:
                work.notes.warn("", oddity)
        try:
            item = self._builder.item(work)
        except Rejected as rejected:
            self._reject(work, str(rejected))
            return
        if item.code in self._seen:
            self._reject(work, f"编码 {item.code} 与第 {self._seen[item.code]} 行重复")
            return
        self._seen[item.code] = work.number
        other = self._tree.elsewhere(item)
        if other is not None:
            shown = other.path.relative_to(self._tree.folder).as_posix()
            self._reject(work, f"编码 {item.code} 已用在 {shown}（不是导入的，或已有人改过），没有导入")
            return
        self._builder.settle(work)
        outcome, path = self._tree.write(item, overwrite, work.stem)
        self.report.items += 1
        if outcome == "kept":
            self.report.kept += 1
            shown = path.relative_to(self._tree.folder).as_posix()
            work.notes.warn("", f"{shown} 已有人改过，没有覆盖；要覆盖请加 --overwrite")
        elif outcome == "written":
            self.report.written += 1
        else:
            self.report.unchanged += 1
        self._consistency(work, item)
        self._tell(work, item.code)

    def _reject(self, work: Work, reason: str) -> None:
        """Every row of the group gets the reason."""
        for row in work.rows:
            self.report.rejected.append(RowRejected(row.number, work.code, reason))
        self._tell(work, work.code)

    def _tell(self, work: Work, code: str) -> None:
        for where, message in work.notes.warnings:
            self.report.warnings.append(RowWarning(work.number, code, where, message))

    def _consistency(self, work: Work, item: Item) -> None:
        """What the checks find odd in the source's own facts, told with the row."""
        context = Context(self._builder.departments, OrgTree({}), self._codes, self._elements, self._today)
        for rule, finding in check_item(item, context):
            if rule.id not in _UNTOLD_RULES:
                work.notes.warn(field_text(finding.path), finding.message)


def import_file(
    source: Path,
    mapping: Mapping,
    into: Path,
    codes: Codes,
    elements: Elements,
    today: date,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Reads `source` by `mapping` into department folders below `into`. Raises Invalid when the file as a
    whole cannot be read; then nothing is written.
    """
    rows = read_rows(source, mapping.source)
    tree = ImportTree(into, mapping.name)
    return Importer(mapping, codes, elements, tree, today).run(rows, overwrite, progress)
