"""How properties are tried here: as long as they take, for a busy machine is no fault."""

from hypothesis import settings

settings.register_profile("playnex", deadline=None)
settings.load_profile("playnex")
