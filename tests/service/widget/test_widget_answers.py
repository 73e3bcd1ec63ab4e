"""The widget in a real Chromium, on host pages of another origin: typing, stale answers, offsets, hostile pages, no service."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from browser_support import ARTEFACTS, decisions, need_chromium, serving_app, store_in
from playwright.sync_api import Page, Request, Route, expect
from widget_support import AGAIN, MARKED, NAMED, NOTE, Open, codes_shown, status_of, wait_for_codes, wait_until

from models.suggester import Suggester
from service.app import create_app
from service.cds.settings import CdsSettings
from service.keys import scopes_of
from service.settings import Settings
from service.store.store import Store

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(50)]
need_chromium()


SOURCE = Path(__file__).parents[3] / "service" / "widget" / "soapcode-assist.js"


HOSTILE = """
* { all: unset !important; display: none !important; color: red !important; font-size: 90px !important; }
html, body, textarea { display: block !important; font-size: 16px !important; }
soapcode-assist { position: absolute !important; opacity: 1 !important; left: 0 !important; top: 200px !important; width: 600px !important; }
button { pointer-events: none !important; }
"""


def _asked(page: Page) -> list[str]:
    """The bodies of the suggestions asked for from now on."""
    asked: list[str] = []

    def listen(sent: Request) -> None:
        if sent.url.endswith("/v1/suggest") and sent.method == "POST":
            asked.append(sent.post_data or "")

    page.on("request", listen)
    return asked


def _held(page: Page) -> list[Route]:
    """The requests for suggestions, each held until it is let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/suggest", hold)
    return held


def test_it_is_one_file_that_loads_nothing() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    for word in (
        "import ",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "eval(",
        "localStorage",
        "sessionStorage",
        "console.",
    ):
        assert word not in source.partition("*/")[2], word


def test_a_marked_text_area_gets_a_widget(opened: Open) -> None:
    page = opened('<label>Note <textarea id="n" data-soapcode></textarea></label>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    assert page.locator("soapcode-assist").count() == 1


def test_a_text_area_that_comes_later_gets_one_too(opened: Open) -> None:
    page = opened("<p>nothing yet</p>")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<textarea id=n data-soapcode></textarea>')")
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})


@pytest.mark.parametrize(
    "does",
    [
        "const c = document.createElement('span'); c.textContent = '0/4000'; n.after(c)",
        "n.before(document.querySelector('soapcode-assist')); n.after(document.createElement('p'))",
        "const box = document.createElement('div'); n.before(box); box.append(n)",
        "const w = document.querySelector('soapcode-assist'); w.remove(); n.after(document.createElement('p'), w)",
    ],
)
def test_a_marked_text_area_has_one_widget_whatever_the_page_does(opened: Open, does: str) -> None:
    page = opened('<div><textarea id="n" data-soapcode></textarea></div>')
    asked = _asked(page)
    page.evaluate(f"() => {{ {does} }}")
    page.wait_for_timeout(100)
    page.fill("#n", NOTE)
    wait_until(page, lambda: len(asked) > 0)
    page.wait_for_timeout(300)
    assert page.locator("soapcode-assist").count() == 1
    assert len(asked) == 1
    wait_for_codes(page, {"97110", "97124"})


@pytest.mark.parametrize(
    "given", ['<soapcode-assist for="x n"></soapcode-assist>', "<soapcode-assist></soapcode-assist>"]
)
def test_a_widget_the_page_put_there_itself_is_the_one(opened: Open, given: str) -> None:
    page = opened(f'<textarea id="n" data-soapcode></textarea>{given}')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    assert page.locator("soapcode-assist").count() == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ('data-soapcode-payer="Medicare"', "'payer' must be one of"),
        ('data-soapcode-date="11/02/2026"', "'date' must be a date like 2026-11-02"),
    ],
)
def test_what_the_service_refuses_is_said_and_not_asked_again(opened: Open, wrong: str, why: str) -> None:
    page = opened(f'<textarea id="n" data-soapcode {wrong}></textarea>')
    asked = _asked(page)
    page.fill("#n", NOTE)
    expect(page.locator("soapcode-assist .status")).to_contain_text(why)
    page.wait_for_timeout(2500)
    assert len(asked) == 1
    right = "w => { w.setAttribute('payer', 'medicare'); w.setAttribute('date', '2026-11-02'); }"
    page.locator("soapcode-assist").evaluate(right)
    wait_for_codes(page, {"97110", "97124"})


