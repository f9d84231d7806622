"""One person is followed: found, kept through passers-by, lost honestly, the same in the mirror."""

from __future__ import annotations

from collections.abc import Callable, Iterator  # noqa: TC003 - names the fakes' contract
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from hingecue.pose.detect import Candidate
from hingecue.pose.landmark import Sight
from hingecue.pose.roi import crop_affine, gap
from hingecue.pose.tracker import PoseTracker, brightness
from hingecue.types import Facing, Frame, Pose, Roi

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
S = 1_000_000_000
FPS = 30
RGB = np.full((480, 640, 3), 100, np.uint8)


def figure(*, right: bool) -> np.ndarray:
    """The landmarks (35, 5) of somebody who plainly faces right or left in the crop."""
    lm = np.zeros((35, 5), np.float32)
    lm[:, 3] = 5
    for left, x, y in ((7, 138, 48), (11, 130, 80), (13, 132, 110), (15, 145, 135), (23, 120, 140), (25, 135, 185)):
        lm[left : left + 2, :2] = x, y
    for left, x, y in ((27, 120, 230), (29, 115, 238), (31, 140, 240)):
        lm[left : left + 2, :2] = x, y
    lm[0, :2] = 150, 50
    lm[7:33:2, 2], lm[8:33:2, 2] = 20, -20
    if not right:
        lm[:, 0] = 255 - lm[:, 0]
        lm[:, 2] = -lm[:, 2]
    return lm


@dataclass
class Person:
    """Somebody in the fake world: a place for every time, and how surely the models see them."""

    place: Callable[[float], Roi]
    right: Callable[[float], bool] = lambda _: True
    presence: Callable[[float], float] = lambda _: 0.99
    score: float = 0.9
    largest: float = 1.0
    """Of what the finder sees, the picture fills at most so much for this person to be found."""


@dataclass
class World:
    """Stands in for both models. The looker sees the person who is nearest to the square."""

    people: list[Person]
    t: float = 0.0
    finds: list[float] = field(default_factory=list)
    looks: int = 0

    def find(self, rgb: np.ndarray, share: float = 1.0) -> list[Candidate]:
        self.finds.append(self.t)
        near = [p for p in self.people if p.presence(self.t) > 0.3 and share <= p.largest]
        seen = [Candidate(p.score, p.place(self.t)) for p in near]
        return sorted(seen, key=lambda one: -one.score)

    def look(self, rgb: np.ndarray, roi: Roi, *, mirrored: bool, want_mask: bool = False) -> Sight:
        self.looks += 1
        person = min(self.people, key=lambda p: gap(p.place(self.t), roi))
        place = person.place(self.t)
        crop = figure(right=person.right(self.t) != mirrored)
        picture = np.zeros((33, 4), np.float32)
        picture[:, :2], picture[:, 3] = (place.cx, place.cy), 1
        return Sight(
            crop=crop,
            picture=picture,
            presence=person.presence(self.t) if gap(place, roi) < 0.5 else 0.01,
            affine=crop_affine(roi, mirrored=mirrored),
            roi=roi,
            next_roi=place,
            mask=np.zeros((256, 256), np.float32) if want_mask else None,
        )


def still(cx: float = 320, cy: float = 240, size: float = 400, angle: float = 0.0) -> Callable[[float], Roi]:
    return lambda _: Roi(cx, cy, size, angle)


def film(
    world: World, seconds: float, *, start: float = 0.0, mask: bool = False
) -> Iterator[tuple[float, Pose | None]]:
    tracker = PoseTracker(finder=world, looker=world)
    for i in range(int(seconds * FPS)):
        world.t = start + i / FPS
        yield world.t, tracker.step(Frame(i, round(world.t * S), RGB), want_mask=mask)


def test_the_person_in_the_middle_is_followed_facing_right() -> None:
    world = World([Person(still(), right=lambda _: False), Person(still(60, 240, 250))])
    poses = [pose for _, pose in film(world, 1, mask=True)]
    assert all(pose is not None and pose.roi.cx == 320 and pose.facing is Facing.LEFT for pose in poses)
    last = poses[-1]
    assert last is not None
    assert last.people == 2
    assert last.mask is not None
    assert last.picture_size == (640, 480)
    assert last.facing_confidence > 0.7
    assert last.brightness == pytest.approx(100 / 255)
    assert np.linalg.det(last.crop_to_picture[:, :2]) < 0


