//! Teams, who is in them, and who may come in.