# Keystroke by keystroke in one task: real ones come apart by more than the pause where the machine is busy.
_KEYS = """text => {
    const box = document.querySelector("#n");
    for (const key of text) { box.value += key; box.dispatchEvent(new Event("input", { bubbles: true })); }
}"""


def test_typing_is_debounced_and_only_the_last_text_is_asked_for(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    asked = _asked(page)
    page.evaluate(_KEYS, "O: Effleurage to calf 15 min")
    wait_for_codes(page, {"97124"})
    assert len(asked) == 1
    sent = json.loads(asked[-1])
    assert sent == {"text": "O: Effleurage to calf 15 min", "offsets": "utf16"}


def test_an_answer_to_an_older_text_is_dropped(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "Effleurage" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/suggest", hold)
    page.fill("#n", "O: Effleurage to calf 15 min")
    until = time.monotonic() + 5
    while not held and time.monotonic() < until:
        page.wait_for_timeout(30)
    page.fill("#n", "O: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min")
    wait_for_codes(page, {"97035"})
    held[0].continue_()
    page.wait_for_timeout(400)
    assert codes_shown(page) == ["97035"]


def test_a_request_under_way_for_an_older_text_is_cancelled(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    held = _held(page)
    gone: list[str] = []
    page.on("requestfailed", lambda sent: gone.append(sent.post_data or ""))
    page.fill("#n", "O: Effleurage to calf 15 min")
    wait_until(page, lambda: len(held) == 1)
    page.focus("#n")
    page.keyboard.press("End")
    page.keyboard.type(".")
    wait_until(page, lambda: len(gone) == 1)
    assert json.loads(gone[0])["text"] == "O: Effleurage to calf 15 min"
    assert len(held) == 1, "cancelled when the text goes on, not when it is asked for"
    wait_until(page, lambda: len(held) == 2)
    held[1].continue_()
    wait_for_codes(page, {"97124"})


def test_an_answer_is_dropped_when_the_page_changed_the_text_without_saying_so(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    held = _held(page)
    page.fill("#n", "O: Effleurage to calf 15 min")
    wait_until(page, lambda: len(held) == 1)
    page.evaluate("n.value = 'O: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min'")
    held[0].continue_()
    wait_until(page, lambda: len(held) == 2)
    assert codes_shown(page) == []
    assert page.evaluate("events") == []
    held[1].continue_()
    wait_for_codes(page, {"97035"})


def test_an_erased_note_leaves_nothing_under_way(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    held = _held(page)
    page.fill("#n", "O: Effleurage to calf 15 min")
    wait_until(page, lambda: len(held) == 1)
    page.fill("#n", "")
    expect(page.locator("soapcode-assist .head:not(.busy) .status")).to_contain_text("Write the note")


def test_an_answer_whose_hash_is_of_another_text_is_dropped(opened: Open, suggester: Suggester) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    other = json.dumps(suggester.suggest("O: Ultrasound 8 min to shoulder"))
    headers = {"Access-Control-Allow-Origin": "*"}
    page.route(
        "**/v1/suggest", lambda route: route.fulfill(body=other, content_type="application/json", headers=headers)
    )
    page.fill("#n", "O: Effleurage to calf 15 min")
    page.wait_for_function(
        "document.querySelector('soapcode-assist').shadowRoot.querySelector('.status').textContent.includes('not answer')"
    )
    assert codes_shown(page) == []


def test_words_are_selected_in_the_text_area_with_emoji_before_them(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist li[data-code='97124'] .words button").first.click()
    chosen = page.evaluate("n.value.slice(n.selectionStart, n.selectionEnd)")
    assert chosen.startswith("Effleurage to calf 15 min")
    assert page.evaluate("document.activeElement.id") == "n"


def test_half_a_character_does_not_keep_a_note_from_being_read(opened: Open) -> None:
    page = opened('<textarea data-soapcode id="a"></textarea>')
    page.evaluate("document.getElementById('a').value = '\\ud83d Effleurage to calf 15 min.'")
    page.wait_for_selector("soapcode-assist .words button")
    page.locator("soapcode-assist .words button").first.click()
    assert page.evaluate("(([a]) => a.value.slice(a.selectionStart, a.selectionEnd))([document.activeElement])") == (
        "Effleurage to calf 15 min"
    )


def test_several_text_areas_are_one_note_and_words_are_found_in_theirs(opened: Open) -> None:
    page = opened(
        '<textarea id="s"></textarea><textarea id="o"></textarea><soapcode-assist for="s o"></soapcode-assist>'
    )
    page.fill("#s", "S: 😀 knee better.")
    page.fill("#o", "O: Effleurage to calf 15 min")
    wait_for_codes(page, {"97124"})
    page.locator("soapcode-assist .words button").first.click()
    assert page.evaluate("document.activeElement.id") == "o"
    assert page.evaluate("o.value.slice(o.selectionStart, o.selectionEnd)").startswith("Effleurage")


def test_the_keyboard_alone_is_enough_and_the_focus_stays(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.focus("#n")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert [name for name, *_ in page.evaluate("events")].count("accept") == 1
    inner = page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.act")
    assert inner == "accept"


def test_two_widgets_on_a_page_keep_apart(opened: Open) -> None:
    page = opened(
        '<textarea id="a"></textarea><soapcode-assist id="wa" for="a"></soapcode-assist>'
        '<textarea id="b"></textarea><soapcode-assist id="wb" for="b"></soapcode-assist>'
    )
    page.fill("#a", "O: Effleurage to calf 15 min")
    page.fill("#b", "O: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min")
    wait_for_codes(page, {"97124"}, "#wa")
    wait_for_codes(page, {"97035"}, "#wb")
    page.locator("#wb .accept").click()
    assert [target for name, _, target in page.evaluate("events") if name == "accept"] == ["wb"]
    assert page.locator("#wa .accepted").count() == 0


def test_widgets_are_named_after_their_text_areas(opened: Open) -> None:
    page = opened(
        '<label for="a">Visit <b>note</b></label><textarea id="a" data-soapcode></textarea>'
        '<label>Plan<textarea id="b" data-soapcode>O: gait training 8 min</textarea></label>'
        '<textarea id="c" data-soapcode aria-label="Letter"></textarea><textarea id="d" data-soapcode></textarea>'
        '<soapcode-assist for="a c"></soapcode-assist>'
    )
    page.wait_for_selector("soapcode-assist .words button")
    named = page.evaluate(
        "[...document.querySelectorAll('soapcode-assist')].map((w) => w.shadowRoot.querySelector('section').ariaLabel)"
    )
    assert sorted(named) == [f"Billing codes for {name}" for name in ("Plan", "Visit note, Letter", "this note")]


def test_a_widget_that_moves_goes_on(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea><div id="d"></div>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.evaluate("d.append(document.querySelector('soapcode-assist'))")
    page.fill("#n", "O: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min")
    wait_for_codes(page, {"97035"}, "#d soapcode-assist")


def test_hostile_style_does_not_reach_inside(opened: Open) -> None:
    page = opened('<textarea id="n"></textarea><soapcode-assist for="n"></soapcode-assist>', HOSTILE)
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    button = page.locator("soapcode-assist .accept").first
    assert button.is_visible()
    looks = button.evaluate(
        "(b) => { const s = getComputedStyle(b); return [s.color, s.fontSize, s.pointerEvents]; }"
    )
    assert looks[0] != "rgb(255, 0, 0)"
    assert looks[1:] == ["14px", "auto"]
    button.click()
    assert [name for name, *_ in page.evaluate("events")].count("accept") == 1
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "widget-hostile.png")


INHERITED = """* { text-transform: uppercase !important; word-spacing: 2em !important; text-indent: 3em !important; line-height: 3 !important;
  text-shadow: 2px 2px red !important; letter-spacing: 5px !important; font-style: italic !important; white-space: pre !important; }
soapcode-assist { visibility: hidden !important; opacity: 0 !important; }"""


def test_what_a_host_page_inherits_to_everything_does_not_reach_inside(opened: Open) -> None:
    page = opened('<textarea id="n"></textarea><soapcode-assist for="n"></soapcode-assist>', INHERITED)
    page.fill("#n", NOTE)
    page.wait_for_selector("soapcode-assist .accept")
    looks = page.locator("soapcode-assist .name").first.evaluate(
        """(name) => { const s = getComputedStyle(name), host = getComputedStyle(document.querySelector("soapcode-assist"));
        return [s.textTransform, s.wordSpacing, s.textIndent, s.textShadow, s.letterSpacing, s.fontStyle, s.whiteSpace, s.visibility, host.opacity]; }"""
    )
    assert looks == ["none", "0px", "0px", "none", "normal", "normal", "normal", "visible", "1"]
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "widget-inherited.png")


@pytest.mark.parametrize(("user", "known"), [("desk-7", "desk-7"), ("Zoë Łuk", "Zo%C3%AB%20%C5%81uk"), ("", None)])
def test_who_asks_and_by_what_way_goes_to_the_audit(opened: Open, store: Store, user: str, known: str | None) -> None:
    page = opened(f'<textarea id="n" data-soapcode data-soapcode-user="{user}"></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    row = store.audit_rows(1)[0]
    assert row["source"] == "widget"
    assert row["user_ref"] == (known and store._vault.reference("user", known))


def test_markup_in_a_note_stays_text(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", 'O: Massage, effleurage and petrissage <img src=x onerror="window.hit=1"> to calf 15 min')
    wait_for_codes(page, {"97124"})
    assert page.evaluate("window.hit") is None
    assert page.evaluate("document.querySelector('soapcode-assist').shadowRoot.querySelector('img')") is None


def test_no_service_is_said_the_note_stays_and_it_is_tried_again(opened: Open, service: str) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.route("**/v1/suggest", lambda route: route.abort())
    page.fill("#n", NOTE)
    page.wait_for_function(
        "document.querySelector('soapcode-assist').shadowRoot.querySelector('.status').textContent.includes('not answer')"
    )
    assert page.input_value("#n") == NOTE
    page.unroute("**/v1/suggest")
    wait_for_codes(page, {"97110", "97124"})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 404, "json": {"error": {"message": "there is nothing"}}}, "There is no soapcode at the address"),
        ({"status": 405, "body": ""}, "There is no soapcode at the address"),
        (
            {"status": 200, "content_type": "text/html", "body": "<p>Welcome</p>"},
            "There is no soapcode at the address",
        ),
        ({"status": 200, "json": {"schema": "another"}}, "soapcode does not answer"),
        ({"status": 502, "content_type": "text/html", "body": "<p>Bad gateway</p>"}, "soapcode does not answer"),
    ],
)
def test_an_address_without_soapcode_is_told_from_one_that_does_not_answer(
    opened: Open, answer: dict[str, Any], said: str
) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.route("**/v1/suggest", lambda route: route.fulfill(**answer, headers={"Access-Control-Allow-Origin": "*"}))
    page.fill("#n", NOTE)
    expect(page.locator("soapcode-assist .status")).to_contain_text(said)
    page.unroute("**/v1/suggest")
    wait_for_codes(page, {"97110", "97124"})


def test_an_empty_note_shows_nothing(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.fill("#n", "  ")
    wait_for_codes(page, set())
    assert "Write the note" in status_of(page)


@pytest.mark.parametrize("way", ["attribute", "property", "data"])
def test_a_key_goes_with_every_request_and_its_lack_is_said(
    opened: Open, pages: dict[str, str], host: str, suggester: Suggester, tmp_path: Path, way: str
) -> None:
    settings, origins = Settings(require_key=True), CdsSettings(origins=(host,))
    with store_in(tmp_path) as store, serving_app(create_app(suggester, settings, store, cds=origins)) as made:
        _, token = store.create_key("ehr", scopes_of("suggest,feedback"))
        given = {"attribute": f'<soapcode-assist for="n" key="{token}"></soapcode-assist>', "data": ""}
        marked = {"data": f'data-soapcode data-soapcode-key="{token}"'}.get(way, "")
        body = f'<textarea id="n" {marked}></textarea>{given.get(way, "<soapcode-assist for=n></soapcode-assist>")}'
        page = opened(body, address=made)
        page.fill("#n", NOTE)
        if way == "property":
            expect(page.locator("soapcode-assist .status")).to_contain_text("asks for a key")
            page.evaluate("(key) => { document.querySelector('soapcode-assist').key = key; }", token)
        wait_for_codes(page, {"97110", "97124"})
        page.locator("soapcode-assist li[data-code='97124'] .accept").click()
        page.wait_for_timeout(300)
        assert [row[:2] for row in decisions(store, "widget")] == [("accept", "97124")]
        assert page.input_value("#n") == NOTE
        assert way != "property" or token not in page.content()


CANCELLED = "Cancelled, not seen."


@pytest.mark.parametrize("body", [NAMED, MARKED])
def test_a_text_area_rendered_anew_for_another_note_is_read_and_nothing_of_the_old_stays(
    opened: Open, body: str
) -> None:
    page = opened(body)
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist .accept").first.click()
    left = f"args => {{ ({AGAIN})(args); return Promise.resolve().then(() => document.querySelectorAll('soapcode-assist').length); }}"
    assert page.evaluate(left, ["n", CANCELLED]) == 1
    assert codes_shown(page) == []
    expect(page.locator("soapcode-assist .status")).to_contain_text("No billable service")
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    assert page.locator("soapcode-assist .accept").all_inner_texts() == ["Accept", "Accept"]


def test_a_text_area_that_goes_takes_its_codes_along_and_may_come_back(opened: Open) -> None:
    named = NAMED.replace('"n"', '"m"')
    page = opened(f"<div id='d'>{MARKED}</div>{named}")
    for field in ("#n", "#m"):
        page.fill(field, NOTE)
    wait_for_codes(page, {"97110", "97124"}, "soapcode-assist:not([for])")
    wait_for_codes(page, {"97110", "97124"}, "[for=m]")
    page.evaluate("() => { window.kept = [n, m]; n.remove(); m.remove(); }")
    expect(page.locator("soapcode-assist")).to_have_count(1)
    assert codes_shown(page) == []
    page.evaluate("() => { d.append(kept[0], kept[1]); }")
    wait_for_codes(page, {"97110", "97124"}, "soapcode-assist:not([for])")
    wait_for_codes(page, {"97110", "97124"}, "[for=m]")
    expect(page.locator("soapcode-assist")).to_have_count(2)


@pytest.mark.parametrize(
    ("body", "does"),
    [
        (
            '<soapcode-assist for="n"></soapcode-assist>',
            "document.body.insertAdjacentHTML('beforeend', '<textarea id=n>')",
        ),
        (
            '<textarea></textarea><soapcode-assist for="n"></soapcode-assist>',
            "document.querySelector('textarea').id = 'n'",
        ),
        ('<textarea id="n"></textarea>', "n.dataset.soapcode = ''"),
    ],
)
def test_what_comes_late_is_found(opened: Open, body: str, does: str) -> None:
    page = opened(body)
    page.wait_for_timeout(100)
    page.evaluate(f"() => {{ {does} }}")
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    assert page.locator("soapcode-assist").count() == 1


def test_attributes_of_the_text_area_are_followed(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode data-soapcode-payer="medicare"></textarea>')
    asked = _asked(page)
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    for does, payer in (("n.dataset.soapcodePayer = 'cash'", "cash"), ("delete n.dataset.soapcodePayer", None)):
        before = len(asked)
        page.evaluate(does)
        wait_until(page, lambda before=before: len(asked) > before)  # type: ignore[misc]
        assert json.loads(asked[-1]).get("payer") == payer
    page.evaluate("() => { delete n.dataset.soapcode; }")
    expect(page.locator("soapcode-assist")).to_have_count(0)


def test_a_note_set_without_an_event_is_read(opened: Open) -> None:
    page = opened(MARKED)
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.evaluate("(text) => { n.value = text; }", CANCELLED)
    wait_for_codes(page, set())
    expect(page.locator("soapcode-assist .status")).to_contain_text("No billable service")
