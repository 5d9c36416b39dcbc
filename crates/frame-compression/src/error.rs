//! What can be wrong with a call, said with what was given and what is allowed.

use crate::names::{Backend, Codec, Subsampling};

/// The largest width and height, in pixels.
pub const MAX_SIDE: usize = 16384;

/// Why a call was refused. Every variant names what was given and what is allowed.
///
/// Checks are made in a fixed order: settings, device, shape, size limit, buffer length and strides, size of the
/// output, backend, size rules of the codec, samples.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The quality is not a finite number in `0..=100`.
    #[error("quality {given} is not allowed: it has to be a finite number from 0 to 100")]
    InvalidQuality {
        /// The number given.
        given: f32,
    },
    /// The CRF is not a finite number in `0..=51`.
    #[error("crf {given} is not allowed: it has to be a finite number from 0 to 51")]
    InvalidCrf {
        /// The number given.
        given: f32,
    },
    /// A quantisation table of a JPEG has an entry outside `1..=255`.
    #[error("quantisation step {given} at index {index} is not allowed: baseline JPEG takes 1 to 255")]
    InvalidQuantTable {
        /// The entry given.
        given: u16,
        /// Its place in the table of 64, row by row.
        index: usize,
    },
    /// The tensor is not in main memory.
    #[error("a tensor on device {device} is not allowed: copy it to the CPU first")]
    NotOnCpu {
        /// The device, as the tensor's own library names it.
        device: String,
    },
    /// The tensor's element type is none of those that [`Sample`](crate::Sample) is implemented for.
    #[error("elements of type {given} are not allowed: f32, f16, bf16, f64 and u8 are")]
    InvalidElementType {
        /// The type's name.
        given: String,
    },
    /// The shape is not `(1, height, width, 3)`.
    #[error(
        "shape {given:?} is not allowed: it has to be (1, height, width, 3), height and width at least 1"
    )]
    InvalidShape {
        /// The shape given.
        given: Vec<usize>,
    },
    /// The shape of a clip is not `(frames, height, width, 3)`.
    #[error(
        "shape {given:?} is not allowed: a clip is (frames, height, width, 3), each of the first three at least 1"
    )]
    InvalidClipShape {
        /// The shape given.
        given: Vec<usize>,
    },
    /// A side is longer than [`MAX_SIDE`].
    #[error("a picture of {width}x{height} is not allowed: at most {MAX_SIDE}x{MAX_SIDE}")]
    TooLarge {
        /// Width given, in pixels.
        width: usize,
        /// Height given, in pixels.
        height: usize,
    },
    /// The buffer does not hold as many elements as shape and strides reach.
    #[error("a buffer of {given} elements is not allowed: shape and strides need {needed}")]
    BufferLength {
        /// Elements in the buffer given.
        given: usize,
        /// Elements needed: exactly for an owned tensor, at least for a view with strides.
        needed: usize,
    },
    /// The strides let two elements of an output share a place, or leave the address space.
    #[error("strides {given:?} are not allowed for this shape: every element needs a place of its own")]
    InvalidStrides {
        /// The strides given, in elements, in the order N, H, W, C.
        given: [usize; 4],
    },
    /// The backend does not exist on this platform, or does not code this codec.
    #[error("backend {backend} has no {codec} here: {reason}")]
    BackendUnavailable {
        /// The backend asked for.
        backend: Backend,
        /// The codec asked for.
        codec: Codec,
        /// Where it is to be had.
        reason: &'static str,
    },
    /// A setting that this codec does not have.
    #[error("{} has no setting {setting}: it has {allowed}", shown(*codec, *backend))]
    UnsupportedSetting {
        /// The codec asked for.
        codec: Codec,
        /// The backend asked for.
        backend: Backend,
        /// The setting's name, as it was given.
        setting: String,
        /// The names of the settings that there are.
        allowed: String,
    },
    /// A setting's value, given as text, is none of those that it takes.
    #[error("{setting} {given} is not allowed: {allowed}")]
    InvalidSetting {
        /// The setting's name.
        setting: &'static str,
        /// The value given.
        given: String,
        /// The values that it takes.
        allowed: String,
    },
    /// Width or height is odd, for a codec that stores chroma at half size.
    #[error("{codec} does not take {width}x{height}: width and height have to be even")]
    OddSize {
        /// The codec asked for.
        codec: Codec,
        /// Width given, in pixels.
        width: usize,
        /// Height given, in pixels.
        height: usize,
    },
    /// Width or height is below what the codec's reference encoder takes.
    #[error("{codec} does not take {width}x{height}: width and height have to be at least {minimum}")]
    TooSmall {
        /// The codec asked for.
        codec: Codec,
        /// Width given, in pixels.
        width: usize,
        /// Height given, in pixels.
        height: usize,
        /// The least width and height.
        minimum: usize,
    },
    /// Width or height is over what the codec's format allows.
    #[error("{codec} does not take {width}x{height}: width and height have to be at most {maximum}")]
    TooLargeForCodec {
        /// The codec asked for.
        codec: Codec,
        /// Width given, in pixels.
        width: usize,
        /// Height given, in pixels.
        height: usize,
        /// The largest width and height.
        maximum: usize,
    },
    /// Planes of another chroma subsampling than the codec's.
    #[error("{codec} with these settings does not take planes of {given}: they have to be {needed}")]
    InvalidSubsampling {
        /// The codec asked for.
        codec: Codec,
        /// The subsampling of the planes given.
        given: Subsampling,
        /// The subsampling that the settings ask for.
        needed: Subsampling,
    },
    /// Input and output differ in size.
    #[error("an output of {given:?} (height, width) is not allowed: the input has {needed:?}")]
    OutputSize {
        /// Height and width of the output given.
        given: (usize, usize),
        /// Height and width of the input.
        needed: (usize, usize),
    },
    /// A sample is NaN or infinite.
    #[error(
        "sample {value} at row {row}, column {column}, channel {channel} is not allowed: samples have to be finite"
    )]
    NonFiniteSample {
        /// The sample.
        value: f64,
        /// Its row, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// Its channel: 0 red, 1 green, 2 blue.
        channel: usize,
    },
    /// A call to the operating system's codec failed.
    #[error("{call} failed with status {status}")]
    Platform {
        /// The function of the platform.
        call: &'static str,
        /// Its status (an `OSStatus` on Apple); 0 where the call has none, or reported success and gave nothing.
        status: i32,
    },
}

