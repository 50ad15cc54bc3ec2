"""Bindings in use: recognise the operation of a request, and read its business fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from equalis.model.binding import Binding, Field, Half, Locator, Operation
from equalis.model.transcript import Exchange
from equalis.model.values import Value, at_path
from equalis.wire import http_message, json_path, jws, strict_xml, typed
from equalis.wire.opened import Opened
from equalis.wire.patterns import first_group
from equalis.wire.unreadable import UnknownFieldError, UnreadableError

Namespaces = tuple[tuple[str, str], ...]


class Bindings:
    """Every service's binding, by service and by operation."""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        """Index the bindings; operation names are unique across services unless repeated on purpose."""
        self.services: Mapping[str, Binding] = {item.service: item for item in bindings}
        self.operations: dict[str, tuple[Operation, ...]] = {}
        for binding in self.services.values():
            for operation in binding.operations:
                known = self.operations.get(operation.name, ())
                self.operations[operation.name] = (*known, operation)

    def recognise(self, service: str, opened: Opened) -> Operation | None:
        """The operation of a request, None when the service knows none like it."""
        binding = self.services.get(service)
        if binding is None:
            return None
        return next((op for op in binding.operations if recognised(op, binding, opened)), None)

    def reading(self, exchange: Exchange) -> Reading:
        """Open an exchange with the binding of its service."""
        request = Opened(exchange.request)
        operation = self.recognise(exchange.service, request)
        return Reading(exchange, self.services.get(exchange.service), operation, request)

    def fields(self, operation: str) -> tuple[str, ...]:
        """Every field name of an operation, with its half, in the words of a case."""
        names: dict[str, None] = {}
        for known in self.operations.get(operation, ()):
            names.update(dict.fromkeys(f"request.{name}" for name in known.request.fields))
            names.update(dict.fromkeys(f"answer.{name}" for name in known.answer.fields))
        return tuple(names)


def recognised(operation: Operation, binding: Binding, opened: Opened) -> bool:
    """Whether a request is this operation; bytes that cannot be read are none."""
    rule, message = operation.recognise, opened.message
    if rule.method and http_message.method(message) != rule.method:
        return False
    if rule.path and http_message.match_path(binding.prefix + rule.path, http_message.path(message)) is None:
        return False
    if rule.soap_action:
        actions = [value.strip('"') for value in message.header("soapaction")]
        if rule.soap_action not in actions:
            return False
    if not rule.holds:
        return True
    try:
        found = strict_xml.select(strict_xml.xpath(rule.holds, binding.namespaces), opened.xml)
    except UnreadableError:
        return False
    return bool(found)


class Reading:
    """One exchange, read by business field names; nothing is read before it is asked for."""

    def __init__(
        self, exchange: Exchange, binding: Binding | None, operation: Operation | None, request: Opened
    ) -> None:
        """Keep the parts; ``operation`` is None for what no binding recognises."""
        self.exchange, self.binding, self.operation, self.request = exchange, binding, operation, request
        self._answer: Opened | None = None

    @property
    def answer(self) -> Opened | None:
        """The answer opened, None when the solution got none."""
        if self._answer is None and self.exchange.answer is not None:
            self._answer = Opened(self.exchange.answer)
        return self._answer

    def values(self, name: str) -> tuple[Value, ...]:
        """Every value of ``request.<field>`` or ``answer.<field>``, in document order.

        Raises UnknownFieldError for a name that the binding lacks, UnreadableError for bad bytes.
        """
        side, _, rest = name.partition(".")
        half = self._half(side)
        field = half.fields.get(rest) if half else None
        if half is None or field is None or self.binding is None:
            operation = self.operation.name if self.operation else "an unknown operation"
            message = f"{operation} has no field {name!r}"
            raise UnknownFieldError(message)
        opened = self.request if side == "request" else self.answer
        if opened is None:
            return ()
        return read_field(field, half, self.binding, self.operation, opened)

    def _half(self, side: str) -> Half | None:
        if self.operation is None:
            return None
        return {"request": self.operation.request, "answer": self.operation.answer}.get(side)


