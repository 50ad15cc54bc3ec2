"""The operator's page over HTTP: who may see it, what it takes, and that nothing is lost when it is loaded anew."""

from __future__ import annotations

import base64
import http.client
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from equalis.cli.terminal import problem
from equalis.model.case import ActionField
from equalis.solution.operator import LARGEST, Answers, Briefing, LeftError, Task, UnfitError, attachment
from equalis.solution.page import Page
from tests.pace import PATIENCE, waited

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
FIELDS = (
    ActionField("state", "text", "Que montre l'écran ?", values=("paid", "refused")), ActionField("paid", "money", "Combien ?"),
    ActionField("codes", "text", "Quels codes ?", many=True), ActionField("day", "date", "Quel jour ?"),
)  # fmt: skip
TASK = Task("Payer", "Payez <b>57,70</b>.", (("Patient", "1"),), FIELDS)


@pytest.fixture
def page() -> Iterator[Page]:
    made = Page(problem, lambda address: f"<svg>{len(address)}</svg>".encode())
    yield made
    made.close()


@pytest.fixture
def browser(page: Page) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page.url, trust_env=False, timeout=PATIENCE) as client:
        yield client


class Asking:
    """A conversation under way in a thread of its own."""

    def __init__(self, page: Page, task: Task | Briefing | str) -> None:
        self.found: list[Any] = []
        self._thread = threading.Thread(target=self._ask, args=(page, task), daemon=True)
        self._thread.start()
        assert waited(lambda: page._asked.shown.get("kind") != "waiting")

    def _ask(self, page: Page, task: Task | Briefing | str) -> None:
        try:
            asked = page.perform(task) if isinstance(task, Task) else page.brief(task) if isinstance(task, Briefing) else page.wait(task)  # type: ignore[func-returns-value]
        except LeftError as error:
            self.found.append(error)
        else:
            self.found.append(asked)

    def answered(self) -> Any:
        self._thread.join(PATIENCE)
        (found,) = self.found
        return found


def shown(browser: httpx.Client, kind: str) -> dict[str, Any]:
    """The question, once it is of that kind."""
    found: list[dict[str, Any]] = []

    def seen() -> bool:
        found.append(browser.get("state").json())
        return bool(found[-1]["kind"] == kind)

    assert waited(seen), found[-1]
    return found[-1]


def check(browser: httpx.Client, *, again: bool = False) -> dict[str, Any]:
    """What was typed as the page shows it; confirmed, or taken back."""
    state = shown(browser, "check")
    assert browser.post("answer", json={"version": state["version"], "again": again}).status_code == 200
    return state


@pytest.mark.mends("13")
def test_what_was_typed_is_shown_and_can_be_taken_back(page: Page, browser: httpx.Client) -> None:
    """The form comes again with its answers, under another version; what was taken back goes nowhere."""
    asking = Asking(page, TASK)
    first = browser.get("state").json()
    files = [{"name": "a.png", "content": base64.b64encode(PNG).decode()}]
    assert browser.post("answer", json={"version": first["version"], "values": {"state": "paid", "codes": "C1\nC2"}, "attachments": files}).status_code == 200
    typed = check(browser, again=True)["typed"]
    assert typed == [["Que montre l'écran ?", "paid"], ["Combien ?", "rien à voir"], ["Quels codes ?", "C1, C2"], ["Quel jour ?", "rien à voir"], ["Pièces jointes", "a.png"]]
    second = shown(browser, "task")
    assert second["before"] == {"state": "paid", "paid": "", "codes": "C1\nC2", "day": ""}
    assert second["version"] != first["version"]
    assert not asking.found
    assert browser.post("answer", json={"version": second["version"], "values": {"state": "refused"}}).status_code == 200
    check(browser)
    answers = asking.answered()
    assert (answers.values["state"], answers.attachments) == ("refused", ())


@pytest.mark.mends("13")
def test_an_empty_form_is_asked_once_more(page: Page, browser: httpx.Client) -> None:
    """Once for each form, and not where something was typed."""
    asking = Asking(page, TASK)
    version = browser.get("state").json()["version"]
    for values in ({}, {"paid": "x"}, {}):
        told = browser.post("answer", json={"version": version, "values": values})
        if told.status_code == 200:
            break
        assert ("Rien n'a été saisi" in told.json().get("", "")) is (not values)
    assert told.status_code == 200
    check(browser)
    assert set(asking.answered().values.values()) == {None}


