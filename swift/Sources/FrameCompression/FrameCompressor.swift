import CFrameCompression

/// A codec with its settings and its memory: for many images. After the first image of a size it allocates nothing.
///
/// One compressor is used by one thread at a time; different ones may be used at once.
public final class FrameCompressor {
    /// The codec.
    public let codec: Codec
    private let handle: OpaquePointer

    /// A compressor.
    ///
    /// - Parameters:
    ///   - codec: The codec.
    ///   - strength: How strongly to compress; `nil` is what `settings` say, or CRF 29.
    ///   - settings: Settings of the codec that are not to be as by default, by name: `["preset": "medium"]`. An error
    ///     names those that the codec has. `["backend": "videotoolbox"]` has Apple's codecs do the work.
    ///   - valueRange: Which numbers stand for black and white, for elements that are not `UInt8`.
    /// - Throws: `FrameCompressionError` of kind `.invalidQuality`, `.invalidCRF`, `.invalidSetting` or `.unsupportedSetting`.
    public init(
        codec: Codec,
        strength: Strength? = nil,
        settings: [String: String] = [:],
        valueRange: ValueRange = .signedUnit
    ) throws {
        handle = try created(text(codec, settings), strength, valueRange)
        self.codec = codec
    }

    /// A compressor of settings as text, such as a recipe draws them: `"h264:crf=23:preset=medium"`.
    ///
    /// - Parameters:
    ///   - settings: The codec's name and, after a colon each, settings that are not to be as by default.
    ///   - valueRange: Which numbers stand for black and white, for elements that are not `UInt8`.
    /// - Throws: `FrameCompressionError` of kind `.invalidQuality`, `.invalidCRF`, `.invalidSetting` or `.unsupportedSetting`.
    public init(settings: String, valueRange: ValueRange = .signedUnit) throws {
        let handle = try created(settings, nil, valueRange)
        guard let codec = Codec(rawValue: String(settings.prefix { $0 != ":" })) else {
            fc_compressor_free(handle)
            throw FrameCompressionError(kind: .other, description: "\(settings) has a codec that Swift does not know")
        }
        self.codec = codec
        self.handle = handle
    }

    deinit {
        fc_compressor_free(handle)
    }

    /// The image with the codec's artifacts in it.
    ///
    /// - Throws: `FrameCompressionError`.
    public func apply<Element>(to image: ImageTensor<Element>) throws -> ImageTensor<Element> {
        var result = image
        try result.withUnsafeMutableElements {
            try applyInPlace(to: $0, height: image.height, width: image.width)
        }
        return result
    }

    /// Puts the artifacts into an image where it lies: for memory that is not an `ImageTensor`'s, such as that of an app's
    /// own tensor type. On an error it is as it was.
    ///
    /// - Parameters:
    ///   - elements: `height * width * 3` elements, NHWC, packed.
    ///   - height: Rows.
    ///   - width: Columns.
    /// - Throws: `FrameCompressionError`.
    public func applyInPlace<Element: ImageElement>(
        to elements: UnsafeMutableBufferPointer<Element>, height: Int, width: Int
    ) throws {
        try checkSize(height: height, width: width)
        guard elements.count == height * width * 3 else {
            throw FrameCompressionError(
                kind: .bufferLength,
                description: "\(elements.count) elements are not allowed: \(height)x\(width)x3 are \(height * width * 3)")
        }
        var image = fc_image(elements, height: height, width: width)
        try checked { fc_compressor_apply(handle, &image, &image, $0, $1) }
    }
}

/// Puts the artifacts of a codec into an image: the picture that encoding and decoding would have left of it.
///
/// The call is synchronous and pure, and may be made from any thread. `native` engines give the same picture everywhere.
///
///     let degraded = try applyCompressionArtifacts(to: image, codec: .h264, quality: 43)
///
/// - Parameters:
///   - image: NHWC (1, height, width, 3), R, G, B, in [-1, 1] (0 to 255 for `UInt8`).
///   - codec: The codec. H.264 and H.265 take even heights and widths only.
///   - quality: From 0 (worst) to 100 (best).
///   - settings: Settings of the codec that are not to be as by default, by name.
/// - Throws: `FrameCompressionError`.
public func applyCompressionArtifacts<Element>(
    to image: ImageTensor<Element>, codec: Codec, quality: Float, settings: [String: String] = [:]
) throws -> ImageTensor<Element> {
    try FrameCompressor(codec: codec, strength: .quality(quality), settings: settings).apply(to: image)
}

/// The version of the library below.
public var libraryVersion: String { String(cString: fc_version()) }

/// The names of the codecs of the library below.
public var libraryCodecs: [String] {
    sequence(first: 0) { $0 + 1 }.lazy.map { fc_codec_name($0) }.prefix { $0 != nil }.map { String(cString: $0!) }
}

/// A codec and its settings as text.
func text(_ codec: Codec, _ settings: [String: String]) -> String {
    settings.sorted { $0.key < $1.key }.reduce(codec.rawValue) { "\($0):\($1.key)=\($1.value)" }
}

/// Lets `body` use settings as the C library takes them.
func withSettings(
    _ settings: String, _ strength: Strength?, _ valueRange: ValueRange,
    _ body: (UnsafePointer<fc_settings>) throws -> Void
) throws {
    try settings.withCString { text in
        var numbers = fc_settings()
        numbers.codec = text
        (numbers.strength_kind, numbers.strength) = strength?.numbers ?? (FC_STRENGTH_DEFAULT.number, 0)
        numbers.value_range = valueRange.number
        try body(&numbers)
    }
}

/// A compressor of the C library, for its owner to free.
private func created(_ settings: String, _ strength: Strength?, _ valueRange: ValueRange) throws -> OpaquePointer {
    var created: OpaquePointer?
    try withSettings(settings, strength, valueRange) { numbers in
        try checked { fc_compressor_create(numbers, &created, $0, $1) }
    }
    guard let created else {
        throw FrameCompressionError(kind: .other, description: "no compressor was created")
    }
    return created
}

extension fc_image {
    /// An image in packed elements.
    init<Element: ImageElement>(_ elements: UnsafeMutableBufferPointer<Element>, height: Int, width: Int) {
        self.init()
        self.elements = UnsafeMutableRawPointer(elements.baseAddress)
        length = elements.count
        element_type = Element.frameCompressionElement
        self.height = height
        self.width = width
    }
}

/// Makes a call of the C library, and throws what it answers but success.
func checked(_ call: (UnsafeMutablePointer<CChar>, Int) -> Int32) throws {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { message in
        guard let text = message.baseAddress else { return }
        let status = call(text, message.count)
        if status != 0 {
            throw FrameCompressionError(status: status, message: String(cString: text))
        }
    }
}
