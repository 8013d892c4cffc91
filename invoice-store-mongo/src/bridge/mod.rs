//! Records as BSON.
