import CFrameCompression

/// An element type of images: `Float`, `Float16` (where Swift has it), `Double` and `UInt8`.
///
/// Not for other types to conform to: the library knows these alone.
public protocol ImageElement: Sendable {
    /// The number under which the C library knows the type.
    static var frameCompressionElement: UInt32 { get }
}

extension Float: ImageElement {
    public static var frameCompressionElement: UInt32 { FC_ELEMENT_F32.number }
}

extension Double: ImageElement {
    public static var frameCompressionElement: UInt32 { FC_ELEMENT_F64.number }
}

extension UInt8: ImageElement {
    public static var frameCompressionElement: UInt32 { FC_ELEMENT_U8.number }
}

#if !(os(macOS) && arch(x86_64))
@available(iOS 14, macOS 11, tvOS 14, watchOS 7, *)
extension Float16: ImageElement {
    public static var frameCompressionElement: UInt32 { FC_ELEMENT_F16.number }
}
#endif

/// An image in plain memory: NHWC (1, height, width, 3), R, G, B, rows top to bottom, packed. Floating-point elements lie
/// in [-1, 1] unless a call says otherwise.
public struct ImageTensor<Element: ImageElement>: Sendable {
    /// `height * width * 3` elements.
    public private(set) var elements: [Element]
    /// Rows.
    public let height: Int
    /// Columns.
    public let width: Int

    /// The dimensions: 1, height, width, 3.
    public var shape: [Int] { [1, height, width, 3] }

    /// An image of the given elements.
    ///
    /// - Throws: `FrameCompressionError` of kind `.invalidShape`, `.tooLarge` or `.bufferLength`.
    public init(_ elements: [Element], height: Int, width: Int) throws {
        try checkSize(height: height, width: width)
        guard elements.count == height * width * 3 else {
            throw FrameCompressionError(
                kind: .bufferLength,
                description: "\(elements.count) elements are not allowed: \(height)x\(width)x3 are \(height * width * 3)")
        }
        self.elements = elements
        self.height = height
        self.width = width
    }

    /// Lets `body` write to the elements. Their number cannot change.
    public mutating func withUnsafeMutableElements<Result>(
        _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try elements.withUnsafeMutableBufferPointer { try body($0) }
    }
}

extension ImageTensor: Equatable where Element: Equatable {}

/// The largest height and width.
public let maximumSide = 16384

func checkSize(height: Int, width: Int) throws {
    guard height >= 1, width >= 1 else {
        throw FrameCompressionError(
            kind: .invalidShape,
            description: "shape (1, \(height), \(width), 3) is not allowed: height and width have to be at least 1")
    }
    guard height <= maximumSide, width <= maximumSide else {
        throw FrameCompressionError(
            kind: .tooLarge,
            description: "a picture of \(width)x\(height) is not allowed: at most \(maximumSide)x\(maximumSide)")
    }
}
