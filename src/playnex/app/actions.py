"""What a run's steps do for real: agents through the loop, tools through the gate, capsules through their store."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playnex.agents.loop import AgentPorts, AgentTask, run_agent
from playnex.app.opening import App
from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.engine.actions import AgentWork, Given, Saving, ToolWork
from playnex.models.model import ModelCard
from playnex.spec.agent import AgentSpec
from playnex.spec.context import Attempt, StepContext, Write
from playnex.spec.envelope import CapsuleRef, Envelope
from playnex.tools.gate import CallRequest
from playnex.tools.tool import CallScope
