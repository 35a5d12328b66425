"""What people decide about takes and tracks: hear, accept, reject, freeze."""
