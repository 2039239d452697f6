"""Search by meaning: capsules in pieces, a vector for each piece, and which of them are alike."""
