"""The driver `http`: the solution's own hook (``docs/hook.openapi.json``)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.values import Record
from equalis.solution.plain import plain, reset_document, sound
from equalis.solution.port import DriverError, ProductFailure, Reset, Seen

NOT_SUPPORTED = 501
GRACE = 5.0
ACTION_TIMEOUTS = 12.0
"""An action may make several calls, each as long as the solution's own timeout."""


class HttpDriver:
    """Calls ``POST /equalis/reset``, ``/equalis/actions/{action}``, ``/equalis/clock`` and ``GET /equalis/idle``."""

    def __init__(self, solution: Solution, client: httpx.Client | None = None) -> None:
        """Use a client of our own: no proxies from the environment, no redirects."""
        self._url = solution.url.rstrip("/")
        self._limit = solution.timeout * ACTION_TIMEOUTS + GRACE
        self.patience: float | None = self._limit + GRACE
        self._client = client or httpx.Client(trust_env=False, follow_redirects=False)

    def reset(self, reset: Reset) -> None:
        """Tell the solution about the case."""
        self._tell("equalis/reset", reset_document(reset))

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:  # noqa: ARG002 - the port's signature
        """Ask for an action; what the product does wrong is evidence, what the hook lacks is not."""
        answer = self._acted(action.name, plain(inputs))
        if answer.status_code in {404, NOT_SUPPORTED}:
            cause = f"the hook does not know the action {action.name}"
            remedy = "implement it, or take the capability that needs it out of [solution] capabilities"
            raise DriverError(cause, remedy)
        if answer.is_error:
            message = f"HTTP {answer.status_code}: {answer.text[:200]}"
            raise ProductFailure(message)
        return Seen(_object(answer))

    def _acted(self, name: str, document: object) -> httpx.Response:
        """The hook's answer to an action; raises ProductFailure when it is not whole in time.

        A timeout of the client counts from byte to byte: a hook that drips would never end.
        """
        found: list[httpx.Response | httpx.HTTPError] = []

        def post() -> None:
            try:
                found.append(self._client.post(f"{self._url}/equalis/actions/{name}", json=document, timeout=self._limit))
            except httpx.HTTPError as error:
                found.append(error)

        thread = threading.Thread(target=post, name="action", daemon=True)
        thread.start()
        thread.join(self._limit)
        if not found or isinstance(found[0], httpx.TimeoutException):
            message = f"no answer within {self._limit:g} s"
            raise ProductFailure(message)
        if isinstance(found[0], httpx.HTTPError):
            message = f"the product went away: {found[0]}"
            raise ProductFailure(message)
        return found[0]

    def clock(self, offset: float) -> None:
        """Move the solution's clock."""
        self._tell("equalis/clock", {"offset": offset})

    def idle(self) -> bool | None:
        """Ask the hook; None when it cannot tell."""
        try:
            answer = self._client.get(f"{self._url}/equalis/idle", timeout=GRACE)
        except httpx.HTTPError:
            return True  # the product is gone: nothing more will come
        if answer.status_code in {404, NOT_SUPPORTED}:
            return None
        return _object(answer).get("idle") is True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _tell(self, path: str, document: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """POST a document, or GET one; raises DriverError."""
        url = f"{self._url}/{path}"
        try:
            if document is None:
                answer = self._client.get(url, timeout=GRACE)
            else:
                answer = self._client.post(url, json=document, timeout=self._limit)
        except httpx.HTTPError as error:
            cause = f"the solution does not answer at {url}: {error or type(error).__name__}"
            remedy = "start the product, or correct `url` under [solution] in equalis.toml"
            raise DriverError(cause, remedy) from None
        if answer.is_error:
            cause = f"the hook answered HTTP {answer.status_code} to {path}: {answer.text[:200]}"
            raise DriverError(cause, f"mend /{path} in the product's hook")
        return _object(answer) if document is None else {}


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        document = sound(answer.json())
    except (ValueError, RecursionError):
        document = None
    if document is None:
        cause = f"the hook answered something else than a JSON object: {answer.text[:120]!r}"
        remedy = "answer the observations of actions.yaml as one JSON object"
        raise DriverError(cause, remedy)
    return document