def test_a_task_is_shown_answered_and_attached(page: Page, browser: httpx.Client) -> None:
    """Every field by its type; nothing to see is None; a list is a line each; files are digested by whoever asked."""
    asking = Asking(page, TASK)
    state = browser.get("state").json()
    assert (state["kind"], state["sentence"], state["inputs"]) == ("task", "Payez <b>57,70</b>.", [["Patient", "1"]])
    assert [item["name"] for item in state["fields"]] == ["state", "paid", "codes", "day"]
    given = {"version": state["version"], "values": {"state": "paid", "paid": "6.92", "codes": "C1\n\nC2\n", "day": ""},
             "attachments": [{"name": "écran.png", "content": base64.b64encode(PNG).decode()}]}  # fmt: skip
    assert browser.post("answer", json=given).status_code == 200
    check(browser)
    answers: Answers = asking.answered()
    assert dict(answers.values) == {"state": "paid", "paid": "6.92", "codes": ["C1", "C2"], "day": None}
    (attached,) = answers.attachments
    assert (attached.name, attached.media, attached.content) == ("écran.png", "image/png", PNG)
    assert browser.get("state").json()["kind"] == "waiting"


def test_what_is_wrong_is_told_by_field_and_the_question_stays(page: Page, browser: httpx.Client) -> None:
    """Types, words, lines and files; a page that is loaded anew shows the same question."""
    asking = Asking(page, TASK)
    version = browser.get("state").json()["version"]
    given = {"version": version, "values": {"state": "payé", "paid": "6,92 €", "codes": "C1", "day": "hier"}, "attachments": [{"name": "x.exe", "content": "TVo="}]}
    refused = browser.post("answer", json=given)
    assert refused.status_code == 422
    assert refused.json() == {"state": "mots possibles : paid, refused", "paid": "un montant s'écrit 6.92", "day": "une date s'écrit AAAA-MM-JJ", "attachments": "x.exe : ni PNG, ni JPEG, ni PDF"}
    two = browser.post("answer", json={"version": version, "values": {"paid": "1\n2"}})
    assert two.json() == {"paid": "une seule ligne"}
    for broken in ([{"name": "x.png", "content": "%%%"}], ["x"], [{"content": "TVo="}]):
        assert browser.post("answer", json={"version": version, "values": {}, "attachments": broken}).json() == {"attachments": "fichier illisible"}
    assert browser.get("state").json()["version"] == version
    assert browser.post("answer", json={"version": version - 1, "values": {}}).json() == {"": "la question a changé entre-temps"}
    assert browser.post("answer", json={"version": version, "values": {}}).status_code == 422  # once more
    assert browser.post("answer", json={"version": version, "values": {}}).status_code == 200
    check(browser)
    assert set(asking.answered().values.values()) == {None}


def test_the_first_answer_counts(page: Page, browser: httpx.Client) -> None:
    """A second one to the same question is told so, however fast it comes."""
    with page._changed:  # nobody is awake to take the first
        page._asked.version, page._asked.shown, page._asked.fields = 7, {"kind": "task"}, FIELDS
    assert page.answer({"version": 7, "values": {"state": "paid"}}) == {}
    assert page.answer({"version": 7, "values": {"state": "refused"}}) == {"": "la question a changé entre-temps"}
    assert page._asked.answer is not None
    assert page._asked.answer.values["state"] == "paid"
    assert browser.get("state").status_code == 200


def test_a_character_that_is_none_is_asked_again(page: Page, browser: httpx.Client) -> None:
    """Half of a surrogate pair, in a value and in the name of a file."""
    asking = Asking(page, TASK)
    version = browser.get("state").json()["version"]
    wrong = browser.post("answer", content=b'{"version": %d, "values": {"codes": "\\ud800"}}' % version)
    assert wrong.json() == {"codes": "un caractère ne peut pas être lu : tapez le texte en UTF-8"}
    named = b'{"version": %d, "values": {}, "attachments": [{"name": "\\ud800.png", "content": "%s"}]}' % (version, base64.b64encode(PNG))
    assert browser.post("answer", content=named).status_code == 422  # nothing was typed: once more
    assert browser.post("answer", content=named).status_code == 200
    check(browser)
    assert asking.answered().attachments[0].name == "?.png"


def test_nothing_is_written_to_the_terminal_when_a_browser_misbehaves(page: Page, capfd: pytest.CaptureFixture[str]) -> None:
    """A connection that is given up, digits without end, documents without bottom."""
    with httpx.Client(base_url=page.url, trust_env=False, timeout=PATIENCE) as client:
        assert client.get("state?known=" + "9" * 5000).status_code == 200
        assert client.post("answer", content=b"[" * 100000).status_code == 400
    with socket.create_connection(("127.0.0.1", int(page.authority.rpartition(":")[2]))) as plain:
        plain.sendall(b"GET / HT")
    httpx.get(f"{page.url}state", trust_env=False, timeout=PATIENCE)  # taken after the one that was given up
    assert waited(lambda: not any("process_request" in thread.name for thread in threading.enumerate()))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("host", ["localhost", "LocalHost"])
