"""An operator at the terminal and at the page: a whole case acted by hand, with files, interrupted, resumed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from equalis.cli.conversing import loopback, own_tls
from equalis.cli.endings import EndError
from equalis.cli.terminal import problem
from equalis.solution.page import Page
from tests.conftest import Equalis
from tests.pace import PATIENCE, PRODUCT, waited

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 200
CONFIGURATION = f"""\
[solution]
name = "Cabinet Exemple"
driver = "operator"
capabilities = ["idv"]
timeout = {PRODUCT}
settle = 0.1
[run]
scenarios = ["cases"]
"""
OWN = """\
case: idv/a-la-main
title: Un matricule dont les chiffres de contrôle sont faux est refusé
needs: [idv]
given:
  world: [check-digits-on]
  old: ${people.ancien}
  traits: {last_name: Weber, first_names: Anna, birth_date: "1985-03-14", sex: female, matricule: "1985031421284"}
steps:
  - {id: creer, ask: "Créez un dossier avec le matricule ${traits.matricule}.", action: idv.create, input: {traits: "${traits}"}}
  - {id: temoin, ask: "Créez ensuite un dossier avec le matricule ${old.matricule}, qui est juste.", action: idv.create, input: {traits: "${old}"}}
expect:
  - {id: refuse, must: Refuser le matricule., requirement: IDV-054, select: {observation: creer, field: state}, check: equals, with: {value: refused}}
  - {id: temoin-cree, must: Accepter le matricule qui est juste., requirement: IDV-055, select: {observation: temoin, field: state}, check: equals, with: {value: created}}
variants:
  - {id: luhn, title: Le premier chiffre de contrôle est faux}
  - {id: court, title: Le matricule a douze chiffres, given: {traits: {last_name: Weber, first_names: Anna, birth_date: "1985-03-14", sex: female, matricule: "198503142129"}}}
