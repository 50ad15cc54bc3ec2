"""`load`: every family out of a mapping of path to bytes, or every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from equalis.cases import everywhere, families, shapes, unheard_orders
from equalis.cases.bindings import load as load_bindings
from equalis.cases.families import capabilities
from equalis.cases.lint import Linter
from equalis.cases.plain import record, texts
from equalis.cases.reading import CaseFile
from equalis.cases.speaking import named_operations, named_services
from equalis.model.case import Case, Family, Requirement, Seed
from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.values import Record, Value, as_text
from equalis.wire import strict_json, strict_yaml
from equalis.wire.bindings import Bindings
from equalis.wire.strict_yaml import Document
from equalis.wire.unreadable import UnreadableError

DATA_FILES = {
    "requirements.yaml": "schemas/register.json",
    "actions.yaml": "schemas/contract.json",
    "people.yaml": "",
    "causes.yaml": "schemas/causes.json",
}
"""The files of a family that are no cases, and the schemas that they follow."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that was loaded: families by name."""

    families: Mapping[str, Family]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every case of every family, in order."""
        return tuple(case for family in self.families.values() for case in family.cases)

    @property
    def people(self) -> dict[str, Value]:
        """Every family's test persons, by role."""
        return {role: person for family in self.families.values() for role, person in family.people.items()}

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Every capability that a solution may declare: those of the registers, and `clock`."""
        return (*dict.fromkeys(known for family in self.families.values() for known in capabilities(family)),)

    @property
    def seeds(self) -> dict[str, Seed]:
        """Every seed of every family, by its name."""
        return {name: seed for family in self.families.values() for name, seed in family.seeds.items()}

    def case(self, name: str) -> Case | None:
        """The case of that name (``family/case`` or ``family/case@variant``)."""
        return next((case for case in self.cases if case.name == name), None)


def load(files: Mapping[str, bytes], bindings: Bindings, people: Record | None = None) -> Pack:
    """Load ``<…>/<family>/<file>.yaml``; raises MistakesError with every mistake of every file.

    ``people`` replaces the families' own test persons (an environment brings its own).
    """
    mistakes: list[Mistake] = []
    documents = _documents(files, mistakes)
    folders = sorted({path.rsplit("/", 1)[0] for path in documents})
    own = {folder: {path.rsplit("/", 1)[1]: item for path, item in documents.items() if path.rsplit("/", 1)[0] == folder}
           for folder in folders}  # fmt: skip
    registers = {}
    for folder, files_of in own.items():
        if "requirements.yaml" in files_of:
            registers[folder] = families.requirements(files_of["requirements.yaml"], mistakes)
        else:
            what = "the family has no requirements.yaml"
            mistakes.append(Mistake(Source(folder), what, "write the register of its requirements"))
    found: dict[str, Family] = {}
    for folder, requirements in registers.items():
        foreign = {key: item for other, known in registers.items() if other != folder for key, item in known.items()}
        name = folder.rsplit("/", 1)[-1]
        found[name] = _family(name, own[folder], bindings, people, mistakes, (requirements, foreign))
    if mistakes:
        raise MistakesError(tuple(mistakes))
    return Pack(found)


def _documents(files: Mapping[str, bytes], mistakes: list[Mistake]) -> dict[str, Document]:
    """Every YAML file that reads well and has the right shape."""
    found = {}
    for path in sorted(files):
        if not path.endswith(".yaml"):
            continue
        try:
            document = strict_yaml.read(files[path], path)
        except MistakesError as error:
            mistakes += error.mistakes
            continue
        schema = DATA_FILES.get(path.rsplit("/", 1)[-1], "grammar.json")
        wrong = shapes.mistakes(document, schema) if schema else []
        mistakes += wrong
        if not wrong:
            found[path] = document
    return found


def _family(
    name: str, own: Mapping[str, Document], bindings: Bindings, people: Record | None, mistakes: list[Mistake],
    known: tuple[Mapping[str, Requirement], Mapping[str, Requirement]],
) -> Family:  # fmt: skip
    """A family; ``known`` are its own requirements and those of the others, which its cases may cite."""
    register = own["requirements.yaml"]
    contract = own.get("actions.yaml")
    persons = own.get("people.yaml")
    known_people = people if people is not None else record(persons.value if persons else None)
    requirements, foreign = known
    top = record(register.value)
    family = Family(
        name=name, title=as_text(top["title"]), edition=as_text(top["edition"]), cases=(),
        requirements=requirements,
        actions=families.actions(contract) if contract else {},
        seeds=families.seeds(contract) if contract else {},
        people=known_people,
        causes=families.causes(own["causes.yaml"], {**requirements, **foreign}, mistakes) if "causes.yaml" in own else (),
        cited=foreign, services=texts(top.get("services")), everywhere=everywhere.demanded(register, requirements),
    )  # fmt: skip
    for index, service in enumerate(family.services):
        if service not in bindings.services:
            mistakes.append(register.mistake(register.source(("services", index)), f"no service `{service}`", shapes.choice(service, bindings.services, "services")))
    linter = Linter(family, bindings)
    mistakes += everywhere.mistakes(register, linter)
    cases: list[Case] = []
    for file, document in own.items():
        if file not in DATA_FILES:
            cases += _cases(document, family, linter, mistakes)
    named = {item.requirement for case in cases for item in case.expectations}
    return replace(family, cases=tuple(cases), cited={key: item for key, item in foreign.items() if key in named})


def _cases(document: Document, family: Family, linter: Linter, mistakes: list[Mistake]) -> list[Case]:
    file = CaseFile(document, family)
    cases = [replace(case, seeds=families.seeded(family.seeds, case.given), services=named_services(case, family, linter.bindings), operations=named_operations(case), invented=families.invents(case, family.people)) for case in file.cases()]
    mistakes += file.mistakes
    mistakes += linter.mistakes(document, cases)
    return [everywhere.added(case, family) for case in cases]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pack with the bindings in force and each service's own defaults of the world; ``unheard`` are orders that no service
    hears: mistakes for whoever writes or plays cases, and none for whoever judges what was sealed.
    """

    pack: Pack
    bindings: Bindings
    defaults: Mapping[str, Record]
    unheard: tuple[Mistake, ...] = ()

    def worlds(self, seeds: tuple[str, ...] = ()) -> dict[str, Record]:
        """The world of every service for an environment that nobody scripts: these seeds, for every test person."""
        return families.layered(self.defaults, self.pack.people, families.world_of_all(self.pack.seeds, seeds, self.pack.people))


