"""From a service to its code: one table per rule, with the cases that look alike and differ."""

from __future__ import annotations

import datetime as dt

import pytest

from corpus.payers import payer_named
from corpus.services import load_services
from models.claim.units import month_units
from models.resolve import RULES, Line, Stated, resolve
from models.suggester import Suggester
from nlp.pipeline import parse


def lines_of(
    service: str,
    text: str,
    minutes: int | None = None,
    written: tuple[str, ...] = (),
    payer: str = "commercial",
    date: dt.date | None = None,
) -> list[Line]:
    """Resolve a note; words in [[double brackets]] support the service, all of them where there are none."""
    plain, spans = "", []
    for index, piece in enumerate(text.replace("]]", "[[").split("[[")):
        if index % 2:
            spans.append((len(plain), len(plain) + len(piece)))
        plain += piece
    stated = Stated(parse(plain), spans or [(0, len(plain))], minutes, written, payer_named(payer), date)
    return resolve(load_services()[service], stated)


def codes_of(service: str, text: str, minutes: int | None = None, written: tuple[str, ...] = ()) -> list[str]:
    return [line.code for line in lines_of(service, text, minutes, written)]


ENCOUNTERS = [
    ("prosthetic", "Prosthetic training 30 min, follow-up visit", "97763"),
    ("prosthetic", "F/u visit prosthetic training", "97763"),
    ("prosthetic", "Follow-up: prosthetic training", "97763"),
    ("prosthetic", "Prosthetic training, visit 3", "97763"),
    ("prosthetic", "Prosthetic training, 3rd visit", "97763"),
    ("prosthetic", "Second session of prosthetic training", "97763"),
    ("prosthetic", "Prosthetic training, re-check of fit", "97763"),
    ("prosthetic", "Prosthetic training; skin clear since last fitting", "97763"),
    ("prosthetic", "Continued training with prosthesis", "97763"),
    ("prosthetic", "Prosthetic training, return visit", "97763"),
    ("prosthetic", "Initial prosthetic training", "97761"),
    ("prosthetic", "New prosthesis delivered today, training", "97761"),
    ("orthotic", "Fabricated resting hand splint, trimmed and flared, wear schedule", "97760"),
    ("orthotic", "cut and molded the short opponens, strapped, checked red spots", "97760"),
    ("orthotic", "New AFO, first fitting, redness padded, adjusted strap", "97760"),
    ("orthotic", "Splint recheck: strap replaced, red spot at thenar", "97763"),
    ("orthotic", "Straps had stretched, replaced two and re-bonded the D-ring", "97763"),
    ("orthotic", "Splint (made 11/5): spot heated and flared", "97763"),
    ("orthotic", "First splint, first encounter. [[dorsal block, edges flared, fit check]]", "97760"),
    ("orthotic", "[[Fitted solid AFO, don/doff x4]] Recheck in a week.", "97760"),
    ("orthotic", "remolded MP 65, second visit for the splint, fitted 4/2", "97763"),
    ("orthotic", "Wrist orthoses, off-the-shelf, sized, stay taken out and reset, taught straps", "97760"),
    ("prosthetic", "Initial encounter: liner, ply, weight shift in bars", "97761"),
    ("prosthetic", "Liner roll, ply check, donning", "97761"),
    ("prosthetic", "Subsequent: sock change, stumble drill", "97763"),
    ("prosthetic", "Sixth session in this transtibial limb. [[ply check, ramp and curb with cues]]", "97763"),
    ("prosthetic", "A later prosthetic visit, not the first visit: liner on in front of me", "97763"),
    ("prosthetic", "[[Prosthetic training visit 6 of training]], first fitting and control training 12/09", "97763"),
    ("prosthetic", "First fitting 12/09: prosthetic training", "97761"),
    ("prosthetic", "Visit 22. [[knee training: sit, lean, let it yield]]", "97763"),
]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("[[NMES quad 10 min]] ran on its own. FES to tib ant with therapist", ["97014"]),
        ("[[Stim to quads 12 min]], nobody attending", ["97014"]),
        ("[[NMES quads 10 min]], set and left. [[Stim with quad sets]]", ["97032"]),
        ("[[NMES quads 10 min]], not left running, therapist adjusting", ["97032"]),
        ("Hot pack left to run 10 min. [[NMES quad sets 10 min]]", ["97032"]),
        ("[[NMES quads 10 min]]", ["97032"]),
    ],
)
def test_attendance(text: str, codes: list[str]) -> None:
    assert codes_of("attended_stim", text) == codes


