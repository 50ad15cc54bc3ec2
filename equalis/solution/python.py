"""The driver `python`: functions of the vendor's own file act on the product (Playwright, pywinauto, anything).

```python
from equalis.solution.python import ProductFailed, action

@action("pid.bill")
def bill(inputs):
    ...
    return {"state": "paid", "shares.patient": "6.92"}
```

Each function gets the inputs of its action as plain JSON values and returns what the user sees. Two names are not actions: `reset`
gets the body of `POST /equalis/reset` (docs/hook.openapi.json), `clock` gets `{"offset": seconds}`. All of them run in one thread, the
same from the first to the last, since tools that drive a screen ask for that.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.values import Record
from equalis.solution.http import ACTION_TIMEOUTS, GRACE
from equalis.solution.lane import Lane, LateError
from equalis.solution.plain import plain, reset_document
from equalis.solution.port import DriverError, ProductFailure, Reset, Seen
from equalis.solution.reading import document, sayable, written

Function = TypeVar("Function", bound=Callable[..., Any])
MARK = "__equalis_action__"


class ProductFailed(Exception):  # noqa: N818 - it is evidence about the product, not an error of the function
    """Raise it when the product itself crashed, went silent or refused to act: it is judged. Anything else is the function's."""


def action(name: str) -> Callable[[Function], Function]:
    """Mark a function as the one that does an action; the driver finds it in the file."""

    def mark(function: Function) -> Function:
        setattr(function, MARK, name)
        return function

    return mark


class PythonDriver:
    """Loads the file once; a function that hangs is left behind with its thread."""

    def __init__(self, solution: Solution) -> None:
        """Load the functions; raises DriverError."""
        self._path = Path(solution.module)
        self._limit = solution.timeout * ACTION_TIMEOUTS + GRACE
        self.patience: float | None = self._limit + GRACE
        self._lane = Lane()
        self._functions: Mapping[str, Callable[[Any], Any]] = {}
        self._functions = self._configured("loading", self._load, f"make {self._path} load at once, and act in its functions only")

    @property
    def known(self) -> frozenset[str]:
        """The actions that the file has a function for."""
        return frozenset(self._functions)

    def reset(self, reset: Reset) -> None:
        """Call `reset`, when the file has one."""
        self._told("reset", reset_document(reset))

    def clock(self, offset: float) -> None:
        """Call `clock`."""
        if "clock" not in self._functions:
            cause = f"{self._path} has no function for clock"
            raise DriverError(cause, 'write one under @action("clock"), or take `clock` out of capabilities')
        self._told("clock", {"offset": offset})

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:  # noqa: ARG002 - the port's signature
        """Call the action's function."""
        function = self._functions.get(action.name)
        if function is None:
            cause = f"{self._path} has no function for {action.name}"
            raise DriverError(cause, f'write one under @action("{action.name}"), or take its capability out of [solution] capabilities')
        given, said = plain(inputs), f"the function for {action.name} returns"

        def acted() -> bytes:
            found = function(given)
            if not isinstance(found, dict):
                cause = f"{said} no dict of JSON values"
                raise DriverError(cause, "return the observations of actions.yaml as one dict")
            return written(found, said)

        return Seen(document(self._guarded(action.name, acted), said))

    def idle(self) -> bool | None:
        """What the function `idle` says, None where the file has none."""
        function = self._functions.get("idle")
        told = self._configured("idle", lambda: function({}), "make the function for `idle` come back at once") if function else None
        if told is None or isinstance(told, bool):
            return told
        cause = f"the function for idle returns neither True nor False: {sayable(str(told))}"
        raise DriverError(cause, "return True or False, or None where the product cannot tell")

    def close(self) -> None:
        """Let the thread go."""
        self._lane.close()

    def _told(self, word: str, told: Mapping[str, Any]) -> None:
        function = self._functions.get(word)
        if function is not None:
            self._configured(word, lambda: function(told), f"make the function for `{word}` come back at once")

    def _configured(self, word: str, function: Callable[[], Any], remedy: str) -> Any:
        """Run what is no action: whatever goes wrong there is a matter of configuration."""
        try:
            return self._guarded(word, function)
        except ProductFailure as failure:
            cause = f"{word}: {failure}"
            raise DriverError(cause, remedy) from None

    def _guarded(self, word: str, function: Callable[[], Any]) -> Any:
        """Run in the lane; raises ProductFailure for what the product did, DriverError for what the function did."""
        try:
            return self._lane.call(function, self._limit)
        except ProductFailed as failure:
            raise ProductFailure(sayable(str(failure))) from None
        except LateError:
            self._lane = Lane()  # the old one is stuck in the function
            message = f"the function for {word} did not come back within {self._limit:g} s"
            raise ProductFailure(message) from None
        except DriverError:
            raise
        except BaseException as error:  # noqa: BLE001 - a defect of the vendor's file, told with its line
            last = traceback.extract_tb(error.__traceback__)[-1]
            cause = f"{word}: {type(error).__name__}: {sayable(str(error))} ({Path(last.filename).name}:{last.lineno})"
            raise DriverError(cause, f"mend {self._path}; raise ProductFailed when it is the product that failed") from None

    def _load(self) -> Mapping[str, Callable[[Any], Any]]:
        if not self._path.is_file():
            cause = f"{self._path} does not exist"
            raise DriverError(cause, "correct `module` under [solution] in equalis.toml")
        sys.path.insert(0, str(self._path.parent.resolve()))
        spec = importlib.util.spec_from_file_location(self._path.stem, self._path)
        if spec is None or spec.loader is None:
            cause = f"{self._path} is no Python file"
            raise DriverError(cause, "name a file that ends in .py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return {name: item for item in vars(module).values() if isinstance(name := getattr(item, MARK, None), str)}