"""
"""A case that a person can act without a product that calls anybody."""
CASE = "idv/a-la-main@luhn"
CONFIRMED = "\n"
"""What was typed is shown, and taken."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "equalis.toml").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "cases" / "idv").mkdir(parents=True)
    (tmp_path / "cases" / "idv" / "a-la-main.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "écran.png").write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("rien")
    return tmp_path


def typed(folder: Path, home: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "120"}
    return subprocess.run([sys.executable, "-m", "equalis", "run", *words], cwd=folder, env=environment, input=text, capture_output=True, text=True,
                          encoding="utf-8", check=False)  # fmt: skip


def fields(home: Path, equalis: Equalis) -> list[str]:
    """The observations of the action, in the order in which they are asked."""
    assert home
    found = json.loads(equalis("list", "actions", "--json").stdout)
    action = next(item for item in found if item["action"] == "idv.create")
    return list(action["observations"])


def test_a_case_is_acted_by_hand_and_what_was_seen_is_attested(folder: Path, home: Path, equalis: Equalis) -> None:
    """A wrong word and a file that is none are asked again; the screenshot is in the bundle under its digest."""
    names = fields(home, equalis)
    state = names.index("state")
    first = "\n" + "".join("refuse\nrefused\n" if number == state else "\n" for number in range(len(names))) + "notes.txt\nmissing.png\nécran.png\n" + CONFIRMED
    second = "\n" + "".join("created\n" if number == state else "\n" for number in range(len(names))) + "\n" + CONFIRMED
    done = typed(folder, home, "\n" + first + second, CASE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mots possibles : " in done.stderr
    assert "notes.txt : ni PNG, ni JPEG, ni PDF" in done.stderr
    assert "missing.png: No such file or directory" in done.stderr
    assert "Que montre" not in done.stdout
    (bundle,) = (folder / "reports").glob("*.asice")
    assert equalis("evidence", str(bundle), "--to", str(folder / "out")).returncode == 0
    (written,) = (folder / "out").rglob("creer-*.png")
    assert written.read_bytes() == PNG
    report = json.loads((bundle.with_suffix("") / "report.json").read_text(encoding="utf-8"))
    assert {item["attested"] for item in report["cases"][0]["findings"] if item["outcome"] != "NOT_APPLICABLE"} == {True}
    assert equalis("verify", str(bundle)).returncode == 0


def test_an_operator_who_leaves_comes_back_to_the_case_that_was_begun(folder: Path, home: Path, equalis: Equalis) -> None:
    """The end of the input is a Ctrl-C: the run is INCOMPLETE, and --resume plays what is left."""
    names = fields(home, equalis)
    one = "\n" + "".join("refused\n" if name == "state" else "\n" for name in names) + "\n" + CONFIRMED
    two = "\n" + "".join("created\n" if name == "state" else "\n" for name in names) + "\n" + CONFIRMED
    left = typed(folder, home, "\n" + one + two + "\n" + one, CASE, "idv/a-la-main@court")
    assert left.returncode == 3
    (run,) = [path for path in (folder / "reports").iterdir() if path.is_dir()]
    assert f"--resume reports/{run.name}`" in left.stderr
    back = typed(folder, home, "\n" + one + two, "--resume", str(run))
    assert back.returncode == 0, back.stdout + back.stderr
    assert "2 of 2 cases judged: 0 KO" in back.stdout


@pytest.mark.mends("13")
def test_an_empty_form_is_asked_once_more_and_the_last_one_can_be_taken_again(folder: Path, home: Path, equalis: Equalis) -> None:
    """A slip of the return key is no observation: the case is OK by what was typed in the end, and the slips are nowhere."""
    names = fields(home, equalis)
    nothing = "".join("\n" for _ in names) + "\n"
    refused, created = ("".join(f"{word}\n" if name == "state" else "\n" for name in names) + "\n" for word in ("refused", "created"))
    first = "\n" + nothing + created + "x\nr\n" + refused + CONFIRMED
    second = "\n" + created + CONFIRMED
    done = typed(folder, home, "\n" + first + second, CASE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("Rien n'a été saisi") == 1
    assert done.stderr.count("Voici ce que vous avez saisi") == 3
    assert "x : entrée ou r" in done.stderr
    (log,) = (folder / "reports").glob("*/evidence/log.jsonl")
    assert [event["fields"]["record"]["state"] for line in log.read_text(encoding="utf-8").splitlines() if (event := json.loads(line))["event"] == "observation"] == ["refused", "created"]


def test_a_form_that_is_empty_twice_is_taken_as_nothing_to_see(folder: Path, home: Path, equalis: Equalis) -> None:
    """A screen may show nothing; it is judged."""
    nothing = "".join("\n" for _ in fields(home, equalis)) + "\n"
    done = typed(folder, home, "\n" + 2 * ("\n" + nothing + nothing + CONFIRMED), CASE)
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Chromium as Debian has it, without a screen and without the network."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1000,1100"):  # fmt: skip
        options.add_argument(word)
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    yield made
    made.quit()


class Session:
    """A run whose operator has a page."""

    def __init__(self, folder: Path, home: Path, page: str, *words: str) -> None:
        (folder / "equalis.toml").write_text(CONFIGURATION.replace("[run]", f'page = "{page}"\n[run]'), encoding="utf-8")
        environment = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "120", "PYTHONUNBUFFERED": "1"}
        self.said = folder / "said.txt"
        self._stream = self.said.open("w", encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, "-m", "equalis", "run", *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self._stream, stderr=subprocess.STDOUT)  # fmt: skip

    def url(self) -> str:
        """The address of the page, when it is told."""
        assert waited(lambda: self._told), self.text()
        return self._told[0]

    @property
    def _told(self) -> list[str]:
        return re.findall(r"la page de l'opérateur : (\S+)\n", self.text())

    def text(self) -> str:
        return self.said.read_text(encoding="utf-8")

    def end(self) -> int:
        code = self.process.wait(PATIENCE)
        self._stream.close()
        return code


def checked(browser: webdriver.Chrome) -> str:
    """What was typed, once the page shows it."""
    WebDriverWait(browser, PATIENCE).until(lambda page: "Voici ce que vous avez saisi" in page.find_element(By.TAG_NAME, "main").text)
    return browser.find_element(By.TAG_NAME, "main").text


@pytest.mark.mends("13")
def test_an_empty_form_is_asked_once_more_and_the_last_one_can_be_taken_again_in_a_browser(folder: Path, home: Path, browser: webdriver.Chrome) -> None:
    """Nothing typed is asked again, what was typed is shown, taken back it is there again, and what is confirmed is judged."""
    session = Session(folder, home, "127.0.0.1:0", CASE)
    browser.get(session.url())
    wait = WebDriverWait(browser, PATIENCE)
    wait.until(lambda page: page.find_elements(By.ID, "send"))
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "[data-name=state]"))
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: page.find_elements(By.CLASS_NAME, "wrong"))
    assert "Rien n'a été saisi" in browser.find_element(By.CLASS_NAME, "wrong").text
    Select(browser.find_element(By.CSS_SELECTOR, "[data-name=state] select")).select_by_value("created")
    browser.find_element(By.CSS_SELECTOR, "[data-name=message] input").send_keys("Dossier créé")
    browser.find_element(By.ID, "send").click()
    assert "created" in checked(browser)
    browser.refresh()
    assert "Dossier créé" in checked(browser)
    browser.save_screenshot(str(folder / "summary.png"))
    browser.find_element(By.ID, "again").click()
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "[data-name=state]"))
    state = Select(browser.find_element(By.CSS_SELECTOR, "[data-name=state] select"))
    assert state.first_selected_option.get_attribute("value") == "created"
    assert browser.find_element(By.CSS_SELECTOR, "[data-name=message] input").get_attribute("value") == "Dossier créé"
    browser.save_screenshot(str(folder / "again.png"))
    state.select_by_value("refused")
    browser.find_element(By.ID, "send").click()
    checked(browser)
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: "qui est juste" in page.find_element(By.TAG_NAME, "h1").text)
    Select(browser.find_element(By.CSS_SELECTOR, "[data-name=state] select")).select_by_value("created")
    browser.find_element(By.ID, "send").click()
    checked(browser)
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: "La séance est finie" in page.page_source)
    assert session.end() == 0, session.text()


