"""What the driver finds out, one row a comparison, and how rounds become ratios. Leaves out all text: report.py.

A row's ratio is that of the best times: each contestant's fastest round, whichever it was. `best` and `median` are
of the ratios round by round, where both contestants ran within a tenth of a second of each other.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from statistics import median

# Losses of contestants that started from the same weights must agree so far: relative to ours, and in all.
LOSS_TOLERANCE, LOSS_ROUNDING = 1e-3, 1e-6

# The targets: table, row, against whom, bound. ("<=", x): our cost over theirs is at most x.
# (">=", x): we are at least x times as fast. The first line that fits a row counts.
TARGETS = [
    ("floor", "step a, 1 thread", "floor_gemm", "<=", 1.05),
    ("floor", "step a, 1 thread", "floor_eigen", "<=", 0.80),
    ("floor", "step b, *", "floor_gemm", "<=", 1.05),
    ("floor", "step c, *", "floor_gemm", "<=", 1.03),
    ("peers", "step a, 1 thread", "pytorch_eager", ">=", 12.0),
    ("peers", "step a, 1 thread", "jax_jit", ">=", 3.0),
    ("peers", "step b, *", "pytorch_eager", ">=", 1.3),
    ("peers", "step c, *", "pytorch_eager", ">=", 1.1),
    ("peers", "step [bc], *", "best pytorch", ">=", 1.0),
    ("threads", "step [bc], 2 threads", "eigengrad, 1 thread", ">=", 1.8),
    ("threads", "step a, 2 threads", "eigengrad, 1 thread", ">=", 1.0),
    ("threads", "step ?, 2 threads, one core busy", "eigengrad, 1 thread", "<=", 2.2),
    ("single", "* 30-128-64-1", "pytorch_eager", ">=", 20.0),
    ("single", "* 30-128-64-1", "floor_gemm", "<=", 1.2),
    ("single", "* 30-128-64-1", "floor_eigen", "<=", 1.2),
    ("fit", "*", "keras_fit", ">=", 50.0),
    ("watched", "*", "fit alone", "<=", 1.01),
    ("gemm", "*", "Eigen", ">=", 1.0),
    ("elementwise", "exp/*", "Eigen", ">=", 0.833),  # within 1.2 x of its time
    ("elementwise", "tanh/*", "Eigen", ">=", 0.833),
    ("elementwise", "sigmoid/*", "Eigen", ">=", 0.833),
    ("elementwise", "erf/*", "Eigen", ">=", 0.833),
    ("elementwise", "gelu/*", "Eigen", ">=", 0.833),
    ("elementwise", "*/1000000", "copy into a ready array", ">=", 0.9),
    ("rows", "softmax/*x1000", "our exp alone", ">=", 0.333),  # within 3 x its time
    ("tape", "*/8", "libtorch", ">=", 100.0),
    ("tape", "*", "scalar tape", ">=", 0.5),
    ("heap", "heap calls, *", "", "<=", 0),
    ("heap", "peak memory, step [bc]", "floor_gemm", "<=", 1.15),
]


@dataclass
class Row:
    """One comparison. sense "<=": ratio is ours over theirs; ">=": theirs over ours. None: not known."""
    table: str
    name: str
    against: str
    unit: str = "s"
    sense: str = ">="
    ours: float | None = None
    other: float | None = None
    ratio: float | None = None
    best: float | None = None
    median: float | None = None
    target: tuple | None = None  # (sense, bound)
    met: bool | None = None
    notes: list = field(default_factory=list)

    def note(self, text):
        self.notes.append(text)
        return self


def target_of(table, name, against):
    return next(((sense, bound) for t, n, a, sense, bound in TARGETS
                 if t == table and fnmatchcase(name, n) and fnmatchcase(against, a)), None)


def judge(row):
    """Looks the row's target up, unless it has one, and says whether it is met."""
    row.target = row.target or target_of(row.table, row.name, row.against)
    if row.target:
        value = row.ratio if row.ratio is not None else row.ours if not row.against else None
        if value is not None:
            row.met = value <= row.target[1] if row.target[0] == "<=" else value >= row.target[1]
    return row


def quotient(ours, other, sense):
    top, bottom = (ours, other) if sense == "<=" else (other, ours)
    return top / bottom if bottom else None


def compare(table, name, against, ours, theirs, sense=None, unit="s"):
    """A row from two lists of times of the same rounds. Against a floor the ratio is our cost."""
    target = target_of(table, name, against)
    usual = sense or ("<=" if against.startswith("floor_") else ">=")
    row = Row(table, name, against, unit, target[0] if target else usual, target=target)
    row.ours, row.other = min(ours), min(theirs)
    row.ratio = quotient(row.ours, row.other, row.sense)
    rounds = [quotient(x, y, row.sense) for x, y in zip(ours, theirs)]
    row.best = min(rounds) if row.sense == "<=" else max(rounds)
    row.median = median(rounds)
    return judge(row)


def missing(table, name, against, why, ours=None):
    """The row of a peer that did not run: named, with the reason."""
    return judge(Row(table, name, against, ours=ours)).note(f"missing: {why}")


def check_losses(row, ours, theirs):
    """Notes in the row when the two did not compute the same thing."""
    if ours is None or theirs is None:
        return row.note("losses not compared")
    if not abs(ours - theirs) <= LOSS_TOLERANCE * abs(ours) + LOSS_ROUNDING:  # NaN is a difference too
        row.note(f"the losses differ: {ours:.6g} against {theirs:.6g}")
    return row


def compare_all(table, name, times, infos, without=(), ours="eigengrad", losses=True):
    """Rows of `ours` against every other contestant that has times, then those of `without`: {name: why}."""
    without = dict(without)
    if ours not in times:
        why = without.pop(ours, "not started")
        return [missing(table, name, other, f"{ours}: {why}") for other in [*times, *without]]
    rows = []
    for other, theirs in times.items():
        if other == ours:
            continue
        row = compare(table, name, other, times[ours], theirs)
        if losses:
            check_losses(row, infos[ours].get("loss"), infos[other].get("loss"))
        if infos[other].get("setting"):
            row.note(infos[other]["setting"])
        rows.append(row)
    return rows + [missing(table, name, other, why, min(times[ours])) for other, why in without.items()]