def test_a_name_is_known_in_any_case(host: str) -> None:
    """As browsers write it."""
    made = Page(problem, lambda _: b"<svg/>", host)
    try:
        assert made.url.startswith("http://localhost:")
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            assert client.get(made.url).status_code == 200
            assert client.get(made.url, headers={"Host": made.authority.upper()}).status_code == 200
    finally:
        made.close()


def test_a_briefing_and_a_wait_need_a_word_only(page: Page, browser: httpx.Client) -> None:
    """The product is ready; the clock is moved."""
    for asked, kind in ((Briefing("idv/x", {"idp": "https://a"}, (("patient", "Anna"),), ("w",)), "briefing"), ("Avancez l'horloge.", "wait")):
        asking = Asking(page, asked)
        state = browser.get("state").json()
        assert state["kind"] == kind
        assert browser.post("answer", json={"version": state["version"], "values": {}}).status_code == 200
        asking.answered()


def test_the_operator_may_leave(page: Page, browser: httpx.Client) -> None:
    """The run stops, and says how to go on."""
    asking = Asking(page, TASK)
    assert browser.post("leave", json={}).status_code == 200
    left = asking.answered()
    assert isinstance(left, LeftError)
    assert "--resume" in left.remedy


def test_a_page_waits_for_the_next_question_and_hears_of_the_end(browser: httpx.Client, page: Page) -> None:
    """A long poll answers when something changes."""
    known = browser.get("state").json()["version"]
    heard: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: heard.append(browser.get("state", params={"known": known}).json()), daemon=True)
    waiting.start()
    assert waited(lambda: page._polls)
    assert not heard
    page._show({"kind": "over"}, ())
    waiting.join(PATIENCE)
    assert heard[0]["kind"] == "over"


def test_whoever_does_not_know_the_address_gets_nothing(page: Page) -> None:
    """Another word, another Host (a name that was bound anew), another path: 404, and nothing is taken."""
    asking = Asking(page, TASK)
    base = page.url.removesuffix(f"{page.token}/")
    with httpx.Client(base_url=base, trust_env=False, timeout=PATIENCE) as stranger:
        for path in ("", "state", "x/state", f"{page.token[:-1]}/state", f"{page.token}/../state", f"{page.token}/page.py", f"{page.token}/nothing"):
            assert stranger.get(path).status_code == 404, path
        assert stranger.get(f"{page.token}/state", headers={"Host": "evil.example"}).status_code == 404
        assert stranger.post("x/answer", json={"version": 1}).status_code == 404
        assert stranger.post(f"{page.token}/answer", json={"version": 1}, headers={"Host": "evil.example"}).status_code == 404
    assert not asking.found
    page.leave()
    asking.answered()


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"[]", 400), (b"null", 400)])
def test_what_is_no_answer_is_refused(browser: httpx.Client, content: bytes, status: int) -> None:
    """Not JSON, or no object."""
    assert browser.post("answer", content=content).status_code == status


def test_an_answer_that_is_too_long_is_not_even_read(page: Page) -> None:
    """413 by its announced length, and the connection is given up."""
    connection = http.client.HTTPConnection(page.authority, timeout=PATIENCE)
    connection.putrequest("POST", f"/{page.token}/answer")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_every_answer_forbids_scripts_and_frames_of_others(browser: httpx.Client) -> None:
    """The policy of the page, its style, its script, its code."""
    for path in ("", "page.js", "page.css", "code.svg", "state"):
        got = browser.get(path)
        assert got.status_code == 200, path
        assert "default-src 'none'" in got.headers["content-security-policy"]
        assert "'unsafe-inline'" not in got.headers["content-security-policy"]
        assert got.headers["cache-control"] == "no-store"
    assert b"<script src" in browser.get("").content
    assert b"innerHTML" not in browser.get("page.js").content


def test_an_attachment_is_known_by_its_bytes() -> None:
    """PNG, JPEG and PDF; not by its name, and not without end."""
    assert attachment("a", b"\xff\xd8\xff\xe0").media == "image/jpeg"
    assert attachment("a.png", b"%PDF-1.4").media == "application/pdf"
    with pytest.raises(UnfitError, match="ni PNG"):
        attachment("a.png", b"GIF89a")
    with pytest.raises(UnfitError, match="21 Mio"):
        attachment("a.png", PNG + bytes(LARGEST + (1 << 20)))
