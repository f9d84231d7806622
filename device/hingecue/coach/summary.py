"""What a session came to: the counts, and the few sentences that a person reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from hingecue.coach.words import counted
from hingecue.types import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hingecue.types import Bend, Reason

_IN_A_LIST: Final = {
    Kind.HINGE: ("hip hinge", "hip hinges"),
    Kind.SQUAT: ("squat", "squats"),
    Kind.FLEXION: ("with a rounded back", "with a rounded back"),
    Kind.MIXED: ("in between", "in between"),
    Kind.UNSURE: ("left open", "left open"),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of one session or film (CONTRACT §4). `bends` is the sum of the five kinds."""

    bends: int
    repetitions: int
    hinge: int
    squat: int
    flexion: int
    mixed: int
    unsure: int

    def count(self, kind: Kind) -> int:
        """How many bends were of this kind."""
        return {
            Kind.HINGE: self.hinge,
            Kind.SQUAT: self.squat,
            Kind.FLEXION: self.flexion,
            Kind.MIXED: self.mixed,
            Kind.UNSURE: self.unsure,
        }[kind]


def summarise(bends: Iterable[Bend]) -> Summary:
    """Count bends by kind, and those that were repetitions of a set."""
    seen = list(bends)
    kinds = Counter(bend.kind for bend in seen)
    return Summary(
        bends=len(seen),
        repetitions=sum(bend.role is Role.REPETITION for bend in seen),
        hinge=kinds[Kind.HINGE],
        squat=kinds[Kind.SQUAT],
        flexion=kinds[Kind.FLEXION],
        mixed=kinds[Kind.MIXED],
        unsure=kinds[Kind.UNSURE],
    )


def headline(summary: Summary) -> str:
    """Give the counts as one sentence, such as "3 bends: 2 hip hinges, 1 squat."."""
    if summary.bends == 0:
        return "No bends seen."
    parts = [counted(count, *words) for kind, words in _IN_A_LIST.items() if (count := summary.count(kind))]
    return f"{counted(summary.bends, 'bend', 'bends')}: {', '.join(parts)}."


def say(summary: Summary, bends: Sequence[Bend]) -> str:
    """Tell the session in one to three plain sentences: the counts, one thing to notice, one thing to do."""
    sentences = [headline(summary), _notice(summary, bends), _next_step(summary, bends)]
    return " ".join(sentence for sentence in sentences if sentence)


def _notice(summary: Summary, bends: Sequence[Bend]) -> str:
    """Say how much of the spine's own range was used, by whichever kind was the more frequent."""
    rounded = summary.flexion > summary.hinge
    share = _mean_share(bends, Kind.FLEXION if rounded else Kind.HINGE)
    if share is None:
        return ""
    which = "rounded bends" if rounded else "hinges"
    return f"In the {which} your back used about {share:.0%} of its own range."


def _mean_share(bends: Sequence[Bend], kind: Kind) -> float | None:
    shares = [b.flexion_share for b in bends if b.kind is kind and b.flexion_share is not None]
    return fmean(shares) if shares else None


def _next_step(summary: Summary, bends: Sequence[Bend]) -> str:
    """Mend what left bends open if that was half of them; else speak of the rounding, else of those."""
    advice = _commonest_advice(bends)
    if advice and 2 * summary.unsure >= summary.bends:
        return advice
    if summary.flexion:
        return "Rounding on purpose is welcome; for a table top, send your hips back before your chest drops."
    return advice


def _commonest_advice(bends: Sequence[Bend]) -> str:
    reasons: Counter[Reason] = Counter(reason for bend in bends if bend.kind is Kind.UNSURE for reason in bend.reasons)
    return reasons.most_common(1)[0][0].advice if reasons else ""