def test_attendance_yields_to_the_writers_code() -> None:
    assert codes_of("attended_stim", "97032 NMES quads, left to run", written=("97032",)) == ["97032"]


@pytest.mark.parametrize(("service", "text", "code"), ENCOUNTERS)
def test_encounter(service: str, text: str, code: str) -> None:
    (line,) = lines_of(service, text, 20)
    assert (line.code, line.minutes) == (code, 20)
    assert set(load_services()[service].codes) == {line.code, *line.alternates}


def test_an_unsaid_encounter_is_cautioned() -> None:
    (line,) = lines_of("prosthetic", "Liner roll, ply check, donning")
    assert line.cautions == ("The note does not say whether this is the first encounter; a later one is 97763.",)
    assert not lines_of("prosthetic", "First session in the leg: donning")[0].cautions


@pytest.mark.parametrize(
    "text",
    [
        "Prosthetic training, follow-up scheduled",
        "Prosthetic training, follow-up visit scheduled Friday",
        "Prosthetic training. Schedule follow-up visit",
        "Prosthetic training. Plan: follow-up visit",
        "Prosthetic training. MD follow-up visit 3/4",
        "Prosthetic training. Follow up visit in 2 weeks",
        "Prosthetic training, next visit stairs",
        "Prosthetic training: first step with L leg",
        "Prosthetic training, second toe sore",
        "Prosthetic training. Will recheck skin",
    ],
)
def test_what_tells_no_encounter(text: str) -> None:
    (line,) = lines_of("prosthetic", text)
    assert line.code == "97761"
    assert "does not say whether" in line.cautions[0]


def test_tier_offers_its_neighbours_and_the_claim() -> None:
    text = "PT eval, high complexity. PMH none. ROM, MMT, balance, gait. Presentation stable."
    (line,) = lines_of("pt_eval", text, 40)
    assert (line.code, line.alternates, line.minutes) == ("97161", ("97163", "97162"), 40)
    assert "the lowest component decides" in line.cautions[0]


