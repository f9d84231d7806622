"""Follows one person through a film: picture in, pose out. All time is the frames' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from hingecue.pose.detect import HOME_GAP, Anchor, Candidate, Detector, choice_score
from hingecue.pose.facing import FacingWatch, facing_vote
from hingecue.pose.landmark import Landmarker, Sight
from hingecue.pose.roi import gap, mean_roi
from hingecue.pose.runtime import Network
from hingecue.types import U8, Facing, Frame, Pose, Roi

if TYPE_CHECKING:
    from collections.abc import Sequence

Variant: TypeAlias = Literal["lite", "full"]

MIN_PRESENCE: Final = 0.5
"""Below this the landmark model itself says that there is no person (MediaPipe's pose_landmark graphs)."""

SEARCH_NS: Final = 200_000_000
"""At most five searches a second: a search costs two frames' time, and the loop must stay live."""

SHARES: Final = (1.0, 0.7, 0.5)
"""Searches in vain go on as from further away: the picture fills so much of what the detector sees. A bent body that
fills the picture is too large for it: of 1,733 rendered people bent over 20°, seen from the side, 81 % are found at the
first of these, 98 % with all three."""

HOLD_NS: Final = 2_000_000_000
"""For two seconds the place of a person who is gone is kept; a passer-by needs less to walk through it."""

START_PASSES: Final = 2
"""The detector's square is rough; after two looks it has settled to within a pixel on our photos."""

START_TRIES: Final = 2
"""So many candidates are looked at in one search; more would stall the loop in a full gym."""

WATCH_NS: Final = 100_000_000
"""Facing and light change slowly: ten looks a second are enough, and they stay off the other frames' time."""

SAME_GAP: Final = 0.15
"""Squares of one person, from the detector and from the landmarks, lie closer than this: 0.13 at most in our clips."""

COUNT_NS: Final = 2_000_000_000
"""People are counted again this long after the last search while there is doubt …"""

CALM_COUNT_NS: Final = 15_000_000_000
"""… and this long after it while there is none, …"""

UPRIGHT_RAD: Final = 0.26
"""… but only while the trunk is within 15° of upright, so that no bend pays for it."""

SURE_PRESENCE: Final = 0.9
"""A person in full view has more; less is a doubt that calls for a count."""

BRIGHTNESS_STEPS: Final = 24
"""Light is measured on a grid of at most 48 × 48 pixels of the square: its mean needs no more."""


class Finder(Protocol):
    """What finds people in a whole picture."""

    def find(self, rgb: U8, share: float = 1.0) -> list[Candidate]:
        """Give the people in the picture, the best score first; `share`: of what is seen, that the picture fills."""


class Looker(Protocol):
    """What finds the landmarks of one person in a square."""

    def look(self, rgb: U8, roi: Roi, *, mirrored: bool, want_mask: bool = False) -> Sight:
        """Look at the square `roi`, cut as from the mirror image if asked."""


class PoseTracker:
    """Finds one person, keeps to the same one, and shows the models a crop in which that person faces right.

    `finder` and `looker` stand in for the models in tests. `detections` counts the searches over whole pictures.
    """

    def __init__(
        self,
        variant: Variant = "lite",
        threads: int = 1,
        *,
        finder: Finder | None = None,
        looker: Looker | None = None,
    ) -> None:
        self._detector: Finder = finder or Detector(Network("pose_detector", num_threads=threads))
        self._landmarker: Looker = looker or Landmarker(
            Network(f"pose_{variant}_nomask", num_threads=threads),
            Network(f"pose_{variant}", num_threads=threads),
        )
        self.detections = 0
        self.reset()

    def reset(self, search: int = 0) -> None:
        """Forget the person; `search`: with which of SHARES the next search begins."""
        self._roi: Roi | None = None
        self._facing = FacingWatch()
        self._anchor: Anchor | None = None
        self._people = 0
        self._brightness = 0.0
        self._searched_ns: int | None = None
        self._vain = search
        self._watched_ns = 0
        self._seen_ns = 0
        self._t_ns = 0
        self._shunned: Roi | None = None

    def another(self) -> None:
        """Look for another person at the next step; this one is taken again only if there is no other."""
        self._shunned, self._roi, self._anchor = self._roi, None, None
        self._searched_ns = None

    def step(self, frame: Frame, *, want_mask: bool) -> Pose | None:
        """Take the next frame; give the person's pose, or None while nobody is there.

        A frame older than the last one starts a new film. The mask of the pose is overwritten by the next step.
        """
        if frame.t_ns < self._t_ns:
            self.reset()
        self._t_ns = frame.t_ns
        sight = None
        if self._roi is not None and self._anchor is not None:
            sight = self._follow(frame, self._roi, self._anchor, want_mask)
        if sight is None:
            self._roi = None
            sight = self._search(frame, want_mask)
        if sight is None:
            return None
        self._roi = sight.next_roi
        self._seen_ns = frame.t_ns
        self._watch(frame, sight)
        return self._pose(frame, sight)

    def _follow(self, frame: Frame, roi: Roi, anchor: Anchor, want_mask: bool) -> Sight | None:
        """Look where the person was in the last frame, and make sure that it is still the same person."""
        sight = self._look(frame, roi, want_mask)
        if sight.presence < MIN_PRESENCE:
            return None
        if not anchor.holds(sight.next_roi, frame.t_ns):
            return self._away(frame, sight, anchor, want_mask) if self._search_due() else sight
        if self._count_due(sight):
            self._find(frame)
        return sight

    def _away(self, frame: Frame, sight: Sight, anchor: Anchor, want_mask: bool) -> Sight | None:
        """Find out who it is that is no longer at the anchor: a passer-by, or the person, who has moved."""
        found = self._find(frame)
        home = anchor.nearest(found)
        if home is not None:
            return self._return(frame, sight, anchor, home.roi, want_mask)
        if anchor.gone_for(frame.t_ns) < HOLD_NS:
            return sight
        if len(found) > 1:  # the place is empty and there is a choice: begin anew
            self._anchor = None
            return self._begin(frame, found, want_mask)
        self._anchor = Anchor(sight.next_roi, frame.t_ns)
        return sight

    def _return(self, frame: Frame, sight: Sight, anchor: Anchor, home: Roi, want_mask: bool) -> Sight:
        """Leave a passer-by for the person at the anchor; `sight` is kept where that is the same person."""
        if gap(home, sight.next_roi) < SAME_GAP:
            anchor.draw(sight.next_roi, SEARCH_NS / 1e9)
            return sight
        rough = self._look(frame, home, want_mask=False)
        if rough.presence < MIN_PRESENCE:
            return sight
        return self._look(frame, rough.next_roi, want_mask)

    def _look(self, frame: Frame, roi: Roi, want_mask: bool) -> Sight:
        return self._landmarker.look(frame.rgb, roi, mirrored=self._facing.mirrored, want_mask=want_mask)

    def _search(self, frame: Frame, want_mask: bool) -> Sight | None:
        """Look for a person in the whole picture: at the anchor while it is fresh, else the best one."""
        if not self._search_due():
            return None
        found = self._find(frame)
        if self._anchor is not None and frame.t_ns - self._seen_ns < HOLD_NS:
            home = self._anchor.nearest(found)
            found = [] if home is None else [home]
        else:
            self._anchor = None
        sight = self._begin(frame, found, want_mask)
        self._vain += sight is None
        return sight

    def _begin(self, frame: Frame, found: Sequence[Candidate], want_mask: bool) -> Sight | None:
        """Settle on the best candidate who turns out to be a person, and on the facing."""
        height, width = frame.rgb.shape[:2]
        ranked = sorted(found, key=lambda one: choice_score(one, width, height), reverse=True)
        if self._shunned is not None:
            shunned, self._shunned = self._shunned, None
            ranked.sort(key=lambda one: gap(one.roi, shunned) < HOME_GAP)
        for candidate in ranked[:START_TRIES]:
            roi, votes = candidate.roi, 0.0
            for _ in range(START_PASSES):
                vote, roi = self._both_ways(frame.rgb, roi)
                votes += vote
            self._facing.decide(votes / START_PASSES)
            sight = self._look(frame, roi, want_mask)
            if sight.presence >= MIN_PRESENCE:
                if self._anchor is None:
                    self._anchor = Anchor(sight.next_roi, frame.t_ns)
                self._watched_ns = frame.t_ns
                self._brightness = brightness(frame.rgb, roi)
                return sight
        return None

    def _both_ways(self, rgb: U8, roi: Roi) -> tuple[float, Roi]:
        """Look in both orientations: the vote (+ right in the picture) and the next square, the same mirrored."""
        plain = self._landmarker.look(rgb, roi, mirrored=False)
        vote_plain = facing_vote(plain.crop_xyzv)
        turned = self._landmarker.look(rgb, roi, mirrored=True)
        vote_turned = facing_vote(turned.crop_xyzv)
        a, b = plain.presence + 1e-6, turned.presence + 1e-6
        vote = (a * vote_plain - b * vote_turned) / (a + b)
        return vote, mean_roi(plain.next_roi, turned.next_roi, a, b)

    def _watch(self, frame: Frame, sight: Sight) -> None:
        """Check, now and then, the facing and the light."""
        since = frame.t_ns - self._watched_ns
        if since < WATCH_NS:
            return
        self._watched_ns = frame.t_ns
        self._brightness = brightness(frame.rgb, sight.roi)
        if self._facing.watch(facing_vote(sight.crop_xyzv), since / 1e9, frame.t_ns):
            vote, roi = self._both_ways(frame.rgb, sight.next_roi)
            self._facing.decide(vote)
            self._roi = roi

    def _find(self, frame: Frame) -> list[Candidate]:
        self._searched_ns = frame.t_ns
        self.detections += 1
        found = self._detector.find(frame.rgb, SHARES[self._vain % len(SHARES)])
        self._people = len(found)
        return found

    def _search_due(self) -> bool:
        return self._searched_ns is None or self._t_ns - self._searched_ns >= SEARCH_NS

    def _count_due(self, sight: Sight) -> bool:
        """Tell whether to count the people again; never in a bend, for a count costs a frame's time."""
        if self._searched_ns is None or abs(sight.next_roi.angle_rad) > UPRIGHT_RAD:
            return False
        doubt = sight.presence < SURE_PRESENCE or self._people != 1
        return self._t_ns - self._searched_ns >= (COUNT_NS if doubt else CALM_COUNT_NS)

    def _pose(self, frame: Frame, sight: Sight) -> Pose:
        height, width = frame.rgb.shape[:2]
        return Pose(
            landmarks=sight.picture,
            presence=sight.presence,
            facing=_facing(sight),
            facing_confidence=max(0.0, self._facing.confidence),
            roi=sight.roi,
            crop_to_picture=sight.affine,
            mask=sight.mask,
            brightness=self._brightness,
            people=self._people,
            picture_size=(width, height),
            image=sight.image,
        )


def _facing(sight: Sight) -> Facing:
    """Give the facing in which the crop was cut, also in the frame in which a new one is decided."""
    a = sight.affine
    return Facing.LEFT if a[0, 0] * a[1, 1] < a[0, 1] * a[1, 0] else Facing.RIGHT


def brightness(rgb: U8, roi: Roi) -> float:
    """Give the mean luma, 0…1, of the upright square of the ROI's size; 0 outside the picture."""
    height, width = rgb.shape[:2]
    half = roi.size / 2
    x0, x1 = max(0, int(roi.cx - half)), min(width, int(roi.cx + half) + 1)
    y0, y1 = max(0, int(roi.cy - half)), min(height, int(roi.cy + half) + 1)
    if x0 >= x1 or y0 >= y1:
        return 0.0
    step_x, step_y = max(1, (x1 - x0) // BRIGHTNESS_STEPS), max(1, (y1 - y0) // BRIGHTNESS_STEPS)
    red, green, blue = rgb[y0:y1:step_y, x0:x1:step_x, :3].mean(axis=(0, 1)).tolist()
    return float(0.299 * red + 0.587 * green + 0.114 * blue) / 255
