//! Oracle: x264.