def read_field(
    field: Field, half: Half, binding: Binding, operation: Operation | None, opened: Opened
) -> tuple[Value, ...]:
    """Every typed value of a field in a message."""
    locator = field.locator
    if not opened.message.body and locator.kind in {"xpath", "element-names", "pointer", "jsonpath", "entry", "form"}:
        return ()
    if locator.kind == "path":
        template = binding.prefix + (operation.recognise.path if operation else "")
        found = http_message.match_path(template, http_message.path(opened.message)) or {}
        texts = [found[locator.expression]] if locator.expression in found else []
    elif locator.kind in {"xpath", "element-names"}:
        texts = _xpath(locator, half, binding.namespaces, opened)
    else:
        texts = _FINDERS[locator.kind](locator, opened)
    if locator.pattern:
        texts = [part for value in texts if (part := first_group(locator.pattern, value)) is not None]
    values = tuple(typed.parse(field.type, value) for value in texts)
    return values if field.many else values[:1]


def _xpath(locator: Locator, half: Half, namespaces: Namespaces, opened: Opened) -> list[str]:
    compiled = strict_xml.xpath(locator.expression, namespaces)
    if locator.kind == "element-names":
        return strict_xml.names(compiled, opened.document(half.body))
    return strict_xml.select(compiled, opened.document(half.body))


def _pointer(locator: Locator, opened: Opened) -> list[str]:
    """A JSON Pointer (RFC 6901); ``*`` as a part stands for every element of a list."""
    values: list[Value] = [opened.json]
    for part in [part for part in locator.expression.split("/") if part]:
        step: list[Value] = []
        for value in values:
            if part == "*" and isinstance(value, tuple):
                step.extend(value)
            else:
                try:
                    step.append(at_path(value, part))
                except KeyError:
                    continue
        values = step
    return [_json_text(value) for value in values if value is not None]


def _jsonpath(locator: Locator, opened: Opened) -> list[str]:
    """A path of RFC 9535, with its filters; where nothing stands there, the next one."""
    for expression in (locator.expression, *locator.otherwise):
        if found := [_json_text(value) for value in json_path.find(expression, opened.plain_json) if value is not None]:
            return found
    return []


def _json_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)  # the exponent of JSON is none of a typed field


def _entry(locator: Locator, opened: Opened) -> list[str]:
    """Properties of a zip: ``name`` of each entry, or ``count`` of the entries."""
    if locator.expression == "count":
        return [str(len(opened.entries))]
    return [entry.name for entry in opened.entries]


def _target(locator: Locator, opened: Opened) -> list[str]:
    """Parts of the request target: its ``query`` string, or the whole ``address`` that was called."""
    if locator.expression == "address":
        path = http_message.path(opened.message)
        return [f"https://{host}{path}" for host in opened.message.header("host")]
    query = http_message.query_string(opened.message)
    return [query] if query else []


def _claim(locator: Locator, opened: Opened) -> list[str]:
    value = opened.claims.get(locator.expression)
    items = value if isinstance(value, tuple) else (value,)
    return [str(item) for item in items if item is not None]


def _jws(locator: Locator, opened: Opened) -> list[str]:
    """A member of the protected header of the detached JWS in a header of HTTP."""
    header, _, member = locator.expression.partition("/")
    return [_json_text(value) for text in opened.message.header(header) if (value := jws.protected(text).get(member)) is not None]


_FINDERS: dict[str, Callable[[Locator, Opened], list[str]]] = {
    "pointer": _pointer,
    "jsonpath": _jsonpath,
    "header": lambda locator, opened: list(opened.message.header(locator.expression)),
    "query": lambda locator, opened: _named(http_message.query(opened.message), locator),
    "form": lambda locator, opened: _named(http_message.form(opened.message), locator),
    "entry": _entry,
    "claim": _claim,
    "jws": _jws,
    "target": _target,
    "status": lambda _, opened: [str(http_message.status(opened.message))],
}


def _named(pairs: list[tuple[str, str]], locator: Locator) -> list[str]:
    return [value for key, value in pairs if key == locator.expression]
