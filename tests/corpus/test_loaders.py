"""Every loader refuses what breaks its rules, naming file and line; good data loads."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from corpus.catalogue import load_catalogue
from corpus.check import check_corpus
from corpus.cues import load_purposes, load_status_cues
from corpus.errors import CorpusError
from corpus.facts import load_facts
from corpus.headings import load_headings
from corpus.measures import ClassName, load_measure_words
from corpus.payers import load_payers, payer_named
from corpus.services import load_services, service_of_code
from corpus.tables import DATA
from corpus.vocabulary import load_vocabulary

CONCEPT = '[[concept]]\nid = "a"\nname = "aa"\nkind = "exercise"\nforms = ["a b"]\n'
BAD_VOCABULARY = [
    (CONCEPT + "colour = 1\n", 6, "colour"),
    (CONCEPT + CONCEPT, 6, "once"),
    (CONCEPT + "priors = { nothing = 0.5 }\n", 1, "services.toml"),
    (CONCEPT + "priors = { ther_ex = 0.9, gait = 0.2 }\n", 1, "sum to at most 1"),
    (CONCEPT.replace("exercise", "finding") + "priors = { ther_ex = 0.9 }\n", 1, "no priors"),
    (CONCEPT.replace('["a b"]', "[]"), 1, "at least one form"),
    (CONCEPT + 'context = [{ forms = ["zz"], needs = ["x"] }]\n', 1, "forms of the concept"),
    (CONCEPT + "context = [{ within = 'line' }]\n", 1, "need or exclude"),
    (CONCEPT + CONCEPT.replace('id = "a"', 'id = "b"'), 6, "under one concept"),
    (CONCEPT.replace('"exercise"', '"sport"'), 4, "kind"),
    ('[[concept]]\nid = "a"\n', 1, "name"),
    (CONCEPT + "= broken", 6, "TOML"),
    ("[other]\nx = 1\n", 1, "only [[concept]]"),
]


@pytest.mark.parametrize(("source", "line", "said"), BAD_VOCABULARY)
def test_bad_vocabulary(tmp_path: Path, source: str, line: int, said: str) -> None:
    (tmp_path / "bad.toml").write_text(source)
    with pytest.raises(CorpusError, match=r"^bad\.toml:\d+: ") as caught:
        load_vocabulary(tmp_path)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_good_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(CONCEPT)
    assert list(load_vocabulary(tmp_path)) == ["a"]


@pytest.mark.parametrize(
    ("rule", "codes", "said"),
    [
        ("single", '["97110", "97112"]', "rule 'single' goes with exactly one code, got 2"),
        ("attendance", '["97110", "97112"]', "rule 'attendance' goes with exactly one code, got 2"),
        ("area", '["97110"]', "rule 'area' goes with several codes, got 1"),
    ],
)
def test_a_rule_goes_with_one_code_or_several(tmp_path: Path, rule: str, codes: str, said: str) -> None:
    path = tmp_path / "services.toml"
    path.write_text(f'[[service]]\nid = "a"\nname = "abc"\ncodes = {codes}\nrule = "{rule}"\nsort = "treatment"\n')
    with pytest.raises(CorpusError, match=rf"^services\.toml:1: {said}"):
        load_services(path)


CODE = '[[code]]\ncode = "97110"\nname = "abc"\ndescription = "ten letters at least"\nrole = "service"\nmedicare = "active"\nsource = "here"\n'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (CODE + CODE, "once"),
        (CODE + "timed = true\n", "unit_minutes"),
        (CODE + 'alternates = ["11111"]\n', "codes of this file"),
        (
            CODE + 'payer_twin = "97112"\n' + CODE.replace("97110", "97112"),
            "codes.toml:1: payer twins must name each other, got 97110 alone",
        ),
        (CODE, "must have role 'service', missing"),
        (CODE + "price = 3\n", "price"),
    ],
)
def test_bad_catalogue(tmp_path: Path, source: str, said: str) -> None:
    path = tmp_path / "codes.toml"
    path.write_text(source)
    with pytest.raises(CorpusError, match=r"^codes\.toml") as caught:
        load_catalogue(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("code", "amount", "said"),
    [
        ("97129", "timed = true\nunit_minutes = 15\n", "'base_and_add_on' must have unit_minutes"),
        ("98981", "timed = true\nunit_minutes = 20\n", "'month_minutes' must have unit_minutes"),
        ("97598", "unit_area = 20\n", "'area' must have unit_area"),
        ("98985", "least_days = 2\n", "'device_days' must have least_days"),
        ("97761", 'later_twin = "97763"\n', "'encounter' must have the other, 97763, as later_twin"),
        ("20561", "least_muscles = 3\n", "'muscle_count' must have least_muscles"),
    ],
)
def test_a_code_has_the_amount_its_rule_picks_by(tmp_path: Path, code: str, amount: str, said: str) -> None:
    before, start, after = (DATA / "codes.toml").read_text().partition(f'code = "{code}"\n')
    assert amount in after
    path = tmp_path / "codes.toml"
    path.write_text(before + start + after.replace(amount, "", 1))
    with pytest.raises(CorpusError) as caught:
        load_catalogue(path)
    assert caught.value.line == before.count("\n")
    assert f"{code}: a code of a service with rule {said}" in str(caught.value)


@pytest.mark.parametrize("key", ["unit_area", "least_days", "least_muscles"])
def test_an_amount_is_above_nothing(tmp_path: Path, key: str) -> None:
    path = tmp_path / "codes.toml"
    path.write_text(CODE + f"{key} = 0\n")
    with pytest.raises(CorpusError, match=rf"^codes\.toml:8: {key}"):
        load_catalogue(path)


SERVICE = '[[service]]\nid = "a"\nname = "abc"\nsort = "modality"\ncodes = ["97110"]\nrule = "single"\n'


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        (SERVICE.replace('sort = "modality"\n', ""), 1, "sort: Field required"),
        (SERVICE.replace("modality", "heat"), 4, "sort: Input should be 'treatment', 'modality', 'whole'"),
        (
            SERVICE + 'called_in_lists = ["Hands"]\n',
            1,
            "called_in_lists: a word must be in lower case and stand once, got 'Hands'",
        ),
        (SERVICE + 'called_in_lists = ["hands", "hands"]\n', 1, "stand once, got 'hands'"),
        (SERVICE + 'hints = [" liner"]\n', 1, "hints: a word must be in lower case and stand once, got ' liner'"),
        (SERVICE + 'hints = ["liner"]\n', 1, "a: hints must stand where a code is shared with another service"),
        (
            SERVICE + 'names = ["hot pack"]\nglued = ["hot"]\n',
            1,
            "glued: a word must be a name or an acronym of the service",
        ),
        (SERVICE + 'glue = ["hp"]\n', 7, "glue: Extra inputs are not permitted"),
    ],
)
def test_bad_services(tmp_path: Path, source: str, line: int, said: str) -> None:
    path = tmp_path / "services.toml"
    path.write_text(source)
    with pytest.raises(CorpusError, match=r"^services\.toml:") as caught:
        load_services(path)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_good_words_of_services(tmp_path: Path) -> None:
    path = tmp_path / "services.toml"
    own = SERVICE + 'acronyms = ["HP"]\ncalled_in_lists = ["hot"]\nglued = ["hp", "hot"]\nhints = ["wax"]\n'
    path.write_text(own + SERVICE.replace('"a"', '"b"'))
    assert load_services(path)["a"].glued == ("hp", "hot")


def test_other_loaders_refuse_repeats(tmp_path: Path) -> None:
    cases = {
        load_services: '[[service]]\nid = "a"\nname = "abc"\nsort = "treatment"\ncodes = ["97110"]\nrule = "single"\n',
        load_headings: '[[heading]]\nsection = "plan"\nletter = "P"\nnames = ["plan"]\n',
        load_facts: '[[fact]]\nid = "a"\nabout = "b"\nphrases = ["c"]\n',
        load_payers: '[[payer]]\nid = "a"\nname = "b"\nunit_rule = "cms"\nunattended_stim = "97014"\nsource = "d"\n',
        load_purposes: '[[purpose]]\nservice = "gait"\nphrases = ["walking"]\n',
    }
    for load, entry in cases.items():
        path = tmp_path / f"{load.__name__}.toml"
        path.write_text(entry + entry)
        with pytest.raises(CorpusError, match=rf"{load.__name__}\.toml:\d+"):
            load(path)
    path = tmp_path / "cues.toml"
    path.write_text(
        '[[cue]]\nlabel = "planned"\ndirection = "forward"\nreach = "clause"\nphrases = ["next", "next"]\n'
    )
    with pytest.raises(CorpusError, match="once in an entry"):
        load_status_cues(path)
    path = tmp_path / "exceptions.toml"
    path.write_text(
        '[[cue]]\nlabel = "home"\ndirection = "forward"\nreach = "clause"\nunless_service = ["gait", "walks"]\nphrases = ["wife"]\n'
    )
    with pytest.raises(CorpusError, match=r"exceptions\.toml:1: .*unless_service must name services.*'walks'"):
        load_status_cues(path)


HOURS = '[[class]]\nname = "hour"\nabout = "hour"\nwords = ["hour", "\\n"]\n'
PAIRS = HOURS.replace('"hour"\n', '"other_time_pair_behind"\n', 1).replace('"hour", "\\n"', '"at home", "daily \\n"')
BAD_MEASURES = [
    (HOURS + "colour = 1\n", 5, "colour"),
    (HOURS.replace('name = "hour"', 'name = "hours"'), 2, "name: Input should be 'minute'"),
    (HOURS.replace('about = "hour"\n', ""), 1, "about"),
    (HOURS.replace('["hour", "\\n"]', '"hour"'), 4, "words"),
    (HOURS.replace('"hour", ', "60, "), 4, "words.0"),
    (HOURS.replace('["hour", "\\n"]', "[]"), 4, "at least 1 item"),
    (HOURS.replace('"\\n"', '"hr", "hour"'), 1, "a word must stand once, got 'hour' again"),
    (HOURS.replace('"\\n"', '"Hr"'), 1, "one word in lower case, got 'Hr'"),
    (HOURS.replace('"\\n"', '"hr "'), 1, "one word in lower case, got 'hr '"),
    (HOURS.replace('"\\n"', '"hr\\n"'), 1, "one word in lower case, got 'hr\\n'"),
    (HOURS.replace('"\\n"', '""'), 1, "one word in lower case, got ''"),
    (HOURS.replace('"\\n"', '"an hour"'), 1, "one word in lower case, got 'an hour'"),
    (PAIRS.replace("at home", "home"), 1, "two words in lower case, got 'home'"),
    (PAIRS.replace("at home", "at  home"), 1, "two words in lower case, got 'at  home'"),
    (PAIRS + HOURS + HOURS, 9, "a class must stand once in a file, got 'hour' again"),
    (HOURS.replace("[[class]]", "[[classes]]"), 1, "only [[class]]"),
    (HOURS + PAIRS, None, "every class must stand here, 'minute' is missing"),
]


@pytest.mark.parametrize(("source", "line", "said"), BAD_MEASURES)
def test_bad_words_of_measures(tmp_path: Path, source: str, line: int | None, said: str) -> None:
    path = tmp_path / "measures.toml"
    path.write_text(source)
    with pytest.raises(CorpusError, match=r"^measures\.toml:") as caught:
        load_measure_words(path)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_good_words_of_measures(tmp_path: Path) -> None:
    path = tmp_path / "measures.toml"
    pairs = [PAIRS, PAIRS.replace("behind", "before")]
    written = ("hour", "other_time_pair_behind", "other_time_pair_before")
    rest = [HOURS.replace("hour", n, 1) for n in get_args(ClassName) if n not in written]
    path.write_text("".join([HOURS, *pairs, *rest]))
    words = load_measure_words(path)
    assert set(words) == set(get_args(ClassName))
    assert words["hour"] == {"hour", "\n"}
    assert words["other_time_pair_behind"] == words["other_time_pair_before"] == {"at home", "daily \n"}


GUIDE = [
    "97110",
    "97112",
    "97116",
    "97124",
    "97140",
    "97150",
    "97530",
    "97535",
    "97750",
    "97761",
    "97161",
    "97162",
    "97163",
    "97164",
    "97165",
    "97166",
    "97167",
    "97168",
    "97014",
    "G0283",
    "97032",
    "97010",
    "97012",
    "97016",
    "97018",
    "97022",
    "97024",
    "97026",
    "97033",
    "97034",
    "97035",
    "97113",
    "97129",
    "97130",
    "97533",
    "97537",
    "97542",
    "97545",
    "97546",
    "97597",
    "97598",
    "97755",
    "97760",
    "97763",
    "95992",
    "20560",
    "20561",
    "90912",
    "90901",
    "98975",
    "98976",
    "98977",
    "98978",
    "98979",
    "98980",
    "98981",
    "97550",
]


def test_catalogue_holds_the_guides_codes() -> None:
    catalogue = load_catalogue()
    for code in GUIDE:
        assert catalogue[code].role == "service"
        assert code in service_of_code()
        entry = catalogue[code]
        assert entry.name
        assert entry.description
        assert entry.source
        assert entry.disciplines
    assert catalogue["97014"].payer_twin == "G0283"
    assert catalogue["97761"].later_twin == "97763"
    assert catalogue["97130"].add_on_of == "97129"


def test_vocabulary_is_as_broad_as_promised() -> None:
    concepts = load_vocabulary()
    assert len(concepts) >= 700
    assert sum(len(c.surface_forms) for c in concepts.values()) >= 2500
    kinds = {c.kind for c in concepts.values()}
    assert {"exercise", "technique", "modality", "device", "test", "task", "adl", "education", "evaluation"} <= kinds


@pytest.mark.parametrize("word", ["US", "MET", "HP", "CP", "KT", "TB", "massage", "ultrasound", "traction", "taping"])
def test_ambiguous_words_have_contexts(word: str) -> None:
    """Wherever the bare word is a form it is conditional, or only longer forms carry it."""
    treatments = [c for c in load_vocabulary().values() if c.kind not in ("finding", "medical")]
    found = [concept for concept in treatments if word in concept.surface_forms]
    assert found
    for concept in found:
        assert any(not c.forms or word in c.forms for c in concept.context), concept.id


def test_unknown_payer_names_those_known() -> None:
    with pytest.raises(ValueError, match=r"payer must be one of medicare, commercial, .*, got 'acme'"):
        payer_named("acme")


def test_the_whole_corpus_passes() -> None:
    lines = check_corpus()
    assert any(line.startswith("test:") for line in lines)
