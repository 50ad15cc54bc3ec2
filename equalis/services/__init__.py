"""The embedded services of the test environments: each answers as the real one would.

A service is a folder: ``binding.yaml`` and ``world.yaml`` (data), ``simulator.py`` (pure),
``schemas/`` and ``answers/`` (templates). To add one, write the folder and its word here.
"""

from __future__ import annotations

from collections.abc import Mapping

from equalis.services.eadministrative import simulator as eadministrative
from equalis.services.eprescription import simulator as eprescription
from equalis.services.idp import simulator as idp
from equalis.services.mysecu import simulator as mysecu
from equalis.services.port import Simulator
from equalis.services.servid import simulator as servid
from equalis.services.sts import simulator as sts

SERVICES: Mapping[str, Simulator] = {
    "idp": idp.SIMULATOR,
    "sts": sts.SIMULATOR,
    "mysecu": mysecu.SIMULATOR,
    "eadministrative": eadministrative.SIMULATOR,
    "servid": servid.SIMULATOR,
    "eprescription": eprescription.SIMULATOR,
}
