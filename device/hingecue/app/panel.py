"""What hangs on the Pi's pins, as the loop sees it: cues, lights and the button. Without pins it does nothing."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.boards import is_pi
from hingecue.clock import monotonic_ns
from hingecue.cue.gpio import GpioButton, GpioCue, open_chip
from hingecue.cue.lights import Light
from hingecue.cue.pins import read_pins
from hingecue.cue.presses import Action
from hingecue.errors import DeviceFault
from hingecue.types import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hingecue.cue.presses import Press
    from hingecue.types import Cue, Posture

HOLD_S: Final = 0.3
"""A light changes once its state has stood for so many seconds: one odd frame is no flicker (our judgement)."""
AGAIN_NS: Final = 2_000_000_000
"""How often pins that could not be opened are tried again, ns: a try takes milliseconds (our judgement)."""
NO_DOUBT: Final = frozenset({Reason.PERSON_LOST, Reason.NOT_CALIBRATED, Reason.TOO_SHALLOW, Reason.NEAR_THRESHOLD})
"""Reasons that are nobody's to mend while they stand there: they do not turn the light to amber."""
NO_LIBRARY: Final = "gpio_library"
"""Only a new process finds a library that was installed meanwhile."""
ABSENT: Final = frozenset({NO_LIBRARY, "gpio_missing"})
"""Faults that say that this machine has no pins; on a Pi they are told."""


class Panel:
    """Cues, lights and the button. `faults`: what could not be opened; `again`: tries once more to open the pins.

    The button's thread only leaves word here, `asked` gives it to the loop; muting is done at once.
    """

    def __init__(
        self,
        faults: tuple[DeviceFault, ...] = (),
        again: Callable[[Panel], None] | None = None,
    ) -> None:
        self._pins: GpioCue | None = None
        self._faults = faults
        self._again = again
        self._tried_ns = monotonic_ns()
        self._camera = False
        self._asked: deque[Action] = deque()
        self._news = threading.Event()
        self._light = Light.READY
        self._since_s: float | None = None
        self._shown: Light | int | None = None

    @property
    def faults(self) -> tuple[DeviceFault, ...]:
        """What does not work of the pins, in the order in which it was found."""
        return self._faults if self._pins is None else (*self._faults, *self._pins.faults)

    @property
    def lost(self) -> DeviceFault | None:
        """The fault of pins that worked and then failed all at once; the way back is to open them again."""
        return None if self._pins is None else self._pins.lost

    @property
    def muted(self) -> bool:
        """Whether cues are kept back from motor and buzzer."""
        return self._pins is not None and self._pins.muted

    def have(self, pins: GpioCue, faults: tuple[DeviceFault, ...] = ()) -> None:
        """Take the pins, and show on them what is to be seen now; `faults`: what beside them could not be opened."""
        self._pins, self._faults, self._again = pins, faults, None
        pins.show_camera(on=self._camera)
        shown, self._shown = self._shown, None
        if shown is not None:
            self._show(shown)

    def press(self, press: Press) -> None:
        """Take what the button asks for; called in its thread."""
        if press.action is not Action.MUTE:
            self._asked.append(press.action)
            self._news.set()
        elif self._pins is not None:
            self._pins.muted = not self._pins.muted

    def asked(self) -> Action | None:
        """Take the next thing that was asked for, None when there is nothing."""
        self._news.clear()
        return self._asked.popleft() if self._asked else None

    @property
    def waiting(self) -> bool:
        """Tell whether something was asked for."""
        return bool(self._asked)

    def wait(self, seconds: float) -> Action | None:
        """Wait for so long at most for something that is asked for."""
        if not self._asked:
            self._news.wait(seconds)
        return self.asked()

    def pause(self, seconds: float) -> None:
        """Wait for so long, or until something is asked for, which stays."""
        if not self._asked:
            self._news.wait(seconds)

    def play(self, cue: Cue) -> None:
        """Let the lifter feel and hear a cue."""
        if self._pins is not None:
            self._pins.play(cue)

    def see(self, posture: Posture, *, bending: bool) -> None:
        """Show how this moment is seen, once that has stood for `HOLD_S`."""
        light = light_of(posture, bending=bending, muted=self.muted)
        if light is not self._light or self._since_s is None or posture.t_s < self._since_s:
            self._light, self._since_s = light, posture.t_s
        if posture.t_s - self._since_s >= HOLD_S:
            self.show(light)

    def show(self, light: Light) -> None:
        """Show a state until another is shown; a fault stays."""
        self._light = light
        if not isinstance(self._shown, int):
            self._show(light)

    def show_fault(self, blinks: int) -> None:
        """Blink a fault's number until it is 0, then go on with the state."""
        self._show(blinks or self._light)

    def show_camera(self, *, on: bool) -> None:
        """Shine while the camera is open."""
        self._camera = on
        if self._pins is not None:
            self._pins.show_camera(on=on)

    def look(self) -> None:
        """Find out whether the pins are still there, or there at last."""
        if self._pins is not None:
            self._pins.look()
        elif self._again is not None and monotonic_ns() - self._tried_ns >= AGAIN_NS:
            self._tried_ns = monotonic_ns()
            self._again(self)

    def _show(self, wish: Light | int) -> None:
        if wish == self._shown:
            return
        self._shown = wish
        if self._pins is None:
            return
        if isinstance(wish, Light):
            self._pins.show(wish)
        else:
            self._pins.show_blinks(wish)


def light_of(posture: Posture, *, bending: bool, muted: bool) -> Light:
    """Choose the light for a moment: doubt first, then a bend that is seen, then readiness."""
    reasons = posture.reasons or (posture.spine.reasons if posture.spine else ())
    if any(reason not in NO_DOUBT for reason in reasons):
        return Light.UNSURE
    if bending:
        return Light.SEEN
    return Light.MUTED if muted else Light.READY


@contextmanager
def open_panel(tell: Callable[[str], None], prefix: Path = Path("/")) -> Iterator[Panel]:
    """Open the pins and the button. What cannot be had is a fault of the panel, and the rest works.

    A machine that is no Raspberry Pi has no pins, and nothing is said about it. A Pi has some: they are tried again,
    unless it is their library that is missing.
    """
    with ExitStack() as stack:
        panel = Panel()
        try:
            _hang(panel, stack, tell)
        except DeviceFault as fault:
            if fault.code not in ABSENT or is_pi(prefix):
                tell(str(fault))
                again = None if fault.code == NO_LIBRARY else lambda panel: _hang_at_last(panel, stack, tell)
                panel = Panel((fault,), again)
        yield panel


def _hang(panel: Panel, stack: ExitStack, tell: Callable[[str], None]) -> None:
    """Open the pins for the panel. Raises `DeviceFault` where there are none; one that cannot be had is told."""
    numbers = read_pins()
    chip = stack.enter_context(open_chip())
    pins = GpioCue(numbers, chip)
    stack.callback(pins.close)
    try:
        button = GpioButton(numbers.button, panel.press, chip)
    except DeviceFault as unheard:
        panel.have(pins, (unheard,))
    else:
        panel.have(pins)
        stack.callback(_close, button, tell)
    for found in panel.faults:
        tell(str(found))


def _hang_at_last(panel: Panel, stack: ExitStack, tell: Callable[[str], None]) -> None:
    """Try again what failed, which was told."""
    with suppress(DeviceFault):
        _hang(panel, stack, tell)
        tell("the pins are there again")


def _close(button: GpioButton, tell: Callable[[str], None]) -> None:
    try:
        button.close()
    except DeviceFault as fault:
        tell(str(fault))
