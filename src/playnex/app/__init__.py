"""The app: the one room that names concrete stores, providers and clocks, and puts the house together."""
