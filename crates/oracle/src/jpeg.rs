//! Oracle: jpeg.
