"""The embedder that a workspace's settings name."""

from pathlib import Path

from playnex.config import EMBEDDED, Config
from playnex.models.directory import key_of
from playnex.secrets.references import References
from playnex.spec.embedder import Embedder


def embedder_of(config: Config, data: Path, secrets: References) -> Embedder | None:
    """It, not loaded yet; None where none is named."""
    if not config.embedder:
        return None
    # late: most workspaces search by words alone
    from playnex.models.minilm import MiniLM
    from playnex.models.server_embedder import ServerEmbedder

    settings = config.models.get(config.embedder)
    if config.embedder == EMBEDDED or settings is None or settings.kind == "embedded":
        return MiniLM(data)
    return ServerEmbedder(settings, lambda: key_of(settings, secrets))
