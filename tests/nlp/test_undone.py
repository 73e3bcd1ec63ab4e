"""What was not done, though a form or a sentence names it: rows without a time, refusals beside a name, heads that tell something short."""

from __future__ import annotations

import time

import pytest

from nlp.marks import nought_lines
from nlp.pipeline import parse
from nlp.text import read_text
from nlp.undone import is_plainly_undone


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("TE 25 min\nMT 0 min\nGait 0 min", {1, 2}),
        ("97110 25 min\n97140 0 min", {1}),
        ("TE: 25 min\nMT: 0 min", {1}),
        ("TE: bike\nManual:\nGait:", {1, 2}),
        ("TE: bike\nNMR: -\nMT: -\nModalities: -", {1, 2}),
        # what stands below belongs to it
        ("Manual:\nSTM to UT 10 min\nTE:\nbike", set()),
        ("Manual therapy:\nTechnique: STM\nTE: bike", set()),
        ("TE:\n\nbike 10 min", set()),
        ("MT: -\nSTM 10 min", set()),
        # a heading of the same service goes on
        ("Ther ex:\nTE 20 min: bike", set()),
        # no amount of time
        ("Gait 0 pain\nTE 25 min", set()),
        ("MT 10 min", set()),
    ],
)
def test_rows_without_a_time(text: str, lines: set[int]) -> None:
    assert nought_lines(read_text(text)) == lines


def test_a_known_heading_below_leaves_a_row_empty() -> None:
    statuses = {s.status for s in parse("O:\nTE: bike 10 min\nGait:\nA: good tolerance").segments or () if s.marks}
    assert statuses == {"performed", "negated"}


@pytest.mark.parametrize(
    ("text", "undone"),
    [
        ("No Epley.", True),
        ("No manual.", True),
        ("Epley not indicated.", True),
        ("Paraffin held for skin.", True),
        ("Pt passed on ice.", True),
        ("Ultrasound skipped as coupling gel out of stock", True),
        # said of something else in the clause
        ("Tall kneeling no hands 4 min", False),
        ("Stairs 12 recip no rail", False),
        ("R hip long-axis pull, no traction, bike 6 min", None),
        ("Ultrasound 8 min, no redness", None),
        ("Bike 8 min", False),
    ],
)
def test_a_refusal_beside_the_one_name(text: str, undone: bool | None) -> None:
    note = parse(text)
    found = [is_plainly_undone(note, segment) for segment in note.segments or ()]
    if undone is None:
        assert not all(found)
    else:
        assert found[0] is undone


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("IFC held, pacemaker.", "declined"),
        ("Held wrist ext stretch, too irritable.", "declined"),
        ("Held calf raises - d/t Achilles flare", "declined"),
        ("Leg press 3x10 held (scar seep)", "declined"),
        ("Paraffin held - rash", "declined"),
        ("Gait training not avail", "declined"),
        # a position is held, and so is a hand
        ("Plank held, 30 s x 3", "performed"),
        ("Held plank 30 s x 3, too tired for more", "performed"),
        ("Held hamstring stretch, then bridges", "performed"),
        ("Sit to stand with one hand held, mod A", "performed"),
        ("Cx mech traction 18# static 12 min", "performed"),
    ],
)
def test_held_beside_a_treatment(text: str, status: str) -> None:
    assert next(s.status for s in parse(text).segments or ()) == status


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("Last visit: sore x1 day. Today bike 6 min. Patellar mobs 8 min.", ["bike", "Patellar"]),
        ("Since last visit: less pain. Ther ex 25 min bike. MT 10 min STM.", ["Ther ex", "MT"]),
        ("Orders: WBAT. Ther ex 25 min bike.", ["Ther ex"]),
        ("Last tx: 11/4. Pain 3/10. Bike 6 min.", ["Bike"]),
        ("Last tx: manual x15. Today manual omitted. TE 25 min bike.", ["TE"]),
        ("GT: 15 min RW 100 ft. Rec: cane at home. TE: 15 min LAQ.", ["GT", "TE"]),
        ("PT initial evaluation. ROM 5-95. Goals: walk 500 ft. Gait training 15 min w/ RW.", ["PT initial", "Gait"]),
        ("Bike 8 min. Goals: walk 500 ft. Gait training 15 min.", ["Bike"]),
        # what they tell of goes on
        ("Last visit: TE 20 min. MT 10 min.", []),
        ("Next visit: bike. Ther ex 20 min.", []),
        ("Last tx: bike 10 min. STM 8 min.", []),
        ("Plan: 2x/wk. Ther ex 20 min.", []),
        ("Orders: WBAT. PT eval and treat. Ther ex, gait.", []),
    ],
)
def test_a_short_telling_ends_with_its_sentence(text: str, done: list[str]) -> None:
    note = parse(text)
    found = [
        note.text.flat[s.start : s.end]
        for s in note.segments or ()
        if s.status == "performed" and (s.marks or any(m.concept.priors for m in s.mentions))
    ]
    assert len(found) == len(done)
    assert all(words in there for words, there in zip(done, found, strict=True))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Group therapeutic exercise with 3 other patients 45 min: LE strengthening", "performed"),
        ("Balance class with 4 others 30 min", "performed"),
        ("Other patient did squats", "other"),
    ],
)
def test_the_others_of_a_group_do_not_take_its_work(text: str, status: str) -> None:
    assert next(s.status for s in parse(text).segments or ()) == status


@pytest.mark.parametrize(
    "text",
    [
        "Rec: x\nTE 5 min. " * 4000,
        "TE: 5 min. Rec: walk, TE: 5 min. " * 2500,
        "Rec: " + "a. " * 20000 + "TE 5 min",
        "Last tx: a. Today TE 5 min.\n" * 3000,
        "NMR:\n" * 5000,
        "Ann Lee, " + "PT, DPT, " * 8000,
        "." * 250_000,
        "a" * 250_000,
        "10' " * 20_000,
        "P: x\n" + "TE 10 next\n" * 5000,
    ],
)
def test_long_runs_are_parsed_in_linear_time(text: str) -> None:
    begin = time.process_time()
    parse(text)
    assert time.process_time() - begin < 10
