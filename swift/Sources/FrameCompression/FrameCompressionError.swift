import CFrameCompression

/// Why artifacts could not be put into an image. The image is as it was.
public struct FrameCompressionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Kind: Int32, CaseIterable, Sendable {
        /// The quality is not a number from 0 to 100.
        case invalidQuality = 1
        /// The CRF is not a number from 0 to 51.
        case invalidCRF = 2
        /// The element type is not known to the library.
        case invalidElementType = 5
        /// Height or width is not at least 1.
        case invalidShape = 6
        /// Height or width is over 16384.
        case tooLarge = 7
        /// The number of elements is not height times width times 3.
        case bufferLength = 8
        /// The strides do not give every element a place of its own.
        case invalidStrides = 9
        /// The backend does not exist on this platform, or does not have this codec.
        case backendUnavailable = 11
        /// The codec does not have a setting that was given.
        case unsupportedSetting = 12
        /// Height or width is odd, and the codec is H.264 or H.265.
        case oddSize = 13
        /// Height or width is less than the codec takes.
        case tooSmall = 14
        /// Input and output differ in height or width.
        case outputSize = 16
        /// A sample is NaN or infinite.
        case nonFiniteSample = 17
        /// A call to the operating system's codec failed.
        case platform = 18
        /// A setting does not take the value given.
        case invalidSetting = 19
        /// An error that this package should have made impossible, or does not know yet. Please report it.
        case other = -1
    }

    /// What kind of error it is.
    public let kind: Kind
    /// What was given and what is allowed, in a sentence.
    public let description: String

    init(kind: Kind, description: String) {
        self.kind = kind
        self.description = description
    }

    init(status: Int32, message: String) {
        self.init(kind: Kind(rawValue: status) ?? .other, description: message)
    }
}

#if canImport(Foundation)
import Foundation

extension FrameCompressionError: LocalizedError {
    public var errorDescription: String? { description }
}
#endif