@pytest.mark.parametrize(
    ("service", "text", "code"),
    [
        ("pt_eval", "PT eval, low complexity", "97161"),
        ("pt_eval", "PT eval, mod complexity", "97162"),
        ("ot_eval", "OT eval, mod complexity", "97166"),
        ("ot_eval", "OT high eval, 7 performance deficits", "97167"),
    ],
)
def test_tier(service: str, text: str, code: str) -> None:
    assert codes_of(service, text) == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DN R upper trap only, 3 LTRs", "20560"),
        ("[[DN infraspinatus and teres minor]], STM upper trap, levator", "20560"),
        ("DN ECRB + supinator, 30 mm", "20560"),
        ("[[DN glute med]], glute min and TFL", "20561"),
        ("DN glute med, glute min, TFL", "20561"),
        ("needled infra, teres min, post delt", "20561"),
        ("needles in four muscles", "20561"),
        ("dry needling, pistoned, twitch x4", "20560"),
    ],
)
def test_muscle_count(text: str, code: str) -> None:
    assert codes_of("dry_needling", text) == [code]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("slough off, 20 sq cm", ["97597"]),
        ("slough off, 21 sq cm", ["97597", "97598"]),
        ("thirty square centimeters debrided", ["97597", "97598"]),
        ("3.2 x 4 cm = 12.8 sq cm", ["97597"]),
        ("Wound 8 x 6 cm. [[Debrided 9 sq cm]]", ["97597"]),
        ("slough off with curette", ["97597"]),
        ("[[Sharp debridement with scalpel L heel ulcer 2 x 2 cm]]. Electrodes 5 x 9 cm for IFC", ["97597"]),
        ("[[Debrided heel ulcer with curette]], electrodes 5 x 9 cm", ["97597"]),
        ("[[Debrided heel ulcer]], foam dressing 8 x 8 cm", ["97597"]),
        ("Wound 5 x 6 cm at eval. [[Debrided L heel ulcer]]", ["97597"]),
        ("Heel ulcer initially 5 x 6 cm, now 3 x 3 cm. [[Debrided heel ulcer]]", ["97597"]),
        ("Sacral wound 6 x 6 cm. [[Debrided L heel ulcer]]", ["97597"]),
        ("Scar 9 x 5 cm. Splint pad 6 x 6 cm. [[Debrided ulcer]]", ["97597"]),
        ("Heel ulcer 5 x 6 cm. [[Debrided heel ulcer with scalpel]]", ["97597", "97598"]),
        ("[[Debrided heel]] and sacral wounds, 4 x 4 cm and 3 x 3 cm", ["97597", "97598"]),
        ("[[Debrided L heel 4 x 4 cm, R heel 3 x 3 cm]], scalpel", ["97597", "97598"]),
    ],
)
def test_area(text: str, codes: list[str]) -> None:
    assert codes_of("debridement", text, 20) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Knee band sent motion on 23 of the 30 days", ["98977"]),
        ("[[Readings on 23 of 30 days: steps]]. New inhaler.", ["98977"]),
        ("spirometer app, data 21 days", ["98976"]),
        ("[[Valve recorded use on 8 of the 30 days, cough score]]. July was full, 27 days.", ["98984"]),
        ("Mood and thought records on 19 of 30 days", ["98978"]),
        ("sleep diary in on 11 days of 30", ["98986"]),
        ("App has 9 days of data in the 30 day window 1/30 to 2/28", ["98985"]),
        ("[[sleep CBT app supply]]; [[MSK app supply]]", ["98977", "98978"]),
        ("3/28-4/26 [[18 d reported, MSK]]\n4/27-5/26 [[7 d reported, MSK]]", ["98977", "98985"]),
        ("RTM device supply", ["98977"]),
        ("MSK data on 19 of 30 days (16 of 30 days needed)", ["98977"]),
        ("MSK app data 9 days logged; code needs 16 of 30 days", ["98985"]),
        ("Knee band 19 of 30 days. Prior period 8 of 30 days.", ["98977"]),
        ("Knee band, last month 9 of 30 days", ["98985"]),
    ],
)
def test_device_days(text: str, codes: list[str]) -> None:
    assert sorted(codes_of("rtm_device", text)) == codes


def test_of_the_two_codes_of_one_supply_the_written_one_wins() -> None:
    text = "[[MSK band 19 of 30 days]], pain scores [[12 of 30 days]]"
    assert codes_of("rtm_device", text, written=("98977",)) == ["98977"]
    assert codes_of("rtm_device", text) == ["98977", "98985"]
    assert codes_of("rtm_device", text, written=("98977", "98985")) == ["98977", "98985"]
    assert codes_of("rtm_device", "[[MSK app 19 of 30 days]], [[spirometer 20 of 30 days]]", written=("98977",)) == [
        "98977",
        "98976",
    ]


def test_few_days_had_no_code_before_2026() -> None:
    (line,) = lines_of("rtm_device", "MSK data on 9 of 30 days", date=dt.date(2025, 6, 30))
    assert line.code == "98977"
    assert line.cautions == ("9 days of data are fewer than the code asks for.",)


@pytest.mark.parametrize(
    ("minutes", "lines"),
    [
        (None, [("98980", None)]),
        (15, [("98979", 15)]),
        (20, [("98980", 20)]),
        (39, [("98980", 39)]),
        (46, [("98980", 20), ("98981", 26)]),
    ],
)
def test_month_minutes(minutes: int | None, lines: list[tuple[str, int | None]]) -> None:
    assert [(x.code, x.minutes) for x in lines_of("rtm_management", "RTM calls", minutes)] == lines


