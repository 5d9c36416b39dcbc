//! Adapters to the image and tensor types of other crates, each behind a feature of its name.

#[cfg(feature = "candle")]
mod candle;
#[cfg(feature = "image")]
mod image;
#[cfg(feature = "ndarray")]
mod ndarray;