def test_one_frame_one_look_while_all_is_well() -> None:
    world = World([Person(still(angle=0.5))])
    frames = list(film(world, 10))
    assert len(world.finds) == 1
    assert world.looks == len(frames) + 4  # two looks in both orientations at the start, and the pose's own


def test_people_are_counted_again_while_nobody_bends() -> None:
    calm = World([Person(still())])
    list(film(calm, 31))
    assert calm.finds == pytest.approx([0, 15, 30], abs=0.05)
    doubt = World([Person(still(), presence=lambda _: 0.8)])
    list(film(doubt, 5))
    assert doubt.finds == pytest.approx([0, 2, 4], abs=0.05)
    gone = World([Person(still()), Person(still(600, 240, 300), presence=lambda t: 0.99 if t < 1 else 0.0)])
    assert [pose.people for _, pose in film(gone, 4) if pose is not None][-1] == 1


def test_nobody_is_searched_five_times_a_second() -> None:
    world = World([Person(still(), presence=lambda _: 0.0)])
    assert all(pose is None for _, pose in film(world, 2))
    assert len(world.finds) == 10
    assert np.diff(world.finds).min() > 0.19


def test_who_is_too_large_to_be_found_is_found_from_further_away() -> None:
    world = World([Person(still(), presence=lambda _: 0.8, largest=0.6)])
    poses = [(t, pose) for t, pose in film(world, 5)]
    assert next(t for t, pose in poses if pose is not None) == pytest.approx(0.4, abs=0.05)
    assert all(pose.people == 1 for _, pose in poses if pose is not None)  # also when they are counted again
    assert len(world.finds) == 5


def test_a_search_can_begin_from_further_away() -> None:
    world = World([Person(still(), largest=0.6)])
    tracker = PoseTracker(finder=world, looker=world)
    tracker.reset(2)
    assert tracker.step(Frame(0, 0, RGB), want_mask=False) is not None
    tracker.reset()
    assert tracker.step(Frame(0, 0, RGB), want_mask=False) is None


def test_a_box_that_is_no_person_gives_no_pose_and_the_next_one_is_tried() -> None:
    box = Person(still(), presence=lambda _: 0.4)
    assert all(pose is None for _, pose in film(World([box]), 1))
    both = World([box, Person(still(80, 240, 250))])
    assert next(film(both, 1))[1].roi.cx == 80  # type: ignore[union-attr]


def test_a_lost_person_comes_back_at_once() -> None:
    world = World([Person(still(), presence=lambda t: 0.1 if 1 <= t < 1.5 else 0.99)])
    seen = {round(t, 2): pose is not None for t, pose in film(world, 3)}
    assert not any(there for t, there in seen.items() if 1 <= t < 1.5)
    assert all(there for t, there in seen.items() if t >= 1.75 or t < 1)


def test_while_the_person_is_gone_nobody_else_takes_the_place_for_two_seconds() -> None:
    world = World(
        [Person(still(), presence=lambda t: 0.1 if t >= 1 else 0.99), Person(still(560, 240, 300))],
    )
    seen = [(t, pose.roi.cx if pose else None) for t, pose in film(world, 5)]
    assert all(cx is None for t, cx in seen if 1 <= t < 2.9)
    assert all(cx == 560 for t, cx in seen if t > 3.3)


def test_the_one_who_comes_back_is_followed_and_not_the_other() -> None:
    world = World(
        [
            Person(still(), presence=lambda t: 0.1 if 1 <= t < 2 else 0.99),
            Person(still(560, 240, 300), score=0.99),
        ],
    )
    assert all(pose is None or pose.roi.cx == 320 for _, pose in film(world, 5))


def test_a_square_that_slides_onto_a_passer_by_goes_home() -> None:
    """The looker's choice changes at the crossing, for the lifter is hidden behind the passer-by."""

    def hidden(t: float) -> float:
        return 0.0 if 1.8 < t < 2.2 else 0.99

    def lifter(t: float) -> Roi:
        return Roi(320, 240, 400, 0) if hidden(t) else Roi(5000, 5000, 400, 0)

    walker = Person(lambda t: Roi(-160 + 240 * t, 250, 420, 0))
    poses = list(film(World([Person(lifter, presence=hidden), walker]), 5))
    wrong = [t for t, pose in poses if pose is not None and abs(pose.landmarks[0, 0] - 320) > 1]
    assert wrong
    assert max(wrong) < 2.75
    assert poses[-1][1].roi.cx == 320  # type: ignore[union-attr]


