"""A real pseudo-terminal, with somebody who types."""

from __future__ import annotations

import io
import os
import pty

import pytest

from hingecue.app.doctor.asking import Terminal


@pytest.fixture
def keyboard():
    person, program = pty.openpty()
    with os.fdopen(program, encoding="utf-8") as keys:
        yield person, keys
    os.close(person)


def test_an_answer_is_one_of_three_letters(keyboard, capsys) -> None:
    person, keys = keyboard
    terminal = Terminal(keys)
    assert terminal.there
    for typed, heard in ((b"Yes\n", "y"), (b"n\n", "n"), (b" r \n", "r")):
        os.write(person, typed)
        assert terminal.ask("Did it move?") == heard
    assert capsys.readouterr().err.count("Did it move? [y, n, or r: once more]") == 3


def test_another_answer_is_asked_for_again(keyboard, capsys) -> None:
    person, keys = keyboard
    os.write(person, b"what?\n")
    os.write(person, b"\n")
    os.write(person, b"y\n")
    assert Terminal(keys, 5.0).ask("Did it move?") == "y"
    assert capsys.readouterr().err.count("Did it move?") == 3


def test_silence_has_an_end(keyboard) -> None:
    terminal = Terminal(keyboard[1], 0.1)
    assert terminal.ask("Did it move?") is None
    assert terminal.there


def test_a_terminal_that_was_closed_answers_no_more(keyboard) -> None:
    person, keys = keyboard
    terminal = Terminal(keys, 5.0)
    os.write(person, b"\x04")
    assert terminal.ask("Did it move?") is None
    assert not terminal.there


def test_a_stdin_that_was_closed_is_nobody(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert not Terminal().there


def test_without_a_terminal_nobody_is_asked(capsys) -> None:
    terminal = Terminal(io.StringIO("y\n"))
    assert not terminal.there
    assert terminal.ask("Did it move?") is None
    terminal.say("the motor runs")
    assert capsys.readouterr().err == "hingecue: the motor runs\n"
