//! Oracle: x265.
