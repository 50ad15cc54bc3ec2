"""eAdministrative as the agency published it: every answer of a whole run, and a product that reads by those types."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from pathlib import Path

from equalis.cases.loading import Loaded
from equalis.demo.__main__ import Hook
from equalis.demo.practice import Practice, Ways
from equalis.gateway.pki import Pki
from equalis.wire import http_message
from tests.conftest import Equalis
from tests.pace import PRODUCT
from tests.replayed import opened
from tests.services.as_published import StrictLink, differences

CONFIGURATION = """\
[solution]
name = "the demo, strict"
driver = "http"
url = "http://127.0.0.1:{port}"
timeout = {timeout}
settle = 0.2
capabilities = ["pid", "ra", "ra-team", "ra-mysecu", "clock"]
"""
SPOILT = ("garble", "repeat-answer")


def test_a_product_that_reads_by_the_published_types_is_ok_everywhere(equalis: Equalis, tmp_path: Path, loaded: Loaded, keys: Pki) -> None:
    """And every answer that it got of eAdministrative is of those types, whatever the case."""
    hook = Hook(0, PRODUCT, (), partial(Practice, ways=Ways(connection=StrictLink)))
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    (tmp_path / "equalis.toml").write_text(CONFIGURATION.format(timeout=PRODUCT, port=hook.server_address[1]), encoding="utf-8")
    done = equalis("run", "--family", "ra-pid")
    hook.shutdown()
    hook.server_close()
    count = sum(case.family == "ra-pid" for case in loaded.pack.cases)
    assert f"{count} of {count} cases judged: 0 KO · 0 INCONCLUSIVE · {count} OK · 0 NOT_APPLICABLE" in done.stdout, done.stdout
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    wrong, seen = [], Counter[str]()
    for transcript in opened(bundle, keys).transcripts:
        for exchange in transcript.exchanges:
            answer = exchange.answer
            if exchange.service != "eadministrative" or answer is None or exchange.disturbance in SPOILT or http_message.status(answer) >= 500:
                continue
            method, target, _ = exchange.request.line.split(" ")
            media = "".join(answer.header("content-type"))
            call = f"{method} {target.removeprefix('/eadministrative')}"
            seen[f"{method} {http_message.status(answer)}"] += 1
            if found := differences(call, http_message.status(answer), media, answer.body):
                wrong.append(f"{transcript.case}: {found}")
    assert not wrong
    assert {"POST 200", "GET 200", "PATCH 200", "DELETE 200", "POST 302", "PATCH 403", "GET 404"} <= set(seen)
