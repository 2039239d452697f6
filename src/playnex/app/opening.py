"""Opens a workspace: makes the concrete store, journal, tools, models and engine, and hands them to each other."""

import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

from playnex.app.capsule_shelf import CapsuleShelf
from playnex.app.definitions import Definitions
from playnex.app.tool_shelf import Toolshed
from playnex.capsules.stores import sqlite_capsules
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.config import Config
from playnex.engine.engine import Engine
from playnex.journal.lease import FileLeases
from playnex.journal.stores import sqlite_journal
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.models.directory import WorkspaceModels
from playnex.sqlite import Database
from playnex.workspace import Workspace

MIGRATIONS = (*sqlite_journal.MIGRATIONS, *sqlite_capsules.MIGRATIONS)
"""Append only, in the order in which releases brought them: the store's version is their number."""