@pytest.mark.parametrize(
    ("minutes", "date", "code", "alternates", "caution"),
    [
        (15, dt.date(2026, 1, 1), "98979", ("98980",), None),
        (15, None, "98979", ("98980",), None),
        (15, dt.date(2025, 12, 31), "98980", (), "15 minutes of the month are fewer than the 20 the code asks for."),
        (20, dt.date(2025, 6, 1), "98980", (), None),
        (10, dt.date(2026, 6, 1), "98979", ("98980",), None),
        (
            5,
            dt.date(2026, 6, 1),
            "98979",
            ("98980",),
            "5 minutes of the month are fewer than the 10 the code asks for.",
        ),
        (
            1,
            dt.date(2026, 6, 1),
            "98979",
            ("98980",),
            "1 minute of the month is fewer than the 10 the code asks for.",
        ),
        (None, dt.date(2026, 6, 1), "98980", ("98979",), "The month's minutes are not stated."),
        (None, dt.date(2025, 6, 1), "98980", (), "The month's minutes are not stated."),
    ],
)
def test_minutes_of_a_month_go_by_its_codes_and_their_least(
    minutes: int | None, date: dt.date | None, code: str, alternates: tuple[str, ...], caution: str | None
) -> None:
    (line,) = lines_of("rtm_management", "RTM calls", minutes, date=date)
    assert line == Line(code, minutes, alternates, (caution,) if caution else ())
    if minutes is not None:
        assert (month_units(minutes, date)[code] == 0) == bool(caution)


def test_a_month_before_2026_has_no_code_that_begins_later(suggester: Suggester) -> None:
    note = "Remote therapeutic monitoring management: reviewed app data and called patient, 15 min this month"
    answer = suggester.suggest(note, date=dt.date(2025, 6, 1))
    assert [s["code"] for s in answer["suggestions"] if s["suggested"]] == ["98980"]
    assert answer["claim"]["left_out"] == []


@pytest.mark.parametrize(
    ("service", "minutes", "lines"),
    [
        ("cognitive", None, [("97129", None)]),
        ("cognitive", 22, [("97129", 22)]),
        ("cognitive", 23, [("97129", 15), ("97130", 8)]),
        ("work_hardening", 180, [("97545", 120), ("97546", 60)]),
        ("caregiver_training", 45, [("97550", 30), ("97551", 15)]),
    ],
)
def test_base_and_add_on(service: str, minutes: int | None, lines: list[tuple[str, int | None]]) -> None:
    assert [(x.code, x.minutes) for x in lines_of(service, "as above", minutes)] == lines


@pytest.mark.parametrize(("payer", "code"), [("medicare", "G0283"), ("commercial", "97014")])
def test_payer_twin(payer: str, code: str) -> None:
    assert lines_of("unattended_stim", "IFC 15 min", payer=payer, written=("97014",))[0].code == code


def test_a_written_code_stands_with_a_caution() -> None:
    (line,) = lines_of("prosthetic", "First session in the leg: donning 97763", written=("97763",))
    assert (line.code, line.alternates[0]) == ("97763", "97761")
    assert line.cautions[0] == "The note names 97763, but the facts it states give 97761."


def test_a_written_tier_falls_to_what_is_stated() -> None:
    (line,) = lines_of("pt_eval", "PT eval 97163. No comorbidities. Presentation stable.", written=("97163",))
    assert line.code == "97161"


def test_several_written_codes_decide_nothing() -> None:
    assert codes_of("pt_eval", "PT eval, low", written=("97161", "97162")) == ["97161"]


def test_a_written_base_and_add_on_stand_without_minutes() -> None:
    assert codes_of("rtm_management", "98980 x1 + 98981 x1", written=("98980", "98981")) == ["98980", "98981"]
    assert codes_of("rtm_management", "98980 or 98981", 25, ("98980", "98981")) == ["98980"]


def test_minutes_of_the_base_alone_leave_a_written_add_on_standing() -> None:
    written = ("97545", "97546")
    (base, add_on) = lines_of("work_hardening", "97545 first two hours, 97546 third hour", 120, written)
    assert (base.code, base.minutes, add_on.code, add_on.minutes) == ("97545", 120, "97546", None)
    assert codes_of("work_hardening", "97545 two hours", 120, ("97545",)) == ["97545"]
    assert codes_of("work_hardening", "97545, 97546", 90, written) == ["97545"]


@pytest.mark.parametrize("service", load_services())
def test_every_service_becomes_codes_of_its_own(service: str) -> None:
    for text in ("", "\n", "no words that help"):
        found = codes_of(service, text)
        assert found
        assert set(found) <= set(load_services()[service].codes)
    assert load_services()[service].rule in RULES