def test_the_same_case_in_a_real_browser(folder: Path, home: Path, browser: webdriver.Chrome, equalis: Equalis) -> None:
    """Briefing, a question loaded anew, a wrong date told beside its field, a screenshot attached, the end."""
    session = Session(folder, home, "127.0.0.1:0", CASE)
    browser.get(session.url())
    wait = WebDriverWait(browser, PATIENCE)
    wait.until(lambda page: "Avant le cas" in page.page_source)
    assert browser.find_element(By.ID, "case").text == CASE
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "[data-name=state]"))
    browser.refresh()
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "[data-name=state]"))
    assert "1985031421284" in browser.find_element(By.TAG_NAME, "h1").text
    many = browser.find_element(By.CSS_SELECTOR, "[data-name=candidates] textarea")
    many.send_keys("D1\nD2")
    browser.refresh()  # what was typed survives
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "[data-name=state]"))
    many = browser.find_element(By.CSS_SELECTOR, "[data-name=candidates] textarea")
    assert many.get_attribute("value") == "D1\nD2"
    assert browser.switch_to.active_element.tag_name == "h1"
    assert not browser.find_element(By.TAG_NAME, "details").is_displayed()  # no tablet comes to loopback
    Select(browser.find_element(By.CSS_SELECTOR, "[data-name=state] select")).select_by_value("refused")
    browser.find_element(By.ID, "files").send_keys(str(folder / "notes.txt"))
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: page.find_elements(By.CLASS_NAME, "wrong"))
    assert browser.find_element(By.CSS_SELECTOR, "[data-name=attachments] .wrong").text == "notes.txt : ni PNG, ni JPEG, ni PDF"
    assert many.get_attribute("value") == "D1\nD2"  # nothing that was typed is lost
    browser.save_screenshot(str(folder / "question.png"))
    files = browser.find_element(By.ID, "files")
    files.clear()
    files.send_keys(str(folder / "écran.png"))
    browser.find_element(By.ID, "send").click()
    checked(browser)
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: "qui est juste" in page.find_element(By.TAG_NAME, "h1").text)
    Select(browser.find_element(By.CSS_SELECTOR, "[data-name=state] select")).select_by_value("created")
    browser.find_element(By.ID, "send").click()
    checked(browser)
    browser.find_element(By.ID, "send").click()
    wait.until(lambda page: "La séance est finie" in page.page_source)
    assert session.end() == 0, session.text()
    assert f"OK             {CASE}" in session.text()
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE" and "422" not in entry["message"]] == []  # type: ignore[no-untyped-call]
    (bundle,) = (folder / "reports").glob("*.asice")
    assert equalis("verify", str(bundle)).returncode == 0
    log = (bundle.with_suffix("") / "evidence" / "log.jsonl").read_text(encoding="utf-8")
    assert '"event":"attachment"' in log