PEOPLE = "people/people.yaml"


def load_all(files: Mapping[str, bytes], shown: Mapping[str, str] | None = None) -> Loaded:
    """Load what a run works with, from files named as in a bundle; raises MistakesError.

    ``scenarios/<family>/…``, ``bindings/<service>/…`` and, if the environment brings its own test
    persons, ``people/people.yaml``. ``shown`` maps a name to the path that a user knows.
    """
    try:
        bindings = load_bindings({name: files[name] for name in files if name.startswith("bindings/")}, shown)
        worlds = _worlds(files)
        people = record(strict_yaml.read(files[PEOPLE], PEOPLE).value) if PEOPLE in files else None
        pack = load({name: files[name] for name in files if name.startswith("scenarios/")}, bindings, people)
    except MistakesError as error:
        raise MistakesError(tuple(_shown(item, shown or {}) for item in error.mistakes)) from None
    unheard = tuple(_shown(item, shown or {}) for item in unheard_orders.unheard(pack.cases, bindings, files))
    return Loaded(pack, bindings, {service: worlds.get(service, {}) for service in bindings.services}, unheard)


def _worlds(files: Mapping[str, bytes]) -> dict[str, Record]:
    """Each service's defaults: ``world.yaml``, and a long list of it in ``world/<key>.json``."""
    found: dict[str, dict[str, Value]] = {}
    for name in sorted(files):
        folder, _, file = name.rpartition("/")
        if folder.startswith("bindings/") and file == "world.yaml":
            found.setdefault(folder.split("/")[1], {}).update(record(strict_yaml.read(files[name], name).value))
        elif folder.startswith("bindings/") and folder.endswith("/world") and file.endswith(".json"):
            try:
                found.setdefault(folder.split("/")[1], {})[file.removesuffix(".json")] = strict_json.read(files[name])
            except UnreadableError as error:
                raise MistakesError((Mistake(Source(name), str(error), "write one JSON value"),)) from None
    return dict(found)


def _shown(mistake: Mistake, shown: Mapping[str, str]) -> Mistake:
    """A mistake at the path that the user knows."""
    source = mistake.source
    path = shown.get(source.path, source.path)
    return Mistake(Source(path, source.line, source.column), mistake.what, mistake.mend, mistake.excerpt)
