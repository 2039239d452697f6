"""The places that capsules can live in."""