def test_leaving_by_the_page_stops_the_run_and_it_resumes_at_the_terminal(folder: Path, home: Path, equalis: Equalis) -> None:
    """The button: INCOMPLETE, exit 3, and the same run goes on by another way of asking."""
    session = Session(folder, home, "127.0.0.1:0", CASE)
    with httpx.Client(base_url=session.url(), trust_env=False, timeout=PATIENCE) as page:
        assert waited(lambda: page.get("state").json()["kind"] == "briefing")
        assert page.post("leave", json={}).status_code == 200
    assert session.end() == 3
    assert "l'opérateur a interrompu la séance" in session.text()
    (run,) = [path for path in (folder / "reports").iterdir() if path.is_dir()]
    (folder / "equalis.toml").write_text(CONFIGURATION, encoding="utf-8")
    answers = ["\n" + "".join(f"{word}\n" if name == "state" else "\n" for name in fields(home, equalis)) + "\n" + CONFIRMED for word in ("refused", "created")]
    assert typed(folder, home, "\n" + "".join(answers), "--resume", str(run)).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
def test_nothing_moves_at_a_terminal_where_somebody_types(folder: Path, home: Path) -> None:
    """No line is drawn over what the operator types."""
    import pty  # noqa: PLC0415 - POSIX only

    ours, theirs = pty.openpty()
    environment = {**os.environ, "EQUALIS_HOME": str(home), "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen([sys.executable, "-m", "equalis", "run", CASE], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while b"pr\xc3\xaat ?" not in seen:
            seen += os.read(ours, 4096)
        time.sleep(0.5)
        os.write(ours, b"\x04")  # the end of the input: the operator leaves
        with contextlib.suppress(OSError):  # the terminal is gone with the process
            while piece := os.read(ours, 4096):
                seen += piece
    os.close(ours)
    assert process.returncode == 3
    assert b"\x1b[2K" not in seen
    assert b"--resume reports/" in seen


@pytest.mark.parametrize(("page", "word"), [("0.0.0.0:0", "every address"), ("0:0", "is no address"), ("127.0.0.1:99999", "is no port"), ("192.0.2.1:0", "cannot be opened")])
def test_a_page_that_cannot_be_is_told(folder: Path, equalis: Equalis, page: str, word: str) -> None:
    """Exit 2, with what to write; nothing listens on every address."""
    (folder / "equalis.toml").write_text(CONFIGURATION.replace("[run]", f'page = "{page}"\n[run]'))
    refused = equalis("run", CASE)
    assert refused.returncode == 2, refused.stderr
    assert word in refused.stderr
    assert "mend: " in refused.stderr


def test_a_page_for_a_tablet_is_served_over_tls_with_our_own_authority(home: Path) -> None:
    """Whoever trusts the authority of the page reads it; plain HTTP gets nothing."""
    page = Page(problem, lambda _: b"<svg/>", tls=own_tls("127.0.0.1", home))
    try:
        assert page.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(home / "pki" / "page-127.0.0.1" / "authority.pem"))
        with httpx.Client(verify=context, trust_env=False, timeout=PATIENCE) as client:
            assert client.get(f"{page.url}state").json()["kind"] == "waiting"
        with httpx.Client(trust_env=False, timeout=PATIENCE) as plain, pytest.raises(httpx.TransportError):
            plain.get(page.url.replace("https", "http"))
    finally:
        page.close()


def test_only_loopback_goes_without_tls() -> None:
    """By address and by name; an address that is every address is refused, with what to write."""
    assert [loopback(host) for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost", "192.0.2.7", "desk.example")] == [True, True, True, True, False, False]
    for host in ("0.0.0.0", "::"):  # noqa: S104 - refused
        with pytest.raises(EndError) as refused:
            loopback(host)
        assert "page = " in refused.value.mend


def test_a_page_is_for_an_operator_only(folder: Path, equalis: Equalis) -> None:
    """Another driver with a page, and a page without a port: told at their lines."""
    (folder / "equalis.toml").write_text(CONFIGURATION.replace("operator", "http").replace("[run]", 'url = "http://127.0.0.1:1"\npage = "127.0.0.1:0"\n[run]'))
    assert "only an operator has a page" in equalis("run").stderr
    (folder / "equalis.toml").write_text(CONFIGURATION.replace("[run]", 'page = "127.0.0.1"\n[run]'))
    refused = equalis("run")
    assert refused.returncode == 2
    assert "write host:port" in refused.stderr