def test_a_jump_onto_a_neighbour_is_undone_in_the_same_frame() -> None:
    def lifter(t: float) -> Roi:
        return Roi(320, 240, 400, 0) if t != 2 else Roi(320, 330, 400, 0)

    neighbour = Person(lambda t: Roi(400, 240, 400, 0) if t == 2 else Roi(560, 240, 400, 0))
    world = World([Person(lifter), neighbour])
    assert all((pose is not None and pose.landmarks[0, 0] < 390) or t == 2 for t, pose in film(world, 4))


def test_somebody_at_the_anchor_who_proves_to_be_nobody_is_not_followed() -> None:
    ghost = Person(still(), presence=lambda t: 0.99 if t < 1 else 0.35)
    mover = Person(lambda t: Roi(320 if t < 1 else 520, 240, 400, 0), score=0.95)
    poses = [(t, pose) for t, pose in film(World([mover, ghost]), 2)]
    assert poses[-1][1] is None or poses[-1][1].landmarks[0, 0] == 520


def walk_away(t: float) -> Roi:
    return Roi(220 + min(200, max(0, t - 1) * 200), 240, 300, 0)


def test_a_person_who_moves_is_followed_and_gets_a_new_place() -> None:
    world = World([Person(walk_away)])
    poses = list(film(world, 9))
    assert all(pose is not None and abs(pose.roi.cx - walk_away(t).cx) < 8 for t, pose in poses)
    assert len([t for t in world.finds if t > 5]) <= 1


def test_a_person_who_moves_leaves_the_choice_when_others_are_there() -> None:
    def passer(t: float) -> Roi:
        return Roi(300 + min(320, max(0, t - 1) * 200), 240, 300, 0)

    lifter = Person(
        lambda t: Roi(320, 240, 380, 0) if t > 2 else Roi(-900, 240, 380, 0), presence=lambda t: float(t > 2)
    )
    far = Person(still(60, 400, 100), score=0.55)
    poses = list(film(World([Person(passer), lifter, far]), 8))
    assert poses[-1][1] is not None
    assert poses[-1][1].landmarks[0, 0] == 320
    alone = list(film(World([Person(passer), far]), 8))
    assert alone[-1][1] is not None


def test_a_small_move_draws_the_anchor() -> None:
    world = World([Person(lambda t: Roi(320 if t < 1 else min(410, 320 + (t - 1) * 100), 240, 400, 0.4))])
    poses = list(film(world, 8))
    assert all(pose is not None for _, pose in poses)
    assert not [t for t in world.finds if t > 4]


def test_a_person_who_turns_round_is_seen_turned_within_two_seconds() -> None:
    world = World([Person(still(), right=lambda t: t < 2)])
    poses = [(t, pose.facing) for t, pose in film(world, 5) if pose is not None]
    assert all(facing is Facing.RIGHT for t, facing in poses if t < 2.4)
    assert all(facing is Facing.LEFT for t, facing in poses if t > 4)
    assert sum(a[1] != b[1] for a, b in pairwise(poses)) == 1


def test_an_older_frame_starts_a_new_film() -> None:
    world = World([Person(still())])
    tracker = PoseTracker(finder=world, looker=world)
    tracker.step(Frame(0, 5 * S, RGB), want_mask=False)
    tracker.step(Frame(1, 0, RGB), want_mask=False)
    assert tracker.detections == 2


def test_light_is_that_of_the_square() -> None:
    rgb = np.zeros((100, 200, 3), np.uint8)
    rgb[:, 100:] = (200, 200, 200)
    assert brightness(rgb, Roi(150, 50, 80, 0)) == pytest.approx(200 / 255, abs=1e-6)
    assert brightness(rgb, Roi(50, 50, 80, 0)) == 0
    assert brightness(rgb, Roi(900, 50, 80, 0)) == 0


@pytest.mark.parametrize("shape", [(48, 64), (480, 640)])
def test_the_real_models_see_nobody_in_a_grey_picture(shape: tuple[int, int]) -> None:
    tracker = PoseTracker("lite")
    rgb = np.full((*shape, 3), 120, np.uint8)[:, ::-1]
    assert tracker.step(Frame(0, 0, rgb), want_mask=True) is None
    assert tracker.detections == 1


