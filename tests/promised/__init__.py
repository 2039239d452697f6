"""The promises, by what they are about; tests/promises.py has them all."""
