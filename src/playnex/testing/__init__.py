"""What tests of flows and of Playnex itself stand on: fakes that pass the same suites as the real parts."""