def read(name: str, count: int, every: int = 1) -> list[np.ndarray]:
    path = DATA / "video" / name
    if not path.exists():
        pytest.skip("the shared data are not here")
    capture = cv2.VideoCapture(str(path))
    frames = []
    for i in range(count * every):
        ok, bgr = capture.read()
        if ok and i % every == 0:
            frames.append(np.ascontiguousarray(bgr[..., ::-1]))
    return frames


def follow(tracker: PoseTracker, frames: list[np.ndarray]) -> list[Pose | None]:
    tracker.reset()
    return [tracker.step(Frame(i, i * S // FPS, rgb), want_mask=False) for i, rgb in enumerate(frames)]


def test_a_real_film_and_its_mirror_image_give_the_same_landmarks() -> None:
    frames = read("tby66_0016c_1.mp4", 60, 4)
    tracker = PoseTracker("lite")
    here = follow(tracker, frames)
    there = follow(tracker, [rgb[:, ::-1] for rgb in frames])
    width = frames[0].shape[1]
    for a, b in zip(here, there, strict=True):
        assert a is not None
        assert b is not None
        assert a.facing is Facing.LEFT
        assert b.facing is Facing.RIGHT
        np.testing.assert_allclose(width - 1 - a.landmarks[:, 0], b.landmarks[:, 0], atol=1e-3)
        np.testing.assert_array_equal(a.landmarks[:, 1:], b.landmarks[:, 1:])


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 1.25])
def test_a_real_lifter_is_kept_while_somebody_walks_through_the_picture(scale: float) -> None:
    frames = read("tby66_0016c_1.mp4", 150, 2)
    tracker = PoseTracker("lite")
    alone = [pose for pose in follow(tracker, frames) if pose is not None]
    assert len(alone) == len(frames)
    roi = alone[0].roi
    half = int(roi.size * 0.2)
    walker = frames[0][:, int(roi.cx) - half : int(roi.cx) + half][:, ::-1]
    walker = cv2.resize(walker, None, fx=scale, fy=scale)
    crossed = [
        passing(rgb, walker, int(-walker.shape[1] + (i / FPS - 1) * roi.size * 0.6)) for i, rgb in enumerate(frames)
    ]
    poses = follow(tracker, crossed)
    right = [pose is not None and gap(pose.roi, lone.roi) < 0.2 for pose, lone in zip(poses, alone, strict=True)]
    assert np.mean(right) > 0.8
    assert all(right[-20:])
    last = poses[-1]
    assert last is not None
    assert last.facing is alone[-1].facing


def passing(rgb: np.ndarray, walker: np.ndarray, x: int) -> np.ndarray:
    """Paste the walker, standing on the picture's lower edge, with the left edge at x."""
    height, width = rgb.shape[:2]
    walker = walker[-height:]
    a, b = max(0, x), min(width, x + walker.shape[1])
    out = rgb.copy()
    if a < b:
        out[height - len(walker) :, a:b] = walker[:, a - x : b - x]
    return out


def test_mirrored_photos_give_mirrored_poses() -> None:
    folder = DATA / "photos"
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    tracker = PoseTracker("lite")
    for path in sorted(folder.glob("*.jpg"))[::12]:
        rgb = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
        poses = []
        for picture in (rgb, rgb[:, ::-1]):
            tracker.reset()
            poses.append(tracker.step(Frame(0, 0, picture), want_mask=False))
        here, there = poses
        assert here is not None
        assert there is not None
        assert here.facing is not there.facing
        x = rgb.shape[1] - 1 - there.landmarks[:, 0]
        np.testing.assert_allclose(here.landmarks[:, 0], x, atol=1e-3, err_msg=path.name)
        np.testing.assert_array_equal(here.landmarks[:, 1:], there.landmarks[:, 1:])
        assert replace(here.roi, cx=0, angle_rad=0) == replace(there.roi, cx=0, angle_rad=0)


def test_another_person_is_taken_when_there_is_one() -> None:
    world = World([Person(still()), Person(still(60, 240, 250))])
    tracker = PoseTracker(finder=world, looker=world)

    def step(t: float) -> float | None:
        world.t = t
        pose = tracker.step(Frame(0, round(t * S), RGB), want_mask=False)
        return None if pose is None else pose.roi.cx

    assert step(0.0) == 320
    tracker.another()
    assert step(0.1) == 60
    assert step(0.2) == 60
    world.people.pop()
    tracker.another()
    assert step(0.3) == 320
    tracker.another()  # nobody else is there
    assert step(0.4) == 320