/// A codec as errors name it: with its backend, unless that is this library.
fn shown(codec: Codec, backend: Backend) -> String {
    match backend {
        Backend::Native => codec.to_string(),
        other => format!("{codec} with backend {other}"),
    }
}

/// The kind of an [`Error`] without its data: what a front end in another language switches on.
///
/// The numbers are stable; new kinds get new numbers, and 10 is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    /// [`Error::InvalidQuality`]
    InvalidQuality = 1,
    /// [`Error::InvalidCrf`]
    InvalidCrf = 2,
    /// [`Error::InvalidQuantTable`]
    InvalidQuantTable = 3,
    /// [`Error::NotOnCpu`]
    NotOnCpu = 4,
    /// [`Error::InvalidElementType`]
    InvalidElementType = 5,
    /// [`Error::InvalidShape`] and [`Error::InvalidClipShape`]
    InvalidShape = 6,
    /// [`Error::TooLarge`] and [`Error::TooLargeForCodec`]
    TooLarge = 7,
    /// [`Error::BufferLength`]
    BufferLength = 8,
    /// [`Error::InvalidStrides`]
    InvalidStrides = 9,
    /// [`Error::BackendUnavailable`]
    BackendUnavailable = 11,
    /// [`Error::UnsupportedSetting`]
    UnsupportedSetting = 12,
    /// [`Error::OddSize`]
    OddSize = 13,
    /// [`Error::TooSmall`]
    TooSmall = 14,
    /// [`Error::InvalidSubsampling`]
    InvalidSubsampling = 15,
    /// [`Error::OutputSize`]
    OutputSize = 16,
    /// [`Error::NonFiniteSample`]
    NonFiniteSample = 17,
    /// [`Error::Platform`]
    Platform = 18,
    /// [`Error::InvalidSetting`]
    InvalidSetting = 19,
}

impl Error {
    /// This error's kind.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::InvalidQuality { .. } => ErrorKind::InvalidQuality,
            Error::InvalidCrf { .. } => ErrorKind::InvalidCrf,
            Error::InvalidQuantTable { .. } => ErrorKind::InvalidQuantTable,
            Error::NotOnCpu { .. } => ErrorKind::NotOnCpu,
            Error::InvalidElementType { .. } => ErrorKind::InvalidElementType,
            Error::InvalidShape { .. } | Error::InvalidClipShape { .. } => ErrorKind::InvalidShape,
            Error::TooLarge { .. } | Error::TooLargeForCodec { .. } => ErrorKind::TooLarge,
            Error::BufferLength { .. } => ErrorKind::BufferLength,
            Error::InvalidStrides { .. } => ErrorKind::InvalidStrides,
            Error::BackendUnavailable { .. } => ErrorKind::BackendUnavailable,
            Error::UnsupportedSetting { .. } => ErrorKind::UnsupportedSetting,
            Error::InvalidSetting { .. } => ErrorKind::InvalidSetting,
            Error::OddSize { .. } => ErrorKind::OddSize,
            Error::TooSmall { .. } => ErrorKind::TooSmall,
            Error::InvalidSubsampling { .. } => ErrorKind::InvalidSubsampling,
            Error::OutputSize { .. } => ErrorKind::OutputSize,
            Error::NonFiniteSample { .. } => ErrorKind::NonFiniteSample,
            Error::Platform { .. } => ErrorKind::Platform,
        }
    }

    /// The stable number of this error's kind (see [`ErrorKind`]).
    pub fn code(&self) -> i32 {
        self.kind() as i32
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
