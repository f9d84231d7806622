"""What hangs on the Pi's pins, as the loop sees it: cues, lights and the button. Without pins it does nothing."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hingecue.boards import is_pi
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
NO_DOUBT: Final = frozenset({Reason.PERSON_LOST, Reason.NOT_CALIBRATED, Reason.TOO_SHALLOW, Reason.NEAR_THRESHOLD})
"""Reasons that are nobody's to mend while they stand there: they do not turn the light to amber."""
ABSENT: Final = frozenset({"gpio_library", "gpio_missing"})
"""Faults that say that this machine has no pins; on a Pi they are told."""


class Panel:
    """Cues, lights and the button. `pins` is None where there are none; `faults`: what could not be opened.

    The button's thread only leaves word here, `asked` gives it to the loop; muting is done at once.
    """

    def __init__(self, pins: GpioCue | None = None, faults: tuple[DeviceFault, ...] = ()) -> None:
        self._pins = pins
        self._faults = faults
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
        if self._pins is not None:
            self._pins.show_camera(on=on)

    def look(self) -> None:
        """Find out whether the pins are still there."""
        if self._pins is not None:
            self._pins.look()

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

    A machine that is no Raspberry Pi has no pins, and nothing is said about it.
    """
    with ExitStack() as stack:
        try:
            numbers = read_pins()
            chip = stack.enter_context(open_chip())
        except DeviceFault as fault:
            if fault.code in ABSENT and not is_pi(prefix):
                yield Panel()
                return
            tell(str(fault))
            yield Panel(faults=(fault,))
            return
        pins = GpioCue(numbers, chip)
        stack.callback(pins.close)
        panel = Panel(pins)
        try:
            button = GpioButton(numbers.button, panel.press, chip)
        except DeviceFault as unheard:
            panel = Panel(pins, (unheard,))
        else:
            stack.callback(_close, button, tell)
        for found in panel.faults:
            tell(str(found))
        yield panel


def _close(button: GpioButton, tell: Callable[[str], None]) -> None:
    try:
        button.close()
    except DeviceFault as fault:
        tell(str(fault))
