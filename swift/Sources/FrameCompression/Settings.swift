import CFrameCompression

/// A codec whose artifacts can be put into an image.
public enum Codec: String, CaseIterable, Sendable {
    /// H.264 (AVC): the picture of x264, preset veryfast.
    case h264
    /// H.265 (HEVC): the picture of x265.
    case h265
    /// JPEG: the picture of libjpeg-turbo.
    case jpeg
    /// WebP: the picture of libwebp, lossy.
    case webp
    /// MPEG-2: the picture of FFmpeg's encoder `mpeg2video`.
    case mpeg2
    /// MPEG-4 part 2: the picture of FFmpeg's encoder `mpeg4`.
    case mpeg4
    /// Motion JPEG: the picture of FFmpeg's encoder `mjpeg`.
    case mjpeg
}

/// How strongly to compress.
public enum Strength: Equatable, Sendable {
    /// From 0 (worst) to 100 (best), the same scale for every codec. H.264 and H.265 read it as CRF
    /// `round((100 - quality) / 100 * 51)`.
    case quality(Float)
    /// From 0 (best) to 51 (worst), fractions allowed. The other codecs read it as quality `100 - crf / 51 * 100`.
    case crf(Float)

    var numbers: (kind: UInt32, value: Float) {
        switch self {
        case .quality(let quality): return (FC_STRENGTH_QUALITY.number, quality)
        case .crf(let crf): return (FC_STRENGTH_CRF.number, crf)
        }
    }
}

/// Which numbers of floating-point elements stand for black and white.
public enum ValueRange: Sendable {
    /// -1 to 1.
    case signedUnit
    /// 0 to 1.
    case unit

    var number: UInt32 {
        switch self {
        case .signedUnit: return FC_RANGE_SIGNED_UNIT.number
        case .unit: return FC_RANGE_UNIT.number
        }
    }
}

extension RawRepresentable where RawValue: BinaryInteger {
    /// The number of a C enum, whose type differs between platforms.
    var number: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
}
